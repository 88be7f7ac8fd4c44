/**
 * Intervals of findings in pages. Rows are never changed but for how they end, and are written in the order of runs: so a
 * page is a walk down the row ids, told as one run left them, and those of one run fit together whatever is sealed between.
 */
import type Database from 'better-sqlite3'
import type { UnknownReason } from '../domain/finding.ts'
import type { FindingInterval, IntervalFilter, IntervalPage, ListedInterval } from '../domain/store.ts'
import type { Instant } from '../domain/time.ts'
import { turn } from './pack.ts'

/** As a list: a page is asked for often. */
type Row = [
  id: number,
  series: number,
  kind: string,
  source: string,
  key: string,
  label: string,
  status: 'fail' | 'unknown',
  reason: UnknownReason | null,
  sinceRun: number,
  firstRun: number,
  untilRun: number | null,
  cause: FindingInterval['cause'],
  clock: ListedInterval['ownClock'],
]
interface Asked {
  readonly upTo: number
  readonly status: string | null
  readonly source: string | null
  /** JSON array of ids. */
  readonly series: string | null
}
interface Place {
  /** Ids below this one. */
  readonly before: number
  /** The least id, or, of what is closed, the first run in which it was. */
  readonly from: number
  readonly limit: number
}
type Statement = Database.Statement<[Asked & Place], Row>

/**
 * Of rows that differ in facts alone only the last stands for the interval: one that merely changed, and whose successor
 * began together with it, is told by that one.
 */
const SELECT = `select f.id, f.series, u.kind, u.source, u.key, ifnull(f.label, u.label), f.status, f.reason, f.since_run,
    case f.status when 'fail' then f.failed_run else f.first_run end, iif(f.until_run <= @upTo, f.until_run, null), f.cause,
    f.body ->> 3
  from finding f join subject u on u.id = f.subject where f.id < @before and f.from_run <= @upTo`
const LAST = `(f.until_run is null or f.until_run > @upTo or f.cause <> 'changed' or not exists (
    select 1 from finding n where n.series = f.series and n.subject = f.subject and n.from_run = f.until_run
      and n.since_run = f.since_run))`
const OPEN = '(f.until_run is null or f.until_run > @upTo)'
const CONDITIONS = {
  open: OPEN,
  closed: `(f.until_run <= @upTo and ${LAST})`,
  both: LAST,
  status: 'f.status = @status',
  source: 'u.source = @source',
  /** The plus keeps SQLite from looking through a whole series for every page and slice of the walk. */
  series: '+f.series in (select value from json_each(@series))',
  /** The walk, and what it leaves out of what was closed since. */
  walk: 'f.id >= @from',
  ended: 'f.until_run between @from and @upTo',
} as const
type Condition = keyof typeof CONDITIONS
const NEWEST_FIRST = 'order by f.id desc limit @limit'

const NEWEST_ID = 'select ifnull(max(id), 0) from finding'
const FROM_RUN = 'select id, from_run from finding where id >= ? order by id limit 1'
const FIRST_AFTER = 'select min(sequence) from run where snapshot_at > ?'
const SERIES =
  'select id from series where (@check is null or check_id = @check) and (@system is null or system = @system)'
const ONE_SERIES = 'select check_id, system from series where id = ?'
const MOMENT = 'select snapshot_at from run where sequence = ?'

/** Rows looked at before others have their turn: some 20 ms. */
const SLICE = 20_000

export function findingPages(db: Database.Database) {
  const statements = new Map<string, Statement>()
  const newestId = db.prepare<[], number>(NEWEST_ID).pluck()
  const fromRun = db.prepare<[number], { id: number; from_run: number }>(FROM_RUN)
  const firstAfter = db.prepare<[Instant], number | null>(FIRST_AFTER).pluck()
  const seriesOf = db.prepare<[{ check: string | null; system: string | null }], number>(SERIES).pluck()
  const oneSeries = db.prepare<[number], { check_id: string; system: string }>(ONE_SERIES)
  const moment = db.prepare<[number], Instant>(MOMENT).pluck()
  // Neither is ever changed or deleted.
  const nameOf = kept((id: number) => oneSeries.get(id)!)
  const momentOf = kept((run: number) => moment.get(run)!)

  /** One of a few texts: each condition is there or not. */
  function statement(conditions: readonly Condition[]): Statement {
    const name = conditions.join(' ')
    let made = statements.get(name)
    if (made === undefined) {
      const wanted = conditions.map((condition) => `and ${CONDITIONS[condition]}`)
      made = db.prepare<[Asked & Place], Row>([SELECT, ...wanted, NEWEST_FIRST].join(' ')).raw() as Statement
      statements.set(name, made)
    }
    return made
  }

  /** The first row that was written in this run or later; ids go up with runs. */
  function firstIdOf(run: number): number {
    let low = 0
    let high = newestId.get()! + 1
    while (low < high) {
      const middle = Math.floor((low + high) / 2)
      const row = fromRun.get(middle)
      if (row === undefined || row.from_run >= run) high = middle
      else low = row.id + 1
    }
    return low
  }

  function seriesAsked({ checks, system }: IntervalFilter): string | null {
    if (checks === undefined && system === undefined) return null
    const wanted: readonly (string | null)[] = checks ?? [null]
    return JSON.stringify(wanted.flatMap((check) => seriesOf.all({ check, system: system ?? null })))
  }

  async function intervals(
    filter: IntervalFilter,
    upTo: number,
    limit: number,
    before: number | null,
  ): Promise<IntervalPage> {
    const { status = null, source = null, updatedSince } = filter
    const asked: Asked = { upTo, status, source, series: seriesAsked(filter) }
    const conditions: Condition[] = [filter.open === undefined ? 'both' : filter.open ? 'open' : 'closed']
    for (const name of ['status', 'source', 'series'] as const) if (asked[name] !== null) conditions.push(name)
    const since = updatedSince === undefined ? 0 : firstAfter.get(updatedSince)
    // Every run was before that.
    if (since == null) return { intervals: [], next: null }
    const bottom = since === 0 ? 0 : firstIdOf(since)
    const rows: Row[] = []
    // One more than asked for tells whether there is a next page.
    const room = () => limit + 1 - rows.length
    const walk = statement([...conditions, 'walk'])
    let top = before ?? newestId.get()! + 1
    while (room() > 0 && top > bottom) {
      const from = Math.max(bottom, top - SLICE)
      for (const row of walk.all({ ...asked, before: top, from, limit: room() })) rows.push(row)
      top = from
      if (room() > 0 && top > bottom) await turn()
    }
    // What began before and ended since.
    if (room() > 0 && since > 0) {
      const place = { before: Math.min(top, bottom), from: since, limit: room() }
      rows.push(...statement([...conditions, 'ended']).all({ ...asked, ...place }))
    }
    const shown = rows.slice(0, limit)
    return { intervals: shown.map(intervalOf), next: rows.length > limit ? shown.at(-1)![0] : null }
  }

  function intervalOf(row: Row): ListedInterval {
    const [, series, kind, source, key, label, status, reason, sinceRun, firstRun, untilRun, cause, clock] = row
    const { check_id: check, system } = nameOf(series)
    return {
      check,
      system: system === '' ? null : system,
      subject: { kind, source, key, label },
      status,
      unknownReason: reason,
      firstSeen: momentOf(firstRun),
      from: momentOf(sinceRun),
      closedAt: untilRun === null ? null : momentOf(untilRun),
      cause: untilRun === null ? null : cause,
      ownClock: clock,
    }
  }

  return { intervals }
}

/** Read once: of what is always the same. */
function kept<T>(read: (id: number) => T): (id: number) => T {
  const known = new Map<number, T>()
  return (id) => {
    let value = known.get(id)
    if (value === undefined) {
      value = read(id)
      known.set(id, value)
    }
    return value
  }
}
