/** Moments as people write them: an RFC 3339 instant, or a UTC day. */
import { type Instant, instant, isCivilDate } from './time.ts'

/** A day means its end; null where it is neither. */
export function momentOf(text: string): Instant | null {
  return isCivilDate(text) ? `${text}T23:59:59.999Z` : instant(text)
}

/** The first moment of a period: a day means its beginning, so that both days of a period are in it. */
export function beginningOf(text: string): Instant | null {
  return isCivilDate(text) ? `${text}T00:00:00.000Z` : instant(text)
}
