/**
 * The posture attributes that Tailscale's integrations write, computed from the vendor's own answer, and two vendor
 * fields beside them by which NetBird judges. Tables: https://tailscale.com/docs/integrations (sentinelone,
 * crowdstrike-zta, iru) and https://docs.netbird.io (endpoint detection and response).
 */
import type { JsonScalar } from './json.ts'
import type { Agent, Score, Vendor } from './record.ts'

export interface PostureVendor {
  /** As a posture integration names it. */
  readonly provider: string
  /** What stands before the colon of its attributes. */
  readonly namespaces: readonly string[]
  /** Our own name, where the vendor can be a source. */
  readonly vendor: Vendor | null
}

export const POSTURE_VENDORS: readonly PostureVendor[] = [
  { provider: 'sentinelone', namespaces: ['sentinelOne'], vendor: 'sentinelone' },
  { provider: 'falcon', namespaces: ['falcon'], vendor: 'crowdstrike' },
  // Kandji became Iru; provider and namespace stayed.
  { provider: 'kandji', namespaces: ['kandji'], vendor: 'kandji' },
  { provider: 'intune', namespaces: ['intune'], vendor: null },
  { provider: 'jamfpro', namespaces: ['jamfPro'], vendor: null },
  { provider: 'kolide', namespaces: ['kolide'], vendor: null },
  { provider: 'fleet', namespaces: ['fleet', 'fleetPolicy'], vendor: null },
  { provider: 'huntress', namespaces: ['huntress'], vendor: null },
]

export function namespaceOf(attribute: string): string {
  return attribute.slice(0, Math.max(0, attribute.indexOf(':')))
}

/** Null for `node:`, `ip:`, `custom:` and namespaces we do not know. */
export function postureVendorOf(attribute: string): PostureVendor | null {
  const namespace = namespaceOf(attribute)
  return POSTURE_VENDORS.find((each) => each.namespaces.includes(namespace)) ?? null
}

interface ComputedAttribute {
  readonly key: string
  readonly vendor: Vendor
  /** The vendor's own name of the field; null: the Zero Trust score, a record of its own. */
  readonly field: string | null
  readonly type: 'string' | 'number' | 'boolean'
  /** True: Tailscale's integration writes it too. */
  readonly inTailnet: boolean
}

const COMPUTED: readonly ComputedAttribute[] = [
  ...(
    [
      ['operationalState', 'string', true],
      ['activeThreats', 'number', true],
      ['agentVersion', 'string', true],
      ['encryptedApplications', 'boolean', true],
      ['firewallEnabled', 'boolean', true],
      ['infected', 'boolean', true],
      ['isActive', 'boolean', true],
      ['networkStatus', 'string', false],
      ['isUpToDate', 'boolean', false],
    ] as const
  ).map(([field, type, inTailnet]) => ({
    key: `sentinelOne:${field}`,
    vendor: 'sentinelone' as const,
    field,
    type,
    inTailnet,
  })),
  { key: 'falcon:ztaScore', vendor: 'crowdstrike', field: null, type: 'number', inTailnet: true },
  { key: 'kandji:mdmEnabled', vendor: 'kandji', field: 'mdm_enabled', type: 'boolean', inTailnet: true },
  { key: 'kandji:agentInstalled', vendor: 'kandji', field: 'agent_installed', type: 'boolean', inTailnet: true },
]

/** The vendor whose answer gives the attribute; null where only the tailnet knows it. */
export function computedBy(attribute: string): Vendor | null {
  return BY_KEY.get(attribute)?.vendor ?? null
}
const BY_KEY: ReadonlyMap<string, ComputedAttribute> = new Map(COMPUTED.map((each) => [each.key, each]))

/** Attributes that the vendor's answer and the tailnet both know (POS-08), in the order of the table. */
export function comparedAttributes(vendor: Vendor): readonly string[] {
  return COMPUTED.filter((each) => each.vendor === vendor && each.inTailnet).map((each) => each.key)
}

export type ComputedValue = { readonly value: string | number | boolean | null }

/**
 * Attribute → value; a value of null: the vendor did not say, or not in the type it documents. An attribute that has no
 * meaning for the thing (Kandji's agent on a phone) is not there at all.
 */
export function computedAttributes(agent: Agent, score: Score | null): ReadonlyMap<string, ComputedValue> {
  const attributes = new Map<string, ComputedValue>()
  for (const { key } of COMPUTED) {
    const computed = computedAttribute(agent, score, key)
    if (computed !== undefined) attributes.set(key, computed)
  }
  return attributes
}

/** One of them; undefined where it is not there. */
export function computedAttribute(agent: Agent, score: Score | null, attribute: string): ComputedValue | undefined {
  const computed = BY_KEY.get(attribute)
  if (computed === undefined || computed.vendor !== agent.vendor) return undefined
  const { key, field, type } = computed
  if (key === 'kandji:agentInstalled' && isMobile(agent)) return undefined
  const said = field === null ? (score?.value ?? null) : (agent.values[field] ?? null)
  return { value: typed(key, said, type) }
}

function typed(key: string, said: JsonScalar, type: ComputedAttribute['type']): ComputedValue['value'] {
  if (key === 'sentinelOne:infected' && (said === 0 || said === 1)) return said === 1
  return typeof said === type ? said : null
}

/** Families as Kandji writes them in Prism and in its device list; everything else has room for an agent. */
const MOBILE: ReadonlySet<string> = new Set([
  'iphone',
  'ipad',
  'ipod',
  'ios',
  'ipados',
  'tvos',
  'appletv',
  'apple tv',
  'vision',
  'visionos',
  'android',
])

function isMobile(agent: Agent): boolean {
  const family = agent.values['device__family'] ?? agent.platform
  return typeof family === 'string' && MOBILE.has(family.toLowerCase())
}

/** Equal, with 0 and 1 read as false and true: `infected` changed its type over time. */
export function agree(a: JsonScalar, b: JsonScalar): boolean {
  if (typeof a === 'boolean' && typeof b === 'number') return Number(a) === b
  if (typeof a === 'number' && typeof b === 'boolean') return a === Number(b)
  return a === b
}
