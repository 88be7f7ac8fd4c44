/** What the report words in its own way; all other words are those of the pages (src/domain/words.ts). */
import type { SourceStatus } from '../../domain/snapshot.ts'
import type { Instant } from '../../domain/time.ts'
import { type Mark, momentText } from '../../domain/words.ts'

export const SOURCE_MARK: Readonly<Record<SourceStatus, Mark>> = {
  complete: 'pass',
  failed: 'fail',
  held: 'unknown',
  paused: 'fail',
  stale: 'unknown',
  never: 'not_applicable',
}

/** "2026-11-20 09:00 UTC", or "never" */
export function momentOrNever(at: Instant | null): string {
  return at === null ? 'never' : momentText(at)
}

/** "2026-11-20 09:00:07" */
export function secondText(at: Instant): string {
  return `${at.slice(0, 10)} ${at.slice(11, 19)}`
}

export function bytesText(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`
  if (bytes < 1_000_000) return `${(bytes / 1000).toFixed(1)} kB`
  return `${(bytes / 1_000_000).toFixed(1)} MB`
}
