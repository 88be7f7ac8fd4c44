/** Reviews of access, as the evidence ledger tells them. */
import type { ReviewInLedger } from './domain/follow-up.ts'
import { byText } from './domain/json.ts'
import type { Review } from './domain/record.ts'
import type { ReviewLeaf, ReviewSigned } from './domain/review.ts'
import type { Store } from './domain/store.ts'

/**
 * The newest signed review of every system, for the checks. Those before it stay in the ledger: a run that sealed them
 * once more each time would grow with the years.
 */
export async function reviewRecords(store: Pick<Store, 'leavesOf'>): Promise<Review[]> {
  const newest = new Map<string, ReviewSigned>()
  for (const { body } of await store.leavesOf('review')) {
    const leaf = JSON.parse(body) as ReviewLeaf
    if (leaf.act !== 'signed') continue
    const known = newest.get(leaf.system)
    // Of two of one moment the one that the ledger tells later.
    if (known === undefined || leaf.at >= known.at) newest.set(leaf.system, leaf)
  }
  return [...newest.values()].map(recordOf).sort((a, b) => byText(a.key, b.key))
}

function recordOf({ id, system, frozenAt, at, by, accounts, decisions }: ReviewSigned): Review {
  const changes = Object.fromEntries(
    decisions.flatMap(({ account, decision, newRole }) =>
      decision === 'change role' && newRole !== null ? [[account, newRole]] : [],
    ),
  )
  const removals = decisions.filter(({ decision }) => decision === 'remove').map(({ account }) => account)
  return {
    kind: 'review',
    source: '',
    key: id,
    unread: [],
    system,
    frozenAt,
    signedAt: at,
    by,
    accounts,
    removals,
    changes,
  }
}

/** Every review, in the order in which they were frozen. */
export async function readReviews(store: Pick<Store, 'leavesOf'>): Promise<readonly ReviewInLedger[]> {
  const known = new Map<string, ReviewInLedger>()
  for (const { index, body } of await store.leavesOf('review')) {
    const leaf = JSON.parse(body) as ReviewLeaf
    const before = known.get(leaf.id)
    if (leaf.act === 'frozen') known.set(leaf.id, { frozen: leaf, signed: null, leaf: index })
    else if (before !== undefined) known.set(leaf.id, { ...before, signed: leaf, leaf: index })
  }
  return [...known.values()]
}
