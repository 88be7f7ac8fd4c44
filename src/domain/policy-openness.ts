/**
 * Whether a policy lets everyone reach everything, judged by effect: whatever rules admit a member count together,
 * however their sources, destinations and ports are spelled. A rule bound to a posture does not admit everyone.
 */
import { type AddressRange, TAILNET_RANGES } from './cidr.ts'
import type { PolicyModel, PolicyRule } from './policy.ts'
import { effectivePosture } from './policy-reach.ts'
import { type Selector, selectorOf } from './policy-selector.ts'
import type { Account, Device } from './record.ts'

/** One protocol's ports from..to, both included; every port is 0 to 65535. */
type Ports = readonly [number, number]
const EVERY_PORT: Ports = [0, 65535]

/** What a rule opens: ports towards one destination. */
interface Opening {
  readonly to: Selector | 'self'
  readonly ports: readonly Ports[]
}

interface RuleEffect {
  readonly rule: PolicyRule
  readonly from: readonly Selector[]
  readonly opens: readonly Opening[]
}

export interface Openness {
  /** Who reaches everything; null: nobody can be shown to. */
  readonly who: 'every member' | 'every account there is' | null
  /** Rules that together do it. */
  readonly rules: readonly PolicyRule[]
  /** Rules towards everything of which it could not be said whom they admit. */
  readonly unclear: readonly PolicyRule[]
}

/** Members whom the same rules admit share one list, so that each list is worked out once. */
function rulesPerMember(
  effects: readonly RuleEffect[],
  general: readonly RuleEffect[],
  members: readonly Member[],
): readonly (readonly RuleEffect[])[] {
  const narrow = effects.filter((effect) => !general.includes(effect))
  const lists = new Map<string, readonly RuleEffect[]>()
  for (const { login, role } of members) {
    const name = login.toLowerCase()
    const chosen = narrow.filter(({ from }) => from.some((selector) => admits(selector, name, role)))
    const id = chosen.map(({ rule }) => `${rule.section}${rule.index}`).join()
    if (!lists.has(id)) lists.set(id, [...general, ...chosen])
  }
  return [...lists.values()]
}

type Member = Pick<Account, 'login' | 'role'>

export function opennessOf(model: PolicyModel, members: readonly Member[], devices: readonly Device[]): Openness {
  const tagged = devices.filter(({ tags, isExternal }) => tags.length > 0 && isExternal !== true)
  const effects = [...model.acls, ...model.grants]
    .filter((rule) => isUnbound(rule, model))
    .map((rule) => effectOf(rule, model))
  const whole = (chosen: readonly RuleEffect[]) => opensEverything(chosen, tagged)

  const general = effects.filter(({ from }) => from.some(admitsAnybody))
  if (whole(general)) return { who: 'every member', rules: rulesOf(general), unclear: [] }
  // One account alone is a tailnet of one's own: there is nobody to keep apart.
  const each = members.length < 2 ? null : rulesPerMember(effects, general, members)
  if (each?.every(whole) === true) {
    return { who: 'every account there is', rules: rulesOf([...new Set(each.flat())]), unclear: [] }
  }
  const wide = effects.filter((effect) => !general.includes(effect) && opensEverything([effect, ...general], tagged))
  const unclear = wide.filter(
    ({ rule, from }) => from.some(({ kind }) => kind === 'unknown') || misread(rule, ['src', 'users', 'rule']),
  )
  const unread = [...model.acls, ...model.grants].filter((rule) => misread(rule, ['dst', 'ports', 'ip', 'rule']))
  return { who: null, rules: [], unclear: [...new Set([...rulesOf(unclear), ...unread])] }
}

function rulesOf(effects: readonly RuleEffect[]): readonly PolicyRule[] {
  return effects.map(({ rule }) => rule)
}

function misread(rule: PolicyRule, fields: readonly string[]): boolean {
  return rule.unread.some((field) => fields.includes(field))
}

function isUnbound(rule: PolicyRule, model: PolicyModel): boolean {
  return effectivePosture(rule, model).postures.length === 0
}

// ── whom a rule admits ─────────────────────────────────────────────────────────────────────────────────────────────

/** A member of whom nothing is known: everybody who will ever join is admitted. */
function admitsAnybody(selector: Selector): boolean {
  if (selector.kind === 'all') return true
  if (selector.kind === 'people') return selector.who.of === 'everyone'
  return selector.kind === 'addresses' && coversTailnet(selector.set.add) && selector.set.remove.length === 0
}

/** `name`: the login in lower case. */
function admits(selector: Selector, name: string, role: string | null): boolean {
  if (selector.kind !== 'people') return false
  const { who } = selector
  switch (who.of) {
    case 'login':
      return who.login === name
    case 'domain':
      return name.endsWith(`@${who.domain}`)
    case 'role':
      return who.role === role
    case 'group':
      return (
        who.members !== null &&
        (who.members.logins.has(name) || who.members.domains.some((domain) => name.endsWith(`@${domain}`)))
      )
    default:
      return false
  }
}

// ── what a rule opens ──────────────────────────────────────────────────────────────────────────────────────────────

function effectOf(rule: PolicyRule, model: PolicyModel): RuleEffect {
  const from = rule.src.map((text) => selectorOf(text, model))
  const shared = rule.section === 'grants' ? rule.ip.flatMap(portsOfGrant) : null
  const opens = rule.dst.map(({ selector, ports }): Opening => {
    const to = selector === 'autogroup:self' ? 'self' : selectorOf(selector, model)
    return { to, ports: shared ?? (countsAsTcp(rule.proto) ? portsOfAcl(ports ?? '') : []) }
  })
  return { rule, from, opens }
}

/** TCP is what people mean by "reach"; a rule for ICMP alone opens nothing. */
function countsAsTcp(proto: string | null): boolean {
  return proto === null || proto === '' || proto === 'tcp' || proto === '6'
}

function portsOfAcl(text: string): readonly Ports[] {
  return text === '*' ? [EVERY_PORT] : text.split(',').flatMap(range)
}

/** "*", "443", "80-443", "tcp:443", "tcp:*"; other protocols count for nothing. */
function portsOfGrant(text: string): readonly Ports[] {
  const colon = text.indexOf(':')
  const ports = colon === -1 ? text : text.slice(colon + 1)
  return colon === -1 || countsAsTcp(text.slice(0, colon)) ? portsOfAcl(ports) : []
}

function range(text: string): readonly Ports[] {
  const match = /^(\d+)(?:-(\d+))?$/.exec(text.trim())
  return match === null ? [] : [[Number(match[1]), Number(match[2] ?? match[1])]]
}

// ── what openings come to ──────────────────────────────────────────────────────────────────────────────────────────

/** People's devices and tagged devices, all of them, on every port. */
function opensEverything(effects: readonly RuleEffect[], tagged: readonly Device[]): boolean {
  const openings = effects.flatMap(({ opens }) => opens)
  const toAll = openings.filter(({ to }) => isEverything(to))
  const addresses = byPorts(openings)
  const everywhere = [...toAll.flatMap(({ ports }) => ports), ...addresses]
  const people = openings.filter(({ to }) => to !== 'self' && to.kind === 'people' && to.who.of === 'everyone')
  if (!everyPort([...everywhere, ...people.flatMap(({ ports }) => ports)])) return false
  const anyTag = openings.filter(({ to }) => to !== 'self' && to.kind === 'tagged' && to.tag === null)
  const base = [...everywhere, ...anyTag.flatMap(({ ports }) => ports)]
  if (everyPort(base)) return true
  return tagged.length > 0 && tagged.every(({ tags }) => everyPort([...base, ...portsTowards(openings, tags)]))
}

function portsTowards(openings: readonly Opening[], tags: readonly string[]): readonly Ports[] {
  return openings.flatMap(({ to, ports }) =>
    to !== 'self' && to.kind === 'tagged' && to.tag !== null && tags.includes(to.tag) ? ports : [],
  )
}

function isEverything(to: Opening['to']): boolean {
  return (
    to !== 'self' &&
    (to.kind === 'all' || (to.kind === 'addresses' && to.set.remove.length === 0 && coversTailnet(to.set.add)))
  )
}

/** Prefixes of several rules that only together are everything, such as 0.0.0.0/1 and 128.0.0.0/1. */
function byPorts(openings: readonly Opening[]): readonly Ports[] {
  const ranges = new Map<string, { ports: readonly Ports[]; add: AddressRange[] }>()
  for (const { to, ports } of openings) {
    if (to === 'self' || to.kind !== 'addresses' || to.set.remove.length > 0) continue
    const name = JSON.stringify(ports)
    const entry = ranges.get(name) ?? { ports, add: [] }
    entry.add.push(...to.set.add)
    ranges.set(name, entry)
  }
  return [...ranges.values()].flatMap(({ ports, add }) => (coversTailnet(add) ? ports : []))
}

/** Every node has an address in each of the two ranges, so one of them suffices. */
function coversTailnet(add: readonly AddressRange[]): boolean {
  return TAILNET_RANGES.some((whole) => {
    const parts = add.filter(({ version }) => version === whole.version).sort((a, b) => (a.from < b.from ? -1 : 1))
    let reached = whole.from
    for (const { from, to } of parts) if (from <= reached && to >= reached) reached = to + 1n
    return reached > whole.to
  })
}

function everyPort(ports: readonly Ports[]): boolean {
  let reached = 1
  for (const [from, to] of [...ports].sort((a, b) => a[0] - b[0]))
    if (from <= reached && to >= reached) reached = to + 1
  return reached > 65535
}
