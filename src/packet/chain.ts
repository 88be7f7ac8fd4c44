/** The ledger as it lies in a packet: leaves, checkpoints, proofs, what outside authorities answered. */
import { AppError } from '../domain/error.ts'
import type { Checkpoint, Stamp } from '../domain/ledger.ts'
import { type ConsistencyProof, inclusionPath, PACKET, type PackedRun, type PackedStamp } from '../domain/packet.ts'
import type { Leaf, Store } from '../domain/store.ts'
import { formatProof } from '../ledger/checkpoint.ts'
import type { ZipEntry } from '../lib/zip.ts'
import { bytesOf, jsonFile, textFile } from './files.ts'
import { bodyOf } from './past.ts'

export type ChainStore = Pick<Store, 'leaves' | 'checkpoint' | 'checkpoints' | 'inclusion' | 'consistency' | 'stamps'>

/** What the packet rests on. */
export interface Chain {
  readonly checkpoint: Checkpoint
  /** Size of the first checkpoint that covers a run of the period. */
  readonly first: number
  /** Of checkpoints between the two, by size, then authority. */
  readonly stamps: readonly Stamp[]
}

/**
 * The first checkpoint that covers the last run and knows the key that signs the packet: with the same runs and the same
 * key it is always the same one.
 */
export async function chainOf(
  store: ChainStore,
  {
    lastLeaf,
    firstLeaf,
    fingerprint,
    acts,
  }: { lastLeaf: number; firstLeaf: number; fingerprint: string; acts: readonly Leaf[] },
): Promise<Chain> {
  const key = acts.findLast((act) => act.kind === 'key')
  if (key === undefined || bodyOf(key)['fingerprint'] !== fingerprint) {
    throw new AppError(
      'storage',
      `packet: the ledger does not know the key ${fingerprint} that is to sign; "exhibit sync" brings it in`,
    )
  }
  const checkpoint = await firstCovering(store, Math.max(lastLeaf, key.index) + 1)
  const { size: first } = await firstCovering(store, firstLeaf + 1)
  const stamps = (await store.stamps(first)).filter(({ size }) => size <= checkpoint.size)
  return { checkpoint, first, stamps }
}

async function firstCovering(store: Pick<Store, 'checkpoints'>, size: number): Promise<Checkpoint> {
  for await (const checkpoint of store.checkpoints(size)) return checkpoint
  throw new AppError(
    'storage',
    `packet: no checkpoint covers the ${size} leaves of the ledger; the database was changed from outside`,
  )
}

export async function* chainFiles(
  store: ChainStore,
  { checkpoint, first, stamps }: Chain,
  runs: readonly PackedRun[],
): AsyncGenerator<ZipEntry> {
  const { size, note } = checkpoint
  yield textFile(PACKET.checkpoint, note)
  yield textFile(PACKET.checkpoints, notes(store, first, size))
  const sizes = new Set([first, ...runs.map(({ leaf }) => leaf + 1), ...stamps.map((stamp) => stamp.size)])
  yield jsonFile(
    PACKET.consistency,
    await consistency(
      store,
      [...sizes].sort((a, b) => a - b),
      checkpoint,
    ),
  )
  for (const { run, leaf } of runs.toSorted((a, b) => (a.run < b.run ? -1 : 1))) {
    const proof = await store.inclusion(leaf, size)
    yield textFile(inclusionPath(run), formatProof({ index: leaf, proof, checkpoint: note, extra: null }))
  }
  yield textFile(PACKET.leaves, bodies(store, size))
  yield* stampFiles(store, stamps)
}

async function* notes(store: ChainStore, from: number, to: number): AsyncGenerator<string> {
  for await (const { size, note } of store.checkpoints(from)) {
    if (size > to) return
    yield note
  }
}

async function* bodies(store: ChainStore, size: number): AsyncGenerator<string> {
  for await (const { index, body } of store.leaves(0)) {
    if (index >= size) return
    yield `${body}\n`
  }
}

async function consistency(
  store: ChainStore,
  sizes: readonly number[],
  { size: to, root: toRoot }: Checkpoint,
): Promise<ConsistencyProof[]> {
  const proofs: ConsistencyProof[] = []
  for (const from of sizes) {
    const old = from < to ? await store.checkpoint(from) : null
    if (old === null) continue
    proofs.push({ from, to, fromRoot: old.root, toRoot, proof: await store.consistency(from, to) })
  }
  return proofs
}

async function* stampFiles(store: ChainStore, stamps: readonly Stamp[]): AsyncGenerator<ZipEntry> {
  if (stamps.length === 0) return
  const listed = stamps.map((stamp, index): [Stamp, PackedStamp] => {
    const { size, authority, stampedAt } = stamp
    const nth = stamps.slice(0, index).filter((each) => each.size === size).length + 1
    const base = `ledger/timestamps/${size}`
    return [stamp, { size, authority, stampedAt, note: `${base}.txt`, reply: `${base}-${nth}.tsr` }]
  })
  yield jsonFile(
    PACKET.timestamps,
    listed.map(([, packed]) => packed),
  )
  for (const size of new Set(stamps.map((stamp) => stamp.size))) {
    const stamped = await store.checkpoint(size)
    for (const [stamp, { reply }] of listed)
      if (stamp.size === size) yield { path: reply, content: bytesOf(stamp.reply) }
    yield textFile(`ledger/timestamps/${size}.txt`, stamped?.note ?? '')
  }
}
