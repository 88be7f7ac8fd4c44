/** What a selector of the policy stands for, https://tailscale.com/docs/reference/syntax/policy-file. */
import { type AddressRange, covers, overlap, parseRange } from './cidr.ts'
import type { PolicyModel } from './policy.ts'

export type Selector =
  | { readonly kind: 'all' }
  /** Devices that carry the tag; null: any tagged device. */
  | { readonly kind: 'tagged'; readonly tag: string | null }
  /** Devices that people own. */
  | { readonly kind: 'people'; readonly who: People }
  | { readonly kind: 'addresses'; readonly set: AddressSet }
  | { readonly kind: 'service'; readonly name: string }
  | { readonly kind: 'internet' }
  | { readonly kind: 'unknown' }

export type People =
  | { readonly of: 'everyone' }
  | { readonly of: 'role'; readonly role: string }
  | { readonly of: 'shared' }
  | { readonly of: 'domain'; readonly domain: string }
  | { readonly of: 'login'; readonly login: string }
  | { readonly of: 'group'; readonly name: string; readonly members: Members | null }
/** Null above: the file does not list them, as with groups that the identity provider keeps. */
export interface Members {
  readonly logins: ReadonlySet<string>
  readonly domains: readonly string[]
}

export interface AddressSet {
  readonly add: readonly AddressRange[]
  readonly remove: readonly AddressRange[]
  /** False: a part of it could not be read, so there may be more. */
  readonly whole: boolean
}

const ROLES: ReadonlySet<string> = new Set(['owner', 'admin', 'it-admin', 'network-admin', 'billing-admin', 'auditor'])

const known = new WeakMap<PolicyModel, Map<string, Selector>>()

export function selectorOf(text: string, model: PolicyModel): Selector {
  let selectors = known.get(model)
  if (selectors === undefined) {
    selectors = new Map()
    known.set(model, selectors)
  }
  let selector = selectors.get(text)
  if (selector === undefined) {
    selector = readSelector(text, model)
    selectors.set(text, selector)
  }
  return selector
}

function readSelector(text: string, model: PolicyModel): Selector {
  if (text === '*') return { kind: 'all' }
  if (text.startsWith('tag:')) return { kind: 'tagged', tag: text }
  if (text.startsWith('svc:')) return { kind: 'service', name: text }
  if (text.startsWith('autogroup:')) return autogroup(text.slice('autogroup:'.length))
  if (text.startsWith('ipset:')) return addresses(ipset(text, model, new Set()))
  if (text.startsWith('group:')) return people({ of: 'group', name: text, members: membersOf(text, model) })
  const who = personOf(text)
  if (who !== null) return people(who)
  const range = parseRange(model.hosts.get(text) ?? text)
  return range === null ? { kind: 'unknown' } : addresses({ add: [range], remove: [], whole: true })
}

function people(who: People): Selector {
  return { kind: 'people', who }
}

function addresses(set: AddressSet): Selector {
  return { kind: 'addresses', set }
}

function autogroup(name: string): Selector {
  // `members` is the older spelling; `self` is whoever asks, so it may be anybody.
  if (name === 'member' || name === 'members' || name === 'self') return people({ of: 'everyone' })
  if (name === 'tagged') return { kind: 'tagged', tag: null }
  if (name === 'internet') return { kind: 'internet' }
  if (name === 'shared') return people({ of: 'shared' })
  if (name === 'danger-all') return { kind: 'all' }
  return ROLES.has(name) ? people({ of: 'role', role: name }) : { kind: 'unknown' }
}

type Person = Extract<People, { of: 'login' | 'domain' }>

function personOf(text: string): Person | null {
  if (text.startsWith('user:*@')) return { of: 'domain', domain: text.slice('user:*@'.length).toLowerCase() }
  return text.includes('@') ? { of: 'login', login: text.toLowerCase() } : null
}

/** Groups do not nest; a group with a member that is no login is as good as unlisted. */
function membersOf(group: string, model: PolicyModel): Members | null {
  const listed = model.groups.get(group)
  if (listed === undefined || isMisread(model, `groups.${group}`)) return null
  const logins = new Set<string>()
  const domains: string[] = []
  for (const member of listed) {
    const person = member.startsWith('group:') ? null : personOf(member)
    if (person === null) return null
    if (person.of === 'login') logins.add(person.login)
    else domains.push(person.domain)
  }
  return { logins, domains }
}

function isMisread(model: PolicyModel, path: string): boolean {
  return model.unread.some((each) => each.path === path)
}

/**
 * "add 10.0.0.0/8", "remove 10.1.2.3"; an address, a prefix, a host or another set. Sets met before (`seen`) are not
 * opened again, so that circles end.
 */
function ipset(name: string, model: PolicyModel, seen: Set<string>): AddressSet {
  const entries = model.ipsets.get(name)
  if (entries === undefined || seen.has(name)) return UNREADABLE
  seen.add(name)
  const add: AddressRange[] = []
  const remove: AddressRange[] = []
  let whole = !isMisread(model, `ipsets.${name}`)
  for (const entry of entries) {
    const match = /^(?:(add|remove) +)?([^ ]+)$/.exec(entry)
    const part = match === null ? UNREADABLE : ipsetPart(match[2]!, model, seen)
    if (match?.[1] === 'remove') {
      // What a removed set excepts stays in; such a set is not taken for removed.
      if (part.remove.length === 0) remove.push(...part.add)
    } else {
      add.push(...part.add)
      // What an added set excepts may be in through another entry: then nothing certain is said.
      if (part.remove.length > 0 || !part.whole) whole = false
    }
  }
  return { add, remove, whole }
}

const UNREADABLE: AddressSet = { add: [], remove: [], whole: false }

function ipsetPart(text: string, model: PolicyModel, seen: Set<string>): AddressSet {
  if (text.startsWith('ipset:')) return ipset(text, model, seen)
  const range = parseRange(model.hosts.get(text) ?? text)
  return range === null ? UNREADABLE : { add: [range], remove: [], whole: true }
}

export type Answer = 'yes' | 'no' | 'unknown'

export function anyAnswer(answers: readonly Answer[]): Answer {
  return answers.includes('yes') ? 'yes' : answers.includes('unknown') ? 'unknown' : 'no'
}

/** `unknown` where addresses may be in it that could not be read. */
export function setsOverlap(a: AddressSet, b: AddressSet): Answer {
  const removed = [...a.remove, ...b.remove]
  for (const x of a.add) {
    for (const y of b.add) {
      if (!overlap(x, y)) continue
      const shared = { ...x, from: x.from > y.from ? x.from : y.from, to: x.to < y.to ? x.to : y.to }
      if (!removed.some((each) => covers(each, shared))) return 'yes'
    }
  }
  return a.whole && b.whole ? 'no' : 'unknown'
}

/** Whether somebody may be both; `unknown` where the policy alone does not say. */
export function peopleOverlap(a: People, b: People): Answer {
  if (a.of === 'group') return groupOverlap(a, b)
  if (b.of === 'group') return groupOverlap(b, a)
  if (a.of === 'shared' || b.of === 'shared') return a.of === b.of ? 'yes' : 'unknown'
  if (a.of === 'everyone' || b.of === 'everyone') return 'yes'
  if (a.of === 'role' || b.of === 'role')
    return a.of === 'role' && b.of === 'role' && a.role === b.role ? 'yes' : 'unknown'
  if (a.of === 'domain') return personIn({ logins: new Set(), domains: [a.domain] }, b) ? 'yes' : 'no'
  return personIn({ logins: new Set([a.login]), domains: [] }, b) ? 'yes' : 'no'
}

function groupOverlap(group: Extract<People, { of: 'group' }>, other: People): Answer {
  if (other.of === 'group' && other.name === group.name) return 'yes'
  const { members } = group
  if (members === null) return other.of === 'everyone' ? 'yes' : 'unknown'
  if (members.logins.size === 0 && members.domains.length === 0) return 'no'
  if (other.of === 'everyone') return 'yes'
  if (other.of === 'shared' || other.of === 'role') return 'unknown'
  if (other.of !== 'group') return personIn(members, other) ? 'yes' : 'no'
  return other.members === null ? 'unknown' : share(members, other.members) ? 'yes' : 'no'
}

function personIn(members: Members, person: Person): boolean {
  if (person.of === 'login') {
    return members.logins.has(person.login) || members.domains.some((domain) => person.login.endsWith(`@${domain}`))
  }
  return (
    members.domains.includes(person.domain) || [...members.logins].some((each) => each.endsWith(`@${person.domain}`))
  )
}

function share(a: Members, b: Members): boolean {
  const [fewer, more] = a.logins.size < b.logins.size ? [a, b] : [b, a]
  for (const login of fewer.logins) if (more.logins.has(login)) return true
  const inDomain = (one: Members, two: Members) => one.domains.some((domain) => personIn(two, { of: 'domain', domain }))
  return inDomain(a, b) || inDomain(b, a)
}
