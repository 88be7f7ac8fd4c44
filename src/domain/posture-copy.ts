/** The tailnet's copy of a vendor's values beside the vendor's own answer, device by device (POS-08). */
import { attributeReading, configuredVendors } from './attribute-sources.ts'
import { manages, standings, unmanagedNotice, withoutRecord } from './coverage.ts'
import { type Finding, finding, unknown } from './finding.ts'
import { type AgentMatch, agentOf, scoreOf } from './match.ts'
import type { Literal } from './posture.ts'
import type { Agent, AnyRecord, Attributes, Device, Vendor } from './record.ts'
import type { Snapshot } from './snapshot.ts'
import { type Instant, pastInstant } from './time.ts'
import {
  agree,
  comparedAttributes,
  computedAttribute,
  POSTURE_VENDORS,
  type PostureVendor,
} from './vendor-attributes.ts'

export interface Disagreement {
  /** "sentinelOne:infected"; "sentinelOne:*" where the tailnet has no attribute of the vendor at all. */
  readonly attribute: string
  readonly vendorValue: Literal
  /** Null: the tailnet has none. */
  readonly tailnetValue: Literal | null
  /** The vendor record's own change time: since then at least it says so. */
  readonly changedAt: Instant | null
}

export interface Copy {
  readonly device: Device
  readonly attributes: Attributes
  /** What was read, beside the device. */
  readonly records: readonly AnyRecord[]
  readonly agreed: readonly string[]
  readonly disagreements: readonly Disagreement[]
  /** Attributes of which the vendor itself said nothing readable. */
  readonly unsaid: readonly string[]
}
/** A copy that was compared, or the answer where nothing can be. */
export type Compared =
  | { readonly copy: Copy; readonly settled: null }
  | { readonly copy: null; readonly settled: Finding }

/** In the order of the tailnet's devices. */
export function comparedCopies(snapshot: Snapshot): readonly Compared[] {
  return snapshot.derive(compareAll)
}

function compareAll(snapshot: Snapshot): readonly Compared[] {
  const vendors = [...snapshot.derive(configuredVendors).keys()]
  return standings(snapshot).map(({ device, outside }) =>
    outside === null ? compare(snapshot, device, vendors) : { copy: null, settled: outside },
  )
}

function compare(snapshot: Snapshot, device: Device, vendors: readonly Vendor[]): Compared {
  const agents: Agent[] = []
  let none: (AgentMatch & { agent: null }) | null = null
  for (const vendor of vendors) {
    const match = agentOf(snapshot, device, vendor)
    if (match.agent !== null) agents.push(match.agent)
    else if (none === null && manages(snapshot, vendor, device)) none = match
  }
  if (agents.length === 0) {
    if (none !== null) return { copy: null, settled: withoutRecord(device, none) }
    const notice = vendors.map((vendor) => unmanagedNotice(vendor, device)).join(' ')
    return { copy: null, settled: finding('not_applicable', device, { notice }) }
  }
  const { record, why } = attributeReading(snapshot, device)
  if (why !== null) {
    const facts = { missing: 'attributes', of: 'tailscale', readAt: record?.readAt ?? null }
    return { copy: null, settled: unknown(why, device, { with: [...agents, record], facts }) }
  }
  return { copy: compareWith(snapshot, device, agents, record), settled: null }
}

function compareWith(snapshot: Snapshot, device: Device, agents: readonly Agent[], attributes: Attributes): Copy {
  const records: AnyRecord[] = [attributes]
  const agreed: string[] = []
  const disagreements: Disagreement[] = []
  const unsaid: string[] = []
  for (const agent of agents) {
    records.push(agent)
    const score = agent.vendor === 'crowdstrike' ? scoreOf(snapshot, agent) : null
    if (score !== null) records.push(score)
    const before = agreed.length + disagreements.length
    const said = compareAgent(snapshot, agent, attributes, { agreed, disagreements, unsaid })
    if (said && agreed.length + disagreements.length === before && copyMissing(snapshot, agent, attributes)) {
      disagreements.push({
        attribute: `${PROVIDER[agent.vendor].namespaces[0]}:*`,
        vendorValue: 'present',
        tailnetValue: null,
        changedAt: changedAt(snapshot, agent),
      })
    }
  }
  return {
    device,
    attributes,
    records: fitted(records),
    agreed: fitted(agreed),
    disagreements: fitted(disagreements),
    unsaid: fitted(unsaid),
  }
}

/** At its length: an array that has grown holds room for seventeen, and there are four of them for each device. */
function fitted<T>(list: readonly T[]): readonly T[] {
  return list.length === 0 ? NOTHING : list.slice()
}

const NOTHING: readonly never[] = []

/** Keys that both sides know; true when the vendor itself said anything that Tailscale copies. */
function compareAgent(
  snapshot: Snapshot,
  agent: Agent,
  { values }: Attributes,
  into: { agreed: string[]; disagreements: Disagreement[]; unsaid: string[] },
): boolean {
  const score = agent.vendor === 'crowdstrike' ? scoreOf(snapshot, agent) : null
  let said = false
  for (const attribute of COMPARED[agent.vendor]) {
    const vendorValue = computedAttribute(agent, score, attribute)?.value
    if (vendorValue === undefined) continue
    if (vendorValue === null) {
      into.unsaid.push(attribute)
      continue
    }
    said = true
    // No object inherits a name with a colon in it.
    const tailnetValue = values[attribute]
    if (tailnetValue === undefined) continue
    if (agree(vendorValue, tailnetValue)) into.agreed.push(attribute)
    else into.disagreements.push({ attribute, vendorValue, tailnetValue, changedAt: changedAt(snapshot, agent) })
  }
  return said
}

/** A score changes without a change of the host record, so that record's time says nothing of it. */
function changedAt(snapshot: Snapshot, agent: Agent): Instant | null {
  return agent.vendor === 'crowdstrike' ? null : pastInstant(agent.changedAt, snapshot.at)
}

/** The tailnet has the vendor's integration and yet not one attribute of it on this device. */
function copyMissing(snapshot: Snapshot, agent: Agent, { values }: Attributes): boolean {
  const { provider, namespaces } = PROVIDER[agent.vendor]
  if (!snapshot.derive(providers).has(provider)) return false
  return !Object.keys(values).some((key) => namespaces.some((namespace) => key.startsWith(`${namespace}:`)))
}

function providers(snapshot: Snapshot): ReadonlySet<string | null> {
  return new Set(snapshot.of('integration').map((integration) => integration.provider))
}

const COMPARED: Readonly<Record<Vendor, readonly string[]>> = {
  sentinelone: comparedAttributes('sentinelone'),
  crowdstrike: comparedAttributes('crowdstrike'),
  kandji: comparedAttributes('kandji'),
}

const PROVIDER: Readonly<Record<Vendor, PostureVendor>> = {
  sentinelone: providerOf('sentinelone'),
  crowdstrike: providerOf('crowdstrike'),
  kandji: providerOf('kandji'),
}

function providerOf(vendor: Vendor): PostureVendor {
  return POSTURE_VENDORS.find((each) => each.vendor === vendor)!
}
