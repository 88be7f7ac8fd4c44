import { defineCheck } from '../src/domain/check.ts'
import { durationText } from '../src/domain/duration.ts'
import { type Facts, type Finding, finding, unknown } from '../src/domain/finding.ts'
import type { Account } from '../src/domain/record.ts'
import { unreadable } from '../src/domain/roster.ts'
import { notEvaluated } from '../src/domain/sentence.ts'
import { between, type Instant, pastInstant } from '../src/domain/time.ts'
import { inactiveAccounts } from './controls.ts'

export const idleAccountsRemoved = defineCheck({
  id: 'idle-accounts-removed',
  ref: 'ID-11',
  version: 1,
  title: 'Accounts that nobody uses are removed',
  question: 'Has every account that is not suspended been used within the time allowed?',
  why: 'An account that nobody uses is missed by nobody when somebody else does. Tailscale calls an account idle after 28 days; what counts here is when it was last seen.',
  remediation:
    'Ask the owner whether the account is still needed. Otherwise, in the Tailscale admin console: Users, the menu at the end of the row, Suspend user or Delete user.',
  severity: 'medium',
  controls: inactiveAccounts,
  needs: [{ kind: 'account' }],
  parameters: {
    maxIdle: { type: 'duration', default: '90d', min: '1d', max: '730d', says: 'How long an account may go unused.' },
  },
  run: (snapshot, { maxIdle }) => snapshot.of('account').map((account) => judge(account, snapshot.at, maxIdle)),
  say(finding) {
    const { subject, facts } = finding
    const last = facts['lastSeen'] === null ? `never used since ${facts['created']}` : `last used ${facts['lastSeen']}`
    switch (finding.status) {
      case 'pass':
        return facts['currentlyConnected'] === true ? `${subject.label} is connected.` : `${subject.label} was ${last}.`
      case 'fail':
        return `${subject.label} was ${last}, longer ago than ${facts['maxIdle']}; suspend or delete it unless it is needed.`
      case 'not_applicable':
        return `${subject.label} is suspended.`
      case 'unknown':
        return notEvaluated(finding)
    }
  },
})

function judge(account: Account, at: Instant, maxIdle: number): Finding {
  if (account.status === null) return unknown('no_data', account, { facts: { missing: 'status' } })
  if (account.status === 'suspended') return finding('not_applicable', account)
  const facts: Facts = {
    accountStatus: account.status,
    lastSeen: account.lastSeen,
    currentlyConnected: account.currentlyConnected,
    created: account.createdAt,
    maxIdle: durationText(maxIdle),
  }
  if (account.currentlyConnected === true) return finding('pass', account, { facts })
  const { usedAt, missing } = lastUse(account, at)
  if (usedAt === null) return unknown('no_data', account, { facts: { ...facts, missing } })
  if (between(usedAt, at) <= maxIdle) return finding('pass', account, { facts })
  // Only "not connected" makes an old date a failure; where that was not said, it stays open.
  if (account.currentlyConnected === null) {
    return unknown('no_data', account, { facts: { ...facts, missing: 'currentlyConnected' } })
  }
  return finding('fail', account, { facts })
}

/** When the account was last seen or, where it never was (the vendor leaves the date out), when it was made. */
function lastUse(account: Account, at: Instant): { usedAt: Instant | null; missing: string } {
  if (account.lastSeen !== null || unreadable(account, 'lastSeen')) {
    return { usedAt: pastInstant(account.lastSeen, at), missing: 'lastSeen' }
  }
  return { usedAt: pastInstant(account.createdAt, at), missing: 'created' }
}
