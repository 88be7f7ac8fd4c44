/** Makes secrets; what they are is in src/lib/webhook-secret.ts. */
import { ed25519 } from '../lib/webhook-secret.ts'

const BYTES = 32

/** For HMAC. @param random so many bytes that nobody can guess */
export function newSecret(random: (bytes: number) => Uint8Array): string {
  return `whsec_${base64(random(BYTES))}`
}

/** For Ed25519: the sender's half, and the half that receivers verify with. */
export function newKeyPair(random: (bytes: number) => Uint8Array): { secret: string; publicKey: string } {
  const seed = random(BYTES)
  const { publicKey } = ed25519(seed)
  return { secret: `whsk_${base64(Buffer.concat([seed, publicKey]))}`, publicKey: `whpk_${base64(publicKey)}` }
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')
