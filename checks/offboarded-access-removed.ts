import { defineCheck } from '../src/domain/check.ts'
import { type Finding, finding, unknown } from '../src/domain/finding.ts'
import { accountsOf, departed, ownerOf } from '../src/domain/match.ts'
import {
  carryDepartures,
  departureOf,
  offboardingLimits,
  removalOf,
  stillHasAccess,
} from '../src/domain/offboarding.ts'
import type { Account, Person } from '../src/domain/record.ts'
import { outsideRoster, unmatched } from '../src/domain/roster.ts'
import { notEvaluated } from '../src/domain/sentence.ts'
import type { Snapshot } from '../src/domain/snapshot.ts'
import { offboarded } from './controls.ts'

const ID = 'offboarded-access-removed'

export const offboardedAccessRemoved = defineCheck({
  id: ID,
  ref: 'ID-02',
  version: 1,
  title: 'Access is removed when a person leaves',
  question: 'Has every account of a person who left been suspended or deleted in time?',
  why: 'The account of somebody who left is the plainest way back in: it works as before and nobody is watching it.',
  remediation:
    'In the Tailscale admin console open Users, the menu at the end of the row, Suspend user or Delete user; then collect again. Where accounts are provisioned from Okta, deactivate the person there: suspending in Okta changes nothing in Tailscale. Where the person has not left, correct the roster.',
  severity: 'critical',
  controls: offboarded,
  needs: [{ kind: 'person' }, { kind: 'account' }],
  limits: offboardingLimits,
  carry: carryDepartures(ID, hasAccess),
  run(snapshot) {
    const accounts = snapshot.of('account').map((account) => judge(snapshot, account))
    return accounts.concat(departedWithoutAccount(snapshot))
  },
  say(finding) {
    const { subject, facts, notice } = finding
    const left = facts['leftAt'] === null ? 'left on a day that the roster does not name' : `left on ${facts['leftAt']}`
    switch (finding.status) {
      case 'pass':
        return `${subject.label} ${left} and ${subject.kind === 'person' ? 'has no account' : 'the account is suspended'}${notice === null ? '' : `; ${notice}`}.`
      case 'not_applicable':
        if (facts['exempt'] !== undefined)
          return `${subject.label} is a ${facts['exempt']} account; leavers do not own it.`
        if (facts['dueAt'] === undefined) return `${subject.label} belongs to a person who is employed.`
        return `${subject.label} ${left}; suspend or delete the account before ${facts['dueAt']}.`
      case 'fail':
        return `${subject.label} ${left} and the account is still ${facts['accountStatus']}, due to be gone by ${facts['dueAt']}; suspend or delete it.`
      case 'unknown':
        return facts['missing'] === 'end_date'
          ? `${subject.label} has left, but the roster names no end date; write it there and remove the account before ${facts['dueAt']}.`
          : notEvaluated(finding)
    }
  },
})

function judge(snapshot: Snapshot, account: Account): Finding {
  const outside = outsideRoster(snapshot, account)
  if (outside !== null) return outside
  const owner = ownerOf(snapshot, account)
  const { person } = owner
  const facts = { role: account.role, accountStatus: account.status }
  if (person === null) return unmatched(account, owner, facts)
  if (!departed(person, snapshot.at)) return finding('not_applicable', account, { with: [person] })
  if (account.status === null) return unknown('no_data', account, { with: [person], facts: { missing: 'status' } })
  if (account.status !== 'suspended') return stillHasAccess(snapshot, ID, account, person, { facts })
  const departure = departureOf(snapshot, ID, person)
  const removal = removalOf(departure)
  return finding('pass', account, {
    with: [person, departure.memory],
    facts: { ...facts, ...departure.facts, ...removal.facts },
    notice: removal.notice,
  })
}

function hasAccess(snapshot: Snapshot, person: Person): boolean | null {
  const accounts = accountsOf(snapshot, person)
  if (accounts.some(({ status }) => status !== null && status !== 'suspended')) return true
  return accounts.some(({ status }) => status === null) || snapshot.derive(contested).has(person) ? null : false
}

/** Who has left and has no account stands among the leavers too: the population that an auditor samples from. */
function departedWithoutAccount(snapshot: Snapshot): Finding[] {
  const without = (person: Person) => departed(person, snapshot.at) && accountsOf(snapshot, person).length === 0
  return snapshot
    .of('person')
    .filter(without)
    .map((person) => withoutAccount(snapshot, person))
}

function withoutAccount(snapshot: Snapshot, person: Person): Finding {
  const departure = departureOf(snapshot, ID, person)
  // An account that may be this person's stands unmatched above; until that is settled nobody can say "no account".
  if (snapshot.derive(contested).has(person)) {
    return unknown('unmatched', person, { facts: { ...departure.facts, candidates: person.email } })
  }
  const sharedIn = snapshot.derive(sharedInByPerson).get(person) ?? null
  const removal = removalOf(departure)
  return finding('pass', person, {
    with: [sharedIn, departure.memory],
    facts: { ...departure.facts, ...removal.facts },
    notice: sharedIn === null ? removal.notice : 'an account with this address is shared in from another tailnet',
  })
}

/** People who share an address or alias that an account has. */
function contested(snapshot: Snapshot): ReadonlySet<Person> {
  const owners = snapshot.of('account').map((account) => ownerOf(snapshot, account))
  return new Set(owners.flatMap(({ person, exempt, candidates }) => ((person ?? exempt) === null ? candidates : [])))
}

function sharedInByPerson(snapshot: Snapshot): ReadonlyMap<Person, Account> {
  const found = new Map<Person, Account>()
  for (const account of snapshot.of('account')) {
    const { person, exempt } = ownerOf(snapshot, account)
    if (person !== null && exempt === 'shared') found.set(person, account)
  }
  return found
}
