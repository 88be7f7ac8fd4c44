/** The evidence ledger in types: what `src/ledger` can do and the store is handed, so that neither knows the other. */
import type { JsonObject } from './json.ts'
import type { Instant } from './time.ts'

/** The hash of the perfect subtree over the leaves [index · 2^level, (index + 1) · 2^level), 64 hex digits. */
export type NodeReader = (level: number, index: number) => string

export interface TreeNode {
  readonly level: number
  readonly index: number
  readonly hash: string
}

/** The whole ledger up to a size, signed. */
export interface Checkpoint {
  readonly origin: string
  readonly size: number
  /** 64 hex digits. */
  readonly root: string
  /** The signed note, to the byte. */
  readonly note: string
}

/** Why a key signs from its leaf on. `lost`: the key before it was not at hand, so nobody handed over. */
export type KeyReason = 'first' | 'rotation' | 'lost'

export interface LedgerKey {
  readonly origin: string
  readonly reason: KeyReason
  readonly at: Instant
  /** SHA-256 of the public key's SubjectPublicKeyInfo, hex: what `--fingerprint` takes. */
  readonly fingerprint: string
  /** As verifiers of signed notes write it. */
  readonly vkey: string
  /** Fingerprint of the key before. */
  readonly previous: string | null
}

/** An outside time stamp over the note of a checkpoint (RFC 3161). */
export interface Stamp {
  readonly size: number
  /** Where it was asked for: an URL without credentials. */
  readonly authority: string
  /** The authority's own time. */
  readonly stampedAt: Instant
  /** As received. */
  readonly reply: Uint8Array
}

/** Where the store keeps why the newest attempt to get a stamp failed: an entry `{ message }`. */
export const STAMP_FAILURE = { area: 'ledger', key: 'stamp-failure' } as const

export interface Ledger {
  leafHash(body: string): string
  nodeHash(left: string, right: string): string
  /** The perfect subtrees that a leaf completes, lowest first. */
  completedBy(index: number, leaf: string, read: NodeReader): readonly TreeNode[]
  rootAt(size: number, read: NodeReader): string
  inclusionProof(index: number, size: number, read: NodeReader): readonly string[]
  consistencyProof(from: number, to: number, read: NodeReader): readonly string[]

  /**
   * The leaf to write before anything is signed: where the key held is not that of the newest key leaf, or none has been
   * written. Null where nothing is to be said.
   */
  introduction(newest: string | null, at: Instant): JsonObject | null
  /** What a key leaf says. Throws when its signatures do not hold or it does not follow the one before it. */
  readKey(leaf: string, before: string | null): LedgerKey
  /** Whether the private key of this leaf is at hand. */
  holds(leaf: string): boolean
  /**
   * Signs with the key of the newest key leaf, and with the one before it too where `handedOver`: whoever trusts that one
   * reads on. Throws when the key is not at hand.
   */
  checkpoint(size: number, root: string, newest: string, handedOver: boolean): Checkpoint
  /** Origin, size and root of a note that this key signed; throws for any other. */
  openCheckpoint(note: string, key: LedgerKey): Omit<Checkpoint, 'note'>
}
