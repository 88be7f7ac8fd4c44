/** How a period stands in days: what of it is covered, what is missing, what is left. */
import { coveredDays, longestStretch } from './coverage-calendar.ts'
import type { Coverage, PeriodEvidence } from './sealing.ts'
import { between, DAY, type Instant, millis } from './time.ts'

export interface LongestGap {
  /** Id of the source that was not read. */
  readonly source: string
  readonly from: Instant
  readonly to: Instant
  readonly ms: number
  readonly cause: string
}

export interface PeriodStanding {
  /** UTC days that the period touches. */
  readonly days: number
  /** Of those, that have begun. */
  readonly begun: number
  /** Of those, in which every source was read within its limits from end to end. */
  readonly whole: number
  /** In which some source was, some of the time. */
  readonly covered: number
  /** That have not begun yet. */
  readonly left: number
  /** Null: every source was read throughout. */
  readonly longestGap: LongestGap | null
}

/** @param evidence null where no run was sealed in the period */
export function periodStanding(
  { from, to }: { readonly from: Instant; readonly to: Instant },
  evidence: Pick<PeriodEvidence, 'until' | 'of'> | null,
  now: Instant,
): PeriodStanding {
  const days = daysIn(from, to)
  const left = now >= to ? 0 : now < from ? days : days - daysIn(from, now)
  const sources = (evidence?.of ?? []).filter(({ what }) => what === 'source')
  const told = evidence === null ? [] : coveredDays(from, evidence.until, sources)
  return {
    days,
    begun: days - left,
    whole: told.filter(({ share }) => share >= 1).length,
    covered: told.filter(({ share }) => share > 0).length,
    left,
    longestGap: longestOf(sources),
  }
}

function daysIn(from: Instant, to: Instant): number {
  return to < from ? 0 : Math.floor(millis(to) / DAY) - Math.floor(millis(from) / DAY) + 1
}

function longestOf(sources: readonly Coverage[]): LongestGap | null {
  let longest: LongestGap | null = null
  for (const { id, gaps } of sources) {
    const stretch = longestStretch(gaps)
    if (stretch === null) continue
    const ms = between(stretch.from, stretch.to)
    if (ms > (longest?.ms ?? 0)) longest = { source: id, ...stretch, ms }
  }
  return longest
}
