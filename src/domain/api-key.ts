/** Keys with which machines read. Only a digest is kept; the key itself is shown once. */
import type { Instant } from './time.ts'

/** Least first; each may do what those before it may (design section 6). */
export const ROLES = ['viewer', 'auditor', 'compliance', 'admin'] as const
export type Role = (typeof ROLES)[number]

export interface ApiKey {
  /** Public part, by which it is found and revoked. */
  readonly id: string
  readonly name: string
  readonly role: Role
  readonly createdAt: Instant
  readonly createdBy: string
  readonly expiresAt: Instant
  /** To the minute: a key in use must not cost a write a request. */
  readonly lastUsedAt: Instant | null
  readonly revokedAt: Instant | null
}

/** Part of the store; each method is one whole transaction. */
export interface ApiKeys {
  /** @param digest SHA-256 of the whole key, hex */
  addKey(key: ApiKey, digest: string): Promise<void>
  /** Newest first, those that ended too. */
  keys(): Promise<readonly ApiKey[]>
  /** With the digest to compare with; null where there is none of this id. */
  keyWithDigest(id: string): Promise<{ readonly key: ApiKey; readonly digest: string } | null>
  keyUsed(id: string, at: Instant): Promise<void>
  /** False where there is none, or it was revoked before. */
  revokeKey(id: string, at: Instant): Promise<boolean>
}
