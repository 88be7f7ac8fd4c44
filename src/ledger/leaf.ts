import { sha256 } from '../lib/digest.ts'

const LEAF = new Uint8Array([0x00])

/** RFC 6962 section 2.1: SHA-256(0x00 ‖ data), hex. The prefix keeps a leaf from ever passing for an inner node. */
export function leafHash(body: string): string {
  return sha256(Buffer.concat([LEAF, Buffer.from(body)]))
}
