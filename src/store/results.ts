/**
 * Results as intervals: a row when a check's verdict or the digest of its findings changed, a row without a verdict when
 * the check gave no result any more. A verdict is everything but counts, findings and their digest, stored once.
 */
import type Database from 'better-sqlite3'
import { byRefAndSystem } from '../domain/digests.ts'
import type { Finding } from '../domain/finding.ts'
import type { JsonValue } from '../domain/json.ts'
import type { Counts } from '../domain/result.ts'
import type { SealedResult, SealedVerdict, VerdictChange } from '../domain/store.ts'
import { canonicalJson } from '../lib/canonical-json.ts'
import { digestBytes } from './pack.ts'

type Verdict = Pick<SealedResult, 'version' | 'ref' | 'status' | 'unknownReason' | 'message' | 'parameters'>

export interface Series {
  readonly id: number
  readonly check: string
  readonly system: string | null
  /** The newest run in which the check itself answered. */
  readonly judged: number
}

interface SeriesRow {
  readonly id: number
  readonly check_id: string
  readonly system: string
  readonly judged: number
}
interface ResultRow {
  readonly series: number
  readonly verdict: string | null
  readonly counts: string | null
  /** Lower-case hex. */
  readonly digest: string | null
}

interface ChangeRow {
  readonly check_id: string
  readonly system: string
  readonly run: number
  /** Its number; the same words are read once. */
  readonly verdict: number | null
}

const SERIES = 'select id, check_id, system, judged from series'
const SERIES_ID = 'select id from series where check_id = ? and system = ?'
const ADD_SERIES = 'insert into series (check_id, system) values (?, ?)'
const JUDGED = 'update series set judged = ? where id = ?'
// Crossed, so that it goes from the series to one row each: SQLite would look at every result there ever was.
const LATEST = `select r.series, v.body as verdict, r.counts, lower(hex(r.digest)) as digest from series s
  cross join result r on r.series = s.id and r.run = (select max(run) from result where series = s.id and run <= ?)
  left join verdict v on v.id = r.verdict`
const VERDICT = 'select body from verdict where id = ?'
const CHANGES = `select s.check_id, s.system, r.run, r.verdict
  from series s join result r on r.series = s.id
  where r.run <= @to and r.run >= coalesce((select max(run) from result where series = s.id and run <= @from), 0)
  order by s.check_id, s.system, r.run`
const SAME_VERDICT = 'select id from verdict where body = ?'
const ADD_VERDICT = 'insert into verdict (body) values (?)'
const ADD_RESULT = 'insert into result (series, run, verdict, counts, digest) values (?, ?, ?, ?, ?)'

/** The engine answered in place of the check: nothing was judged, so nothing resolves. */
export function byEngine(result: Pick<SealedResult, 'message'>): boolean {
  return result.message !== null
}

export function slot(check: string, system: string | null): string {
  return `${check}\0${system ?? ''}`
}

export function resultStore(db: Database.Database) {
  const seriesRows = db.prepare<[], SeriesRow>(SERIES)
  const seriesId = db.prepare<[string, string], number>(SERIES_ID).pluck()
  const addSeries = db.prepare<[string, string]>(ADD_SERIES)
  const setJudged = db.prepare<[number, number]>(JUDGED)
  const latest = db.prepare<[number], ResultRow>(LATEST)
  const sameVerdict = db.prepare<[string], { id: number }>(SAME_VERDICT)
  const verdictBody = db.prepare<[number], string>(VERDICT).pluck()
  const changes = db.prepare<[{ from: number; to: number }], ChangeRow>(CHANGES)
  const addVerdict = db.prepare<[string]>(ADD_VERDICT)
  const addResult = db.prepare<[number, number, number | null, string | null, Buffer | null]>(ADD_RESULT)

  function series(): Series[] {
    return seriesRows.all().map(({ id, check_id, system, judged }) => ({
      id,
      check: check_id,
      system: system === '' ? null : system,
      judged,
    }))
  }

  /** Those that say what the newest run said, finding by finding: the digest covers every one. */
  function unchanged(results: readonly SealedResult[], newest: number): Set<SealedResult> {
    const ids = new Map(series().map(({ id, check, system }) => [slot(check, system), id]))
    const known = new Map(latest.all(newest).map((row) => [row.series, row]))
    return new Set(
      results.filter((result) => {
        const before = known.get(ids.get(slot(result.check, result.system)) ?? 0)
        return before?.digest === result.digest && before.verdict === bodyOf(result)
      }),
    )
  }

  /** Inside the seal's transaction. @returns the series of each result, by `slot` */
  function write(results: readonly SealedResult[], run: number): Map<string, number> {
    const ids = new Map(series().map(({ id, check, system }) => [slot(check, system), id]))
    const known = new Map(latest.all(run).map((row) => [row.series, row]))
    const present = new Set<number>()
    for (const result of results) {
      const name = slot(result.check, result.system)
      let id = ids.get(name)
      if (id === undefined) {
        id = Number(addSeries.run(result.check, result.system ?? '').lastInsertRowid)
        ids.set(name, id)
      }
      present.add(id)
      const body = bodyOf(result)
      const counts = JSON.stringify(COUNTED.map((status) => result.counts[status]))
      const before = known.get(id)
      if (before?.verdict !== body || before.counts !== counts || before.digest !== result.digest) {
        const verdict = sameVerdict.get(body)?.id ?? Number(addVerdict.run(body).lastInsertRowid)
        addResult.run(id, run, verdict, counts, digestBytes(result.digest))
      }
      if (!byEngine(result)) setJudged.run(run, id)
    }
    for (const { series, verdict } of known.values()) {
      if (verdict !== null && !present.has(series)) addResult.run(series, run, null, null, null)
    }
    return ids
  }

  /** By ref, then system. */
  function verdictsAt(run: number): SealedVerdict[] {
    const names = new Map(series().map((row) => [row.id, row]))
    const results: SealedVerdict[] = []
    for (const { series, verdict, counts, digest } of latest.all(run)) {
      if (verdict === null || counts === null || digest === null) continue
      const { check, system } = names.get(series)!
      results.push({ check, system, ...(JSON.parse(verdict) as Verdict), counts: countsOf(counts), digest })
    }
    return results.sort(byRefAndSystem)
  }

  /** As sealed. */
  function at(run: number, openAt: (series: number) => Finding[]): SealedResult[] {
    const ids = new Map(series().map(({ id, check, system }) => [slot(check, system), id]))
    return verdictsAt(run).map((result) => ({
      ...result,
      open: byEngine(result) ? [] : openAt(ids.get(slot(result.check, result.system))!),
    }))
  }

  /** What one of `verdictsAt` left open. */
  function openOf(result: SealedVerdict, openAt: (series: number) => Finding[]): Finding[] {
    const id = byEngine(result) ? undefined : seriesId.get(result.check, result.system ?? '')
    return id === undefined ? [] : openAt(id)
  }

  /** Neighbours that differ in counts alone are told as one. */
  function changesBetween(from: number, to: number): VerdictChange[] {
    const words = new Map<number, Verdict>()
    const found: VerdictChange[] = []
    for (const { check_id, system, run, verdict } of changes.iterate({ from, to })) {
      if (verdict !== null && !words.has(verdict)) words.set(verdict, JSON.parse(verdictBody.get(verdict)!) as Verdict)
      const { status = null, unknownReason = null, message = null } = verdict === null ? {} : words.get(verdict)!
      const change = { check: check_id, system: system === '' ? null : system, sequence: run }
      const last = found.at(-1)
      const goesOn =
        last?.check === change.check &&
        last.system === change.system &&
        last.status === status &&
        last.unknownReason === unknownReason &&
        last.message === message
      if (!goesOn) found.push({ ...change, status, unknownReason, message })
    }
    return found
  }

  return { series, unchanged, write, verdictsAt, at, openOf, changesBetween }
}

export type ResultStore = ReturnType<typeof resultStore>

/** The verdict as it stands in its row. */
function bodyOf({ version, ref, status, unknownReason, message, parameters }: SealedResult): string {
  const verdict: Verdict = { version, ref, status, unknownReason, message, parameters }
  return canonicalJson(verdict as unknown as JsonValue)
}

/** In this order they stand in a row. */
const COUNTED = ['pass', 'fail', 'unknown', 'not_applicable', 'waived'] as const

function countsOf(text: string): Counts {
  const [pass, fail, unknown, not_applicable, waived] = JSON.parse(text) as [number, number, number, number, number]
  return { pass, fail, unknown, not_applicable, waived }
}
