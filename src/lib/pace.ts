/** Keeps calls to so many a second, spaced evenly: a bucket that allowed bursts would let twice as many into one second. */
export interface Pace {
  /** Milliseconds to wait before the next call may leave; takes that place. */
  nextWaitMs(): number
  /**
   * The vendor said "too many" to a call that left at `leftAt`: nothing leaves before `waitMs`, and the speed is halved
   * for the rest of this pull, once for all the calls that were under way together.
   */
  slowDown(waitMs: number, leftAt: number): void
}

/** Even a vendor that complains at every call is asked once in so long. */
const WIDEST_GAP_MS = 10_000

export function pace(perSecond: number | null, monotonic: () => number): Pace {
  let gapMs = perSecond === null ? 0 : 1000 / perSecond
  let free = 0
  let slowedAt = Number.NEGATIVE_INFINITY
  return {
    nextWaitMs() {
      const now = monotonic()
      const leaves = Math.max(now, free)
      free = leaves + gapMs
      return leaves - now
    },
    slowDown(waitMs, leftAt) {
      const now = monotonic()
      free = Math.max(free, now + waitMs)
      if (leftAt < slowedAt) return
      slowedAt = now
      gapMs = Math.max(gapMs, Math.min(gapMs * 2, WIDEST_GAP_MS))
    },
  }
}
