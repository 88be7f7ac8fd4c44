/** The ledger read once, for what a packet tells of its runs and acts. */
import { AppError } from '../domain/error.ts'
import type { JsonObject } from '../domain/json.ts'
import type { SourceStatus } from '../domain/snapshot.ts'
import type { Leaf, Store } from '../domain/store.ts'
import type { Instant } from '../domain/time.ts'

/** A source as the leaf of a run tells of it. */
export interface SourceInLeaf {
  readonly id: string
  readonly kind: string
  readonly status: SourceStatus
  readonly collectedAt: Instant | null
  readonly error: string | null
  /** Digest of the pull that the run made of it; null where it made none. */
  readonly pull: string | null
}

/** A run as its own leaf tells it. */
export interface RunInLeaf {
  /** Index of the leaf. */
  readonly leaf: number
  readonly id: string
  readonly sequence: number
  readonly snapshotAt: Instant
  readonly sources: readonly SourceInLeaf[]
  readonly settings: string
  readonly checkSet: string
  readonly software: string
  readonly build: string
}

export interface LedgerPast {
  /** Runs up to `last`: those of the period, and the newest one before it. By sequence. */
  readonly runs: readonly RunInLeaf[]
  /** Everything but runs, by index; of all time, up to the last leaf there is. */
  readonly acts: readonly Leaf[]
  /** Index of the leaf of each run asked for, by id. */
  readonly leafOf: ReadonlyMap<string, number>
}

/**
 * @param last the last run of the period
 * @param wanted further runs whose leaf is asked for
 */
export async function readLedger(
  store: Pick<Store, 'leaves'>,
  from: Instant,
  last: string,
  wanted: ReadonlySet<string>,
): Promise<LedgerPast> {
  let runs: RunInLeaf[] = []
  const acts: Leaf[] = []
  const leafOf = new Map<string, number>()
  let over = false
  for await (const leaf of store.leaves(0)) {
    if (leaf.kind !== 'run') {
      acts.push(leaf)
      continue
    }
    if (over) continue
    const run = runOf(leaf)
    if (wanted.has(run.id) || run.id === last) leafOf.set(run.id, leaf.index)
    over = run.id === last
    // Of those before the period only the newest says something of it.
    if (run.snapshotAt < from) runs = [run]
    else runs.push(run)
  }
  for (const id of [last, ...wanted]) {
    if (!leafOf.has(id)) {
      throw new AppError(
        'storage',
        `packet: the ledger has no leaf of the run ${id}; the database was changed from outside`,
      )
    }
  }
  return { runs, acts, leafOf }
}

function runOf({ index, body }: Leaf): RunInLeaf {
  const { id, sequence, snapshotAt, sources, settings, checkSet, software, build } = JSON.parse(body) as RunInLeaf
  return { leaf: index, id, sequence, snapshotAt, sources, settings, checkSet, software, build }
}

export function bodyOf(leaf: Pick<Leaf, 'body'>): JsonObject {
  return JSON.parse(leaf.body) as JsonObject
}
