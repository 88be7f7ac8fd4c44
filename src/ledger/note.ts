/**
 * Signed notes (https://c2sp.org/signed-note): a text, a blank line, and a line per signature. Strict where leniency
 * would let two readers see two things: base64 that is not canonical, control characters, an unfinished last line.
 */
import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto'

/** A note that is not one, or whose signatures do not hold. The message names no more than that. */
export class NoteError extends Error {
  override readonly name = 'NoteError'
}

export interface Signature {
  readonly name: string
  /** The first 4 bytes of SHA-256(name ‖ LF ‖ type ‖ public key), hex. */
  readonly id: string
  /** What follows the key id. */
  readonly bytes: Uint8Array
}

export interface Note {
  /** With its final line feed: what is signed. */
  readonly text: string
  readonly signatures: readonly Signature[]
}

export interface Verifier {
  readonly name: string
  readonly id: string
  verifies(text: string, signature: Uint8Array): boolean
}

export interface Opened {
  readonly text: string
  /** By verifiers that were handed in, each once. */
  readonly verified: readonly Verifier[]
  /** By keys that nobody knows here. */
  readonly unverified: readonly Signature[]
}

const DASH = '\u2014'
const ED25519 = 0x01
const COSIGNATURE = 0x04
const MOST_SIGNATURES = 100
/** RFC 8410 section 4: the SubjectPublicKeyInfo of an Ed25519 key is this and its 32 bytes. */
const SPKI = Buffer.from('302a300506032b6570032100', 'hex')

export function keyIdOf(name: string, publicKey: Uint8Array, type: number = ED25519): string {
  const hash = createHash('sha256')
    .update(`${name}\n`)
    .update(Buffer.from([type]))
    .update(publicKey)
  return hash.digest('hex').slice(0, 8)
}

/** "name+id+base64(type ‖ public key)": how a verifier's key is written. */
export function vkeyOf(name: string, publicKey: Uint8Array): string {
  const typed = Buffer.concat([Buffer.from([ED25519]), publicKey])
  return `${name}+${keyIdOf(name, publicKey)}+${typed.toString('base64')}`
}

/** Knows Ed25519 keys and the timestamped Ed25519 cosignatures of witnesses (https://c2sp.org/tlog-cosignature). */
export function verifierOf(vkey: string): Verifier {
  const [, name, id, encoded] = /^([^+]*)\+([0-9a-f]{8})\+(.+)$/s.exec(vkey) ?? []
  if (name === undefined || !isName(name)) throw new NoteError('the verifier key is malformed')
  const typed = base64(encoded!)
  const type = typed?.[0]
  if (typed?.length !== 33 || (type !== ED25519 && type !== COSIGNATURE)) {
    throw new NoteError(`the verifier key of ${name} is of a kind that is not known here`)
  }
  const raw = typed.subarray(1)
  if (keyIdOf(name, raw, type) !== id) throw new NoteError(`the verifier key of ${name} does not have the id it names`)
  const key = publicKeyOf(raw)
  return {
    name,
    id,
    verifies: (text, signature) =>
      type === ED25519 ? verify(null, Buffer.from(text), key, signature) : cosigns(text, signature, key),
  }
}

function cosigns(text: string, signature: Uint8Array, key: KeyObject): boolean {
  if (signature.length !== 72) return false
  const time = Buffer.from(signature).readBigUInt64BE(0)
  return verify(null, Buffer.from(`cosignature/v1\ntime ${time}\n${text}`), key, signature.subarray(8))
}

export function publicKeyOf(raw: Uint8Array): KeyObject {
  return createPublicKey({ key: Buffer.concat([SPKI, raw]), format: 'der', type: 'spki' })
}

export function isName(name: string): boolean {
  return name !== '' && !/[\s+]/u.test(name)
}

export function formatNote({ text, signatures }: Note): string {
  const lines = signatures.map(({ name, id, bytes }) => {
    const encoded = Buffer.concat([Buffer.from(id, 'hex'), bytes]).toString('base64')
    return `${DASH} ${name} ${encoded}\n`
  })
  return `${text}\n${lines.join('')}`
}

export function parseNote(note: string | Uint8Array): Note {
  const whole = typeof note === 'string' ? note : utf8(note)
  if (!whole.isWellFormed() || /[\u0000-\u0009\u000b-\u001f]/.test(whole) || !whole.endsWith('\n')) throw malformed()
  const blank = whole.lastIndexOf('\n\n')
  const lines = whole.slice(blank + 2, -1).split('\n')
  if (blank === -1 || blank + 2 >= whole.length || lines.length > MOST_SIGNATURES) throw malformed()
  return { text: whole.slice(0, blank + 1), signatures: lines.map(signatureOf) }
}

function signatureOf(line: string): Signature {
  const [dash, name, encoded, ...rest] = line.split(' ')
  const bytes = encoded === undefined ? null : base64(encoded)
  if (dash !== DASH || name === undefined || !isName(name) || rest.length > 0 || bytes === null || bytes.length < 5) {
    throw malformed()
  }
  return { name, id: bytes.subarray(0, 4).toString('hex'), bytes: bytes.subarray(4) }
}

/** Throws NoteError unless one of the verifiers signed it and none of them signed something else. */
export function openNote(note: string | Uint8Array, verifiers: readonly Verifier[]): Opened {
  const { text, signatures } = parseNote(note)
  const verified = new Set<Verifier>()
  const unverified: Signature[] = []
  for (const signature of signatures) {
    const known = verifiers.find(({ name, id }) => name === signature.name && id === signature.id)
    if (known === undefined) unverified.push(signature)
    else if (!known.verifies(text, signature.bytes)) throw new NoteError(`the signature of ${known.name} does not hold`)
    else verified.add(known)
  }
  if (verified.size === 0) throw new NoteError('the note carries no signature of a known key')
  return { text, verified: [...verified], unverified }
}

/** `Buffer.from` takes anything for base64: only what it would write itself counts. Null for the rest. */
export function base64(text: string): Buffer | null {
  const bytes = Buffer.from(text, 'base64')
  return bytes.toString('base64') === text ? bytes : null
}

function utf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw malformed()
  }
}

function malformed(): NoteError {
  return new NoteError('the note is malformed')
}
