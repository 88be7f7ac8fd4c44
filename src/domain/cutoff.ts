/** Limits of time as instants, so that thousands of records are compared as text instead of being parsed. */
import type { Snapshot } from './snapshot.ts'
import { type Instant, plus } from './time.ts'

/** The instant that lies so long before the snapshot. What is earlier is older than the limit. */
export function cutoff(snapshot: Snapshot, ms: number): Instant {
  const known = snapshot.derive(cutoffsSoFar)
  let at = known.get(ms)
  if (at === undefined) {
    at = plus(snapshot.at, -ms)
    known.set(ms, at)
  }
  return at
}

function cutoffsSoFar(): Map<number, Instant> {
  return new Map()
}
