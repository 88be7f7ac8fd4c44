/**
 * The files of a packet as its manifest lists them: nothing missing, nothing besides, each with the digest it should have,
 * and the manifest signed twice by the key inside. What is handed out was digested again when it was read.
 */
import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto'
import type { JsonValue } from '../domain/json.ts'
import { MANIFEST_LINE, PACKET, SAFE_PATH, SSH_NAMESPACE, UNLISTED } from '../domain/packet.ts'
import { sshSignatureHolds } from '../ledger/sshsig.ts'
import { canonicalJson } from '../lib/canonical-json.ts'
import { sha256 } from '../lib/digest.ts'
import { type Archive, type ArchiveBytes, openArchive, quoted } from '../lib/unzip.ts'
import { ALTERED, broken } from './broken.ts'

/** Of a file that is read whole: the inputs of a run of 100,000 devices fit several times. */
const WHOLE_MAX = 1024 * 1024 * 1024

export interface PacketKey {
  /** SHA-256 of the SubjectPublicKeyInfo, hex. */
  readonly fingerprint: string
  /** 32 bytes. */
  readonly raw: Buffer
}

export interface PacketFiles {
  /** Every file that the manifest lists, by path in byte order. */
  readonly paths: readonly string[]
  readonly key: PacketKey
  readonly unpackedBytes: number
  /** Path → SHA-256, as the manifest lists them. */
  readonly digests: ReadonlyMap<string, string>
  has(path: string): boolean
  bytes(path: string): Promise<Buffer>
  text(path: string): Promise<string>
  /** Canonical JSON with a line feed at its end; throws where it is written in any other way. */
  json(path: string): Promise<JsonValue>
  /** In pieces, for what is too large to hold; the digest is compared at the end. */
  chunks(path: string): AsyncGenerator<Buffer, void, undefined>
  /** Files that were looked into, beyond their digest. */
  readonly read: ReadonlySet<string>
}

/** Throws ArchiveRefused for what is no archive to be read, Broken for what is no whole packet. */
export async function openPacket(bytes: ArchiveBytes): Promise<PacketFiles> {
  const archive = openArchive(bytes)
  const manifestBytes = await wholeOf(archive, PACKET.manifest)
  const digests = manifestOf(textFrom(manifestBytes, PACKET.manifest))
  requireListed(archive, digests)
  const key = keyOf(textFrom(await wholeOf(archive, PACKET.publicKey), PACKET.publicKey))
  await requireSignatures(archive, manifestBytes, key)
  const read = new Set<string>()
  const files: PacketFiles = {
    paths: [...digests.keys()],
    digests,
    key: key.named,
    unpackedBytes: archive.entries.reduce((sum, { size }) => sum + size, 0),
    read,
    has: (path) => digests.has(path),
    async *chunks(path) {
      const digest = digests.get(path) ?? missing(path)
      const hash = createHash('sha256')
      for await (const chunk of archive.read(archive.find(path)!)) {
        hash.update(chunk)
        yield chunk
      }
      requireDigest(path, digest, hash.digest('hex'))
      read.add(path)
    },
    async bytes(path) {
      const whole = await wholeOf(archive, path)
      requireDigest(path, digests.get(path) ?? missing(path), sha256(whole))
      read.add(path)
      return whole
    },
    async text(path) {
      return textFrom(await files.bytes(path), path)
    },
    async json(path) {
      const text = await files.text(path)
      const value = parsed(text, path)
      if (`${canonicalOf(value, path)}\n` !== text) {
        broken(
          path,
          'it is not written in the canonical form (RFC 8785, one line)',
          'this is not the file that Exhibit wrote',
        )
      }
      return value
    },
  }
  await requireDigests(files, archive)
  read.clear()
  return files
}

function missing(path: string): never {
  return broken(path, 'it is missing', 'a part of the packet was taken out, or this is no packet')
}

async function wholeOf(archive: Archive, path: string): Promise<Buffer> {
  const entry = archive.find(path)
  if (entry === null) {
    return broken('the packet', `it has no ${path}`, 'a part of the packet was taken out, or this is no packet')
  }
  if (entry.size > WHOLE_MAX)
    broken(path, `it is too large to be read (${entry.size} bytes)`, 'this is no packet of Exhibit')
  const chunks: Buffer[] = []
  for await (const chunk of archive.read(entry)) chunks.push(chunk)
  return Buffer.concat(chunks)
}

function textFrom(bytes: Uint8Array, path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return broken(path, 'it is no UTF-8 text', 'this is not the file that Exhibit wrote')
  }
}

function parsed(text: string, path: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue
  } catch {
    return broken(path, 'it is no JSON', 'this is not the file that Exhibit wrote')
  }
}

function canonicalOf(value: JsonValue, path: string): string {
  try {
    return canonicalJson(value)
  } catch {
    return broken(path, 'it holds what has no canonical form', 'this is not the file that Exhibit wrote')
  }
}

/** Path → digest. */
function manifestOf(text: string): Map<string, string> {
  const wrong = (line: number, what: string): never => broken(`${PACKET.manifest}, line ${line}`, what, ALTERED)
  if (!text.endsWith('\n')) wrong(text.split('\n').length, 'it breaks off')
  const digests = new Map<string, string>()
  let last = ''
  for (const [index, line] of text.slice(0, -1).split('\n').entries()) {
    const [, digest, path] = MANIFEST_LINE.exec(line) ?? []
    if (digest === undefined || path === undefined) return wrong(index + 1, `${quoted(line)} is no line of a manifest`)
    if (!SAFE_PATH.test(path)) wrong(index + 1, `${quoted(path)} is no path of a packet`)
    if (UNLISTED.includes(path)) wrong(index + 1, `${path} cannot be listed in it`)
    // The paths are ASCII: their order as text is that of their bytes.
    if (path <= last) wrong(index + 1, `${path} is twice in it, or not in order`)
    last = path
    digests.set(path, digest)
  }
  return digests
}

function requireListed(archive: Archive, digests: ReadonlyMap<string, string>): void {
  for (const { name } of archive.entries) {
    if (UNLISTED.includes(name) || digests.has(name)) continue
    broken(quoted(name), `${PACKET.manifest} does not list it`, 'it was added to the packet after it was signed')
  }
  for (const path of digests.keys()) {
    if (archive.find(path) === null) {
      broken(
        path,
        `${PACKET.manifest} lists it, and it is not there`,
        'it was taken out of the packet after it was signed',
      )
    }
  }
}

interface ReadKey {
  readonly key: KeyObject
  readonly named: PacketKey
}

function keyOf(pem: string): ReadKey {
  const key = publicKeyFrom(pem)
  // One way to write it, so that two packets of one key have equal bytes.
  if (key?.asymmetricKeyType !== 'ed25519' || key.export({ type: 'spki', format: 'pem' }) !== pem) {
    return broken(PACKET.publicKey, 'it is no Ed25519 public key as PEM', ALTERED)
  }
  const spki = key.export({ type: 'spki', format: 'der' })
  return { key, named: { fingerprint: sha256(spki), raw: spki.subarray(-32) } }
}

function publicKeyFrom(pem: string): KeyObject | null {
  // `createPublicKey` would take a private key too, and make its public one.
  if (!pem.startsWith('-----BEGIN PUBLIC KEY-----\n')) return null
  try {
    return createPublicKey(pem)
  } catch {
    return null
  }
}

async function requireSignatures(archive: Archive, manifest: Buffer, { key, named }: ReadKey): Promise<void> {
  const signature = await wholeOf(archive, PACKET.signature)
  const means = `the manifest, its signature or ${PACKET.publicKey} was changed`
  if (signature.length !== 64 || !verify(null, manifest, key, signature)) {
    broken(PACKET.signature, `it is no signature of the key ${named.fingerprint} over ${PACKET.manifest}`, means)
  }
  const ssh = textFrom(await wholeOf(archive, PACKET.sshSignature), PACKET.sshSignature)
  const signed = { data: manifest, namespace: SSH_NAMESPACE, publicKey: named.raw }
  if (!sshSignatureHolds(ssh, signed)) {
    broken(PACKET.sshSignature, `it is no SSH signature of the key ${named.fingerprint} over ${PACKET.manifest}`, means)
  }
}

async function requireDigests(files: PacketFiles, archive: Archive): Promise<void> {
  // As they lie, so that a large file is read from front to back.
  for (const { name } of archive.entries) {
    if (UNLISTED.includes(name)) continue
    for await (const _ of files.chunks(name)) {
      // The digest is compared at the end of the bytes.
    }
  }
}

function requireDigest(path: string, expected: string, found: string): void {
  if (expected !== found) broken(path, 'its SHA-256 is not the one in the manifest', ALTERED, expected, found)
}
