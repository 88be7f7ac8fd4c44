/** Facts that move at every run: they are kept as first seen and make no new interval (design section 8). */
import { VOLATILE } from './record.ts'

/** As vendors and checks spell them beside our own field names; compared without case, dashes and underscores. */
const SPELLINGS = [
  'lastActiveDate',
  'lastCheckIn',
  'lastSeenAt',
  'lastReported',
  'lastUsed',
  'updatedAt',
  'modifiedTimestamp',
  'collectedAt',
  'attemptedAt',
]

const MOVING: ReadonlySet<string> = new Set([...Object.values(VOLATILE).flat(), ...SPELLINGS].map(bare))

/** True for `lastSeen`, `last_seen`, `agent.lastSeen`, `sentinelOne:lastActiveDate` … */
export function movesEachRun(name: string): boolean {
  let moves = ANSWERED.get(name)
  if (moves === undefined) {
    moves = MOVING.has(bare(name.slice(Math.max(name.lastIndexOf('.'), name.lastIndexOf(':')) + 1)))
    // Names of facts are few, findings are many; a check that makes up names must not fill the memory.
    if (ANSWERED.size < 10_000) ANSWERED.set(name, moves)
  }
  return moves
}
const ANSWERED = new Map<string, boolean>()

function bare(name: string): string {
  return name.toLowerCase().replaceAll(/[-_ ]/g, '')
}
