import { type Approved, defineCheck } from '../src/domain/check.ts'
import { type Finding, finding, unknown } from '../src/domain/finding.ts'
import { recall } from '../src/domain/memory.ts'
import { carryRoles, type Raise, referenceFor, standingOf } from '../src/domain/raised-roles.ts'
import type { Account } from '../src/domain/record.ts'
import { isKnownRole, isPrivileged } from '../src/domain/roles.ts'
import { sentences } from '../src/domain/sentence.ts'
import type { Snapshot } from '../src/domain/snapshot.ts'
import { roleValid } from './controls.ts'

const ID = 'raised-roles-approved'

export const raisedRolesApproved = defineCheck({
  id: ID,
  ref: 'ID-17',
  version: 1,
  title: 'A role with power is given with approval',
  question: 'Was every role that can change the tailnet given with an approval on record, and by somebody else?',
  why: 'Who is made an administrator can take any other access too; one person alone must not be enough for that.',
  remediation:
    'Where the role is wanted, write the account under approved for this check in exhibit.yaml, with the ticket or decision that approved it; a later raise needs a reference of its own. Otherwise, in the Tailscale admin console: Users, the menu at the end of the row, Edit role. A role that its holder took must be taken back and be given again by somebody else.',
  severity: 'high',
  controls: roleValid,
  needs: [{ kind: 'account' }, { kind: 'audit' }, { kind: 'auditlog' }],
  parameters: {
    approved: {
      type: 'approved',
      default: [],
      says: 'Accounts, by login or id, whose raised role was approved, each with the reference of that approval.',
    },
  },
  carry: (snapshot) => carryRoles(snapshot, ID, approvedIn(snapshot)),
  run: (snapshot, { approved }) => snapshot.of('account').map((account) => judge(snapshot, account, approved)),
  say: sentences({
    pass: ({ subject, facts, notice }) =>
      `${subject.label} was given the role ${facts['role']} ${howGiven(facts)}, approved by reference ${facts['because']}${notice === null ? '' : `; ${notice}`}.`,
    fail: ({ subject, facts }) =>
      facts['own'] === true
        ? `${subject.label} took the role ${facts['role']} without anybody else (${facts['raisedAt'] ?? 'at a time that the log does not say'}); take it back and let somebody else decide.`
        : `${subject.label} was given the role ${facts['role']} ${howGiven(facts)}, and no approval is on record; name the approval or take the role back.`,
    aside: ({ subject, facts, notice }) =>
      notice === null
        ? `${subject.label} has no role that can change the tailnet.`
        : `${subject.label} is ${facts['role']}: ${notice}.`,
  }),
})

function approvedIn({ settings }: Snapshot): readonly Approved[] {
  return (settings.checks[ID]?.params['approved'] ?? []) as unknown as readonly Approved[]
}

function judge(snapshot: Snapshot, account: Account, approved: readonly Approved[]): Finding {
  const { role } = account
  if (account.type === 'shared') return finding('not_applicable', account)
  if (role === null || !isKnownRole(role)) return unknown('no_data', account, { facts: { missing: 'role', role } })
  if (!isPrivileged(role)) return finding('not_applicable', account)
  const standing = standingOf(snapshot, ID, account)
  const memory = recall(snapshot, ID, `account/${account.key}`)
  if (standing === null || standing.raise === null) {
    return finding('not_applicable', account, { with: [memory], facts: { role }, notice: 'held before our first run' })
  }
  const { raise, spent } = standing
  const because = standing.because ?? referenceFor(approved, account, spent)
  const facts = { role, ...factsOf(raise), because }
  if (raise.own || because === null) return finding('fail', account, { with: [memory], facts })
  const notice = raise.event === null ? 'the log has nothing of it, so who gave it is not known' : null
  return finding('pass', account, { with: [memory], facts, notice })
}

function factsOf(raise: Raise): Finding['facts'] {
  const { from, to, at, by, own, event, seenAfter, seenBefore, logRead } = raise
  const log =
    event !== null ? 'has the event' : logRead ? 'was read and has no event of it' : 'was not read for that time'
  return { roleBefore: from, roleGiven: to, raisedAt: at, raisedBy: by, own, seenAfter, seenBefore, log, event }
}

function howGiven(facts: Finding['facts']): string {
  if (facts['event'] !== null) {
    return `by ${facts['raisedBy'] ?? 'somebody whom the log does not name'} at ${facts['raisedAt'] ?? 'a time that it does not say'}`
  }
  return `between the readings of ${facts['seenAfter'] ?? 'before'} and ${facts['seenBefore']} (the audit log ${facts['log']})`
}
