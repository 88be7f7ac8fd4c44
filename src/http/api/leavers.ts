import { type OpenAPIHono, z } from '@hono/zod-openapi'
import type { LeaverClock } from '../../domain/period.ts'
import type { Audit } from '../audit.ts'
import { problem } from '../problems.ts'
import { badCursor, cursorOf } from './cursor.ts'
import { freshened, quoted } from './etag.ts'
import { itemsSchema, LINK, linkNext, pageOf } from './list.ts'
import { route, sendJson, TAGGED, UNCHANGED } from './route.ts'
import { Count, Moment, MomentOrNull, orNull, PAGED, Text, TextOrNull } from './shapes.ts'

const Bounds = z
  .object({
    after: MomentOrNull.openapi({ description: 'The last reading with access.' }),
    before: MomentOrNull.openapi({ description: 'The first reading without it.' }),
    runAfter: Count.nullable(),
    runBefore: Count.nullable(),
  })
  .openapi('Bounds')
const Witness = z
  .object({ at: Moment, actor: TextOrNull, actorType: TextOrNull, event: Text })
  .openapi('Witness', { description: 'What the vendor’s own audit log says of it.' })
const Leaver = z
  .object({
    system: Text,
    person: Text,
    name: TextOrNull,
    type: z.enum(['employee', 'contractor', 'service']).nullable(),
    endDate: TextOrNull,
    endsAt: MomentOrNull,
    rosterSaidAt: Moment,
    dueAt: MomentOrNull,
    accounts: z.array(Text),
    removal: Bounds,
    witness: orNull(Witness),
    clock: z.enum(['within', 'breached', 'not_determinable', 'open', 'no_access']),
    lateMs: Count.nullable(),
    why: TextOrNull.openapi({ description: 'Why it is not determinable.' }),
    returned: orNull(
      z.object({
        rosterAt: MomentOrNull.openapi({ description: 'The roster has them employed again.' }),
        accessAt: MomentOrNull.openapi({ description: 'The first reading with access again.' }),
      }),
    ),
  })
  .openapi('Leaver')

const places = cursorOf<readonly string[]>('leavers', z.array(z.string()).max(4))
const place = ({ system, person, rosterSaidAt }: LeaverClock): readonly string[] => [system, person, rosterSaidAt]

export function leavers(app: OpenAPIHono, audited: Audit): void {
  route(
    app,
    {
      method: 'get',
      path: '/leavers',
      id: 'listLeavers',
      summary: 'Everybody who left in an audit period, and whether their access ended in time',
      tag: 'periods',
      query: {
        ...PAGED,
        period: z.string().max(200).optional().openapi({
          description: 'Id of the audit period; without it the one under way, or else the last 90 days.',
        }),
      },
      answers: {
        200: {
          description: 'By system, then person.',
          schema: itemsSchema(Leaver, { period: Text, from: Moment, to: Moment, until: MomentOrNull }),
          headers: { ...TAGGED, ...LINK },
        },
        304: UNCHANGED,
      },
      problems: ['bad-cursor', 'impossible'],
    },
    async (c, { query: { limit, cursor, period } }) => {
      const choice = audited.period(period)
      if (choice === null) {
        const known = audited.periods().map(({ id }) => id)
        return problem(c, 'impossible', `There is no audit period "${period}"; known are ${known.join(', ')}.`)
      }
      const filters = { period: choice.id }
      const after = cursor === undefined ? null : places.read(cursor, filters)
      if (cursor !== undefined && after === null) return badCursor(c)
      const { evidence } = await audited.workOut(choice)
      const { shown, last } = pageOf({ rows: evidence?.leavers ?? [], place }, after, limit)
      const nextCursor = last === null ? null : places.write(last, filters)
      const { id, from, to } = choice
      const body = { period: id, from, to, until: evidence?.until ?? null, items: shown, nextCursor }
      linkNext(c, nextCursor)
      return freshened(c, quoted(JSON.stringify(body))) ?? sendJson(c, body)
    },
  )
}
