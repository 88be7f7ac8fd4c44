/**
 * Which devices the checks of device trust judge, which of them could have a record at a vendor, and what stands beside
 * the record that is used (checks.md section 1, rules 9 and 10).
 */
import { briefly, type Facts, type Finding, finding, unknown } from './finding.ts'
import type { JsonValue } from './json.ts'
import { type AgentMatch, agentOf, silent, unknownFor } from './match.ts'
import type { Agent, Device, Vendor } from './record.ts'
import type { DeviceScope } from './settings.ts'
import type { Snapshot } from './snapshot.ts'
import { inScope, platformOf } from './trust.ts'

export const EDR: readonly Vendor[] = ['sentinelone', 'crowdstrike']

export const VENDOR_NAME: Readonly<Record<Vendor, string>> = {
  sentinelone: 'SentinelOne',
  crowdstrike: 'CrowdStrike Falcon',
  kandji: 'Kandji (Iru)',
}

/** A device of the tailnet as all checks of device trust see it; worked out once per snapshot. */
export interface Standing {
  readonly device: Device
  /** The answer for a device that none of them judges; null for all others. */
  readonly outside: Finding | null
}

export function standings(snapshot: Snapshot): readonly Standing[] {
  return snapshot.derive(standAll)
}

function standAll(snapshot: Snapshot): readonly Standing[] {
  const { scope } = snapshot.settings.deviceTrust
  return snapshot.of('device').map((device) => {
    const notice = inScope(device, scope) ? null : whyOutside(device, scope)
    const outside = notice === null ? null : finding('not_applicable', device, { notice })
    return { device, outside }
  })
}

function whyOutside(device: Device, scope: DeviceScope): string {
  if (device.isExternal === true) return 'It is shared in from another tailnet.'
  if (device.tags.length > 0 && !scope.tagged) return 'It is tagged, and deviceTrust.scope leaves tagged devices out.'
  return `Its platform ${platformOf(device)} is not in deviceTrust.scope.`
}

const COMPUTERS: readonly string[] = ['macos', 'windows', 'linux']
const APPLE: readonly string[] = ['macos', 'ios', 'tvos']

/** A platform of which nothing is known counts as a computer, so that nobody overlooks the device. */
export function isComputer(device: Device): boolean {
  const platform = platformOf(device)
  return platform === null || COMPUTERS.includes(platform)
}

/**
 * Whether a device of this platform could have a record at the vendor. Phones have no serial number that an EDR and the
 * tailnet share (tailscale/tailscale#18940). Kandji is Apple's, and of late manages Windows and Android too: expected
 * only where this tenant holds devices of that family.
 */
export function manages(snapshot: Snapshot, vendor: Vendor, device: Device): boolean {
  if (vendor !== 'kandji') return isComputer(device)
  const platform = platformOf(device)
  return platform === null || APPLE.includes(platform) || snapshot.derive(kandjiFamilies).has(platform)
}

function kandjiFamilies(snapshot: Snapshot): ReadonlySet<string> {
  const found = new Set<string>()
  for (const agent of snapshot.of('agent')) {
    if (agent.vendor !== 'kandji' || agent.removed || agent.platform === null) continue
    const family = agent.platform.toLowerCase()
    if (family.includes('windows')) found.add('windows')
    else if (family.includes('android')) found.add('android')
  }
  return found
}

export function unmanagedNotice(vendor: Vendor, device: Device): string {
  return `${VENDOR_NAME[vendor]} manages no ${device.os} devices here.`
}

/** No usable serial number, or none that the vendor knows. */
export function withoutRecord(device: Device, match: AgentMatch & { agent: null }): Finding {
  return unknown(unknownFor(match.why), device, { with: match.others, facts: serialFacts(device, match) })
}

export function serialFacts(device: Device, { why }: AgentMatch): Facts {
  return { serialNumbers: device.serials.join(', '), match: why }
}

export function duplicatesNotice(agent: Agent, others: readonly Agent[]): string | null {
  if (others.length === 0) return null
  const ids = others.map((other) => other.key).join(', ')
  return `${VENDOR_NAME[agent.vendor]} has further live records with this serial number (${ids}); the one last seen counts.`
}

/** Agents that their console has not heard from within the source's sync window. */
export function silentAgents(snapshot: Snapshot): ReadonlySet<Agent> {
  return new Set(snapshot.of('agent').filter((agent) => silent(snapshot, agent)))
}

/** What the vendor says of an agent that it no longer hears from is of then, not of now. */
export function quietNotice(snapshot: Snapshot, agent: Agent): string | null {
  if (!snapshot.derive(silentAgents).has(agent)) return null
  return agent.lastSeen === null
    ? `${VENDOR_NAME[agent.vendor]} does not say when it last heard from this agent.`
    : `${VENDOR_NAME[agent.vendor]} last heard from this agent at ${agent.lastSeen}; its values are of then.`
}

export function joined(...notices: readonly (string | null | undefined)[]): string | null {
  let text: string | null = null
  for (const notice of notices) {
    if (notice !== null && notice !== undefined) text = text === null ? notice : `${text} ${notice}`
  }
  return text
}

/**
 * Whether one of the vendors has a live record of the device (POS-04, POS-05). A silent agent is there: whether it still
 * speaks is the question of S1-08, CS-04 and KJ-03.
 */
export function judgePresence(snapshot: Snapshot, vendors: readonly Vendor[]): Finding[] {
  const judge = (standing: Standing): Finding => present(snapshot, standing, vendors)
  return standings(snapshot).map((standing) => standing.outside ?? briefly(judge, standing))
}

function present(snapshot: Snapshot, { device }: Standing, vendors: readonly Vendor[]): Finding {
  const agents: Agent[] = []
  const facts: Record<string, JsonValue> = {}
  let notice: string | null = null
  let none: (AgentMatch & { agent: null }) | null = null
  for (const vendor of vendors) {
    const match = agentOf(snapshot, device, vendor)
    if (match.agent === null) {
      if (none === null || match.why === 'removed') none = match
      continue
    }
    agents.push(match.agent)
    facts[`${vendor} agentId`] = match.agent.key
    notice = joined(notice, duplicatesNotice(match.agent, match.others), quietNotice(snapshot, match.agent))
  }
  if (agents.length > 0) return finding('pass', device, { facts, notice, with: agents })
  return absent(snapshot, device, vendors, none!)
}

function absent(
  snapshot: Snapshot,
  device: Device,
  vendors: readonly Vendor[],
  match: AgentMatch & { agent: null },
): Finding {
  if (!isComputer(device)) return finding('not_applicable', device, { notice: `It is no computer (${device.os}).` })
  if (!vendors.some((vendor) => manages(snapshot, vendor, device))) {
    return finding('not_applicable', device, { notice: unmanagedNotice(vendors[0]!, device) })
  }
  if (unknownFor(match.why) === 'no_serial') return withoutRecord(device, match)
  return finding('fail', device, { with: match.others, facts: serialFacts(device, match) })
}
