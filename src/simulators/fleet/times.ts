/** The forms in which vendors write one and the same moment. Milliseconds since 1970 in, text out. */

/** "2026-11-20T09:00:00Z": Tailscale's lists, CrowdStrike. */
export function seconds(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`
}

/** "2026-11-20T09:00:00.123456Z": SentinelOne, Tailscale's integrations, Kandji's check-in. */
export function micros(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 23)}${lastThree(ms)}Z`
}

/** "2026-11-20T09:00:00.123456+00:00": Kandji's Prism. */
export function microsWithOffset(ms: number): string {
  return `${micros(ms).slice(0, -1)}+00:00`
}

/** "2026-11-20 09:00:00.123456+00:00": enrolment dates of Kandji's device list. */
export function spaced(ms: number): string {
  return microsWithOffset(ms).replace('T', ' ')
}

/** Digits below the millisecond, which a Date does not hold: made of the moment itself, so that they are stable. */
function lastThree(ms: number): string {
  return String((Math.floor(ms / 7) * 31) % 1000).padStart(3, '0')
}
