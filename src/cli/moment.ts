import { AppError } from '../domain/error.ts'
import { beginningOf, momentOf } from '../domain/moment.ts'
import type { Instant } from '../domain/time.ts'

/** The first moment of a period: a day means its beginning, so that both days of a period are in it. */
export function parseBeginning(text: string): Instant {
  return beginningOf(text) ?? refused(text)
}

/** A moment as commands take it: an RFC 3339 instant, or a UTC day, meaning its end. */
export function parseMoment(text: string): Instant {
  return momentOf(text) ?? refused(text)
}

function refused(text: string): never {
  throw new AppError(
    'usage',
    `"${text}" is no moment: write 2026-11-20T09:00:00Z, or 2026-11-20 for the end of that UTC day`,
  )
}
