/** The ledger that a packet carries: its leaves, the keys that signed, the checkpoints, and the proofs between them. */
import { type ConsistencyProof, inclusionPath, PACKET, type PackedRun, type PacketSummary } from '../domain/packet.ts'
import { openCheckpoint, parseProof, type Tree } from '../ledger/checkpoint.ts'
import { readKeyLeaf } from '../ledger/hand-over.ts'
import { leafHash } from '../ledger/leaf.ts'
import { type NodeReader, rootAt, treeOf, verifyConsistency, verifyInclusion } from '../ledger/merkle.ts'
import { NoteError } from '../ledger/note.ts'
import { broken, NOT_AS_SEALED, REWRITTEN } from './broken.ts'
import type { PacketFiles } from './verify-files.ts'

export interface PackedKey extends ReturnType<typeof readKeyLeaf> {
  /** Index of its leaf. */
  readonly leaf: number
}

export interface RunLeaf {
  readonly type: 'run'
  readonly id: string
  readonly sequence: number
  readonly startedAt: string
  readonly snapshotAt: string
  readonly sources: readonly { readonly id: string; readonly pull: string | null }[]
  readonly snapshot: string
  readonly results: string
  readonly checkSet: string
  readonly settings: string
  readonly software: string
  readonly build: string
  /** Given by an auditor before the run began. */
  readonly nonce?: string
}

export interface PackedLeaf {
  /** To the byte. */
  readonly text: string
  readonly hash: string
  readonly body: { readonly type: string } & Readonly<Record<string, unknown>>
}

export interface PackedLedger {
  readonly leaves: readonly PackedLeaf[]
  readonly keys: readonly PackedKey[]
  /** Signed notes, by size, the one that the packet rests on last. */
  readonly notes: readonly (Tree & { readonly note: string })[]
  readonly read: NodeReader
  /** The key that signs the leaves up to this size; null before the first. */
  keyAt(size: number): PackedKey | null
}

export const runsOf = ({ leaves }: PackedLedger): { index: number; run: RunLeaf }[] =>
  leaves.flatMap(({ body }, index) => (body.type === 'run' ? [{ index, run: body as unknown as RunLeaf }] : []))

export async function readLedger(files: PacketFiles, summary: PacketSummary): Promise<PackedLedger> {
  const leaves = leavesOf(await files.text(PACKET.leaves))
  const keys = keysOf(leaves)
  const read = treeOf(leaves.map(({ hash }) => hash))
  const keyAt = (size: number): PackedKey | null => keys.findLast(({ leaf }) => leaf < size) ?? null
  const note = await files.text(PACKET.checkpoint)
  const rests = opened(note, PACKET.checkpoint, leaves.length, { read, keyAt })
  if (rests.size !== leaves.length) {
    broken(
      PACKET.checkpoint,
      'it covers another number of leaves than the packet holds',
      REWRITTEN,
      rests.size,
      leaves.length,
    )
  }
  const said = summary.checkpoint
  if (said.origin !== rests.origin || said.size !== rests.size || said.root !== rests.root) {
    broken(PACKET.packet, `it names another checkpoint than ${PACKET.checkpoint}`, NOT_AS_SEALED, rests.root, said.root)
  }
  const notes = notesOf(await files.text(PACKET.checkpoints)).map((text, index) => {
    const tree = opened(text, `${PACKET.checkpoints}, note ${index + 1}`, leaves.length, { read, keyAt })
    return { ...tree, note: text }
  })
  requireInOrder(notes, note)
  const ledger = { leaves, keys, notes, read, keyAt }
  await requireConsistency(files, ledger)
  requireRowOfRuns(ledger)
  requireEveryCheckpoint(summary, ledger)
  return ledger
}

function leavesOf(text: string): PackedLeaf[] {
  if (!text.endsWith('\n')) broken(PACKET.leaves, 'it breaks off', REWRITTEN)
  return text
    .slice(0, -1)
    .split('\n')
    .map((line, index) => ({ text: line, hash: leafHash(line), body: bodyOf(line, index) }))
}

function bodyOf(line: string, index: number): PackedLeaf['body'] {
  try {
    const body = JSON.parse(line) as PackedLeaf['body']
    if (typeof body.type === 'string') return body
  } catch {
    // Said below.
  }
  return broken(`${PACKET.leaves}, leaf ${index}`, 'it is no leaf of the ledger', REWRITTEN)
}

function keysOf(leaves: readonly PackedLeaf[]): PackedKey[] {
  const keys: PackedKey[] = []
  for (const [leaf, { text, body }] of leaves.entries()) {
    if (body.type !== 'key') continue
    const before = keys.at(-1)
    try {
      keys.push({ ...readKeyLeaf(text, before === undefined ? null : leaves[before.leaf]!.text), leaf })
    } catch (error) {
      if (!(error instanceof NoteError) && !(error instanceof TypeError)) throw error
      broken(
        `${PACKET.leaves}, leaf ${leaf}`,
        (error as Error).message,
        'somebody who does not hold the key brought in another',
      )
    }
  }
  return keys
}

type Tools = Pick<PackedLedger, 'read' | 'keyAt'>

/** A note of the packet: signed by the key in force at its size, over the leaves that the packet holds. */
function opened(note: string, where: string, leaves: number, { read, keyAt }: Tools): Tree {
  const size = Number(note.split('\n')[1])
  const key = Number.isSafeInteger(size) ? keyAt(size) : null
  if (key === null) return broken(where, 'no key of the ledger can have signed it', REWRITTEN)
  const tree = openedWith(note, where, key.vkey)
  if (tree.size > leaves) broken(where, 'it covers leaves that the packet does not hold', REWRITTEN, tree.size, leaves)
  const root = rootAt(tree.size, read)
  if (root !== tree.root)
    broken(where, `it has another root over the first ${tree.size} leaves`, REWRITTEN, tree.root, root)
  return tree
}

function openedWith(note: string, where: string, vkey: string): Tree {
  try {
    return openCheckpoint(note, [vkey])
  } catch (error) {
    if (!(error instanceof NoteError)) throw error
    return broken(where, error.message, 'the checkpoint was not signed by the key of the ledger')
  }
}

const NOTE = /[^\n]+\n\d+\n[^\n]+\n\n(?:\u2014 [^\n]+\n)+/y

/** One signed note after another, with nothing between. */
export function notesOf(text: string): string[] {
  const notes: string[] = []
  NOTE.lastIndex = 0
  while (NOTE.lastIndex < text.length) {
    const at = NOTE.lastIndex
    const match = NOTE.exec(text)
    if (match === null) return broken(PACKET.checkpoints, `what stands at character ${at} is no signed note`, REWRITTEN)
    notes.push(match[0])
  }
  return notes
}

function requireInOrder(notes: PackedLedger['notes'], last: string): void {
  for (const [index, { size }] of notes.entries()) {
    const before = notes[index - 1]
    if (before !== undefined && before.size >= size) {
      broken(
        `${PACKET.checkpoints}, note ${index + 1}`,
        'the checkpoints are not in order',
        REWRITTEN,
        `> ${before.size}`,
        size,
      )
    }
  }
  if (notes.at(-1)?.note !== last) {
    broken(PACKET.checkpoints, `its last note is not that of ${PACKET.checkpoint}`, REWRITTEN)
  }
}

/** Beside the roots, which are made again from the leaves: each proof in the packet holds for who has only checkpoints. */
async function requireConsistency(files: PacketFiles, { notes }: PackedLedger): Promise<void> {
  const where = PACKET.consistency
  const last = notes.at(-1)!
  const proofs = (await files.json(where)) as unknown as ConsistencyProof[]
  if (!Array.isArray(proofs)) return broken(where, 'it is no list of proofs', REWRITTEN)
  if (notes.length > 1 && proofs[0]?.from !== notes[0]!.size) {
    broken(where, `it does not begin with the proof from ${notes[0]!.size} leaves`, REWRITTEN)
  }
  for (const { from, to, fromRoot, toRoot, proof } of proofs) {
    const old = notes.find(({ size }) => size === from)
    const claim = { from, to, oldRoot: old?.root ?? '', newRoot: last.root, proof }
    if (fromRoot !== old?.root || to !== last.size || toRoot !== last.root || !verifyConsistency(claim)) {
      broken(where, `the proof from ${from} to ${last.size} leaves does not hold`, REWRITTEN)
    }
  }
}

/** Every run since the first key ends with its checkpoint: in the period, none may have been left out. */
function requireEveryCheckpoint({ period: { from, to } }: PacketSummary, ledger: PackedLedger): void {
  const sizes = new Set(ledger.notes.map(({ size }) => size))
  const firstKey = ledger.keys[0]?.leaf ?? 0
  for (const { index, run } of runsOf(ledger)) {
    if (index < firstKey || run.snapshotAt < from || run.snapshotAt > to || sizes.has(index + 1)) continue
    broken(PACKET.checkpoints, `the checkpoint of run ${run.id}, over ${index + 1} leaves, is not in it`, REWRITTEN)
  }
}

/** Runs are numbered from 1 without a gap: one that is left out is missed. */
function requireRowOfRuns(ledger: PackedLedger): void {
  let expected = 1
  for (const { index, run } of runsOf(ledger)) {
    if (run.sequence !== expected) {
      broken(
        `${PACKET.leaves}, leaf ${index}`,
        'the runs are not numbered one after another',
        REWRITTEN,
        expected,
        run.sequence,
      )
    }
    expected++
  }
}

/** The leaf of a packed run, proved to lie in the checkpoint. */
export async function provenLeaf(
  { run, leaf, sequence, snapshotAt, nonce }: PackedRun,
  ledger: PackedLedger,
  files: PacketFiles,
): Promise<RunLeaf> {
  const found = ledger.leaves[leaf]
  const body = found?.body as unknown as RunLeaf | undefined
  if (found === undefined || body?.type !== 'run') {
    return broken(PACKET.packet, `leaf ${leaf} is not that of run ${run}`, NOT_AS_SEALED)
  }
  for (const [name, said, sealed] of [
    ['id', run, body.id],
    ['sequence', sequence, body.sequence],
    ['snapshotAt', snapshotAt, body.snapshotAt],
    ['nonce', nonce ?? null, body.nonce ?? null],
  ] as const) {
    if (said !== sealed)
      broken(PACKET.packet, `the ${name} of run ${run} is not that in its leaf`, NOT_AS_SEALED, sealed, said)
  }
  const where = inclusionPath(run)
  const last = ledger.notes.at(-1)!
  const proof = proofOf(await files.text(where), where)
  if (proof.index !== leaf || proof.checkpoint !== last.note) {
    broken(where, `it is not about leaf ${leaf} in the checkpoint of the packet`, NOT_AS_SEALED)
  }
  const claim = { index: leaf, size: last.size, leaf: found.hash, root: last.root, proof: proof.proof }
  if (!verifyInclusion(claim)) {
    broken(
      where,
      `it does not prove that leaf ${leaf} lies in the checkpoint`,
      'the run was not sealed as the packet says',
    )
  }
  return body
}

function proofOf(text: string, where: string) {
  try {
    return parseProof(text)
  } catch (error) {
    if (!(error instanceof NoteError)) throw error
    return broken(where, error.message, NOT_AS_SEALED)
  }
}
