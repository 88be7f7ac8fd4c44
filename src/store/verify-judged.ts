/**
 * Whom the checks judged, made again run by run and counted: each must be as many as the sealed result of that run says.
 * Of a check that judged nobody, for it did not answer itself, there is nothing to compare.
 */
import type Database from 'better-sqlite3'
import { Attendance } from './attendance.ts'
import { flipsIn, type JudgedStore } from './judged.ts'
import type { Flip } from './members.ts'
import { turn } from './pack.ts'

interface CountsRow {
  readonly series: number
  readonly run: number
  readonly counts: string | null
}

// Crossed, so that each goes from the series to its rows: SQLite would look at every result there ever was.
const IN_FORCE = `select s.id as series, r.run, r.counts from series s
  cross join result r on r.series = s.id and r.run = (select max(run) from result where series = s.id and run <= ?)`
const CHANGED = `select s.id as series, r.run, r.counts from series s
  cross join result r on r.series = s.id and r.run > ? and r.run <= ? order by r.run`
/** Runs looked at between two turns of the event loop. */
const AT_ONCE = 500

type Attempt = (name: string, holds: () => boolean) => Promise<void>

export function judgedVerifier(db: Database.Database, judged: JudgedStore) {
  const inForce = db.prepare<[number], CountsRow>(IN_FORCE)
  const changed = db.prepare<[number, number], CountsRow>(CHANGED)

  /** The state after the first of the runs, and what each later one tells. */
  async function read(first: number, last: number) {
    const attendance = new Attendance()
    const later = new Map<number, readonly Flip[]>()
    for await (const part of judged.rowsUpTo(last)) {
      for (const row of part) {
        if (row.run <= first) attendance.apply(flipsIn(row))
        else later.set(row.run, flipsIn(row))
      }
    }
    return { attendance, later }
  }

  async function walk(first: number, last: number, attempt: Attempt): Promise<void> {
    const { attendance, later } = await read(first, last)
    const told = new Map(inForce.all(first).map((row) => [row.series, judgedIn(row)]))
    const changes = Map.groupBy(changed.all(first, last), ({ run }) => run)
    const holds = (series: number): boolean =>
      attendance.of(series).silent || told.get(series) === attendance.count(series)
    let touched = [...told.keys(), ...attendance.series()]
    for (let run = first; ; ) {
      if (!touched.every(holds)) await attempt(`whom the checks judged in run ${run}`, () => false)
      if (++run > last) return
      const [flips, rows] = [later.get(run) ?? [], changes.get(run) ?? []]
      attendance.apply(flips)
      for (const row of rows) told.set(row.series, judgedIn(row))
      touched = [...flips.flatMap(({ series }) => series), ...rows.map(({ series }) => series)]
      if (run % AT_ONCE === 0) await turn()
    }
  }

  return async (first: number, last: number, attempt: Attempt): Promise<void> => {
    const from = Math.max(first, judged.first() ?? Number.MAX_SAFE_INTEGER)
    if (from > last) return
    try {
      await walk(from, last, attempt)
    } catch {
      await attempt(`whom the checks judged up to run ${last}`, () => false)
    }
  }
}

/** Passed, failed and unknown; null where the check gave no result. */
function judgedIn({ counts }: CountsRow): number | null {
  if (counts === null) return null
  const [pass, fail, unknown] = JSON.parse(counts) as [number, number, number]
  return pass + fail + unknown
}
