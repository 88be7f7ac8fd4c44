import { type Approved, defineCheck } from '../src/domain/check.ts'
import { type Facts, type Finding, finding } from '../src/domain/finding.ts'
import { recall } from '../src/domain/memory.ts'
import {
  acceptanceOf,
  carryPolicy,
  editionOf,
  historyOf,
  type PolicyChange,
  type PolicyHistory,
} from '../src/domain/policy-history.ts'
import { sentences } from '../src/domain/sentence.ts'
import type { Snapshot } from '../src/domain/snapshot.ts'
import { booleanSetting, tailnetOf } from '../src/domain/tailnet.ts'
import { sayUnreadablePolicy, unreadablePolicy } from '../src/domain/tailnet-policy.ts'
import { policyChanges } from './controls.ts'

const ID = 'policy-changes-controlled'

export const policyChangesControlled = defineCheck({
  id: ID,
  ref: 'ACL-08',
  version: 1,
  title: 'Changes of the policy are controlled',
  question: 'Was every change of the policy file since the last accepted one accepted or referenced on record?',
  why: 'One edit of the policy can open everything to everybody; a change that nobody can name the reason of is one that nobody decided.',
  remediation:
    'Where the change is wanted, write the ETag of the policy, or the SHA-256 of its text, under approved for this check in exhibit.yaml, with the pull request or ticket. Otherwise put the accepted text back: in the Tailscale admin console, Access controls, or by the repository that the policy is kept in.',
  severity: 'medium',
  controls: policyChanges,
  needs: [{ kind: 'policy' }, { kind: 'audit' }, { kind: 'auditlog' }],
  parameters: {
    approved: {
      type: 'approved',
      default: [],
      says: 'Accepted policies, by ETag or SHA-256 of the text, each with the reference of its change.',
    },
  },
  carry: (snapshot) => carryPolicy(snapshot, ID, approvedIn(snapshot)),
  run: (snapshot, { approved }) => [judge(snapshot, approved)],
  say: sentences({
    pass: ({ subject, facts, notice }) =>
      `The ${subject.label} is ${facts['because'] === null ? 'that of our first run' : `accepted: ${facts['because']}`} (SHA-256 ${String(facts['sha256']).slice(0, 12)}…)${notice === null ? '' : `; ${notice}`}.`,
    fail: ({ subject, facts }) =>
      `The ${subject.label} was changed ${times(Number(facts['changes']))} since it was last accepted, the last time ${
        facts['changedBy'] === null
          ? `between ${facts['seenAfter']} and ${facts['seenBefore']}, by nobody whom the log names`
          : `by ${facts['changedBy']} at ${facts['changedAt'] ?? 'a time that the log does not say'}`
      }, without a reference; accept it or put it back.`,
    open: sayUnreadablePolicy,
  }),
})

function times(count: number): string {
  return count === 1 ? 'once' : `${count} times`
}

function approvedIn({ settings }: Snapshot): readonly Approved[] {
  return (settings.checks[ID]?.params['approved'] ?? []) as unknown as readonly Approved[]
}

function judge(snapshot: Snapshot, approved: readonly Approved[]): Finding {
  const edition = editionOf(snapshot)
  const policy = snapshot.one('policy', tailnetOf(snapshot), 'policy')
  if (edition === null || policy === null) {
    return unreadablePolicy(snapshot, { record: policy, model: null, problem: 'the policy file was not sent' })
  }
  const history = historyOf(snapshot, ID)
  const named = { sha256: edition.digest, etag: edition.etag }
  const options = { with: [recall(snapshot, ID)], notice: unmanaged(snapshot) }
  if (history === null) return finding('pass', policy, { ...options, facts: { ...named, because: null } })
  const because = history.changes.length === 0 ? history.because : acceptanceOf(approved, edition)
  if (history.changes.length === 0 || because !== null) {
    return finding('pass', policy, { ...options, facts: { ...named, because, acceptedAt: history.acceptedAt } })
  }
  return finding('fail', policy, { ...options, facts: { ...named, ...changeFacts(history) } })
}

function changeFacts({ accepted, acceptedAt, changes, count }: PolicyHistory): Facts {
  const last = changes.at(-1)!
  const { seenAfter, seenBefore, at, by, event } = last
  const people = [...new Set(changes.map((change: PolicyChange) => change.by ?? 'nobody whom the log names'))]
  return {
    changes: count,
    changedBy: by,
    changedAt: at,
    seenAfter,
    seenBefore,
    event,
    everybodyWhoChangedIt: people.join(', '),
    firstSeenAfter: changes[0]!.seenAfter,
    acceptedSha256: accepted.digest,
    acceptedEtag: accepted.etag,
    acceptedAt,
  }
}

/** Whether the policy is kept in a repository is a word beside the answer, not the answer. */
function unmanaged(snapshot: Snapshot): string | null {
  return booleanSetting(snapshot, 'aclsExternallyManagedOn').on === false
    ? 'it is edited in the console, not managed from version control'
    : null
}
