/** When a failure or an unknown stood, within a period. */
import type { FindingInterval } from './store.ts'
import type { Instant } from './time.ts'

/**
 * Whether it stood at any time of the period. A clock that went back for a while may have closed what began in the period
 * before it; one that was ahead may have begun what is open now after its end.
 */
export function stoodIn({ from, closedAt }: FindingInterval, period: { from: Instant; until: Instant }): boolean {
  if (closedAt === null) return true
  return from <= period.until && (closedAt >= period.from || from >= period.from)
}

/** Up to when it was seen: its end, or that of what is told. */
export function lastSeen({ closedAt, from }: FindingInterval, until: Instant): Instant {
  const last = closedAt ?? until
  return last < from ? from : last
}
