/** Runs in pages, newest first. */
import type Database from 'better-sqlite3'
import type { RunSummary } from '../domain/store.ts'
import type { Instant } from '../domain/time.ts'
import { type RunRow, summaryOf } from './runs.ts'

/** Without its sources, which are large. */
const BEFORE = `select run.sequence, run.id, run.started_at, run.snapshot_at, run.software, run.build, run.settings,
    run.snapshot_digest, run.results_digest, run.check_set_digest, run.leaf, leaf.hash as leaf_hash
  from run join leaf on leaf.idx = run.leaf
  where (@before is null or run.sequence < @before) and (@since is null or run.snapshot_at > @since)
  order by run.sequence desc limit @limit`

const NEWEST = 'select max(sequence) from run'

export function runPages(db: Database.Database) {
  const rows = db.prepare<[{ before: number | null; since: Instant | null; limit: number }], RunRow>(BEFORE)
  const newest = db.prepare<[], number | null>(NEWEST).pluck()
  const runsBefore = (before: number | null, since: Instant | null, limit: number): RunSummary[] =>
    rows.all({ before, since, limit }).map(summaryOf)
  let last: RunSummary | null = null
  return {
    runsBefore,
    /** Every page asks for the newest one: a run is never changed, so what was read of it is read once. */
    runs(limit: number): RunSummary[] {
      if (limit !== 1) return runsBefore(null, null, limit)
      if (last?.sequence !== newest.get()) last = runsBefore(null, null, 1)[0] ?? null
      return last === null ? [] : [last]
    },
  }
}
