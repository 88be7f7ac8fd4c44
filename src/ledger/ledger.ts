/** The ledger's functions as the store is handed them, over the keys of one installation. */
import { openCheckpoint, signCheckpoint } from './checkpoint.ts'
import { type KeyLeaf, keyLeaf, readKeyLeaf } from './hand-over.ts'
import type { KeyRing, SigningKey } from './keys.ts'
import { leafHash } from './leaf.ts'
import { completedBy, consistencyProof, inclusionProof, nodeHash, rootAt } from './merkle.ts'

export interface LedgerOptions {
  /** Of a ledger that has no leaf yet; one that has keeps its own. */
  origin: string
  keys: KeyRing
}

/**
 * The origin, which is the key's name too: the host that people reach us at and the organization. A demo's can never
 * pass for an organisation's, and `.invalid` (RFC 2606) never for a host's.
 */
export function ledgerOrigin({
  organization,
  host,
  demo,
}: {
  organization: string
  host: string | null
  demo: boolean
}): string {
  return demo ? 'demo.invalid/exhibit' : `${host ?? 'exhibit.invalid'}/${organization}`
}

export function ledgerOf({ origin, keys }: LedgerOptions) {
  return {
    leafHash,
    nodeHash,
    completedBy,
    rootAt,
    inclusionProof,
    consistencyProof,
    introduction(newest: string | null, at: string): KeyLeaf | null {
      const alone = { at, by: null }
      if (newest === null) return keyLeaf({ ...alone, origin, key: keys.current(), reason: 'first', previous: null })
      const { fingerprint, origin: own } = JSON.parse(newest) as KeyLeaf
      if (keys.settle(fingerprint)) return null
      return keyLeaf({ ...alone, origin: own, key: keys.current(), reason: 'lost', previous: fingerprint })
    },
    readKey: readKeyLeaf,
    holds: (leaf: string): boolean => keys.settle((JSON.parse(leaf) as KeyLeaf).fingerprint),
    checkpoint(size: number, root: string, newest: string, handedOver: boolean) {
      const { fingerprint, previous, origin: own } = JSON.parse(newest) as KeyLeaf
      const tree = { origin: own, size, root }
      const signers = [fingerprint, ...(handedOver ? [previous] : [])].map((wanted) => held(keys, wanted))
      return { ...tree, note: signCheckpoint(tree, signers) }
    },
    openCheckpoint: (note: string, { vkey }: { vkey: string }) => openCheckpoint(note, [vkey]),
  }
}

function held(keys: KeyRing, fingerprint: string | null): SigningKey {
  const key = [keys.current(), keys.coming()].find((one) => one?.fingerprint === fingerprint)
  if (key == null) throw new Error(`the ledger's key ${fingerprint} is not at hand`)
  return key
}

/** The leaf of a new key, signed by the one that is current; the new one waits until `keys.finish()`. */
function rotation(keys: KeyRing, newest: string, at: string): KeyLeaf {
  const { fingerprint, origin } = JSON.parse(newest) as KeyLeaf
  if (!keys.settle(fingerprint)) throw new Error(`the ledger's key ${fingerprint} is not at hand`)
  const by = keys.current()
  return keyLeaf({ origin, at, key: keys.begin(), reason: 'rotation', previous: fingerprint, by })
}

export interface RotationStore<C> {
  lock(signal: AbortSignal): Promise<() => Promise<void>>
  leavesOf(kind: string): Promise<readonly { readonly body: string }[]>
  append(leaves: readonly { kind: string; body: KeyLeaf }[], at: string): Promise<C>
}

/** Goes on under a new key: sealed with both signatures first, then the old private key is overwritten by the new one. */
export async function rotate<C>(
  { lock, leavesOf, append }: RotationStore<C>,
  keys: KeyRing,
  now: () => string,
  signal: AbortSignal,
): Promise<C> {
  const release = await lock(signal)
  try {
    const at = now()
    // The key at hand comes first where the ledger does not know it yet.
    await append([], at)
    const newest = (await leavesOf('key')).at(-1)!.body
    const checkpoint = await append([{ kind: 'key', body: rotation(keys, newest, at) }], at)
    keys.finish()
    return checkpoint
  } finally {
    await release()
  }
}

export interface LedgerParts<C> {
  readonly store: RotationStore<C> & { checkpoint(which: 'latest'): Promise<{ readonly note: string } | null> }
  now(): string
  /** Lets a checkpoint leave the machine. */
  publish(checkpoint: C): Promise<void>
}

/** What people may do with the ledger of an installation. */
export function ledgerActs<C extends { readonly note: string }>(
  { store, now, publish }: LedgerParts<C>,
  keys: KeyRing,
  signal: AbortSignal,
) {
  async function everyKey() {
    const leaves = await store.leavesOf('key')
    return leaves.map(({ body }, at) => readKeyLeaf(body, leaves[at - 1]?.body ?? null))
  }
  return {
    async ledger() {
      const newest = await store.checkpoint('latest')
      return { note: newest?.note ?? null, lost: (await everyKey()).filter(({ reason }) => reason === 'lost') }
    },
    async rotate() {
      const checkpoint = await rotate(store, keys, now, signal)
      await publish(checkpoint)
      return { note: checkpoint.note, key: (await everyKey()).at(-1)! }
    },
  }
}
