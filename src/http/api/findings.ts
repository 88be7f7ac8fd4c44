import { setImmediate } from 'node:timers/promises'
import { type OpenAPIHono, z } from '@hono/zod-openapi'
import type { Check } from '../../domain/check.ts'
import type { Report, Sla } from '../../domain/report.ts'
import type { IntervalFilter, ListedInterval } from '../../domain/store.ts'
import { type Instant as Moment, plus } from '../../domain/time.ts'
import type { HttpParts } from '../parts.ts'
import type { Views } from '../view.ts'
import { badCursor, cursorOf } from './cursor.ts'
import { freshened, tagOf } from './etag.ts'
import { type Column, headOf, isPaged, LISTED, linkNext, sendTable, tableAnswers, wantsTable } from './list.ts'
import { route, sendJson } from './route.ts'
import {
  Instant,
  MomentOrNull,
  Moment as MomentText,
  Severity,
  Sla as SlaText,
  Subject,
  Text,
  TextOrNull,
  UnknownReason,
} from './shapes.ts'

const Status = z.enum(['fail', 'unknown'])
const Row = z
  .object({
    check: Text,
    ref: TextOrNull.openapi({ description: 'Null where the check is known no more; so is `severity`.' }),
    severity: Severity.nullable(),
    system: TextOrNull,
    subject: Subject,
    status: Status,
    unknownReason: UnknownReason,
    firstSeen: MomentText.openapi({ description: 'Since when without a pass in between.' }),
    from: MomentText.openapi({ description: 'Since when with this status and reason.' }),
    closedAt: MomentOrNull.openapi({ description: 'Null: it stands.' }),
    cause: z
      .enum(['passed', 'subject_gone', 'left_scope', 'disabled', 'configuration', 'changed'])
      .nullable()
      .openapi({ description: 'Why it closed; `changed`: another one of the same subject began with it.' }),
    dueAt: MomentOrNull.openapi({ description: 'Until when a failure is within its time; null where no clock runs.' }),
    sla: SlaText,
  })
  .openapi('FindingInterval')

const QUERY = {
  ...LISTED,
  state: z.enum(['open', 'closed', 'all']).default('all'),
  status: Status.optional(),
  check: Text.optional().openapi({ description: 'Id or ref.' }),
  system: Text.optional(),
  source: Text.optional().openapi({ description: 'Of the subject.' }),
  updatedSince: Instant.optional().openapi({
    description: 'Opened, closed or with other facts in a run whose `snapshotAt` is later.',
  }),
} as const

/** All pages are told as of the run and the moment of the first one, so that they fit together. */
const places = cursorOf('findings', z.tuple([z.int().min(1), z.iso.datetime(), z.int().min(1)]))

/** Of a table are read at a time. */
const LINES = 1_000

interface Frame {
  readonly checks: ReadonlyMap<string, Check>
  readonly slaMs: Readonly<Record<Check['severity'], number>>
  readonly evaluatedAt: Moment
  /** Many failures were first seen in one run. */
  readonly dueAt: Map<string, Moment>
}

function dueOf(firstSeen: Moment, severity: Check['severity'], { slaMs, dueAt }: Frame): Moment {
  const name = `${severity} ${firstSeen}`
  let due = dueAt.get(name)
  if (due === undefined) {
    due = plus(firstSeen, slaMs[severity])
    dueAt.set(name, due)
  }
  return due
}

type Shown = ReturnType<typeof shownOf>

function shownOf(interval: ListedInterval, frame: Frame) {
  const { check, system, subject, status, unknownReason, firstSeen, from, closedAt, cause, ownClock } = interval
  const known = frame.checks.get(check)
  const runs = status === 'fail' && ownClock === null && known !== undefined
  const dueAt = runs ? dueOf(firstSeen, known.severity, frame) : null
  const late = dueAt !== null && dueAt < (closedAt ?? frame.evaluatedAt)
  const sla: Sla | null = dueAt === null ? ownClock : late ? 'breached' : 'within'
  return {
    check,
    ref: known?.ref ?? null,
    severity: known?.severity ?? null,
    system,
    subject,
    status,
    unknownReason,
    firstSeen,
    from,
    closedAt,
    cause,
    dueAt,
    sla,
  }
}

const COLUMNS: readonly Column<Shown>[] = [
  ['ref', ({ ref }) => ref],
  ['check', ({ check }) => check],
  ['severity', ({ severity }) => severity],
  ['system', ({ system }) => system],
  ['subjectKind', ({ subject }) => subject.kind],
  ['subjectSource', ({ subject }) => subject.source],
  ['subjectKey', ({ subject }) => subject.key],
  ['subjectLabel', ({ subject }) => subject.label],
  ['status', ({ status }) => status],
  ['unknownReason', ({ unknownReason }) => unknownReason],
  ['firstSeen', ({ firstSeen }) => firstSeen],
  ['from', ({ from }) => from],
  ['closedAt', ({ closedAt }) => closedAt],
  ['cause', ({ cause }) => cause],
  ['dueAt', ({ dueAt }) => dueAt],
  ['sla', ({ sla }) => sla],
]

export function findings(app: OpenAPIHono, parts: HttpParts, { current }: Views): void {
  const { version, lists } = parts
  const checks = new Map(parts.checks.map((check) => [check.id, check]))

  function filterOf(query: Asked): IntervalFilter {
    const { state, status, check, system, source, updatedSince } = query
    const named =
      check === undefined ? [] : [check, ...parts.checks.filter(({ ref }) => ref === check).map(({ id }) => id)]
    return {
      ...(state === 'all' ? {} : { open: state === 'open' }),
      ...(status === undefined ? {} : { status }),
      ...(check === undefined ? {} : { checks: [...new Set(named)] }),
      ...(system === undefined ? {} : { system }),
      ...(source === undefined ? {} : { source }),
      ...(updatedSince === undefined ? {} : { updatedSince }),
    }
  }

  /** Run and moment of the first page; null where there is no such run, or the moment has not come. */
  async function asTold(newest: Report, [sequence, evaluatedAt]: Place): Promise<Report | null> {
    const [run] = await lists.runsBefore(sequence + 1, null, 1)
    if (run?.sequence !== sequence || evaluatedAt > newest.evaluatedAt) return null
    return { ...newest, run, snapshotAt: run.snapshotAt, evaluatedAt }
  }

  /** As long as one page after another is asked for. */
  async function* everyOne(filter: IntervalFilter, upTo: number, frame: Frame): AsyncGenerator<Shown> {
    for (let before: number | null = null; ; ) {
      const { intervals, next } = await lists.intervals(filter, upTo, LINES, before)
      for (const interval of intervals) yield shownOf(interval, frame)
      if (next === null) return
      before = next
      await setImmediate()
    }
  }

  route(
    app,
    {
      method: 'get',
      path: '/findings',
      id: 'listFindings',
      summary: 'Failures and open questions as intervals, those that are closed too',
      description:
        'Newest first. An interval is named by check, system, subject and `from`: to keep a copy, ask with `updatedSince` as the `snapshotAt` of the answer before, and replace what has the same name.',
      tag: 'findings',
      query: QUERY,
      answers: tableAnswers(Row, 'As one run left them: later pages are told as of the run of the first.'),
      problems: ['bad-cursor'],
    },
    async (c, { query }) => {
      const { limit, cursor, format: _, ...filters } = query
      const { report } = await current()
      const after = cursor === undefined ? null : places.read(cursor, filters)
      const told = after === null ? report : await asTold(report, after)
      if (told === null || (cursor !== undefined && after === null)) return badCursor(c)
      const table = wantsTable(c, query)
      const unchanged = freshened(c, tagOf(c, { version, report }, table ? 'csv' : 'json'))
      if (unchanged !== null) return unchanged
      const upTo = told.run?.sequence ?? 0
      const slaMs = report.snapshot?.settings.slaMs ?? { critical: 0, high: 0, medium: 0, low: 0 }
      const frame: Frame = { checks, slaMs, evaluatedAt: told.evaluatedAt, dueAt: new Map() }
      if (table && !isPaged(c)) return sendTable(c, 'findings', told, COLUMNS, everyOne(filterOf(query), upTo, frame))
      const page = await lists.intervals(filterOf(query), upTo, limit, after?.[2] ?? null)
      const shown = page.intervals.map((interval) => shownOf(interval, frame))
      const nextCursor = page.next === null ? null : places.write([upTo, told.evaluatedAt, page.next], filters)
      linkNext(c, nextCursor)
      if (table) return sendTable(c, 'findings', told, COLUMNS, shown)
      return sendJson(c, { ...headOf(told), items: shown, nextCursor })
    },
  )
}

type Place = [sequence: number, evaluatedAt: Moment, before: number]
type Asked = z.output<z.ZodObject<typeof QUERY>>
