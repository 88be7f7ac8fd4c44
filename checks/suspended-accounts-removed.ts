import { defineCheck } from '../src/domain/check.ts'
import { durationText } from '../src/domain/duration.ts'
import { type Finding, finding, unknown } from '../src/domain/finding.ts'
import type { Account, Carried } from '../src/domain/record.ts'
import { sentences } from '../src/domain/sentence.ts'
import type { Snapshot } from '../src/domain/snapshot.ts'
import { between, type Instant } from '../src/domain/time.ts'
import { inactiveAccounts } from './controls.ts'

const ID = 'suspended-accounts-removed'

export const suspendedAccountsRemoved = defineCheck({
  id: ID,
  ref: 'ID-12',
  version: 1,
  title: 'Suspended accounts are removed in time',
  question: 'Is no account suspended for longer than allowed without being deleted?',
  why: 'A suspended account is one click away from working again, with its devices and its keys; after a while nobody remembers why it is there.',
  remediation:
    'In the Tailscale admin console open Users, filter by suspended, the menu at the end of the row, Delete user. First move what it still owns, such as OAuth clients and webhooks.',
  severity: 'low',
  controls: inactiveAccounts,
  needs: [{ kind: 'account' }],
  parameters: {
    maxSuspended: {
      type: 'duration',
      default: '90d',
      min: '1d',
      max: '730d',
      says: 'How long an account may stay suspended, counted from our first sight: the vendor names no date.',
    },
  },
  carry: (snapshot) => snapshot.of('account').flatMap((account) => remembered(snapshot, account)),
  run: (snapshot, { maxSuspended }) => snapshot.of('account').map((account) => judge(snapshot, account, maxSuspended)),
  say: sentences({
    pass: ({ subject, facts }) =>
      `${subject.label} is suspended since ${facts['suspendedSince']} or earlier; delete it within ${facts['maxSuspended']}.`,
    fail: ({ subject, facts }) =>
      `${subject.label} is suspended since ${facts['suspendedSince']} or earlier, longer than ${facts['maxSuspended']}; delete it.`,
  }),
})

function judge(snapshot: Snapshot, account: Account, maxSuspended: number): Finding {
  if (account.status === null) return unknown('no_data', account, { facts: { missing: 'status' } })
  if (account.status !== 'suspended') return finding('not_applicable', account, { notice: 'It is not suspended.' })
  const suspendedSince = since(snapshot, account)
  const facts = { suspendedSince, maxSuspended: durationText(maxSuspended) }
  return finding(between(suspendedSince, snapshot.at) > maxSuspended ? 'fail' : 'pass', account, { facts })
}

function since(snapshot: Snapshot, account: Account): Instant {
  const known = snapshot.one('carried', account.source, `${ID}/${account.key}`)?.body['since']
  return typeof known === 'string' ? known : snapshot.at
}

/** While the vendor says nothing of the status, the clock that runs goes on. */
function remembered(snapshot: Snapshot, account: Account): readonly Carried[] {
  const key = `${ID}/${account.key}`
  if (account.status === null) {
    const before = snapshot.one('carried', account.source, key)
    return before === null ? [] : [before]
  }
  if (account.status !== 'suspended') return []
  return [
    { kind: 'carried', source: account.source, key, unread: [], check: ID, body: { since: since(snapshot, account) } },
  ]
}
