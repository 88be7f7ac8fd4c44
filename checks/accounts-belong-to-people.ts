import { defineCheck } from '../src/domain/check.ts'
import { finding } from '../src/domain/finding.ts'
import { ownerOf } from '../src/domain/match.ts'
import { outsideRoster } from '../src/domain/roster.ts'
import { notEvaluated } from '../src/domain/sentence.ts'
import { accountIdentified } from './controls.ts'

export const accountsBelongToPeople = defineCheck({
  id: 'accounts-belong-to-people',
  ref: 'ID-01',
  version: 1,
  title: 'Every account belongs to one known person',
  question: 'Does every member account of the tailnet belong to exactly one person in the roster?',
  why: 'An account that nobody answers for is removed by nobody when its holder leaves, and what it does cannot be attributed.',
  remediation:
    'Find out whose account it is. Add the person to the roster, or declare the login under people.aliases in exhibit.yaml; list an account that a machine uses under people.serviceAccounts. Where it belongs to nobody, delete it in the Tailscale admin console: Users, the menu at the end of its row, Delete user.',
  severity: 'high',
  controls: accountIdentified,
  needs: [{ kind: 'person' }, { kind: 'account' }],
  run(snapshot) {
    return snapshot.of('account').map((account) => {
      const outside = outsideRoster(snapshot, account)
      if (outside !== null) return outside
      const { person, method, candidates } = ownerOf(snapshot, account)
      if (person !== null) {
        return finding('pass', account, {
          with: [person],
          facts: { login: account.login, person: person.email, method },
        })
      }
      const people = candidates.map((candidate) => candidate.email).join('; ')
      const facts = { login: account.login, matches: candidates.length, people }
      return finding('fail', account, { with: candidates, facts })
    })
  },
  say(finding) {
    const { subject, facts } = finding
    switch (finding.status) {
      case 'pass':
        return `${subject.label} belongs to ${facts['person']} (by ${facts['method']}).`
      case 'not_applicable':
        return facts['exempt'] === 'shared'
          ? `${subject.label} is shared in from another tailnet; its approval is judged by ID-14.`
          : `${subject.label} is a listed service account.`
      case 'fail':
        return facts['matches'] === 0
          ? `${subject.label} belongs to nobody in the roster; add its person or an alias, or delete the account.`
          : `${subject.label} belongs to more than one person (${facts['people']}); leave the address or alias with one of them.`
      case 'unknown':
        return notEvaluated(finding)
    }
  },
})
