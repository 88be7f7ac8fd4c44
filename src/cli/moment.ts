import { AppError } from '../domain/error.ts'
import { type Instant, instant, isCivilDate } from '../domain/time.ts'

/** The first moment of a period: a day means its beginning, so that both days of a period are in it. */
export function parseBeginning(text: string): Instant {
  return isCivilDate(text) ? `${text}T00:00:00.000Z` : parseMoment(text)
}

/** A moment as commands take it: an RFC 3339 instant, or a UTC day, meaning its end. */
export function parseMoment(text: string): Instant {
  const at = isCivilDate(text) ? `${text}T23:59:59.999Z` : instant(text)
  if (at === null) {
    throw new AppError(
      'usage',
      `"${text}" is no moment: write 2026-11-20T09:00:00Z, or 2026-11-20 for the end of that UTC day`,
    )
  }
  return at
}
