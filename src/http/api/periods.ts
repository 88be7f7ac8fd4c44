import { type OpenAPIHono, z } from '@hono/zod-openapi'
import { periodStanding } from '../../domain/period-standing.ts'
import type { Audit, PeriodChoice, WorkedOut } from '../audit.ts'
import type { HttpParts } from '../parts.ts'
import { badCursor, cursorOf } from './cursor.ts'
import { freshened, quoted } from './etag.ts'
import { itemsSchema, LINK, linkNext } from './list.ts'
import { route, sendJson, TAGGED, UNCHANGED } from './route.ts'
import { Count, Moment, MomentOrNull, orNull, PAGED, Text, TextOrNull } from './shapes.ts'

const PeriodResult = z
  .object({
    what: z.enum(['check', 'control', 'criterion']),
    ref: Text,
    id: Text,
    system: TextOrNull,
    population: Count.openapi({ description: 'Judged at any time: met, deviated and not determinable add up to it.' }),
    tested: Count,
    met: Count,
    deviated: Count,
    notDeterminable: Count,
    waived: Count,
    longestGapMs: Count,
    longestGapCause: TextOrNull,
    gapLimitMs: orNull(Count),
    covered: z.number().min(0).max(1),
    says: Text,
    counts: TextOrNull.openapi({ description: 'What the numbers count, where that is not plain.' }),
    checks: orNull(z.object({ met: Count, mapped: Count })),
  })
  .openapi('PeriodResult', { description: 'Told, never concluded: no control is passed.' })
const Gap = z.object({ source: Text, from: Moment, to: Moment, ms: Count, cause: Text }).openapi('Gap')
const Period = z
  .object({
    id: Text,
    title: TextOrNull,
    declared: z.boolean().openapi({ description: 'Whether the configuration names it under `periods`.' }),
    from: Moment,
    to: Moment,
    until: MomentOrNull.openapi({ description: 'Up to when it is told; null where no run was sealed in it.' }),
    days: Count,
    begun: Count,
    whole: Count.openapi({ description: 'Days in which every source was read within its limits throughout.' }),
    covered: Count.openapi({ description: 'Days in which some source was read.' }),
    left: Count,
    longestGap: orNull(Gap),
    results: z.array(PeriodResult),
  })
  .openapi('AuditPeriod')

/** They are few, and stand in the configuration. */
const places = cursorOf('periods', z.int().min(0))

export function periods(app: OpenAPIHono, { now }: Pick<HttpParts, 'now'>, audited: Audit): void {
  route(
    app,
    {
      method: 'get',
      path: '/periods',
      id: 'listPeriods',
      summary: 'Audit periods: how much of each is covered, and what was tested in it',
      description:
        'The declared ones and the last 90 days. The first answer after a run takes as long as the working out.',
      tag: 'periods',
      query: {
        ...PAGED,
        period: z.string().max(200).optional().openapi({ description: 'Only this one, by its id.' }),
      },
      answers: {
        200: { description: 'By their beginning.', schema: itemsSchema(Period, {}), headers: { ...TAGGED, ...LINK } },
        304: UNCHANGED,
      },
      problems: ['bad-cursor'],
    },
    async (c, { query: { limit, cursor, period } }) => {
      const filters = period ?? null
      const start = cursor === undefined ? 0 : places.read(cursor, filters)
      if (start === null) return badCursor(c)
      const asked = audited.periods().filter(({ id }) => period === undefined || id === period)
      const items: object[] = []
      for (const choice of asked.slice(start, start + limit)) {
        items.push(periodJson(choice, await audited.workOut(choice), now()))
      }
      const nextCursor = start + limit < asked.length ? places.write(start + limit, filters) : null
      linkNext(c, nextCursor)
      const body = { items, nextCursor }
      return freshened(c, quoted(JSON.stringify(body))) ?? sendJson(c, body)
    },
  )
}

function periodJson(choice: PeriodChoice, { evidence }: WorkedOut, now: string) {
  return {
    ...choice,
    until: evidence?.until ?? null,
    ...periodStanding(choice, evidence, now),
    results: evidence?.results ?? [],
  }
}
