import { AppError } from '../domain/error.ts'
import { type Instant, instant, isCivilDate } from '../domain/time.ts'

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
