/**
 * API keys: `exk_`, a public id, `_`, a secret of 160 bits and a checksum, so that scanners of leaked secrets know one
 * when they see it and a mistyped one costs no look-up. Only the SHA-256 of the whole text is kept (promise P25).
 */
import { hash, timingSafeEqual } from 'node:crypto'
import { type ApiKey, type ApiKeys, ROLES, type Role } from '../domain/api-key.ts'
import { type Instant, MINUTE, plus } from '../domain/time.ts'
import { sha256 } from '../lib/digest.ts'

/** Base32 of RFC 4648 section 6 in lower case, without padding. */
const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567'
const ID_LENGTH = 12
const SECRET_LENGTH = 32
const CHECK_LENGTH = 6
const KEY = /^exk_([a-z2-7]{12})_[a-z2-7]{38}$/

/** @param randomBytes unguessable ones */
export function makeKey(
  wish: Pick<ApiKey, 'name' | 'role' | 'createdAt' | 'createdBy' | 'expiresAt'>,
  randomBytes: (count: number) => Uint8Array,
): { readonly key: ApiKey; readonly text: string; readonly digest: string } {
  const id = letters(randomBytes(ID_LENGTH))
  const body = `exk_${id}_${letters(randomBytes(SECRET_LENGTH))}`
  const text = body + checksumOf(body)
  return { key: { id, ...wish, lastUsedAt: null, revokedAt: null }, text, digest: sha256(text) }
}

export interface KeyActs extends Pick<ApiKeys, 'keys' | 'revokeKey'> {
  /** The text is shown once and kept nowhere. */
  create(wish: Parameters<typeof makeKey>[0]): Promise<{ readonly key: ApiKey; readonly text: string }>
}

/** What people do with keys. */
export function keyActs(store: ApiKeys, randomBytes: (count: number) => Uint8Array): KeyActs {
  return {
    keys: () => store.keys(),
    revokeKey: (id, at) => store.revokeKey(id, at),
    async create(wish) {
      const { digest, ...made } = makeKey(wish, randomBytes)
      await store.addKey(made.key, digest)
      return made
    },
  }
}

/** The id in a text that has the form of a key and its right checksum; null for any other. */
export function keyId(text: string): string | null {
  const id = KEY.exec(text)?.[1]
  if (id === undefined) return null
  return checksumOf(text.slice(0, -CHECK_LENGTH)) === text.slice(-CHECK_LENGTH) ? id : null
}

/** `unknown` covers what was never made and what does not fit its id: the asker learns no more. */
export type Verified =
  | { readonly state: 'good'; readonly key: ApiKey }
  | { readonly state: 'expired' | 'revoked'; readonly key: ApiKey }
  | { readonly state: 'malformed' | 'unknown' }

/** One indexed read: a revocation holds from the next request on. */
export async function verifyKey(text: string, keys: Pick<ApiKeys, 'keyWithDigest'>, now: Instant): Promise<Verified> {
  const id = keyId(text)
  if (id === null) return { state: 'malformed' }
  const found = await keys.keyWithDigest(id)
  // Compared even where there is nothing to compare with, so that both take as long.
  const same = isSame(sha256(text), found?.digest ?? NO_DIGEST)
  if (found === null || !same) return { state: 'unknown' }
  const { key } = found
  if (key.revokedAt !== null) return { state: 'revoked', key }
  return { state: key.expiresAt <= now ? 'expired' : 'good', key }
}

/** Whether a role may do what another one may: each may do what those before it may. */
export function isAtLeast(role: Role, least: Role): boolean {
  const rank = ROLES.indexOf(role)
  return rank >= 0 && rank >= ROLES.indexOf(least)
}

/** Notes that keys are in use, each once a minute at most. */
export function usesOf(
  keys: Pick<ApiKeys, 'keyUsed'>,
  failed: (error: unknown) => void,
): (key: Pick<ApiKey, 'id' | 'lastUsedAt'>, now: Instant) => void {
  const noted = new Map<string, Instant>()
  return ({ id, lastUsedAt }, now) => {
    const last = noted.get(id) ?? lastUsedAt
    if (last !== null && now < plus(last, MINUTE)) return
    noted.set(id, now)
    // A full disk must not stop who only reads.
    keys.keyUsed(id, now).catch(failed)
  }
}

const NO_DIGEST = '0'.repeat(64)

function isSame(digest: string, kept: string): boolean {
  const [a, b] = [Buffer.from(digest, 'hex'), Buffer.from(kept, 'hex')]
  // It throws for unequal lengths, which only a damaged database has.
  return a.length === b.length && timingSafeEqual(a, b)
}

/** Five bits of each byte: every letter as likely as any other. */
function letters(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => ALPHABET[byte & 31]).join('')
}

/** Thirty bits of a digest: against mistyping, not against anybody. */
function checksumOf(body: string): string {
  return letters(hash('sha256', body, 'buffer').subarray(0, CHECK_LENGTH))
}
