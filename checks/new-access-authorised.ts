import { approvedBy } from '../src/domain/approval.ts'
import { SKEW, wasRead } from '../src/domain/audit-trail.ts'
import { type Approved, defineCheck } from '../src/domain/check.ts'
import { type Finding, finding, subjectOf, unknown } from '../src/domain/finding.ts'
import { recall } from '../src/domain/memory.ts'
import { authorisationOf, carryAuthorisations, logKnown } from '../src/domain/new-access.ts'
import type { Account } from '../src/domain/record.ts'
import { sentences } from '../src/domain/sentence.ts'
import type { Snapshot } from '../src/domain/snapshot.ts'
import { pastInstant, plus } from '../src/domain/time.ts'
import { newAccess } from './controls.ts'

const ID = 'new-access-authorised'

export const newAccessAuthorised = defineCheck({
  id: ID,
  ref: 'ID-23',
  version: 1,
  title: 'New access is authorised',
  question: 'Was every new account approved, invited or made by somebody else, or pushed by the identity provider?',
  why: 'An account that nobody let in is one that whoever has the right address can make.',
  remediation:
    'Where somebody did allow the account, write it under approved for this check in exhibit.yaml, with the reference. Otherwise, in the Tailscale admin console: Users, the menu at the end of the row, Suspend user; and switch user approval on under Settings > User management.',
  severity: 'medium',
  controls: newAccess,
  needs: [{ kind: 'account' }, { kind: 'audit' }, { kind: 'auditlog' }],
  parameters: {
    approved: {
      type: 'approved',
      default: [],
      says: 'Accounts, by login or id, that were allowed outside the log, each with the reference.',
    },
  },
  carry: (snapshot) => carryAuthorisations(snapshot, ID),
  run: (snapshot, { approved }) => snapshot.of('account').map((account) => judge(snapshot, account, approved)),
  say: sentences({
    pass: ({ subject, facts }) =>
      facts['because'] === undefined
        ? `${subject.label}, made at ${facts['created']}, was ${facts['how']} by ${facts['by'] ?? 'the identity provider'}.`
        : `${subject.label}, made at ${facts['created']}, is on record: ${facts['because']}.`,
    fail: ({ subject, facts }) =>
      `${subject.label} was made at ${facts['created']} and the audit log names nobody who let it in; find out who did, or suspend it.`,
    aside: ({ subject, notice }) => `${subject.label} ${notice ?? 'is an account of another tailnet'}.`,
    remedies: { not_visible: 'name who allowed it under approved for this check' },
  }),
})

function judge(snapshot: Snapshot, account: Account, approved: readonly Approved[]): Finding {
  if (account.type === null) return unknown('no_data', account, { facts: { missing: 'type' } })
  if (account.type === 'shared') return finding('not_applicable', account)
  const created = pastInstant(account.createdAt, snapshot.at)
  if (created === null) return unknown('no_data', account, { facts: { missing: 'created' } })
  const log = logKnown(snapshot, ID)
  if (log === null) return unknown('no_data', account, { facts: { created, missing: 'the audit log' } })
  if (created < log.from) {
    return finding('not_applicable', account, { notice: 'was there before the audit log that we have read begins' })
  }
  const facts = { created, login: account.login, accountStatus: account.status }
  const entry = approvedBy(approved, subjectOf(account))
  if (entry !== null) return finding('pass', account, { facts: { ...facts, because: entry.because } })
  const memory = recall(snapshot, ID, `account/${account.key}`)
  const found = authorisationOf(snapshot, ID, account)
  if (found !== null) {
    const { how, at, by, event } = found
    const told = { with: [memory], facts: { ...facts, how, authorisedAt: at, by, event } }
    if (how !== 'unsaid') return finding('pass', account, told)
    return unknown('no_data', account, { ...told, facts: { ...told.facts, missing: 'actor or origin of the event' } })
  }
  if (account.status === 'needs-approval') {
    return finding('not_applicable', account, { facts, notice: 'waits for approval and reaches nothing until then' })
  }
  // Whoever let it in did so at about the time when it was made; an hour that nobody read proves nothing.
  const read = wasRead(log, created, created > plus(log.to, -SKEW) ? created : plus(created, SKEW))
  if (!read) return unknown('not_visible', account, { facts: { ...facts, missing: `the audit log of ${created}` } })
  return finding('fail', account, { facts })
}
