/**
 * Reviews of access: the accounts of a system frozen at one run, a decision for each, signed off in the ledger, and every
 * removal followed until a pull no longer has the account (ID-20).
 */
import type { Instant } from './time.ts'

export type Decision = 'keep' | 'remove' | 'change role'

/** One account as it stood when it was frozen. Columns of the CSV, the last three for whoever decides. */
export interface ReviewRow {
  readonly account: string
  readonly login: string
  readonly name: string | null
  /** E-mail of the person that it belongs to; null where nobody matches. */
  readonly person: string | null
  readonly personStatus: 'employed' | 'departed' | 'shared' | 'service' | 'unmatched'
  readonly role: string | null
  readonly status: string | null
  readonly createdAt: Instant | null
  readonly lastSeen: Instant | null
}

export interface ReviewedRow extends ReviewRow {
  readonly decision: Decision
  /** Where the decision is `change role`. */
  readonly newRole: string | null
  /** Required but for `keep`. */
  readonly reason: string | null
  readonly reviewer: string
}

/** Leaf of kind `review`, `act: 'frozen'`. */
export interface ReviewFrozen {
  readonly type: 'review'
  readonly act: 'frozen'
  readonly id: string
  readonly system: string
  readonly run: string
  readonly frozenAt: Instant
  readonly accounts: number
  /** SHA-256 over the canonical JSON of the rows (RFC 8785), by account in byte order. */
  readonly digest: string
  readonly at: Instant
  readonly by: string
}

/** Leaf of kind `review`, `act: 'signed'`. */
export interface ReviewSigned extends Omit<ReviewFrozen, 'act'> {
  readonly act: 'signed'
  /** Every account, by account in byte order. */
  readonly decisions: readonly Pick<ReviewedRow, 'account' | 'login' | 'decision' | 'newRole' | 'reason' | 'reviewer'>[]
}

export type ReviewLeaf = ReviewFrozen | ReviewSigned

/** How a decision that changes something stands. */
export interface FollowUp {
  readonly review: string
  readonly system: string
  readonly account: string
  readonly login: string
  readonly decision: Exclude<Decision, 'keep'>
  readonly decidedAt: Instant
  /** When the first accepted pull no longer had it, or had the role; null while it is open. */
  readonly doneAt: Instant | null
}
