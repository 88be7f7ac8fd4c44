import { defineCheck } from '../src/domain/check.ts'
import { amended, type Finding, finding, unknown } from '../src/domain/finding.ts'
import { departed, ownerOf } from '../src/domain/match.ts'
import { carryDepartures, offboardingLimits, stillHasAccess } from '../src/domain/offboarding.ts'
import type { Account } from '../src/domain/record.ts'
import { outsideRoster, unmatched, unreadable } from '../src/domain/roster.ts'
import { sentences } from '../src/domain/sentence.ts'
import type { Snapshot } from '../src/domain/snapshot.ts'
import { offboarded } from './controls.ts'

const ID = 'contractor-access-ends'

export const contractorAccessEnds = defineCheck({
  id: ID,
  ref: 'ID-18',
  version: 1,
  title: 'Contractors’ access ends with the contract',
  question: 'Has every account of a contractor been suspended or deleted once the contract was over?',
  why: 'Nobody hands in a badge at the end of a contract: the work just stops, and the account goes on working.',
  remediation:
    'In the Tailscale admin console open Users, the menu at the end of the row, Suspend user or Delete user; then collect again. Where the contract was extended, write the new end date into the roster.',
  severity: 'high',
  controls: offboarded,
  needs: [{ kind: 'person' }, { kind: 'account' }],
  limits: offboardingLimits,
  carry: carryDepartures(ID),
  run: (snapshot) => snapshot.of('account').map((account) => judge(snapshot, account)),
  say: sentences({
    pass: ({ subject, facts }) =>
      `The contract of ${subject.label} ended ${facts['leftAt'] ?? 'on a day that the roster does not name'}; the account is suspended.`,
    fail: ({ subject, facts }) =>
      `The contract of ${subject.label} ended ${facts['leftAt'] ?? 'on a day that the roster does not name'} and the account is still ${facts['accountStatus']}, due to be gone by ${facts['dueAt']}; suspend or delete it.`,
    aside: ({ subject, facts, notice }) =>
      facts['dueAt'] === undefined
        ? `${subject.label} is not judged. ${notice ?? ''}`.trim()
        : `The contract of ${subject.label} ended ${facts['leftAt']}; suspend or delete the account before ${facts['dueAt']}.`,
    remedies: { no_data: 'complete the entry in the roster' },
  }),
})

function judge(snapshot: Snapshot, account: Account): Finding {
  const outside = outsideRoster(snapshot, account)
  if (outside !== null) return amended(outside, { notice: outside.notice ?? 'No roster entry of ours answers for it.' })
  const owner = ownerOf(snapshot, account)
  const { person } = owner
  const facts = { role: account.role, accountStatus: account.status }
  if (person === null) return unmatched(account, owner, facts)
  const read = { with: [person] }
  if (person.type === null && unreadable(person, 'type'))
    return unknown('no_data', account, { ...read, facts: { missing: 'type' } })
  if (person.type !== 'contractor')
    return finding('not_applicable', account, { ...read, notice: 'It belongs to no contractor.' })
  if (!departed(person, snapshot.at)) {
    const notice =
      person.endDate === null
        ? 'The roster names no end of the contract.'
        : `The contract runs until ${person.endDate}.`
    return finding('not_applicable', account, { ...read, notice })
  }
  if (account.status === null) return unknown('no_data', account, { ...read, facts: { missing: 'status' } })
  if (account.status === 'suspended')
    return finding('pass', account, { ...read, facts: { ...facts, leftAt: person.endDate } })
  return stillHasAccess(snapshot, ID, account, person, { facts })
}
