/**
 * Findings as intervals: one row a failure or unknown, from the first run that saw it so to the first that did not.
 * Unknown never resolves: where the engine answered for a check, what was open stays open (checks.md section 1, rule 5).
 */
import type Database from 'better-sqlite3'
import { AppError } from '../domain/error.ts'
import type { Finding, Status, Subject, UnknownReason } from '../domain/finding.ts'
import { byText } from '../domain/json.ts'
import { movesEachRun } from '../domain/moving-facts.ts'
import type { Settings } from '../domain/settings.ts'
import type { FindingInterval, SealedResult, SealedRun } from '../domain/store.ts'
import type { Instant } from '../domain/time.ts'
import { sha256 } from '../lib/digest.ts'
import { packSaid, unpackSaid } from './facts.ts'
import { damaged } from './failure.ts'
import { turn } from './pack.ts'
import { byEngine, type Series, slot } from './results.ts'
import { scanning } from './scan.ts'

type Cause = Exclude<FindingInterval['cause'], null>
type Open = 'fail' | 'unknown'

/** As a list, and only what tells whether a finding is still the same: there are thousands. */
type OpenRow = [id: number, source: string, kind: string, key: string, stable: string]
interface DetailRow {
  readonly kind: string
  readonly source: string
  readonly key: string
  readonly label: string
  readonly status: Open
  readonly reason: UnknownReason | null
  readonly since_run: number
  readonly first_run: number
  readonly failed_run: number | null
}
interface ClosedRow extends Pick<DetailRow, 'first_run' | 'failed_run'> {
  readonly cause: Cause
  readonly until_run: number
}
interface BodyRow extends Omit<DetailRow, 'since_run' | 'first_run' | 'failed_run'> {
  readonly facts: number
  readonly body: string
}
interface IntervalRow extends Omit<BodyRow, 'facts' | 'body'> {
  readonly check_id: string
  readonly system: string
  readonly subject: number
  readonly since_run: number
  readonly since_at: Instant
  readonly first_at: Instant
  readonly closed_at: Instant | null
  readonly cause: Cause | null
}

interface Opening {
  readonly check: string
  readonly system: string | null
  readonly version: number
  readonly finding: Finding
  readonly stable: string
  /** Null: since this run. */
  readonly sinceRun: number | null
  readonly firstRun: number | null
  readonly failedRun: number | null
}
export interface FindingsPlan {
  readonly openings: readonly Opening[]
  readonly closings: readonly { readonly id: number; readonly cause: Cause }[]
}

const OPEN = `select f.id, u.source, u.kind, u.key, lower(hex(f.stable))
  from finding f join subject u on u.id = f.subject where f.series = ? and f.until_run is null`
const LABEL = 'ifnull(f.label, u.label) as label'
const DETAIL = `select u.kind, u.source, u.key, ${LABEL}, f.status, f.reason, f.since_run, f.first_run, f.failed_run
  from finding f join subject u on u.id = f.subject where f.id = ?`
const LAST_CLOSED = `select f.cause, f.until_run, f.first_run, f.failed_run from finding f
  where f.series = ? and f.subject = (select id from subject where kind = ? and source = ? and key = ?)
  order by f.from_run desc limit 1`
const saidIn = (
  finding: string,
): string => `select u.kind, u.source, u.key, ${LABEL}, f.status, f.reason, f.facts, f.body
  from ${finding} join subject u on u.id = f.subject`
const intervalsOf = (
  finding: string,
): string => `select s.check_id, s.system, f.subject, u.kind, u.source, u.key, ${LABEL}, f.status, f.reason,
    f.since_run, since.snapshot_at as since_at, first.snapshot_at as first_at, until.snapshot_at as closed_at,
    iif(until.sequence is null, null, f.cause) as cause
  from ${finding}
  join series s on s.id = f.series
  join subject u on u.id = f.subject
  join run since on since.sequence = f.since_run
  join run first on first.sequence = case f.status when 'fail' then f.failed_run else f.first_run end
  left join run until on until.sequence = f.until_run and f.until_run <= @upTo`
const ALL = `${intervalsOf('finding f')} where f.series = @series and f.from_run <= @upTo order by f.subject, f.from_run`
/** What of a series was open after a run. */
const openAt = (select: (finding: string) => string): string => `${select('finding f')}
  where f.series = @series and f.from_run <= @upTo and (f.until_run is null or f.until_run > @upTo)`
/**
 * The same for a run of late: of a year of findings few are open or were just closed, and both have an index, which
 * SQLite takes only where it is told to. In one statement: a seal between two would close what neither then has.
 */
const openLately = (select: (finding: string) => string): string => `select * from (
    ${select('finding f indexed by finding_open')}
      where f.series = @series and f.until_run is null and f.from_run <= @upTo
    union all
    ${select('finding f indexed by finding_closed')}
      where f.until_run > @upTo and f.series = @series and f.from_run <= @upTo)`
/** What was closed in so many runs is less than what a series ever had. */
const LATELY = 96
/** Most series have nothing open, and to ask each of them costs more than to read what the others have. */
const seriesWith = (some: string): string => `select s.id from series s where ${some} order by s.check_id, s.system`
const ANY = 'exists (select 1 from finding f where f.series = s.id and f.from_run <= @upTo)'
const ANY_LATELY = `exists (
    select 1 from finding f indexed by finding_open where f.series = s.id and f.until_run is null)
  or s.id in (select f.series from finding f indexed by finding_closed where f.until_run > @upTo)`
const NEWEST = 'select max(sequence) from run'
/** Runs are ordered by sequence, so the first of those after the moment bounds the rows looked at. */
const CLOSED_SINCE = `${intervalsOf('finding f')}
  where f.until_run >= (select min(sequence) from run where snapshot_at > @since) and f.cause <> 'changed'
  order by f.until_run desc, f.id limit @limit`
/** After every run. */
const EVER = Number.MAX_SAFE_INTEGER
const SUBJECT = 'select id, label from subject where kind = ? and source = ? and key = ?'
const ADD_SUBJECT = 'insert into subject (kind, source, key, label) values (?, ?, ?, ?)'
const SHAPE = "select id from shape where kind = 'facts' and fields = ?"
const ADD_SHAPE = "insert into shape (kind, fields) values ('facts', ?)"
const NAMES = "select fields from shape where id = ? and kind = 'facts'"
const ADD = `insert into finding (series, subject, version, status, reason, label, facts, body, stable, from_run, since_run,
    first_run, failed_run)
  values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
const CLOSE = 'update finding set until_run = ?, cause = ? where id = ?'

export function findingStore(db: Database.Database) {
  const openRows = db.prepare<[number], OpenRow>(OPEN).raw()
  const detail = db.prepare<[number], DetailRow>(DETAIL)
  const lastClosed = db.prepare<[number, string, string, string], ClosedRow>(LAST_CLOSED)
  const saidAt = {
    ever: db.prepare<[{ series: number; upTo: number }], BodyRow>(openAt(saidIn)),
    lately: db.prepare<[{ series: number; upTo: number }], BodyRow>(openLately(saidIn)),
  }
  const intervalRows = {
    all: db.prepare<[{ series: number; upTo: number }], IntervalRow>(ALL),
    open: db.prepare<[{ series: number; upTo: number }], IntervalRow>(`${openAt(intervalsOf)} order by f.subject`),
    openLately: db.prepare<[{ series: number; upTo: number }], IntervalRow>(
      `${openLately(intervalsOf)} order by subject`,
    ),
  }
  const seriesOf = {
    ever: db.prepare<[{ upTo: number }], number>(seriesWith(ANY)).pluck(),
    lately: db.prepare<[{ upTo: number }], number>(seriesWith(ANY_LATELY)).pluck(),
  }
  const newest = db.prepare<[], number | null>(NEWEST).pluck()
  const closedRows = db.prepare<[{ since: Instant; limit: number; upTo: number }], IntervalRow>(CLOSED_SINCE)
  const subjectRow = db.prepare<[string, string, string], { id: number; label: string }>(SUBJECT)
  const addSubject = db.prepare<[string, string, string, string]>(ADD_SUBJECT)
  const shape = db.prepare<[string], number>(SHAPE).pluck()
  const addShape = db.prepare<[string]>(ADD_SHAPE)
  const namesOf = db.prepare<[number], string>(NAMES).pluck()
  const add = db.prepare(ADD)
  const closeRow = db.prepare<[number, Cause, number]>(CLOSE)

  /**
   * @param unchanged results that say what the newest run said: of their findings none opens, none closes
   * @param former sources that have records but left the settings
   */
  async function plan(
    run: SealedRun,
    series: readonly Series[],
    unchanged: ReadonlySet<SealedResult>,
    former: ReadonlySet<string>,
  ): Promise<FindingsPlan> {
    const openings: Opening[] = []
    const closings: { id: number; cause: Cause }[] = []
    const known = new Map(series.map((row) => [slot(row.check, row.system), row]))
    const last = newest.get() ?? 0
    for (const result of run.results) {
      const own = known.get(slot(result.check, result.system)) ?? null
      known.delete(slot(result.check, result.system))
      if (unchanged.has(result) && !byEngine(result)) continue
      const rows = own === null ? [] : openRows.all(own.id)
      if (byEngine(result)) closings.push(...closedByEngine(result, rows, former))
      else {
        const open = new Map(rows.map((row) => [subjectSlot(row[1], row[2], row[3]), row]))
        for (const finding of result.open) {
          const { source, kind, key } = finding.subject
          const name = subjectSlot(source, kind, key)
          const row = open.get(name)
          open.delete(name)
          const stable = stableDigest(result.version, finding)
          if (row?.[4] === stable) continue
          if (row === undefined) {
            const earlier = reopened(own, last, finding.subject)
            openings.push(openingOf(result, finding, stable, null, earlier))
          } else {
            openings.push(openingOf(result, finding, stable, detail.get(row[0])!, null))
            closings.push({ id: row[0], cause: 'changed' })
          }
        }
        for (const [id] of open.values()) closings.push({ id, cause: causeOf(result, detail.get(id)!, former) })
        await turn()
      }
    }
    for (const row of known.values()) {
      const cause = causeOfAbsence(run.settings, row)
      for (const [id] of openRows.all(row.id)) closings.push({ id, cause })
    }
    return { openings, closings }
  }

  /**
   * What closed because the check was switched off or lost its source and is found again by the very next judgement:
   * nobody remedied it in between, so its clock runs on. Nothing closed since where the check itself answered in the
   * newest run.
   */
  function reopened(series: Series | null, newest: number, subject: Subject): ClosedRow | null {
    if (series === null || series.judged >= newest) return null
    const row = lastClosed.get(series.id, subject.kind, subject.source, subject.key)
    if (row === undefined || series.judged >= row.until_run) return null
    return row.cause === 'disabled' || row.cause === 'configuration' ? row : null
  }

  /** Inside the seal's transaction. */
  function write(plan: FindingsPlan, series: ReadonlyMap<string, number>, run: number): void {
    for (const { id, cause } of plan.closings) closeRow.run(run, cause, id)
    // Hundreds of checks speak of the same subjects.
    const subjects = new Map<string, { id: number; label: string }>()
    const shapes = new Map<string, number>()
    for (const { check, system, version, finding, stable, sinceRun, firstRun, failedRun } of plan.openings) {
      const { subject, status, unknownReason } = finding
      const { names, body } = packSaid(finding)
      const name = subjectSlot(subject.source, subject.kind, subject.key)
      const { id, label } = subjects.get(name) ?? subjectOf(subject)
      subjects.set(name, { id, label })
      const facts = shapes.get(names) ?? shapeOf(names)
      shapes.set(names, facts)
      add.run(
        series.get(slot(check, system)),
        id,
        version,
        status,
        unknownReason,
        label === subject.label ? null : subject.label,
        facts,
        body,
        Buffer.from(stable, 'hex'),
        run,
        sinceRun ?? run,
        firstRun ?? run,
        failedRun ?? (status === 'fail' ? run : null),
      )
    }
  }

  function subjectOf({ kind, source, key, label }: Subject): { id: number; label: string } {
    const known = subjectRow.get(kind, source, key)
    return known ?? { id: Number(addSubject.run(kind, source, key, label).lastInsertRowid), label }
  }

  function shapeOf(names: string): number {
    return shape.get(names) ?? Number(addShape.run(names).lastInsertRowid)
  }

  function isLate(run: number): boolean {
    return run + LATELY > (newest.get() ?? 0)
  }

  const known = new Map<number, readonly string[]>()
  function findingOf({ kind, source, key, label, status, reason, facts, body }: BodyRow): Finding {
    const subject = { kind, source, key, label }
    let names = known.get(facts)
    if (names === undefined) {
      const fields = namesOf.get(facts)
      if (fields === undefined) throw damaged(`the names of the facts about ${source}/${kind}/${key} are gone`)
      names = JSON.parse(fields) as string[]
      known.set(facts, names)
    }
    return { status, unknownReason: reason, subject, ...unpackSaid(names, body, subject) }
  }

  return {
    plan,
    write,
    /** As sealed, but for facts that move each run: those read as when the finding was first seen so. */
    at: (series: number, run: number): Finding[] =>
      saidAt[isLate(run) ? 'lately' : 'ever'].all({ series, upTo: run }).map(findingOf).sort(bySubject),
    closedSince: (since: Instant, limit: number): FindingInterval[] =>
      closedRows.all({ since, limit, upTo: EVER }).map(intervalMaker()),
    /** @param upTo sequence of the run as of which they are told: what came after it is as if it were not there */
    async intervals(which: 'open' | 'all', upTo = newest.get() ?? 0): Promise<FindingInterval[]> {
      const intervals: FindingInterval[] = []
      const make = intervalMaker()
      // Of a large fleet they are a hundred thousand; what is sealed between two checks is after `upTo` and does not show.
      const lately = which === 'open' && isLate(upTo)
      const rows = intervalRows[lately ? 'openLately' : which]
      for (const series of seriesOf[lately ? 'lately' : 'ever'].all({ upTo })) {
        let last: IntervalRow | null = null
        const done = scanning(db)
        try {
          for (const row of rows.iterate({ series, upTo })) {
            // Rows that differ in facts alone are one interval to everybody else: the last of them knows how it ended.
            if (last !== null && !isSameInterval(last, row)) intervals.push(make(last))
            last = row
          }
        } finally {
          done()
        }
        if (last !== null) intervals.push(make(last))
        await turn()
      }
      return intervals
    },
  }
}

export type FindingStore = ReturnType<typeof findingStore>

/** What is to be written for a finding that is new or says something else than the row before. */
function openingOf(
  result: SealedResult,
  finding: Finding,
  stable: string,
  before: DetailRow | null,
  reopened: ClosedRow | null,
): Opening {
  const same = before?.status === finding.status && before.reason === finding.unknownReason
  const earlier = before ?? reopened
  return {
    check: result.check,
    system: result.system,
    version: result.version,
    finding,
    stable,
    sinceRun: same ? before.since_run : null,
    firstRun: earlier?.first_run ?? null,
    failedRun: earlier?.failed_run ?? null,
  }
}

/** Hex digits: 128 bits are enough to tell that something changed; nothing is proved by them. */
const STABLE_DIGITS = 32

/** Everything of a finding that makes a new row when it changes. */
function stableDigest(version: number, finding: Finding): string {
  const { status, unknownReason, notice, facts, records, sla, subject } = finding
  const stable: unknown[] = [version, status, unknownReason, notice, records, sla ?? null, subject.label]
  for (const name in facts) if (!movesEachRun(name)) stable.push(name, facts[name])
  return sha256(JSON.stringify(stable)).slice(0, STABLE_DIGITS)
}

function causeOf(result: SealedResult, row: DetailRow, former: ReadonlySet<string>): Cause {
  if (result.statusOf === undefined) {
    throw new AppError(
      'internal',
      `store: ${result.check} no longer lists ${row.source}/${row.kind}/${row.key} and cannot say why`,
    )
  }
  const status = result.statusOf({ kind: row.kind, source: row.source, key: row.key, label: row.label })
  if (status === null) return former.has(row.source) ? 'configuration' : 'subject_gone'
  return CAUSES[status] ?? notListed(result, row, status)
}
const CAUSES: { readonly [S in Status]?: Cause } = { pass: 'passed', not_applicable: 'left_scope' }

function notListed(result: SealedResult, row: DetailRow, status: Status): never {
  throw new AppError(
    'internal',
    `store: ${result.check} says ${status} for ${row.source}/${row.kind}/${row.key} and does not list it`,
  )
}

/** The engine's unknown closes nothing but what belongs to a source that left; its "not applicable" closes all. */
function closedByEngine(
  result: SealedResult,
  rows: readonly OpenRow[],
  former: ReadonlySet<string>,
): { id: number; cause: Cause }[] {
  const closed = result.status === 'unknown' ? rows.filter(([, source]) => former.has(source)) : rows
  return closed.map(([id]) => ({ id, cause: 'configuration' }))
}

function causeOfAbsence(settings: Settings, { check, system }: Series): Cause {
  const left = system !== null && !settings.sources.some((source) => source.id === system)
  return !left && settings.checks[check]?.enabled === false ? 'disabled' : 'configuration'
}

function subjectSlot(source: string, kind: string, key: string): string {
  return `${source}\0${kind}\0${key}`
}

function bySubject({ subject: a }: Finding, { subject: b }: Finding): number {
  return byText(a.source, b.source) || byText(a.kind, b.kind) || byText(a.key, b.key)
}

/** Of two rows of one series. */
function isSameInterval(a: IntervalRow, b: IntervalRow): boolean {
  return a.subject === b.subject && a.since_run === b.since_run
}

/** Tens of thousands of rows name the same checks, moments and subjects: each of those is kept once. */
function intervalMaker(): (row: IntervalRow) => FindingInterval {
  const texts = new Map<string, string>()
  const once = <T extends string | null>(text: T): T => {
    if (text === null) return text
    const known = texts.get(text)
    if (known !== undefined) return known as T
    texts.set(text, text)
    return text
  }
  const subjects = new Map<number, Subject>()
  const subjectOf = ({ subject: id, kind, source, key, label }: IntervalRow): Subject => {
    const known = subjects.get(id)
    if (known !== undefined && known.label === label) return known
    const subject = { kind: once(kind), source: once(source), key, label: label === key ? key : label }
    subjects.set(id, subject)
    return subject
  }
  return (row) => ({
    check: once(row.check_id),
    system: row.system === '' ? null : once(row.system),
    subject: subjectOf(row),
    status: once(row.status),
    unknownReason: once(row.reason),
    firstSeen: once(row.first_at),
    from: once(row.since_at),
    closedAt: once(row.closed_at),
    cause: once(row.cause),
  })
}
