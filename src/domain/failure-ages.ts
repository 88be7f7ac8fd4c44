/** Failures that stand at a moment, by how long they have stood and how severe they are. */
import type { Severity } from './settings.ts'
import type { FindingInterval } from './store.ts'
import { between, DAY, type Instant } from './time.ts'

/** Upper ends in milliseconds, exclusive; each begins where the one before it ends. */
export const AGE_BUCKETS = [
  { word: 'under 1 day', below: DAY },
  { word: '1 to 7 days', below: 7 * DAY },
  { word: '7 to 30 days', below: 30 * DAY },
  { word: '30 to 90 days', below: 90 * DAY },
  { word: '90 days and more', below: Number.POSITIVE_INFINITY },
] as const

/** In the order in which they are told. */
export const SEVERITIES: readonly Severity[] = ['critical', 'high', 'medium', 'low']

/** One for each of `AGE_BUCKETS`. */
export type FailureAges = readonly Readonly<Record<Severity, number>>[]

/**
 * @param intervals as they stood at the moment: those closed later are not known to be
 * @param severityOf null: the check is no longer asked, and what it left open is no failure of today
 */
export function failureAges(
  intervals: readonly FindingInterval[],
  at: Instant,
  severityOf: (check: string) => Severity | null,
): FailureAges {
  const ages = AGE_BUCKETS.map(() => ({ critical: 0, high: 0, medium: 0, low: 0 }))
  for (const { status, check, closedAt, firstSeen } of intervals) {
    const severity = status === 'fail' && closedAt === null ? severityOf(check) : null
    if (severity === null) continue
    const age = between(firstSeen, at)
    ages[AGE_BUCKETS.findIndex(({ below }) => age < below)]![severity]++
  }
  return ages
}
