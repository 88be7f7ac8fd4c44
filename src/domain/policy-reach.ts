/**
 * Whom a rule of the policy lets in, how far, and under which posture. Every answer errs towards `unknown`: a selector
 * that could not be read never counts as harmless.
 */
import { type AddressRange, covers, isSingleAddress, overlap, parseRange, TAILNET_RANGES } from './cidr.ts'
import type { PolicyModel, PolicyRule } from './policy.ts'
import {
  type AddressSet,
  type Answer,
  anyAnswer,
  peopleOverlap,
  type Selector,
  selectorOf,
  setsOverlap,
} from './policy-selector.ts'
import type { Device } from './record.ts'

export type { Answer } from './policy-selector.ts'

export interface EffectivePosture {
  /** Any one of them suffices; empty when none applies. */
  readonly postures: readonly string[]
  readonly from: 'rule' | 'default' | 'none'
  /** Those that the policy does not define: never met. */
  readonly undefined: readonly string[]
}

/** A rule's own list replaces the default; both are lists of alternatives. */
export function effectivePosture(rule: PolicyRule, model: PolicyModel): EffectivePosture {
  const postures = rule.srcPosture ?? model.defaultSrcPosture ?? []
  const from = rule.srcPosture !== null ? 'rule' : model.defaultSrcPosture !== null ? 'default' : 'none'
  return { postures, from, undefined: postures.filter((name) => !model.postures.has(name)) }
}

/** The tailnet's devices, where they are known: they tell which tags and addresses go together. */
export type KnownDevices = readonly Pick<Device, 'tags' | 'addresses' | 'isExternal'>[]

/** Whether the rule's destinations can include the target, a selector as in the policy. */
export function reaches(rule: PolicyRule, target: string, model: PolicyModel, devices: KnownDevices = []): Answer {
  if (rule.unread.some((field) => field === 'dst' || field === 'ports' || field === 'rule')) return 'unknown'
  const wanted = selectorOf(target, model)
  return anyAnswer(
    rule.dst.map(({ selector }) => (selector === target ? 'yes' : meets(selectorOf(selector, model), wanted, devices))),
  )
}

function meets(a: Selector, b: Selector, devices: KnownDevices): Answer {
  if (a.kind === 'all' || b.kind === 'all') return 'yes'
  if (a.kind === 'unknown' || b.kind === 'unknown') return 'unknown'
  if (a.kind === 'addresses') return addressesMeet(a.set, b, devices)
  if (b.kind === 'addresses') return addressesMeet(b.set, a, devices)
  if (a.kind === 'tagged' && b.kind === 'tagged') return tagsMeet(a.tag, b.tag, devices)
  if (a.kind === 'people' && b.kind === 'people') return peopleOverlap(a.who, b.who)
  if (a.kind === 'service' && b.kind === 'service') return a.name === b.name ? 'yes' : 'no'
  if (a.kind === 'service' || b.kind === 'service') return 'unknown'
  // A tagged device belongs to nobody; the internet behind an exit node is no device.
  return a.kind === b.kind ? 'yes' : 'no'
}

/** Two tags meet on a device that carries both. */
function tagsMeet(a: string | null, b: string | null, devices: KnownDevices): Answer {
  if (a === null || b === null || a === b) return 'yes'
  return devices.some(({ tags }) => tags.includes(a) && tags.includes(b)) ? 'yes' : 'no'
}

function addressesMeet(set: AddressSet, other: Selector, devices: KnownDevices): Answer {
  if (other.kind === 'addresses') return setsOverlap(set, other.set)
  const inTailnet = set.add.some((range) => TAILNET_RANGES.some((tailnet) => overlap(range, tailnet)))
  if (!inTailnet) return set.whole && other.kind !== 'internet' ? 'no' : 'unknown'
  if (other.kind === 'internet') return 'unknown'
  const everyNode = TAILNET_RANGES.some((tailnet) => set.add.some((range) => covers(range, tailnet)))
  if (everyNode && set.remove.length === 0) return 'yes'
  if (other.kind !== 'tagged' || devices.length === 0) return 'unknown'
  const { tag } = other
  const tagged = devices.filter(({ tags }) => (tag === null ? tags.length > 0 : tags.includes(tag)))
  return anyAnswer(tagged.flatMap(({ addresses }) => addresses.map((address) => setsOverlap(set, single(address)))))
}

function single(address: string): AddressSet {
  const range = parseRange(address)
  return { add: range === null ? [] : [range], remove: [], whole: range !== null }
}

export interface Escape {
  readonly selector: string
  /**
   * Whom posture does not bind: `everyone` (shared-in accounts and approved subnets among them), `shared`: accounts or
   * devices of another tailnet, `subnet`: hosts behind a subnet router, `unknown`: the selector could not be resolved.
   */
  readonly because: 'everyone' | 'shared' | 'subnet' | 'unknown'
}

/**
 * Sources of the rule that posture does not bind: it judges nodes of this tailnet only, everybody else passes on the
 * address alone (https://tailscale.com/docs/features/device-posture). `shared` holds logins of shared accounts in lower
 * case; `devices` tell whose a single address is.
 */
export function sourceEscapesPosture(
  rule: PolicyRule,
  model: PolicyModel,
  { shared = new Set(), devices = [] }: { shared?: ReadonlySet<string>; devices?: KnownDevices } = {},
): Escape[] {
  const escapes: Escape[] = []
  for (const selector of rule.src) {
    const because = escapeOf(selectorOf(selector, model), shared, devices)
    if (because !== null) escapes.push({ selector, because })
  }
  if (
    rule.unread.some((field) => field === 'src' || field === 'rule' || (field === 'users' && rule.section === 'acls'))
  ) {
    escapes.push({ selector: 'src', because: 'unknown' })
  }
  return escapes
}

function escapeOf(selector: Selector, shared: ReadonlySet<string>, devices: KnownDevices): Escape['because'] | null {
  switch (selector.kind) {
    case 'all':
      return 'everyone'
    case 'tagged':
      return null
    case 'people': {
      if (selector.who.of === 'shared') return 'shared'
      const { who } = selector
      // "everyone" is autogroup:member, which shared accounts are not.
      if (who.of === 'everyone' || who.of === 'role') return null
      if (who.of === 'group' && who.members === null) return null
      return [...shared].some((login) => peopleOverlap(who, { of: 'login', login }) === 'yes') ? 'shared' : null
    }
    case 'addresses':
      return addressesEscape(selector.set, devices)
    default:
      return 'unknown'
  }
}

function addressesEscape({ add, whole }: AddressSet, devices: KnownDevices): Escape['because'] | null {
  if (add.some((range) => !TAILNET_RANGES.some((tailnet) => covers(tailnet, range)))) return 'subnet'
  if (add.some((range) => !isSingleAddress(range) || isExternal(range, devices))) return 'shared'
  return whole ? null : 'unknown'
}

/** Devices shared in have tailnet addresses too. */
function isExternal(range: AddressRange, devices: KnownDevices): boolean {
  return devices.some(
    ({ isExternal, addresses }) =>
      isExternal === true && addresses.some((address) => parseRange(address)?.from === range.from),
  )
}
