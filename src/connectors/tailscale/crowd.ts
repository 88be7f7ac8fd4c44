/**
 * How many calls may be in flight at once: 4 at first, up to 10 while answers come promptly, half of it when the vendor
 * says "too many" or slows down. Tailscale publishes no limit, and other automation shares its API.
 */
export interface Crowd {
  limit(): number
  /** A call leaves. */
  joins(): Member
}

export interface Member {
  answered(latencyMs: number): void
  /** The vendor refused it for load. */
  refused(): void
}

const FIRST = 4
const MOST = 10
/** Below that a difference is that of our own machine. */
const NOTICEABLE_MS = 50

export function crowd(): Crowd {
  let limit = FIRST
  // Calls that left before the crowd was halved say nothing about the half.
  let era = 0
  let latencies: number[] = []
  let usualMs: number | null = null

  const slow = (latencyMs: number): boolean =>
    usualMs !== null && latencyMs > 2 * usualMs && latencyMs > usualMs + NOTICEABLE_MS

  const grow = (): void => {
    limit = Math.min(MOST, limit + 1)
  }

  const halve = (): void => {
    limit = Math.max(1, Math.floor(limit / 2))
    era += 1
    latencies = []
  }

  /** As many answers as may be in flight make a window: one slow answer among them does not count, a slow half does. */
  const judge = (): void => {
    const middleMs = latencies.sort((a, b) => a - b)[Math.floor((latencies.length - 1) / 2)]!
    latencies = []
    if (slow(middleMs)) {
      // Where it stays as slow with fewer calls, they were not the cause, and growth goes on from there.
      usualMs = middleMs / 2
      halve()
      return
    }
    usualMs = Math.min(usualMs ?? middleMs, middleMs)
    grow()
  }

  return {
    limit: () => limit,
    joins() {
      const own = era
      return {
        answered(latencyMs) {
          if (own !== era) return
          // At first each prompt answer lets one more in; after a halving only a whole window does.
          if (era === 0 && !slow(latencyMs)) grow()
          latencies.push(latencyMs)
          if (latencies.length >= limit) judge()
        },
        refused() {
          if (own === era) halve()
        },
      }
    },
  }
}
