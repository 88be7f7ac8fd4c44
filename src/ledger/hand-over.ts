/**
 * The leaf that brings in a key: who signs from here on, and by whose word. A rotation is signed by the old key and the
 * new one; the first key, and one that follows a key that was lost, by itself alone, which the leaf says plainly.
 */
import { createHash, verify } from 'node:crypto'
import { canonicalJson } from '../lib/canonical-json.ts'
import type { SigningKey } from './keys.ts'
import { base64, NoteError, publicKeyOf, vkeyOf } from './note.ts'

export type KeyReason = 'first' | 'rotation' | 'lost'

type Statement = {
  readonly type: 'key'
  readonly reason: KeyReason
  readonly at: string
  readonly origin: string
  /** SubjectPublicKeyInfo, base64: between the PEM lines it is what `openssl` reads. */
  readonly key: string
  readonly fingerprint: string
  /** Fingerprint of the key before. */
  readonly previous: string | null
}

/** A statement and, by fingerprint, the signatures over it. */
export type KeyLeaf = Statement & {
  readonly signatures: Readonly<Record<string, string>>
}

/** In front of what is signed, so that the signature stands for nothing else. */
const CONTEXT = 'exhibit ledger key v1\n'

export interface HandOver {
  readonly origin: string
  readonly at: string
  readonly key: SigningKey
  readonly reason: KeyReason
  readonly previous: string | null
  /** The key before, where it signs too. */
  readonly by: SigningKey | null
}

export function keyLeaf({ origin, at, key, reason, previous, by }: HandOver): KeyLeaf {
  const { fingerprint } = key
  const encoded = key.spki.toString('base64')
  const statement: Statement = { type: 'key', reason, at, origin, key: encoded, fingerprint, previous }
  const bytes = signed(statement)
  const signers = by === null ? [key] : [by, key]
  const signatures = signers.map((one) => [one.fingerprint, Buffer.from(one.sign(bytes)).toString('base64')] as const)
  return { ...statement, signatures: Object.fromEntries(signatures) }
}

/** Throws NoteError where the leaf does not say what a key leaf must, or is not signed by whom it must be. */
export function readKeyLeaf(body: string, before: string | null) {
  const leaf = JSON.parse(body) as KeyLeaf
  const former = before === null ? null : (JSON.parse(before) as KeyLeaf)
  const { signatures, ...statement } = leaf
  const publicKey = rawKeyOf(leaf)
  const { origin, reason, at, fingerprint, previous } = statement
  const fits =
    reason === 'first'
      ? former === null && previous === null
      : (reason === 'rotation' || reason === 'lost') &&
        former !== null &&
        previous === former.fingerprint &&
        origin === former.origin
  if (!fits) throw new NoteError('the key does not follow the one before it')
  const bytes = signed(statement)
  requireSignature(bytes, signatures, fingerprint, publicKey)
  if (reason === 'rotation') requireSignature(bytes, signatures, former!.fingerprint, rawKeyOf(former!))
  return { origin, reason, at, fingerprint, previous, vkey: vkeyOf(origin, publicKey) }
}

function requireSignature(
  bytes: Uint8Array,
  signatures: KeyLeaf['signatures'],
  fingerprint: string,
  publicKey: Uint8Array,
): void {
  const signature = base64(signatures[fingerprint] ?? '')
  if (signature === null || !verify(null, bytes, publicKeyOf(publicKey), signature)) {
    throw new NoteError(`the key leaf is not signed by ${fingerprint}`)
  }
}

function rawKeyOf({ key, fingerprint }: KeyLeaf): Uint8Array {
  const spki = base64(key)
  if (spki?.length !== 44 || createHash('sha256').update(spki).digest('hex') !== fingerprint) {
    throw new NoteError('the key does not have the fingerprint it names')
  }
  return spki.subarray(-32)
}

function signed(statement: Statement): Buffer {
  return Buffer.from(CONTEXT + canonicalJson(statement))
}
