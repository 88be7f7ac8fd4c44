/** What became of what reviews decided: each account is followed until a pull no longer has it, or has it with the role. */
import type { Followed, ReviewInLedger } from '../domain/follow-up.ts'
import type { Account } from '../domain/record.ts'
import type { ReviewSigned } from '../domain/review.ts'
import type { RecordVersion, RunSummary, Store } from '../domain/store.ts'
import type { Instant } from '../domain/time.ts'

export type FollowUpStore = Pick<Store, 'runsBetween' | 'versions' | 'lastPull'>

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
  const wanted = review.decisions.filter(({ decision }) => decision !== 'keep')
  if (wanted.length === 0) return []
  const runs = (await store.runsBetween(review.at, until)).filter(({ snapshotAt }) => snapshotAt > review.at)
  const pulls = acceptedPulls(review, store)
  const found: Followed[] = []
  for (const { account, login, decision, newRole, reason } of wanted) {
    if (decision === 'keep') continue
    const base = { review: review.id, system: review.system, account, login, decision, decidedAt: review.at }
    const done = await doneIn(runs, { account, role: newRole, system: review.system, store, pulls })
    found.push({ ...base, newRole, reason, doneAt: done?.at ?? null, how: done?.how ?? null })
  }
  return found
}

type Pulls = (run: RunSummary) => Promise<Instant | null>

interface Wanted {
  readonly account: string
  /** Null: it is to go. */
  readonly role: string | null
  readonly system: string
  readonly store: FollowUpStore
  readonly pulls: Pulls
}

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

/** A source that left the configuration takes its accounts along without anybody having removed them: a pull has to say so. */
async function doneIn(
  runs: readonly RunSummary[],
  { account, role, system, store, pulls }: Wanted,
): Promise<{ at: Instant; how: NonNullable<Followed['how']> } | null> {
  const [first, last] = [runs[0], runs.at(-1)]
  if (first === undefined || last === undefined) return null
  const only = { source: system, key: account }
  const versions = await Array.fromAsync(store.versions(['account'], first.sequence, last.sequence, only))
  // Gone before the first of these runs: no version says so where nothing was in force any more.
  const gone = { from: first.sequence, record: null }
  const states = (versions[0]?.from ?? last.sequence + 1) > first.sequence ? [gone, ...versions] : versions
  for (const [index, state] of states.entries()) {
    const how = howDone(state, role)
    if (how === null) continue
    const until = states[index + 1]?.from ?? Number.POSITIVE_INFINITY
    for (const run of runs) {
      if (run.sequence < state.from || run.sequence >= until) continue
      const at = await pulls(run)
      if (at !== null) return { at, how }
    }
  }
  return null
}

function howDone({ record }: Pick<RecordVersion, 'record'>, role: string | null): Followed['how'] {
  if (record === null) return 'gone'
  const account = record as Account
  if (role === null) return account.status === 'suspended' ? 'suspended' : null
  return account.role === role ? 'role' : null
}
