/** Lengths of time as people write them, for limits that stand beside facts. */
import { DAY, type Duration, HOUR, MINUTE, SECOND } from './time.ts'

/**
 * Milliseconds as a duration: "24h", "90d", "15m". Days from two on, so that a limit reads as it is usually written
 * ("24h", not "1d"); what is no whole minute is given in seconds.
 */
export function durationText(ms: number): Duration {
  if (ms >= 2 * DAY && ms % DAY === 0) return `${ms / DAY}d`
  if (ms !== 0 && ms % HOUR === 0) return `${ms / HOUR}h`
  if (ms !== 0 && ms % MINUTE === 0) return `${ms / MINUTE}m`
  return `${Math.round(ms / SECOND)}s`
}
