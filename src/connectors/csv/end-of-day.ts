/** When a civil date ends in a time zone. */
import { type CivilDate, DAY, fromMillis, HOUR, type Instant, MINUTE } from '../../domain/time.ts'

export type EndOfDay = (date: CivilDate) => Instant

/**
 * The moment from which a zone's calendar shows a later date for good: midnight as a rule, an hour off where clocks
 * change at midnight, and right for days that a zone skipped (Pacific/Apia has no 2011-12-30). Throws RangeError for a
 * zone that is none.
 */
export function endOfDayIn(timeZone: string): EndOfDay {
  // Every day of UTC has 24 hours; to ask the calendar costs a millisecond a date.
  if (timeZone === 'UTC') return (date) => (date >= LAST_DATE ? LAST_INSTANT : fromMillis(Date.parse(date) + DAY))
  const format = new Intl.DateTimeFormat('en-US-u-ca-iso8601-nu-latn', {
    timeZone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  })
  const known = new Map<CivilDate, Instant>()
  return (date) => {
    if (date >= LAST_DATE) return LAST_INSTANT
    let end = known.get(date)
    if (end === undefined) {
      end = fromMillis(endMs(date, (ms) => civilDate(format, ms)))
      known.set(date, end)
    }
    return end
  }
}

/** Offsets reach from -12 to +14 hours, so the date is surely over a day and a half after its end in UTC. */
const REACH_MS = 36 * HOUR
/** Shorter than the time for which any zone has gone back to a date that seemed over. */
const STEP_MS = 30 * MINUTE

/** HR systems write 9999-12-31 for "no end"; a moment of the year 10000 would no longer sort as text. */
const LAST_DATE = '9999-12-30'
const LAST_INSTANT = '9999-12-31T23:59:59.999Z'

function endMs(date: CivilDate, dateAt: (ms: number) => CivilDate): number {
  const isOver = (ms: number) => dateAt(ms) > date
  let over = Date.parse(`${date}T00:00:00Z`) + 24 * HOUR + REACH_MS
  while (isOver(over - STEP_MS)) over -= STEP_MS
  let lasting = over - STEP_MS
  while (over - lasting > 1) {
    const middle = Math.floor((over + lasting) / 2)
    if (isOver(middle)) over = middle
    else lasting = middle
  }
  return over
}

function civilDate(format: Intl.DateTimeFormat, ms: number): CivilDate {
  const parts: Record<string, string> = {}
  for (const { type, value } of format.formatToParts(ms)) parts[type] = value
  return `${parts['year']!.padStart(4, '0')}-${parts['month']}-${parts['day']}`
}
