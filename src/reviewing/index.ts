/**
 * Reviews of access: the accounts of a system are frozen into a table, somebody decides about each, and the filled table is
 * signed off in the evidence ledger, once.
 */
import { AppError } from '../domain/error.ts'
import type { ReviewInLedger, ReviewState } from '../domain/follow-up.ts'
import type { JsonObject } from '../domain/json.ts'
import type { Checkpoint } from '../domain/ledger.ts'
import type { ReviewFrozen, ReviewLeaf, ReviewSigned } from '../domain/review.ts'
import { makeSnapshot, type Snapshot, type SourceState } from '../domain/snapshot.ts'
import type { RunVerdicts, Store } from '../domain/store.ts'
import type { Instant } from '../domain/time.ts'
import { readReviews } from '../reviews.ts'
import { decisionsIn, otherPopulation, reviewIn } from './decisions.ts'
import { type FollowUpStore, followUps } from './follow-ups.ts'
import { type FrozenRow, frozenRows, rowsDigest } from './rows.ts'
import { readSheet, refused, sheetOf } from './sheet.ts'

/** Kinds of sources that name people. */
const ROSTERS: ReadonlySet<string> = new Set(['csv', 'scim'])

export interface ReviewCore {
  readonly store: FollowUpStore & Pick<Store, 'verdictsAt' | 'past' | 'lock' | 'append' | 'leavesOf' | 'keepPagesOf'>
  now(): Instant
  publish(checkpoint: Checkpoint): Promise<void>
}

export interface Frozen {
  readonly review: ReviewFrozen
  readonly sheet: Iterable<string>
  /** False: the same accounts were frozen before and nobody has decided yet. */
  readonly fresh: boolean
  /** Rosters that were not read in that run: whose the accounts are is told by an older reading. */
  readonly oldRosters: readonly Pick<SourceState, 'id' | 'status' | 'collectedAt'>[]
}

export interface Signed {
  readonly review: ReviewSigned
  readonly leaf: number
}

export interface Reviews {
  freeze(asked: { readonly system: string; readonly asOf: Instant | 'latest'; readonly by: string }): Promise<Frozen>
  sign(asked: { readonly file: Uint8Array; readonly by: string }): Promise<Signed>
  list(): Promise<readonly ReviewState[]>
}

export function reviewActs(core: ReviewCore, signal: AbortSignal): Reviews {
  const { store, now, publish } = core

  /** In the writer's place; `body` says null where the ledger has what is wanted. */
  async function append<T extends ReviewLeaf>(
    body: (reviews: readonly ReviewInLedger[]) => T | null,
  ): Promise<{ body: T; leaf: number } | null> {
    const release = await store.lock(signal)
    let made: { body: T; checkpoint: Checkpoint } | null = null
    try {
      const leaf = body(await readReviews(store))
      if (leaf !== null) {
        await store.keepPagesOf(leaf.run)
        const checkpoint = await store.append([{ kind: 'review', body: leaf as unknown as JsonObject }], leaf.at)
        made = { body: leaf, checkpoint }
      }
    } finally {
      await release()
    }
    if (made === null) return null
    await publish(made.checkpoint)
    // What is appended comes last, behind a key's introduction where there is one.
    return { body: made.body, leaf: made.checkpoint.size - 1 }
  }

  return {
    async freeze({ system, asOf, by }) {
      const { run, snapshot } = await readable(system, asOf, store)
      const rows = frozenRows(snapshot, system)
      if (rows.length === 0) throw new AppError('usage', `review: ${system} has no account in the run ${run.id}`)
      const digest = rowsDigest(rows)
      let known: ReviewFrozen | null = null
      const made = await append<ReviewFrozen>((reviews) => {
        known = openReview(reviews, { system, run: run.id, digest })
        return known !== null
          ? null
          : {
              type: 'review',
              act: 'frozen',
              id: `R-${reviews.length + 1}`,
              system,
              run: run.id,
              frozenAt: run.snapshotAt,
              accounts: rows.length,
              digest,
              at: now(),
              by,
            }
      })
      const review = made?.body ?? known!
      const oldRosters = snapshot.sources.filter(({ kind, status }) => ROSTERS.has(kind) && status !== 'complete')
      return { review, sheet: sheetOf(review.id, rows, snapshot.settings.demo), fresh: made !== null, oldRosters }
    },

    async sign({ file, by }) {
      const sheet = readSheet(file)
      const id = reviewIn(sheet)
      const review = signable(id, await readReviews(store))
      const decisions = decisionsIn(sheet, await rowsOf(review, store))
      const made = await append<ReviewSigned>((reviews) => ({
        ...signable(id, reviews),
        act: 'signed',
        at: now(),
        by,
        decisions,
      }))
      return { review: made!.body, leaf: made!.leaf }
    },

    list: () => reviewStates(store),
  }
}

/** Every review with what became of its decisions, in the order in which they were frozen. */
export async function reviewStates(store: FollowUpStore & Pick<Store, 'leavesOf'>): Promise<readonly ReviewState[]> {
  const reviews = await readReviews(store)
  const all = Map.groupBy(await followUps(reviews, store), ({ review }) => review)
  return reviews.map((review) => ({ ...review, followUps: all.get(review.frozen.id) ?? [] }))
}

/** A review over accounts that were not read is none. */
async function readable(
  system: string,
  asOf: Instant | 'latest',
  store: Pick<Store, 'verdictsAt'>,
): Promise<Pick<RunVerdicts, 'run' | 'snapshot'>> {
  const view = await store.verdictsAt(asOf)
  if (view === null) throw new AppError('usage', 'review: no run was sealed by then; "exhibit sync" makes the first')
  const source = view.snapshot.sources.find(({ id }) => id === system)
  const tailnets = view.snapshot.sources.filter(({ kind }) => kind === 'tailscale').map(({ id }) => id)
  if (source === undefined || !tailnets.includes(system)) {
    const known = tailnets.length === 0 ? 'the run has none' : `known are ${tailnets.join(', ')}`
    throw new AppError('usage', `review: "${system}" is no system whose accounts are read; ${known}`)
  }
  const blind = source.blind.some(({ kind, fields }) => kind === 'account' && fields === null)
  if (source.status !== 'complete' || blind) {
    const why = blind ? 'its credential may not see accounts' : `it is ${source.status}`
    throw new AppError(
      'usage',
      `review: the accounts of ${system} were not read in the run ${view.run.id}: ${why}. Mend it and run "exhibit sync", or name with --as-of a moment at which they were`,
    )
  }
  return view
}

function openReview(
  reviews: readonly ReviewInLedger[],
  { system, run, digest }: Pick<ReviewFrozen, 'system' | 'run' | 'digest'>,
): ReviewFrozen | null {
  const same = reviews.findLast(
    ({ frozen, signed }) =>
      signed === null && frozen.system === system && frozen.run === run && frozen.digest === digest,
  )
  return same?.frozen ?? null
}

function signable(id: string, reviews: readonly ReviewInLedger[]): ReviewFrozen {
  const review = reviews.find(({ frozen }) => frozen.id === id)
  if (review === undefined) {
    throw refused(`the ledger has no review "${id.slice(0, 40)}"; "exhibit review list" names those that were frozen`)
  }
  const { frozen, signed } = review
  if (signed === null) return frozen
  throw refused(
    `${id} was signed already at ${signed.at} by ${signed.by}; a new decision needs a new review ("exhibit review export")`,
  )
}

async function rowsOf(review: ReviewFrozen, store: Pick<Store, 'past'>): Promise<readonly FrozenRow[]> {
  const rows = frozenRows(await snapshotOf(review.run, store), review.system)
  if (rowsDigest(rows) !== review.digest) throw otherPopulation(review.id)
  return rows
}

async function snapshotOf(id: string, store: Pick<Store, 'past'>): Promise<Snapshot> {
  const past = await store.past(id)
  if (past === null)
    throw new AppError('storage', `review: the run ${id} is gone; the database was changed from outside`)
  const { run, sources, settings, records } = past
  return makeSnapshot({ runId: run.id, sequence: run.sequence, at: run.snapshotAt, sources, settings, records })
}
