/**
 * A checkpoint (https://c2sp.org/tlog-checkpoint): origin, size and root of the tree in a signed note; and the proof
 * file that carries one leaf's way to it (https://c2sp.org/tlog-proof).
 */
import { base64, formatNote, isName, keyIdOf, NoteError, openNote, parseNote, verifierOf } from './note.ts'

export interface Tree {
  readonly origin: string
  readonly size: number
  /** 64 hex digits. */
  readonly root: string
}

export interface Signer {
  /** 32 bytes. */
  readonly publicKey: Uint8Array
  sign(data: Uint8Array): Uint8Array
}

const PROOF = 'c2sp.org/tlog-proof@v1'

/** The three lines that are signed. */
export function checkpointText({ origin, size, root }: Tree): string {
  return `${origin}\n${size}\n${Buffer.from(root, 'hex').toString('base64')}\n`
}

/** Throws NoteError. Extension lines, which the format allows, are refused: ours has none. */
export function parseCheckpointText(text: string): Tree {
  const [origin, size, encoded, end, ...rest] = text.split('\n')
  const root = encoded === undefined ? null : base64(encoded)
  const count = size !== undefined && /^(0|[1-9]\d*)$/.test(size) ? Number(size) : Number.NaN
  if (!origin || !Number.isSafeInteger(count) || root?.length !== 32 || end !== '' || rest.length > 0) {
    throw new NoteError('the checkpoint is malformed')
  }
  return { origin, size: count, root: root.toString('hex') }
}

/** The key's name is the origin. */
export function signCheckpoint(tree: Tree, signers: readonly Signer[]): string {
  const name = tree.origin
  if (!isName(name)) throw new NoteError(`"${name}" cannot be an origin: no white space and no "+"`)
  const text = checkpointText(tree)
  const signatures = signers.map(({ publicKey, sign }) => ({
    name,
    id: keyIdOf(name, publicKey),
    bytes: sign(Buffer.from(text)),
  }))
  return formatNote({ text, signatures })
}

/** Throws NoteError unless a key of that very origin signed it. Keys as `vkeyOf` writes them. */
export function openCheckpoint(note: string | Uint8Array, vkeys: readonly string[]): Tree {
  const { text, verified } = openNote(note, vkeys.map(verifierOf))
  const tree = parseCheckpointText(text)
  if (!verified.some(({ name }) => name === tree.origin)) {
    throw new NoteError(`the checkpoint is not signed by its own origin ${tree.origin}`)
  }
  return tree
}

/** What a checkpoint says, with nobody's word for it. */
export function readCheckpoint(note: string | Uint8Array): Tree {
  return parseCheckpointText(parseNote(note).text)
}

export interface Proof {
  readonly index: number
  /** 64 hex digits each, from leaf to root. */
  readonly proof: readonly string[]
  readonly checkpoint: string
  readonly extra: Uint8Array | null
}

export function formatProof({ index, proof, checkpoint, extra }: Proof): string {
  const head = extra === null ? '' : `extra ${Buffer.from(extra).toString('base64')}\n`
  const hashes = proof.map((hash) => `${Buffer.from(hash, 'hex').toString('base64')}\n`)
  return `${PROOF}\n${head}index ${index}\n${hashes.join('')}\n${checkpoint}`
}

/** Throws NoteError. */
export function parseProof(file: string): Proof {
  const blank = file.indexOf('\n\n')
  const lines = file.slice(0, Math.max(blank, 0)).split('\n')
  if (lines.shift() !== PROOF) throw new NoteError('the proof is malformed')
  const extra = lines[0]?.startsWith('extra ') ? base64(lines.shift()!.slice(6)) : undefined
  const index = /^index (0|[1-9]\d*)$/.exec(lines.shift() ?? '')?.[1]
  const proof = lines.map((line) => base64(line))
  if (extra === null || index === undefined || !proof.every((hash) => hash?.length === 32)) {
    throw new NoteError('the proof is malformed')
  }
  return {
    index: Number(index),
    proof: proof.map((hash) => hash!.toString('hex')),
    checkpoint: file.slice(blank + 2),
    extra: extra ?? null,
  }
}
