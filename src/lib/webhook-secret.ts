/**
 * Secrets of Standard Webhooks 1.0 ("Signature scheme"): `whsec_` and base64 of 24 to 64 bytes for HMAC-SHA256, `whsk_`
 * and base64 of an Ed25519 seed and its public key for the asymmetric one. That `whsk_` holds both halves is the practice
 * of its best known sender; the specification says base64 alone.
 */
import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'

export type WebhookSecret =
  | { readonly kind: 'hmac'; readonly key: Uint8Array }
  | { readonly kind: 'ed25519'; readonly key: KeyObject; readonly publicKey: Uint8Array }

const HMAC = 'whsec_'
const ED25519 = 'whsk_'
const SHORTEST = 24
const LONGEST = 64
const HALF = 32
/** PKCS #8 of an Ed25519 key up to its seed (RFC 8410 section 7). */
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex')

/** What is wrong with a text, in words that go on after "the secret"; never the text itself. */
export class SecretProblem extends Error {
  override readonly name = 'SecretProblem'
}

/** Throws SecretProblem for what is none. */
export function webhookSecret(text: string): WebhookSecret {
  if (text.startsWith(HMAC)) {
    const key = bytesOf(text.slice(HMAC.length))
    if (key.length < SHORTEST || key.length > LONGEST) {
      throw new SecretProblem(`holds ${key.length} bytes; ${SHORTEST} to ${LONGEST} are needed`)
    }
    return { kind: 'hmac', key }
  }
  if (text.startsWith(ED25519)) return signingKey(bytesOf(text.slice(ED25519.length)))
  throw new SecretProblem(`begins neither with ${HMAC} nor with ${ED25519}`)
}

function signingKey(bytes: Buffer): WebhookSecret {
  if (bytes.length !== 2 * HALF) {
    throw new SecretProblem(`holds ${bytes.length} bytes; a seed and its public key are ${2 * HALF}`)
  }
  const { key, publicKey } = ed25519(bytes.subarray(0, HALF))
  if (!publicKey.equals(bytes.subarray(HALF))) throw new SecretProblem('holds a public key that is not its own')
  return { kind: 'ed25519', key, publicKey }
}

export function ed25519(seed: Uint8Array): { key: KeyObject; publicKey: Buffer } {
  const key = createPrivateKey({ key: Buffer.concat([PKCS8, seed]), format: 'der', type: 'pkcs8' })
  const { x } = createPublicKey(key).export({ format: 'jwk' })
  return { key, publicKey: Buffer.from(x!, 'base64url') }
}

/** Buffer.from leaves out what is no base64: a secret with a slip in it would sign, and nobody could verify it. */
function bytesOf(base64: string): Buffer {
  const bytes = Buffer.from(base64, 'base64')
  if (bytes.toString('base64') !== base64 && bytes.toString('base64').replace(/=+$/, '') !== base64) {
    throw new SecretProblem('is not base64 behind its prefix')
  }
  return bytes
}
