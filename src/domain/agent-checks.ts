/**
 * What the checks over the host records of one vendor share: each device in scope meets the record that speaks for it
 * once per snapshot, and answers name device, agent and the vendor's own field.
 */
import {
  duplicatesNotice,
  EDR,
  joined,
  manages,
  quietNotice,
  type Standing,
  standings,
  unmanagedNotice,
  VENDOR_NAME,
  withoutRecord,
} from './coverage.ts'
import { cutoff } from './cutoff.ts'
import { durationText } from './duration.ts'
import { briefly, type Facts, type Finding, finding, unknown } from './finding.ts'
import type { JsonScalar } from './json.ts'
import { agentOf, seenWithin } from './match.ts'
import type { Agent, AnyRecord, Device, Vendor } from './record.ts'
import { type Settings, sourceSettings } from './settings.ts'
import type { Snapshot } from './snapshot.ts'
import { HOUR, pastInstant } from './time.ts'

/** A device in scope with the record that speaks for it. */
export interface Host {
  readonly device: Device
  readonly agent: Agent
  /** Names further live records of the serial number; null where there is one. */
  readonly duplicates: string | null
  /** That, and since when the vendor has not heard from the agent; null where neither is so. */
  readonly notice: string | null
}

interface Seat {
  readonly device: Device
  readonly host: Host | null
  /** The answer that stands without any value of the vendor; null where there is a host. */
  readonly settled: Finding | null
  /** Where the vendor has the serial number only as removed. */
  readonly removed: readonly Agent[]
}

/** One answer per device: the judge's where the vendor has a record of it, else the one that all its checks share. */
export function judgeAgents(
  snapshot: Snapshot,
  vendor: Vendor,
  judge: (host: Host) => Finding,
  judgeRemoved: ((device: Device, removed: readonly Agent[]) => Finding) | null = null,
): Finding[] {
  return snapshot.derive(SEATS[vendor]).map(({ device, host, settled, removed }) => {
    if (host !== null) return briefly(judge, host)
    return judgeRemoved !== null && removed.length > 0 ? judgeRemoved(device, removed) : settled!
  })
}

const SEATS = {
  sentinelone: (snapshot: Snapshot) => seats(snapshot, 'sentinelone'),
  crowdstrike: (snapshot: Snapshot) => seats(snapshot, 'crowdstrike'),
  kandji: (snapshot: Snapshot) => seats(snapshot, 'kandji'),
} satisfies Record<Vendor, unknown>

function seats(snapshot: Snapshot, vendor: Vendor): readonly Seat[] {
  return standings(snapshot).map((standing) => seatOf(snapshot, vendor, standing))
}

const NONE: readonly Agent[] = []

function seatOf(snapshot: Snapshot, vendor: Vendor, { device, outside }: Standing): Seat {
  const settle = (settled: Finding, removed = NONE): Seat => ({ device, host: null, settled, removed })
  if (outside !== null) return settle(outside)
  const match = agentOf(snapshot, device, vendor)
  if (match.agent !== null) {
    const { agent, others } = match
    const duplicates = duplicatesNotice(agent, others)
    const notice = joined(duplicates, quietNotice(snapshot, agent))
    const host = { device, agent, duplicates, notice }
    return { device, host, settled: null, removed: NONE }
  }
  if (!manages(snapshot, vendor, device)) {
    return settle(finding('not_applicable', device, { notice: unmanagedNotice(vendor, device) }))
  }
  const other = otherEdr(snapshot, vendor, device)
  if (other !== null) {
    const notice = `${VENDOR_NAME[other.vendor]} has it.`
    return settle(finding('not_applicable', device, { with: [other], notice }))
  }
  return settle(withoutRecord(device, match), match.why === 'removed' ? match.others : NONE)
}

function otherEdr(snapshot: Snapshot, vendor: Vendor, device: Device): Agent | null {
  if (!EDR.includes(vendor)) return null
  return agentOf(snapshot, device, vendor === 'sentinelone' ? 'crowdstrike' : 'sentinelone').agent
}

// ── answers ────────────────────────────────────────────────────────────────────────────────────────────────────────

/** An answer from the vendor's values, with what the reader must know of the record itself. */
export function answer(
  host: Host,
  status: 'pass' | 'fail' | 'not_applicable',
  facts: Facts,
  notice: string | null = null,
  further: AnyRecord | null = null,
): Finding {
  return conclude(host, status, facts, notice === null ? host.notice : joined(host.notice, notice), further)
}

/** An answer for which the silence of the agent is no side note. `further`: a record read beside device and agent. */
export function conclude(
  { device, agent }: Host,
  status: 'pass' | 'fail' | 'not_applicable',
  facts: Facts,
  notice: string | null,
  further: AnyRecord | null = null,
): Finding {
  return finding(status, device, { facts, notice, with: [agent, further] })
}

/**
 * No answer, because the vendor did not say what decides, or said something that cannot be judged (`value`, or a field
 * that could not be read). `missing` names the vendor's field.
 */
export function notSaid(host: Host, field: string, value: JsonScalar = null): Finding {
  const sent = value !== null || host.agent.unread.includes(field)
  return undecided(host, { agentId: host.agent.key, [field]: value, missing: field, of: host.agent.vendor, sent })
}

export function undecided(host: Host, facts: Facts, further: AnyRecord | null = null): Finding {
  const { device, agent, duplicates } = host
  return unknown('no_data', device, { facts, notice: duplicates, with: [agent, further] })
}

export function flagOf({ agent }: Host, field: string): boolean | null {
  const value = agent.values[field]
  return typeof value === 'boolean' ? value : null
}

export function textOf({ agent }: Host, field: string): string | null {
  const value = agent.values[field]
  return typeof value === 'string' && value !== '' ? value : null
}

export function numberOf({ agent }: Host, field: string): number | null {
  const value = agent.values[field]
  return typeof value === 'number' ? value : null
}

/** A field that must hold one truth value. */
export function judgeFlag(host: Host, field: string, wanted: boolean): Finding {
  const value = flagOf(host, field)
  if (value === null) return notSaid(host, field)
  return answer(host, value === wanted ? 'pass' : 'fail', { agentId: host.agent.key, [field]: value })
}

/** Whether the vendor heard from the agent inside the window; `field` is its own name of that moment. */
export function judgeContact(snapshot: Snapshot, host: Host, field: string, windowMs: number): Finding {
  const { agent, duplicates } = host
  const seen = pastInstant(agent.lastSeen, snapshot.at)
  if (seen === null) return notSaid(host, field, agent.lastSeen)
  const facts = { agentId: agent.key, [field]: agent.lastSeen, window: durationText(windowMs) }
  if (seen >= cutoff(snapshot, windowMs)) return conclude(host, 'pass', facts, duplicates)
  return failWhileInUse(snapshot, host, windowMs, facts)
}

/**
 * Silence is a failure only while the device itself was in the tailnet inside the window; where both are silent the
 * device is not in use, which DEV-11 judges.
 */
export function failWhileInUse(
  snapshot: Snapshot,
  host: Host,
  windowMs: number,
  facts: Facts,
  further: AnyRecord | null = null,
): Finding {
  const { device, duplicates } = host
  const inUse = seenWithin(snapshot, device, windowMs)
  const all = { ...facts, deviceConnected: device.connected, deviceLastSeen: device.lastSeen }
  if (inUse === true) return conclude(host, 'fail', all, duplicates, further)
  if (inUse === null) return undecided(host, { ...all, missing: 'lastSeen', of: 'tailscale' }, further)
  const last =
    device.lastSeen === null ? 'it was never in the tailnet' : `it was last in the tailnet at ${device.lastSeen}`
  return conclude(host, 'not_applicable', all, joined(`Not in use: ${last}.`, duplicates), further)
}

// ── limits ─────────────────────────────────────────────────────────────────────────────────────────────────────────

const DEFAULT_SYNC_WINDOW_MS = 24 * HOUR

/** NetBird's sync window: an agent silent for longer counts as absent. */
export function syncWindowMs(settings: Settings, source: string): number {
  return sourceSettings(settings, source)?.syncWindowMs ?? DEFAULT_SYNC_WINDOW_MS
}

/** The windows of a vendor's sources, as a result shows them among its parameters. */
export function syncWindowLimits(vendor: Vendor): (settings: Settings) => Readonly<Record<string, string>> {
  return (settings) => {
    const sources = settings.sources.filter((source) => source.kind === vendor)
    const written = ({ id }: { id: string }) => durationText(syncWindowMs(settings, id))
    return sources.length === 1
      ? { syncWindow: written(sources[0]!) }
      : Object.fromEntries(sources.map((source) => [`syncWindow of ${source.id}`, written(source)]))
  }
}
