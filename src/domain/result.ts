/** A check's answer for the population of one system, and the sums that auditors ask for. */
import type { Finding, Status, UnknownReason } from './finding.ts'
import type { JsonValue } from './json.ts'

export type Counts = Readonly<Record<Status | 'waived', number>>

export interface CheckResult {
  readonly check: string
  readonly version: number
  readonly ref: string
  /** Source that the subjects live in; null for checks over our own collection. */
  readonly system: string | null
  readonly status: Status
  readonly unknownReason: UnknownReason | null
  /** Why the engine answered instead of the check; null where the check did. */
  readonly message: string | null
  readonly parameters: Readonly<Record<string, JsonValue>>
  /** The four statuses add up to the population; `waived` is a part of `fail`. */
  readonly counts: Counts
  /** Every subject once, by source, kind, key in byte order. Empty where the engine answered. */
  readonly findings: readonly Finding[]
}
