import { defineCheck } from '../src/domain/check.ts'
import { type Finding, finding, unknown } from '../src/domain/finding.ts'
import type { Place } from '../src/domain/hujson.ts'
import { departed, ownerOfLogin } from '../src/domain/match.ts'
import { type PolicyModel, textsOf } from '../src/domain/policy.ts'
import type { Person, Policy } from '../src/domain/record.ts'
import { sentences } from '../src/domain/sentence.ts'
import type { Snapshot } from '../src/domain/snapshot.ts'
import { quoted, sayUnreadablePolicy, tailnetPolicy, unreadablePolicy } from '../src/domain/tailnet-policy.ts'
import { offboarded } from './controls.ts'

export const groupsAreCurrent = defineCheck({
  id: 'groups-are-current',
  ref: 'ACL-06',
  version: 1,
  title: 'The policy names current people only',
  question: 'Is everybody whom a group or a rule of the policy names still employed?',
  why: 'A name that stays in a group is access in waiting: the day the account is restored, or the address given to somebody new, it works again.',
  remediation: 'In the Tailscale admin console open Access controls and take the names out of groups and rules.',
  severity: 'medium',
  controls: offboarded,
  needs: [{ kind: 'policy' }, { kind: 'person' }],
  run(snapshot) {
    const policy = tailnetPolicy(snapshot)
    return [policy.model === null ? unreadablePolicy(snapshot, policy) : judge(snapshot, policy.model, policy.record)]
  },
  say: sentences({
    pass: ({ facts, notice }) =>
      `All ${facts['named']} logins that the policy names belong to people who are employed, or to listed service accounts. ${notice ?? ''}`.trim(),
    fail: ({ facts }) =>
      `The policy names people who have left: ${facts['departed']} (first in line ${facts['line']}); take them out.`,
    open: (finding) =>
      finding.unknownReason === 'unmatched'
        ? `The policy names logins that nobody in the roster has: ${finding.facts['unmatched']} (first in line ${finding.facts['line']}); add them to the roster or take them out.`
        : sayUnreadablePolicy(finding),
  }),
})

interface Named {
  readonly login: string
  readonly place: Place
}

function judge(snapshot: Snapshot, model: PolicyModel, record: Policy): Finding {
  const named = loginsOf(model)
  const groups = model.groups.size
  if (named.length === 0)
    return finding('not_applicable', record, { facts: { groups }, notice: 'The policy file names nobody by login.' })
  const gone: Named[] = []
  const unmatched: Named[] = []
  const people: Person[] = []
  for (const each of named) {
    const { person, exempt } = ownerOfLogin(snapshot, each.login)
    if (person !== null && departed(person, snapshot.at)) {
      gone.push(each)
      people.push(person)
    } else if (person === null && exempt === null) unmatched.push(each)
  }
  const facts = { groups, named: named.length }
  const first = (list: readonly Named[]) => ({
    names: list.map(({ login }) => login).join(', '),
    ...quoted(record, list[0]!.place),
  })
  if (gone.length > 0) {
    const { names, ...quote } = first(gone)
    return finding('fail', record, { with: people, facts: { ...facts, departed: names, ...quote } })
  }
  if (unmatched.length > 0) {
    const { names, ...quote } = first(unmatched)
    return unknown('unmatched', record, { facts: { ...facts, unmatched: names, missing: names, ...quote } })
  }
  const notice = groups === 0 ? 'It uses no groups.' : null
  return finding('pass', record, { facts, notice })
}

/** Each login once, where it first stands; `user:*@domain` and groups of the identity provider name nobody. */
function loginsOf(model: PolicyModel): Named[] {
  const seen = new Map<string, Named>()
  for (const { text, place } of textsOf(model)) {
    const login = /^[^\s:*@]+@[^\s:@]+(?=:|$)/.exec(text)?.[0].toLowerCase()
    if (login !== undefined && !seen.has(login)) seen.set(login, { login, place })
  }
  return [...seen.values()]
}
