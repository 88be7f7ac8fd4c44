/** The packet's last files: the digests of all others, and the signatures over them. */
import { createHash } from 'node:crypto'
import { byText } from '../domain/json.ts'
import { PACKET, SAFE_PATH, SSH_NAMESPACE } from '../domain/packet.ts'
import type { SigningKey } from '../ledger/keys.ts'
import { sshSignature } from '../ledger/sshsig.ts'
import { sha256 } from '../lib/digest.ts'
import type { ZipEntry } from '../lib/zip.ts'
import { bytesOf } from './files.ts'

/** SubjectPublicKeyInfo as `openssl` reads it. */
export function publicKeyPem({ spki }: Pick<SigningKey, 'spki'>): string {
  const lines = spki.toString('base64').match(/.{1,64}/g)!
  return `-----BEGIN PUBLIC KEY-----\n${lines.join('\n')}\n-----END PUBLIC KEY-----\n`
}

/** "<64 hex>  <path>\n", by path in byte order. */
export function manifestOf(digests: Iterable<readonly [path: string, digest: string]>): string {
  return [...digests]
    .sort(([a], [b]) => byText(a, b))
    .map(([path, digest]) => `${digest}  ${path}\n`)
    .join('')
}

/** What the report carries: it is made last, and cannot list itself. */
export function digestForReport(digests: Iterable<readonly [path: string, digest: string]>): string {
  return sha256(manifestOf([...digests].filter(([path]) => path !== PACKET.report)))
}

/**
 * The files as they come, then manifest, signatures and key.
 * @param digests are noted here as the files were read
 * @param told is given the manifest's SHA-256
 */
export async function* sealed(
  files: AsyncIterable<ZipEntry>,
  key: SigningKey,
  digests: Map<string, string>,
  told: (digest: string) => void,
): AsyncGenerator<ZipEntry> {
  for await (const { path, content } of files) {
    if (!SAFE_PATH.test(path)) throw new TypeError(`"${path}" cannot be the name of a file in a packet`)
    if (digests.has(path)) throw new TypeError(`a packet holds ${path} once`)
    digests.set(path, '')
    yield { path, content: digested(content, (digest) => digests.set(path, digest)) }
  }
  const manifest = Buffer.from(manifestOf(digests))
  told(sha256(manifest))
  yield { path: PACKET.manifest, content: bytesOf(manifest) }
  yield { path: PACKET.signature, content: bytesOf(key.sign(manifest)) }
  yield {
    path: PACKET.sshSignature,
    content: bytesOf(Buffer.from(sshSignature(manifest, SSH_NAMESPACE, key))),
  }
  yield { path: PACKET.publicKey, content: bytesOf(Buffer.from(publicKeyPem(key))) }
}

async function* digested(
  content: AsyncIterable<Uint8Array>,
  done: (digest: string) => void,
): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256')
  for await (const chunk of content) {
    hash.update(chunk)
    yield chunk
  }
  done(hash.digest('hex'))
}
