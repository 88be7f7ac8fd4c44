/** What the scheduler and the guard against falls must know of a source's earlier attempts. */
import type Database from 'better-sqlite3'
import type { SourceHistory } from '../domain/store.ts'
import { DAY, type Instant, plus } from '../domain/time.ts'
import type { PullStore } from './requests.ts'
import type { RunStore } from './runs.ts'

const NEWEST = 'select run, config_digest from pull where source = ? order by run desc limit 1'
const ATTEMPTS = 'select error_code from pull where source = ? order by run desc'
/** By the end of the pull: a file is "collected" when it was last changed. An accepted fall makes what was before it past. */
const COUNTS = `select counts from pull
  where source = @source and outcome = 'complete' and ended_at >= @from and ended_at <= @now
    and run >= (select coalesce(max(run), 0) from pull where source = @source and fell = 1)`
const REFUSED: ReadonlySet<string> = new Set(['auth_failed', 'forbidden'])

export function historyReader(db: Database.Database, runs: RunStore, pulls: PullStore) {
  const newest = db.prepare<[string], { run: number; config_digest: string }>(NEWEST)
  const attempts = db.prepare<[string], string | null>(ATTEMPTS).pluck()
  const counts = db.prepare<[{ source: string; from: Instant; now: Instant }], string>(COUNTS).pluck()

  /** Consecutive attempts that the vendor refused, up to the newest. */
  function authFailures(source: string): number {
    let count = 0
    for (const code of attempts.iterate(source)) {
      if (code === null || !REFUSED.has(code)) break
      count++
    }
    return count
  }

  function highest(source: string, now: Instant): Record<string, number> {
    const found: Record<string, number> = {}
    for (const text of counts.all({ source, from: plus(now, -7 * DAY), now })) {
      for (const [kind, count] of Object.entries(JSON.parse(text) as Record<string, number>)) {
        if (count > (found[kind] ?? -1)) found[kind] = count
      }
    }
    return found
  }

  /** Its newest state; that of its last pull where it has left the settings meanwhile. */
  function stateOf(source: string, pulledIn: number | null) {
    for (const sequence of [runs.newestSequence(), pulledIn ?? 0]) {
      const state = sequence === 0 ? undefined : runs.statesOf(sequence).find(({ id }) => id === source)
      if (state !== undefined) return state
    }
    return null
  }

  return db.transaction((source: string, now: Instant): SourceHistory | null => {
    const last = newest.get(source) ?? null
    const state = stateOf(source, last?.run ?? null)
    if (state === null) return null
    return {
      state,
      configDigest: last?.config_digest ?? null,
      authFailures: authFailures(source),
      highest: highest(source, now),
      held: pulls.held(source),
    }
  })
}
