/** Moments and lengths of time. Pure: nothing here asks a clock, a locale or a time zone database. */

/** RFC 3339, UTC, milliseconds: "2026-01-31T09:00:00.000Z". Sorts as text. */
export type Instant = string
/** A civil date "2026-01-31" without a zone. */
export type CivilDate = string
/** A length as people write it: "15m", "24h", "90d", "30s", "2w". */
export type Duration = string

export const SECOND = 1000
export const MINUTE = 60 * SECOND
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR

const RFC3339 = /^(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2}):(\d{2})(\.\d{1,12})?([Zz]|[+-]\d{2}:?\d{2})$/

/** UTC with milliseconds or without a fraction, of a day that every month has. */
const PLAIN = /^(?!0001)\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{3})?Z$/

/**
 * A vendor's time as an instant, or null where it is none. Accepts RFC 3339 with any offset, a space for the `T`
 * (Kandji's enrolment dates) and any number of fraction digits; fractions below a millisecond are cut off.
 * Tailscale's zero time `0001-01-01T00:00:00Z` stands for "none" and gives null.
 */
export function instant(text: unknown): Instant | null {
  if (typeof text !== 'string') return null
  // Most are written so already; a fleet's records hold hundreds of thousands.
  if (PLAIN.test(text)) return text.length === 24 ? text : `${text.slice(0, 19)}.000Z`
  const match = RFC3339.exec(text)
  if (match === null || match[1] === '0001') return null
  const [, year, month, day, hour, minute, second, fraction = '', zone = 'Z'] = match
  const millis = `${fraction.slice(1)}000`.slice(0, 3)
  const offset = zone === 'z' || zone === 'Z' ? 'Z' : zone.length === 5 ? `${zone.slice(0, 3)}:${zone.slice(3)}` : zone
  const at = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}.${millis}${offset}`)
  if (Number.isNaN(at)) return null
  // Date.parse rolls 31 February over to March; a date that does not exist is unreadable.
  if (Number(day) > daysInMonth(Number(year), Number(month))) return null
  return new Date(at).toISOString()
}

export function daysInMonth(year: number, month: number): number {
  return month === 2
    ? year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
      ? 29
      : 28
    : [4, 6, 9, 11].includes(month)
      ? 30
      : 31
}

/** True for a date of the calendar written YYYY-MM-DD. */
export function isCivilDate(text: string): boolean {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text)
  if (match === null) return false
  const month = Number(match[2])
  const day = Number(match[3])
  return month >= 1 && month <= 12 && day >= 1 && day <= daysInMonth(Number(match[1]), month)
}

/** Milliseconds since 1970 of an instant. */
export function millis(at: Instant): number {
  return Date.parse(at)
}

export function fromMillis(ms: number): Instant {
  return new Date(ms).toISOString()
}

export function plus(at: Instant, ms: number): Instant {
  return fromMillis(millis(at) + ms)
}

/** Milliseconds from `earlier` to `later`; negative when they are the other way round. */
export function between(earlier: Instant, later: Instant): number {
  return millis(later) - millis(earlier)
}

const UNITS: Record<string, number> = { s: SECOND, m: MINUTE, h: HOUR, d: DAY, w: 7 * DAY }

/** Milliseconds of a duration, or null where the text is none. */
export function durationMs(text: Duration): number | null {
  const match = /^(\d{1,6})(s|m|h|d|w)$/.exec(text)
  return match === null ? null : Number(match[1]) * UNITS[match[2]!]!
}

/** The duration of a literal that is known to be one; for defaults in code. */
export function ms(text: Duration): number {
  const value = durationMs(text)
  if (value === null) throw new TypeError(`"${text}" is no duration`)
  return value
}

/**
 * A vendor's time as checks use it: up to five minutes ahead of `now` counts as now, a later one is no time at all
 * (design section 2).
 */
export function pastInstant(at: Instant | null, now: Instant): Instant | null {
  if (at === null || at <= now) return at
  return between(now, at) <= 5 * MINUTE ? now : null
}
