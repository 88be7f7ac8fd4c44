import { defineCheck } from '../src/domain/check.ts'
import { durationText } from '../src/domain/duration.ts'
import { type Facts, type Finding, finding, unknown } from '../src/domain/finding.ts'
import { carry, recall, textOf } from '../src/domain/memory.ts'
import type { Review } from '../src/domain/record.ts'
import { sentences } from '../src/domain/sentence.ts'
import type { Snapshot } from '../src/domain/snapshot.ts'
import { tailnetOf, tailnetSubject } from '../src/domain/tailnet.ts'
import { type Instant, pastInstant, plus } from '../src/domain/time.ts'
import { accessReviewed } from './controls.ts'

const ID = 'access-reviewed-in-time'

export const accessReviewedInTime = defineCheck({
  id: ID,
  ref: 'ID-20',
  version: 1,
  title: 'Access is reviewed and signed off in time',
  question: 'Was every account of the tailnet reviewed, and the review signed off, within the time allowed?',
  why: 'Access that was right when it was given is wrong some months later, and only who answers for it can say so.',
  remediation:
    'Run "exhibit review export", let whoever answers for the accounts decide on each, and bring the file back with "exhibit review import"; then carry out what is to be removed.',
  severity: 'medium',
  controls: accessReviewed,
  needs: [{ kind: 'review' }],
  parameters: {
    every: {
      type: 'duration',
      default: '90d',
      min: '1d',
      max: '400d',
      says: 'How old the newest signed review may be.',
    },
  },
  carry: (snapshot) => [carry(snapshot, ID, '', { since: firstSight(snapshot) })],
  run: (snapshot, { every }) => [judge(snapshot, every)],
  say: sentences({
    pass: ({ subject, facts, notice }) =>
      `The ${facts['accounts']} accounts of ${subject.label} were reviewed and signed off by ${facts['by']} at ${facts['signedAt']}${notice === null ? '' : `; ${notice}`}.`,
    fail: ({ subject, facts }) =>
      facts['signedAt'] === undefined
        ? `The accounts of ${subject.label} have never been reviewed, due by ${facts['dueAt']}; review them and sign off.`
        : `The newest review of ${subject.label} was signed off at ${facts['signedAt']}, longer ago than ${facts['every']}; the next was due by ${facts['dueAt']}.`,
    open: ({ subject, unknownReason, facts }) =>
      unknownReason === 'not_configured'
        ? `The accounts of ${subject.label} have not been reviewed yet; the first review is due by ${facts['dueAt']}.`
        : null,
  }),
})

function firstSight(snapshot: Snapshot): Instant {
  return textOf(recall(snapshot, ID)?.body['since']) ?? snapshot.at
}

function judge(snapshot: Snapshot, every: number): Finding {
  const subject = tailnetSubject(snapshot)
  const review = newestOf(snapshot)
  const limit = { every: durationText(every) }
  if (review === null) {
    const since = firstSight(snapshot)
    const facts = { ...limit, since, dueAt: plus(since, every) }
    return snapshot.at < facts.dueAt
      ? unknown('not_configured', subject, { facts: { ...facts, missing: 'a review of access' } })
      : finding('fail', subject, { with: [recall(snapshot, ID)], facts })
  }
  const signedAt = pastInstant(review.signedAt, snapshot.at)
  if (signedAt === null) {
    return unknown('no_data', subject, { with: [review], facts: { missing: 'a sign-off that is not of the future' } })
  }
  const { key, by, frozenAt, accounts } = review
  const dueAt = plus(signedAt, every)
  const open = openOf(snapshot, review)
  const facts = { review: key, signedAt, by, frozenAt, accounts, ...limit, dueAt, ...open.facts }
  const status = snapshot.at < dueAt ? 'pass' : 'fail'
  return finding(status, subject, { with: [review], facts, notice: open.notice })
}

/** Of two of one moment the one that was named later. */
function newestOf(snapshot: Snapshot): Review | null {
  const own = snapshot.of('review').filter(({ system }) => system === tailnetOf(snapshot))
  return own.reduce<Review | null>(
    (best, each) => (best === null || each.signedAt >= best.signedAt ? each : best),
    null,
  )
}

/** What the review decided and the newest reading still shows; nothing can be said of a tailnet that was not read. */
function openOf(snapshot: Snapshot, { removals, changes }: Review): { facts: Facts; notice: string | null } {
  const source = tailnetOf(snapshot)
  const state = snapshot.sources.find(({ id }) => id === source)
  if (state?.status !== 'complete' || state.blind.some(({ kind }) => kind === 'account')) {
    return { facts: { removals: removals.length, openRemovals: null, openChanges: null }, notice: null }
  }
  // A suspended account may not use the tailnet: it counts as removed (src/domain/follow-up.ts).
  const still = removals
    .flatMap((key) => snapshot.one('account', source, key) ?? [])
    .filter(({ status }) => status !== 'suspended')
  const unchanged = Object.entries(changes).flatMap(([key, role]) => {
    const account = snapshot.one('account', source, key)
    return account === null || account.role === role ? [] : [`${account.login} → ${role}`]
  })
  const openRemovals = still.map(({ login }) => login)
  const parts = [
    ...(openRemovals.length === 0 ? [] : [`still to be removed: ${shortened(openRemovals)}`]),
    ...(unchanged.length === 0 ? [] : [`still to be changed: ${shortened(unchanged)}`]),
  ]
  const facts = { removals: removals.length, openRemovals: shortened(openRemovals), openChanges: shortened(unchanged) }
  return { facts, notice: parts.length === 0 ? null : parts.join('; ') }
}

/** A review may decide on thousands. */
function shortened(names: readonly string[]): string {
  return names.length <= 20 ? names.join(', ') : `${names.slice(0, 20).join(', ')} and ${names.length - 20} more`
}
