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
  /** Absent where nobody gave one. */
  readonly nonce?: string
}

/** What tells which run it is. */
export type RunPlace = Pick<RunInLeaf, 'leaf' | 'id' | 'sequence' | 'snapshotAt'>

export interface LedgerPast {
  /** Every run up to `last`, by sequence; where a clock was set wrong, not by moment. */
  readonly all: readonly RunPlace[]
  /** Of those, from the newest one before the period on; it alone of what was before says something of the period. */
  readonly runs: readonly RunInLeaf[]
  /** Everything but runs, by index; of all time, up to the last leaf there is. */
  readonly acts: readonly Leaf[]
  /** Index of the leaf of each run asked for, by id. */
  readonly leafOf: ReadonlyMap<string, number>
  /** What an auditor gave before a run, by its id. */
  readonly nonces: ReadonlyMap<string, string>
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
  const all: RunPlace[] = []
  const acts: Leaf[] = []
  const leafOf = new Map<string, number>()
  const nonces = new Map<string, string>()
  for await (const leaf of store.leaves(0)) {
    if (leaf.kind !== 'run') {
      acts.push(leaf)
      continue
    }
    if (leafOf.has(last)) continue
    const { id, sequence, snapshotAt, nonce } = runOf(leaf)
    if (nonce !== undefined) nonces.set(id, nonce)
    all.push({ leaf: leaf.index, id, sequence, snapshotAt })
    if (wanted.has(id) || id === last) leafOf.set(id, leaf.index)
  }
  for (const id of [last, ...wanted]) {
    if (!leafOf.has(id)) {
      throw new AppError(
        'storage',
        `packet: the ledger has no leaf of the run ${id}; the database was changed from outside`,
      )
    }
  }
  return { all, runs: await runsSince(store, beginOf(all, from), leafOf.get(last)!), acts, leafOf, nonces }
}

/** Index of the leaf from which on runs say something of the period: a clock that went back later moves it no more. */
function beginOf(all: readonly RunPlace[], from: Instant): number {
  const until = all.at(-1)!.snapshotAt
  const first = all.findIndex(({ snapshotAt }) => from <= snapshotAt && snapshotAt <= until)
  const before = all.slice(0, first).findLast(({ snapshotAt }) => snapshotAt < from)
  return before?.leaf ?? all[0]!.leaf
}

/** Read again: of all that were sealed in years the sources would fill the memory. */
async function runsSince(store: Pick<Store, 'leaves'>, begin: number, end: number): Promise<RunInLeaf[]> {
  const runs: RunInLeaf[] = []
  for await (const leaf of store.leaves(begin)) {
    if (leaf.index > end) break
    if (leaf.kind === 'run') runs.push(runOf(leaf))
  }
  return runs
}

function runOf({ index, body }: Leaf): RunInLeaf {
  const { id, sequence, snapshotAt, sources, settings, checkSet, software, build, nonce } = JSON.parse(
    body,
  ) as RunInLeaf
  const run = { leaf: index, id, sequence, snapshotAt, sources, settings, checkSet, software, build }
  return nonce === undefined ? run : { ...run, nonce }
}

export function bodyOf(leaf: Pick<Leaf, 'body'>): JsonObject {
  return JSON.parse(leaf.body) as JsonObject
}

/** Somebody set the clock: what stood when is then told in two ways. */
export function hasSteppedBack({ all }: Pick<LedgerPast, 'all'>): boolean {
  return all.some(({ snapshotAt }, at) => at > 0 && snapshotAt < all[at - 1]!.snapshotAt)
}
