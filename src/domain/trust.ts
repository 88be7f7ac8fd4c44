/** Device trust: which postures count, where their attributes come from, and what a device's answer is (POS-12). */
import type { UnknownReason } from './finding.ts'
import type { PolicyModel } from './policy.ts'
import {
  type AttributeSource,
  allOf,
  anyOf,
  asEvidence,
  type Condition,
  type ConditionResult,
  combine,
  evaluateCondition,
  isProblem,
  type Literal,
  type Outcome,
  type ParseProblem,
  parseCondition,
  unknownReasonOf,
  type Why,
} from './posture.ts'
import { PRESETS } from './presets.ts'
import type { Device, Vendor } from './record.ts'
import type { DeviceScope, DeviceTrust } from './settings.ts'
import { type ComputedValue, computedBy, namespaceOf } from './vendor-attributes.ts'

export interface Posture {
  readonly name: string
  readonly from: 'own' | 'policy' | 'preset'
  /** All must hold; one that could not be read stays in the list, so that the posture is not met by the rest. */
  readonly conditions: readonly (Condition | ParseProblem)[]
}
export interface PostureProblem {
  readonly name: string
  readonly problem: string
  readonly reason: UnknownReason
}

/** Own postures first, then the tailnet's `posture:name`, then presets. `policy` is null where it cannot be read. */
export function resolvePosture(name: string, trust: DeviceTrust, policy: PolicyModel | null): Posture | PostureProblem {
  const own = Object.hasOwn(trust.postures, name) ? trust.postures[name] : undefined
  if (own !== undefined) return posture(name, 'own', own)
  if (name.startsWith('posture:')) {
    if (policy === null) return { name, problem: "the tailnet's policy file could not be read", reason: 'not_visible' }
    const listed = policy.postures.get(name)
    if (listed !== undefined) return posture(name, 'policy', listed)
    return { name, problem: "the tailnet's policy file does not define it", reason: 'not_configured' }
  }
  const preset = PRESETS.get(name)
  if (preset !== undefined) return posture(name, 'preset', preset)
  return { name, problem: 'neither a posture of deviceTrust.postures nor a preset', reason: 'not_configured' }
}

function posture(name: string, from: Posture['from'], conditions: readonly string[]): Posture | PostureProblem {
  if (conditions.length === 0) return { name, problem: 'it has no condition', reason: 'not_configured' }
  return { name, from, conditions: conditions.map(parseCondition) }
}

/** `deviceTrust.require`, read once and used for every device. */
export interface TrustRule {
  readonly allOf: readonly (Posture | PostureProblem)[]
  /** Empty: imposes nothing. */
  readonly anyOf: readonly (Posture | PostureProblem)[]
  /** Each posture once: those of `allOf`, then what `anyOf` adds. */
  readonly postures: readonly (Posture | PostureProblem)[]
}

/** Null where nothing is required: not configured. */
export function trustRule(trust: DeviceTrust, policy: PolicyModel | null): TrustRule | null {
  const { require } = trust
  if (require === null || (require.allOf.length === 0 && require.anyOf.length === 0)) return null
  const names = new Set([...require.allOf, ...require.anyOf])
  const postures = new Map([...names].map((name) => [name, resolvePosture(name, trust, policy)] as const))
  const resolved = (name: string) => postures.get(name)!
  return { allOf: require.allOf.map(resolved), anyOf: require.anyOf.map(resolved), postures: [...postures.values()] }
}

export interface TrustCondition {
  readonly posture: string
  /** As written; null where the posture itself could not be resolved. */
  readonly condition: string | null
  /** What can be said of the device: a missing or mistyped value is not evaluable. */
  readonly outcome: Outcome
  readonly why: Why
  readonly value: Literal | null
}
export interface TrustAnswer {
  readonly outcome: Outcome
  /** Why the outcome is not evaluable; null otherwise. */
  readonly reason: UnknownReason | null
  readonly conditions: readonly TrustCondition[]
}

export function deviceTrustOf({ postures, ...rule }: TrustRule, source: AttributeSource): TrustAnswer {
  const judged = postures.map((posture) => judge(posture, source))
  const outcomeOf = (posture: Posture | PostureProblem) => judged[postures.indexOf(posture)]!.outcome
  const groups: Outcome[] = []
  if (rule.allOf.length > 0) groups.push(allOf(rule.allOf.map(outcomeOf)))
  if (rule.anyOf.length > 0) groups.push(anyOf(rule.anyOf.map(outcomeOf)))
  const outcome = allOf(groups)
  return {
    outcome,
    reason: outcome === 'not_evaluable' ? reasonOf(judged) : null,
    conditions: judged.flatMap((each) => each.conditions),
  }
}

/** The outcome of `deviceTrustOf` by the shortest way: once a condition decides, Kleene's logic needs no other. */
export function trustOutcome(rule: TrustRule, source: AttributeSource): Outcome {
  let open = false
  for (const posture of rule.allOf) {
    const outcome = postureOutcome(posture, source)
    if (outcome === 'no_match') return 'no_match'
    open ||= outcome === 'not_evaluable'
  }
  const any = rule.anyOf.length === 0 ? 'match' : anyOutcome(rule.anyOf, source)
  if (any === 'no_match') return 'no_match'
  return open || any === 'not_evaluable' ? 'not_evaluable' : 'match'
}

function anyOutcome(postures: TrustRule['anyOf'], source: AttributeSource): Outcome {
  let best: Outcome = 'no_match'
  for (const posture of postures) {
    const outcome = postureOutcome(posture, source)
    if (outcome === 'match') return 'match'
    if (outcome === 'not_evaluable') best = 'not_evaluable'
  }
  return best
}

/** What can be said of the device; once a condition is not met, no other is looked at. */
export function postureOutcome(posture: Posture | PostureProblem, source: AttributeSource): Outcome {
  if ('problem' in posture || posture.conditions.length === 0) return 'not_evaluable'
  let outcome: Outcome = 'match'
  for (const condition of posture.conditions) {
    const one = asEvidence(evaluateCondition(condition, source))
    if (one === 'no_match') return 'no_match'
    if (one === 'not_evaluable') outcome = 'not_evaluable'
  }
  return outcome
}

/** That of the first posture left open; those of `allOf` come first. */
function reasonOf(judged: readonly JudgedPosture[]): UnknownReason {
  return judged.find((each) => each.outcome === 'not_evaluable')?.reason ?? 'no_data'
}

interface JudgedPosture {
  readonly outcome: Outcome
  readonly reason: UnknownReason
  readonly conditions: readonly TrustCondition[]
}

function judge(posture: Posture | PostureProblem, source: AttributeSource): JudgedPosture {
  if ('problem' in posture) {
    const { name, reason } = posture
    const entry = { posture: name, condition: null, outcome: 'not_evaluable', why: 'unparsable', value: null } as const
    return { outcome: 'not_evaluable', reason, conditions: [entry] }
  }
  const results = posture.conditions.map((condition) => evaluateCondition(condition, source))
  return {
    outcome: combine(results, 'evidence'),
    reason: unknownReasonOf(results),
    conditions: results.map((result, index) => entryOf(posture.name, posture.conditions[index]!.text, result)),
  }
}

function entryOf(name: string, condition: string, result: ConditionResult): TrustCondition {
  return { posture: name, condition, outcome: asEvidence(result), why: result.why, value: result.value }
}

/** What one vendor's source says of a device. `absent`: it was read completely and has no record of the device. */
export type VendorAnswer =
  | { readonly state: 'agent'; readonly attributes: Pick<ReadonlyMap<string, ComputedValue>, 'get'> }
  | { readonly state: 'absent' }
  | { readonly state: 'unreadable'; readonly reason: UnknownReason }

/**
 * A vendor's attributes from the vendor's own answer where that vendor is a source (`vendors` has an entry), all others
 * from the tailnet.
 */
export function trustedAttributes(
  vendors: Pick<ReadonlyMap<Vendor, VendorAnswer>, 'get'>,
  tailnet: AttributeSource,
): AttributeSource {
  return (attribute) => {
    const vendor = computedBy(attribute)
    const answer = vendor === null ? undefined : vendors.get(vendor)
    if (answer === undefined) return tailnet(attribute)
    if (answer.state === 'absent') return { state: 'missing' }
    if (answer.state === 'unreadable') return answer
    const computed = answer.attributes.get(attribute)
    if (computed === undefined) return { state: 'missing' }
    if (computed.value === null) return { state: 'unreadable', reason: 'no_data' }
    return { state: 'value', value: computed.value }
  }
}

/** Namespaces of all attributes that a posture in use asks for: required by us, or named by a rule of the policy. */
export function attributeNamespacesInUse(trust: DeviceTrust, policy: PolicyModel | null): ReadonlySet<string> {
  const names = new Set([...(trust.require?.allOf ?? []), ...(trust.require?.anyOf ?? [])])
  const postures = [...names].map((name) => resolvePosture(name, trust, policy))
  for (const name of policy === null ? [] : posturesInUse(policy)) {
    postures.push(posture(name, 'policy', policy?.postures.get(name) ?? []))
  }
  const namespaces = new Set<string>()
  for (const each of postures) {
    for (const condition of 'problem' in each ? [] : each.conditions) {
      if (!isProblem(condition)) namespaces.add(namespaceOf(condition.attribute))
    }
  }
  return namespaces
}

function posturesInUse(policy: PolicyModel): ReadonlySet<string> {
  const rules = [...policy.acls, ...policy.grants, ...policy.ssh]
  return new Set([...(policy.defaultSrcPosture ?? []), ...rules.flatMap((rule) => rule.srcPosture ?? [])])
}

/** The platform in the words of posture's `node:os`: the device list writes macOS, iOS, tvOS. Null: not said. */
export function platformOf(device: Pick<Device, 'os'>): string | null {
  return device.os === null ? null : device.os.toLowerCase()
}

/** Devices shared in belong to others. One whose platform is not known stays in, so that nobody overlooks it. */
export function inScope(device: Pick<Device, 'os' | 'tags' | 'isExternal'>, scope: DeviceScope): boolean {
  if (device.isExternal === true) return false
  if (device.tags.length > 0 && !scope.tagged) return false
  const platform = platformOf(device)
  return platform === null || scope.os.includes(platform)
}
