/** Whether a rule of the policy lets in one account and its devices. Errs towards `unknown`, as all questions to a policy. */
import { parseRange } from './cidr.ts'
import type { PolicyModel, PolicyRule } from './policy.ts'
import { type Answer, anyAnswer, type People, peopleOverlap, selectorOf, setsOverlap } from './policy-selector.ts'
import type { Account } from './record.ts'

export interface Caller extends Pick<Account, 'login' | 'role' | 'type'> {
  /** Addresses of the devices that the account owns. */
  readonly addresses: readonly string[]
}

export function letsIn(rule: PolicyRule, caller: Caller, model: PolicyModel): Answer {
  if (rule.action !== null && rule.section === 'acls' && rule.action !== 'accept') return 'no'
  const answer = anyAnswer(rule.src.map((selector) => includes(selector, caller, model)))
  const misread = rule.unread.some((field) => field === 'src' || field === 'users' || field === 'rule')
  return answer === 'no' && misread ? 'unknown' : answer
}

function includes(text: string, caller: Caller, model: PolicyModel): Answer {
  const selector = selectorOf(text, model)
  switch (selector.kind) {
    case 'all':
      return 'yes'
    case 'people':
      return isAmong(selector.who, caller)
    case 'addresses':
      return anyAnswer(
        caller.addresses.map((address) => {
          const range = parseRange(address)
          return range === null ? 'unknown' : setsOverlap(selector.set, { add: [range], remove: [], whole: true })
        }),
      )
    case 'unknown':
      return 'unknown'
    default:
      // A tagged device belongs to its tag; services and the internet ask for nothing.
      return 'no'
  }
}

function isAmong(who: People, { login, role, type }: Caller): Answer {
  if (who.of === 'everyone') return known(type, 'member')
  if (who.of === 'shared') return known(type, 'shared')
  if (who.of === 'role') return known(role, who.role)
  return peopleOverlap(who, { of: 'login', login: login.toLowerCase() })
}

function known(value: string | null, wanted: string): Answer {
  return value === null ? 'unknown' : value === wanted ? 'yes' : 'no'
}
