/** What became of what reviews decided: each account is followed until a pull no longer has it, or has it with the role. */
import type { Followed, ReviewInLedger } from '../domain/follow-up.ts'
import type { Account } from '../domain/record.ts'
import type { ReviewSigned } from '../domain/review.ts'
import type { RecordVersion, RunSummary, Store } from '../domain/store.ts'
import { between, DAY, type Instant, plus } from '../domain/time.ts'

export type FollowUpStore = Pick<Store, 'runs' | 'runsBefore' | 'runsBetween' | 'versions' | 'lastPull'>

const END: Instant = '9999-12-31T23:59:59.999Z'

/**
 * Of every signed review, in the ledger's order, then by account.
 * @param until runs whose `snapshotAt` is later are not looked at
 */
export async function followUps(
  reviews: readonly ReviewInLedger[],
  store: FollowUpStore,
  until: Instant = END,
): Promise<Followed[]> {
  const all: Followed[] = []
  for (const { signed } of reviews) {
    if (signed !== null && signed.at <= until) all.push(...(await followed(signed, store, until)))
  }
  return all
}

async function followed(review: ReviewSigned, store: FollowUpStore, until: Instant): Promise<Followed[]> {
  const seen = await seenSince(review.at, until, store)
  const pulls = acceptedPulls(review, store)
  const found: Followed[] = []
  for (const { account, login, decision, newRole, reason } of review.decisions) {
    if (decision === 'keep') continue
    const base = { review: review.id, system: review.system, account, login, decision, decidedAt: review.at }
    const wanted = { account, role: newRole, system: review.system, store, pulls }
    const done = seen === null ? null : await doneIn(seen, wanted)
    found.push({ ...base, newRole, reason, doneAt: done?.at ?? null, how: done?.how ?? null })
  }
  return found
}

/** Sequences of the first and the last run that say something. */
interface Seen {
  readonly first: number
  readonly last: number
}

/** Runs of months are not read to know the first and the last of them: each is looked for in windows that grow. */
async function seenSince(from: Instant, until: Instant, store: FollowUpStore): Promise<Seen | null> {
  const [newest] = await store.runs(1)
  if (newest === undefined || newest.snapshotAt <= from) return null
  const end = until < newest.snapshotAt ? until : newest.snapshotAt
  const first = await growing(
    async (ms) => {
      const runs = await store.runsBetween(from, earlier(plus(from, ms), end))
      return runs.find(({ snapshotAt }) => snapshotAt > from)
    },
    between(from, end),
  )
  const last = await growing(
    async (ms) => (await store.runsBetween(later(plus(end, -ms), from), end)).at(-1),
    between(from, end),
  )
  return first === undefined || last === undefined ? null : { first: first.sequence, last: last.sequence }
}

async function growing<T>(look: (ms: number) => Promise<T | undefined>, most: number): Promise<T | undefined> {
  for (let ms = DAY; ; ms *= 4) {
    const found = await look(ms)
    if (found !== undefined || ms >= most) return found
  }
}

const earlier = (a: Instant, b: Instant): Instant => (a < b ? a : b)
const later = (a: Instant, b: Instant): Instant => (a > b ? a : b)

type Pulls = (run: RunSummary) => Promise<Instant | null>

/** When the accepted pull of a run began, where it made one after the sign-off: what was read before says nothing. */
function acceptedPulls({ system, at }: ReviewSigned, store: FollowUpStore): Pulls {
  const known = new Map<string, Promise<Instant | null>>()
  return (run) => {
    const before = known.get(run.id)
    if (before !== undefined) return before
    const asked = store
      .lastPull(system, run.id)
      .then((pull) => (pull?.outcome === 'complete' && pull.collectedAt >= at ? pull.collectedAt : null))
    known.set(run.id, asked)
    return asked
  }
}

interface Wanted {
  readonly account: string
  /** Null: it is to go. */
  readonly role: string | null
  readonly system: string
  readonly store: FollowUpStore
  readonly pulls: Pulls
}

/** A source that left the configuration takes its accounts along without anybody having removed them: a pull has to say so. */
async function doneIn(
  { first, last }: Seen,
  { account, role, system, store, pulls }: Wanted,
): Promise<{ at: Instant; how: NonNullable<Followed['how']> } | null> {
  const only = { source: system, key: account }
  const versions = await Array.fromAsync(store.versions(['account'], first, last, only))
  // Gone before the first of these runs: no version says so where nothing was in force any more.
  const gone = { from: first, record: null }
  const states = (versions[0]?.from ?? last + 1) > first ? [gone, ...versions] : versions
  for (const [index, state] of states.entries()) {
    const how = howDone(state, role)
    if (how === null) continue
    const end = Math.min(last, (states[index + 1]?.from ?? last + 1) - 1)
    for await (const run of runsFrom(Math.max(first, state.from), end, store)) {
      const at = await pulls(run)
      if (at !== null) return { at, how }
    }
  }
  return null
}

/** The first of them nearly always decides. */
const RUNS_AT_ONCE = 8

/** By sequence, both included. */
async function* runsFrom(first: number, last: number, store: Pick<Store, 'runsBefore'>): AsyncGenerator<RunSummary> {
  for (let from = first; from <= last; from += RUNS_AT_ONCE) {
    const next = Math.min(from + RUNS_AT_ONCE, last + 1)
    const runs = await store.runsBefore(next, null, next - from)
    for (const run of runs.toReversed()) if (run.sequence >= from) yield run
  }
}

function howDone({ record }: Pick<RecordVersion, 'record'>, role: string | null): Followed['how'] {
  if (record === null) return 'gone'
  const account = record as Account
  if (role === null) return account.status === 'suspended' ? 'suspended' : null
  return account.role === role ? 'role' : null
}
