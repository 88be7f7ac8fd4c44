/** What `verify` finds out about a packet. */
import type { PacketSummary } from './packet.ts'
import type { NotRerun } from './reperform.ts'
import type { Instant } from './time.ts'

/** What comes from outside the packet. */
export interface PacketTrust {
  /** SHA-256 of the SubjectPublicKeyInfo, 64 lower-case hex digits. */
  readonly fingerprint: string | null
  /** Signed notes that were kept outside, in the order in which they were kept. */
  readonly checkpoints: readonly string[] | null
}

export interface BrokenThing {
  /** "its SHA-256 is not the one in the manifest" */
  readonly what: string
  /** A file of the packet, with a line or member where that helps. */
  readonly where: string
  readonly expected: string | null
  readonly found: string | null
  /** What somebody who holds the packet can conclude. */
  readonly means: string
}

export interface Step {
  readonly step: string
  readonly holds: boolean
  readonly says: string
}

/** An outside time stamp over a checkpoint of the packet. */
export interface VerifiedStamp {
  readonly size: number
  readonly authority: string
  readonly stampedAt: Instant
  /** Shows whose it is; over the unpacked files of the packet. */
  readonly command: string
}

export interface Verification {
  /** `incomplete`: nothing is broken, but not everything could be made again. */
  readonly verdict: 'verified' | 'incomplete' | 'broken'
  /** Null where it was not read as far. */
  readonly packet: Pick<
    PacketSummary,
    'organization' | 'demo' | 'period' | 'software' | 'checkpoint' | 'fingerprint'
  > | null
  /** By whose word the key is the right one: `packet` is nobody's but its own. */
  readonly trusted: 'fingerprint' | 'checkpoint' | 'packet' | null
  readonly steps: readonly Step[]
  /** The first thing that is broken. */
  readonly broken: BrokenThing | null
  /** In words: why it is not more. */
  readonly incomplete: readonly string[]
  /** Checks whose sealed results stand unrepeated, with the run's sequence. */
  readonly notRerun: readonly (NotRerun & { readonly run: number })[]
  readonly stamps: readonly VerifiedStamp[]
  /** Files of which nothing but digest and signature was looked at; in words, what of others nothing gives again. */
  readonly unread: readonly string[]
  /** Null where nobody asked for it, and where the packet is broken. */
  readonly challenge: Challenge | null
}

/** What became of the passing verdicts of a check once the field that decided them was changed. */
export interface ChallengedCheck {
  readonly ref: string
  readonly check: string
  readonly system: string | null
  /** Passing verdicts, of the subject asked for where one was. */
  readonly passes: number
  /** Turned to fail. */
  readonly failed: number
  /** Turned to unknown. */
  readonly unknown: number
  /** "tailnet/account/uA1": those that no change turned. */
  readonly unturned: readonly string[]
  readonly examples: readonly {
    readonly subject: string
    /** users[3].status "suspended" → "active" */
    readonly changed: string
    readonly becomes: 'fail' | 'unknown'
    /** The sentence of the new verdict. */
    readonly says: string | null
  }[]
  /** Why nothing of it was changed; null where it was. */
  readonly because: string | null
}

/** The proof that each test of the last run can fail. */
export interface Challenge {
  /** Sequence of the run. */
  readonly run: number
  /** The check or subject asked for; null: all. */
  readonly only: string | null
  /** In the order of the results. */
  readonly checks: readonly ChallengedCheck[]
}
