/** A packet taken apart and put together again, by who does not hold the key and by who does. */

import type { JsonValue } from '../../src/domain/json.ts'
import {
  COLUMNS,
  type ConsistencyProof,
  inclusionPath,
  inputsPath,
  PACKET,
  type PacketSummary,
  SSH_NAMESPACE,
  signerOf,
  UNLISTED,
} from '../../src/domain/packet.ts'
import { formatProof, parseProof, readCheckpoint, signCheckpoint } from '../../src/ledger/checkpoint.ts'
import type { SigningKey } from '../../src/ledger/keys.ts'
import { leafHash } from '../../src/ledger/leaf.ts'
import { consistencyProof, inclusionProof, rootAt, treeOf } from '../../src/ledger/merkle.ts'
import { allowedSigner, sshSignature } from '../../src/ledger/sshsig.ts'
import { canonicalJson } from '../../src/lib/canonical-json.ts'
import { csvTable } from '../../src/lib/csv.ts'
import { sha256 } from '../../src/lib/digest.ts'
import { memoryBytes, openArchive } from '../../src/lib/unzip.ts'
import { publicKeyPem } from '../../src/packet/manifest.ts'
import { auditRows } from '../../src/packet/tables.ts'
import { notesOf } from '../../src/packet/verify-ledger.ts'
import { rawZip } from '../packet/raw-zip.ts'

export type Files = Map<string, Buffer>

export async function filesOf(zip: Uint8Array): Promise<Files> {
  const archive = openArchive(memoryBytes(zip))
  const files: Files = new Map()
  for (const entry of archive.entries) files.set(entry.name, Buffer.concat(await Array.fromAsync(archive.read(entry))))
  return files
}

/** Stored as they are, which is quick; names that no ZIP writer would take are taken. */
export function zipOf(files: Files): Buffer {
  return rawZip([...files].map(([name, data]) => ({ name, data, store: true })))
}

export const listed = (files: Files): string[] => [...files.keys()].filter((path) => !UNLISTED.includes(path)).sort()

export function manifestOf(files: Files): string {
  return listed(files)
    .map((path) => `${sha256(files.get(path)!)}  ${path}\n`)
    .join('')
}

/** The report carries the digest of the manifest of all others: who writes another manifest writes that too. */
function withReport(files: Files): Files {
  const report = files.get(PACKET.report)
  if (report === undefined) return files
  const others = manifestOf(new Map([...files].filter(([path]) => path !== PACKET.report)))
  const told = report.toString('latin1').replaceAll(/manifest [0-9a-f]{64}/g, `manifest ${sha256(others)}`)
  return new Map([...files, [PACKET.report, Buffer.from(told, 'latin1')]])
}

/** What the holder of a key can always do: list what is there, and sign it. */
export function signed(packet: Files, key: SigningKey, manifest?: string): Files {
  const files = manifest === undefined ? withReport(packet) : packet
  const bytes = Buffer.from(manifest ?? manifestOf(files))
  return new Map([
    ...files,
    [PACKET.manifest, bytes],
    [PACKET.signature, Buffer.from(key.sign(bytes))],
    [PACKET.sshSignature, Buffer.from(sshSignature(bytes, SSH_NAMESPACE, key))],
    [PACKET.publicKey, Buffer.from(publicKeyPem(key))],
  ])
}

export function edited(files: Files, path: string, change: (text: string) => string): Files {
  return new Map([...files, [path, Buffer.from(change(files.get(path)!.toString('utf8')))]])
}

export function withJson(files: Files, path: string, change: (value: JsonValue) => JsonValue): Files {
  return edited(files, path, (text) => `${canonicalJson(change(JSON.parse(text) as JsonValue))}\n`)
}

export const jsonIn = <T>(files: Files, path: string): T => JSON.parse(files.get(path)!.toString('utf8')) as T
export const summaryOf = (files: Files): PacketSummary => jsonIn<PacketSummary>(files, PACKET.packet)
export const leavesIn = (files: Files): string[] => files.get(PACKET.leaves)!.toString('utf8').slice(0, -1).split('\n')

/**
 * The ledger written anew over these leaves, each checkpoint, proof and mention made to fit; then signed again. What only
 * somebody can see who has the key's fingerprint or a checkpoint of before.
 */
export function forged(files: Files, leaves: readonly string[], key: SigningKey): Files {
  const made: Files = new Map(files)
  const put = (path: string, text: string): void => void made.set(path, Buffer.from(text))
  const read = treeOf(leaves.map(leafHash))
  const { origin } = summaryOf(files).checkpoint
  const at = (size: number) => ({ origin, size, root: rootAt(size, read) })
  const old = new Map(
    notesOf(files.get(PACKET.checkpoints)!.toString('utf8')).map((note) => [readCheckpoint(note).size, note]),
  )
  const kept = [...old.keys()].filter((size) => size < leaves.length)
  // What still holds is left under the signature that it has.
  const holds = (note: string | undefined): note is string =>
    note !== undefined && readCheckpoint(note).root === at(readCheckpoint(note).size).root
  const noteOf = (size: number): string => {
    const note = old.get(size)
    return holds(note) ? note : signCheckpoint(at(size), [key])
  }
  const last = at(leaves.length)
  const note = noteOf(last.size)
  put(PACKET.leaves, `${leaves.join('\n')}\n`)
  put(PACKET.checkpoint, note)
  put(PACKET.checkpoints, [...kept, last.size].map(noteOf).join(''))
  const proofs = jsonIn<ConsistencyProof[]>(files, PACKET.consistency).filter(({ from }) => kept.includes(from))
  const again = proofs.map(({ from }) => ({
    from,
    to: last.size,
    fromRoot: at(from).root,
    toRoot: last.root,
    proof: consistencyProof(from, last.size, read),
  }))
  put(PACKET.consistency, `${canonicalJson(again as unknown as JsonValue)}\n`)
  const summary = summaryOf(files)
  for (const { run, leaf } of summary.runs) {
    const { extra } = parseProof(files.get(inclusionPath(run))!.toString('utf8'))
    put(
      inclusionPath(run),
      formatProof({ index: leaf, proof: inclusionProof(leaf, last.size, read), checkpoint: note, extra }),
    )
    const inputs = jsonIn<{ run: object }>(files, inputsPath(run))
    const body = { ...inputs, run: { ...inputs.run, leaf: leafHash(leaves[leaf]!) } }
    put(inputsPath(run), `${canonicalJson(body as unknown as JsonValue)}\n`)
  }
  const told = { ...summary, checkpoint: last, fingerprint: key.fingerprint }
  put(PACKET.packet, `${canonicalJson(told as unknown as JsonValue)}\n`)
  const text = files.get(PACKET.readme)!.toString('utf8')
  const sizes = [`It names ${summary.checkpoint.size} leaves`, `a ledger of ${summary.checkpoint.size} leaves`]
  const retold = sizes.reduce(
    (said, words) => said.replace(words, words.replace(/\d+/, String(last.size))),
    text.replaceAll(summary.fingerprint, key.fingerprint),
  )
  put(PACKET.readme, retold)
  put(PACKET.allowedSigners, allowedSigner(signerOf(summary.organization.id), SSH_NAMESPACE, key.publicKey))
  const acts = leaves.map((body, index) => ({
    index,
    kind: (JSON.parse(body) as { type: string }).type,
    body,
    hash: leafHash(body),
  }))
  const rows = auditRows(
    acts.filter(({ kind }) => kind !== 'run'),
    summary.period,
  )
  put(PACKET.auditLog, [...csvTable(COLUMNS.auditLog, rows)].join(''))
  return signed(made, key)
}
