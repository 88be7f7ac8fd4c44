/**
 * Where the value of a posture attribute comes from. The tailnet's own attributes are what Tailscale enforces by (POS-09);
 * trust reads a vendor's attributes from the vendor's own answer where that vendor is a source (design section 2).
 */
import { silentAgents } from './coverage.ts'
import { cutoff } from './cutoff.ts'
import type { UnknownReason } from './finding.ts'
import { agentOf, scoreOf, unknownFor } from './match.ts'
import { perDevice } from './per-device.ts'
import type { AttributeSource, AttributeState } from './posture.ts'
import type { Agent, Attributes, Device, Vendor } from './record.ts'
import { sourceSettings } from './settings.ts'
import type { Snapshot, SourceState } from './snapshot.ts'
import { HOUR } from './time.ts'
import { trustedAttributes, type VendorAnswer } from './trust.ts'
import { type ComputedValue, computedAttribute, computedAttributes } from './vendor-attributes.ts'

const DEFAULT_ATTRIBUTE_FRESHNESS_MS = 6 * HOUR
const MISSING: AttributeState = { state: 'missing' }

export type AttributeReading =
  | { readonly record: Attributes; readonly why: null }
  | { readonly record: Attributes | null; readonly why: UnknownReason }

/** The tailnet's attributes of a device as last read, or why they cannot be used. Worked out once for all checks. */
export const attributeReading = perDevice((snapshot, device): AttributeReading => {
  const record = snapshot.one('attributes', device.source, device.key)
  if (record === null || !record.found) return { record, why: 'no_data' }
  const freshnessMs =
    sourceSettings(snapshot.settings, device.source)?.attributeFreshnessMs ?? DEFAULT_ATTRIBUTE_FRESHNESS_MS
  return record.readAt < cutoff(snapshot, freshnessMs) ? { record, why: 'stale' } : { record, why: null }
})

export function tailnetAttributes(snapshot: Snapshot, device: Device): AttributeSource {
  const { record, why } = attributeReading(snapshot, device)
  if (why !== null) {
    const unreadable: AttributeState = { state: 'unreadable', reason: why }
    return () => unreadable
  }
  return (attribute) => stateOf(record, attribute, snapshot)
}

/** One of them. */
export function tailnetAttribute(snapshot: Snapshot, device: Device, attribute: string): AttributeState {
  const { record, why } = attributeReading(snapshot, device)
  return why === null ? stateOf(record, attribute, snapshot) : { state: 'unreadable', reason: why }
}

function stateOf({ values, expiries, unread }: Attributes, attribute: string, { at }: Snapshot): AttributeState {
  if (!Object.hasOwn(values, attribute)) {
    const sent = unread.length > 0 && unread.includes(`attributes.${attribute}`)
    return sent ? { state: 'unreadable', reason: 'no_data' } : MISSING
  }
  // Tailscale drops an expired attribute within minutes; a reading from before may still hold it.
  if (Object.hasOwn(expiries, attribute) && expiries[attribute]! <= at) return MISSING
  return { state: 'value', value: values[attribute]! }
}

/** The attributes that Tailscale would compute of the agent. */
export function computedOf(snapshot: Snapshot, agent: Agent): ReadonlyMap<string, ComputedValue> {
  return computedAttributes(agent, agent.vendor === 'crowdstrike' ? scoreOf(snapshot, agent) : null)
}

export function trustAttributes(snapshot: Snapshot, device: Device): AttributeSource {
  const vendors = snapshot.derive(configuredVendors)
  // Worked out for the vendors that a posture asks for, which asks one vendor several times in a row.
  let last: Vendor | null = null
  let answer: VendorAnswer = ABSENT
  const get = (vendor: Vendor): VendorAnswer | undefined => {
    const obstacle = vendors.get(vendor)
    if (obstacle === undefined) return undefined
    if (obstacle !== null) return { state: 'unreadable', reason: obstacle }
    if (vendor !== last) {
      answer = vendorAnswer(snapshot, device, vendor)
      last = vendor
    }
    return answer
  }
  return trustedAttributes({ get }, tailnetAttributes(snapshot, device))
}

const ABSENT: VendorAnswer = { state: 'absent' }

function vendorAnswer(snapshot: Snapshot, device: Device, vendor: Vendor): VendorAnswer {
  const { agent, why } = agentOf(snapshot, device, vendor)
  if (agent === null) {
    const reason = unknownFor(why)
    return reason === 'no_serial' ? { state: 'unreadable', reason } : ABSENT
  }
  if (snapshot.derive(silentAgents).has(agent)) return ABSENT
  const score = vendor === 'crowdstrike' ? scoreOf(snapshot, agent) : null
  return { state: 'agent', attributes: { get: (attribute) => computedAttribute(agent, score, attribute) } }
}

const VENDORS: readonly Vendor[] = ['sentinelone', 'crowdstrike', 'kandji']

const OBSTACLE: Readonly<Record<SourceState['status'], UnknownReason | null>> = {
  complete: null,
  failed: 'source_error',
  held: 'partial_population',
  paused: 'auth_error',
  stale: 'stale',
  never: 'no_data',
}

/** Vendors that are sources of ours, each with the reason why nothing may rest on its answer. */
export function configuredVendors(snapshot: Snapshot): ReadonlyMap<Vendor, UnknownReason | null> {
  const vendors = new Map<Vendor, UnknownReason | null>()
  for (const vendor of VENDORS) {
    const sources = snapshot.sources.filter((source) => source.kind === vendor)
    if (sources.length === 0) continue
    vendors.set(
      vendor,
      sources.reduce<UnknownReason | null>((found, source) => found ?? obstacleOf(source), null),
    )
  }
  return vendors
}

function obstacleOf({ status, blind }: SourceState): UnknownReason | null {
  if (status !== 'complete') return OBSTACLE[status]
  return blind.some((entry) => entry.kind === 'agent' && entry.fields === null) ? 'not_visible' : null
}
