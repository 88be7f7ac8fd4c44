/** Reviews of access as they stand: what was frozen, what was decided, what became of each removal and change of role. */
import type { FollowUp, ReviewFrozen, ReviewSigned } from './review.ts'

export interface Followed extends FollowUp {
  /** Where the decision is `change role`. */
  readonly newRole: string | null
  readonly reason: string | null
  /** How it was found done; null while it is open. A suspended account may not use the tailnet: it counts as removed. */
  readonly how: 'gone' | 'suspended' | 'role' | null
}

export const HOW_DONE: Readonly<Record<NonNullable<Followed['how']>, string>> = {
  gone: 'gone',
  suspended: 'suspended',
  role: 'has the role',
}

export interface ReviewInLedger {
  readonly frozen: ReviewFrozen
  /** Null while nobody has decided. */
  readonly signed: ReviewSigned | null
  /** Index of its newest leaf. */
  readonly leaf: number
}

export interface ReviewState extends ReviewInLedger {
  /** Of its removals and changes of role. */
  readonly followUps: readonly Followed[]
}
