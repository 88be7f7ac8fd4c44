/** Devices as the list and a device's own page need them: worked out once per reading. */
import {
  attributeReading,
  computedOf,
  configuredVendors,
  tailnetAttributes,
  trustAttributes,
} from '../domain/attribute-sources.ts'
import { manages, standings, VENDOR_NAME } from '../domain/coverage.ts'
import type { UnknownReason } from '../domain/finding.ts'
import { accountOfDevice, agentOf, type NoAgent, ownerOf } from '../domain/match.ts'
import type { Account, Agent, Device, Person, Vendor } from '../domain/record.ts'
import type { ReportFinding } from '../domain/report.ts'
import { narrow, type Snapshot } from '../domain/snapshot.ts'
import { tailnetPolicy } from '../domain/tailnet-policy.ts'
import type { Instant } from '../domain/time.ts'
import { deviceTrustOf, platformOf, type TrustAnswer, trustRule } from '../domain/trust.ts'
import { agree, comparedAttributes, computedBy, postureVendorOf } from '../domain/vendor-attributes.ts'
import { type Mark, NO_AGENT_WORD, VENDORS } from '../domain/words.ts'
import { eachInSteps, type Steps } from '../lib/steps.ts'
import { markOf } from './results.ts'
import { lengthy, type View } from './view.ts'

/** The check whose answer is the trust verdict. */
const TRUST = 'POS-12'

export interface DeviceRow {
  readonly device: Device
  readonly label: string
  readonly os: string
  readonly verdict: Mark
  readonly reason: UnknownReason | null
  readonly owner: string
  readonly failing: number
  /** Configured vendors that have a record of the device. */
  readonly known: readonly Vendor[]
  /** Configured vendors that could have a record of a device of this platform, and have none. */
  readonly missing: readonly Vendor[]
  readonly search: string
}

export function labelOfDevice(device: Device): string {
  return device.name ?? device.hostname ?? device.key
}

export const deviceRows = lengthy(function* (view): Steps<readonly DeviceRow[]> {
  const { snapshot } = view.report
  if (snapshot === null) return []
  const vendors = [...snapshot.derive(configuredVendors).keys()]
  const trusted = view.report.results.filter(({ check }) => check.ref === TRUST)
  return yield* eachInSteps(standings(snapshot), ({ device, outside }) => {
    const result = trusted.find(({ system }) => system === device.source)
    const finding = result === undefined ? null : view.findingOf(result, device)
    const { verdict, reason } = verdictOf(view, device, finding)
    const tailnet = narrow(snapshot, device.source)
    const owner = device.tags.length > 0 ? device.tags.join(' ') : (device.user ?? '')
    const label = labelOfDevice(device)
    const known = vendors.filter((vendor) => agentOf(tailnet, device, vendor).agent !== null)
    return {
      device,
      label,
      os: platformOf(device) ?? 'unknown',
      verdict,
      reason,
      owner,
      failing: view
        .openOf({ kind: 'device', source: device.source, key: device.key })
        .filter((entry) => entry.finding.status === 'fail').length,
      known,
      missing:
        outside === null ? vendors.filter((vendor) => !known.includes(vendor) && manages(tailnet, vendor, device)) : [],
      search: `${label} ${device.hostname ?? ''} ${owner} ${device.serials.join(' ')} ${device.key}`.toLowerCase(),
    }
  })
})

/** Where the engine answered for the whole check, no device has an answer of its own. */
function verdictOf(
  view: View,
  device: Device,
  finding: ReportFinding | null,
): { verdict: Mark; reason: UnknownReason | null } {
  if (finding !== null) return { verdict: markOf(finding), reason: finding.unknownReason }
  const result = view.report.results.find(({ check, system }) => check.ref === TRUST && system === device.source)
  return result === undefined
    ? { verdict: 'not_applicable', reason: null }
    : { verdict: result.status === 'fail' ? 'unknown' : result.status, reason: result.unknownReason }
}

export interface AgentJoin {
  readonly vendor: Vendor
  readonly name: string
  readonly agent: Agent | null
  readonly others: readonly Agent[]
  readonly why: NoAgent | null
  /** The join or its absence in a sentence. */
  readonly says: string
}

export interface AttributeLine {
  readonly attribute: string
  readonly vendor: Vendor | null
  /** As the vendor's own answer has it; undefined: it does not speak of it. */
  readonly vendorValue: string | number | boolean | null | undefined
  readonly tailnetValue: string | number | boolean | undefined
  readonly disagree: boolean
  readonly expiresAt: Instant | null
}

export interface TrustCard {
  readonly answer: TrustAnswer
  readonly allOf: readonly string[]
  readonly anyOf: readonly string[]
}

export interface DeviceDetail {
  readonly device: Device
  readonly label: string
  readonly account: Account | null
  readonly person: Person | null
  readonly ownerSays: string
  readonly verdict: Mark
  readonly reason: UnknownReason | null
  readonly finding: ReportFinding | null
  readonly trust: TrustCard | null
  readonly outside: string | null
  readonly joins: readonly AgentJoin[]
  readonly attributes: readonly AttributeLine[]
  readonly attributesReadAt: Instant | null
  readonly attributesUnusable: UnknownReason | null
}

export function deviceDetail(view: View, source: string, key: string): DeviceDetail | null {
  const whole = view.report.snapshot
  const device = whole?.one('device', source, key) ?? null
  if (whole === null || device === null) return null
  const snapshot = narrow(whole, source)
  const account = accountOfDevice(snapshot, device)
  const owner = account === null ? null : ownerOf(snapshot, account)
  const result = view.report.results.find(({ check, system }) => check.ref === TRUST && system === source)
  const finding = result === undefined ? null : view.findingOf(result, device)
  const reading = attributeReading(snapshot, device)
  return {
    device,
    label: labelOfDevice(device),
    account,
    person: owner?.person ?? null,
    ownerSays: ownerSays(device, account, owner?.method ?? null, owner?.exempt ?? null),
    ...verdictOf(view, device, finding),
    finding,
    trust: trustCard(snapshot, device),
    outside: standings(snapshot).find((standing) => standing.device === device)?.outside?.notice ?? null,
    joins: [...snapshot.derive(configuredVendors).keys()].map((vendor) => agentJoin(snapshot, device, vendor)),
    attributes: attributeLines(snapshot, device),
    attributesReadAt: reading.record?.readAt ?? null,
    attributesUnusable: reading.why,
  }
}

function ownerSays(
  device: Device,
  account: Account | null,
  method: 'e-mail' | 'alias' | null,
  exempt: 'shared' | 'service' | null,
): string {
  if (device.tags.length > 0) return 'A tagged device belongs to its tags and has no human owner.'
  if (device.user === null) return 'The tailnet does not say who registered it.'
  if (account === null) return `No account of this tailnet has the login ${device.user}.`
  if (exempt === 'service') return 'Its account is listed as a service account.'
  if (exempt === 'shared') return 'Its account is shared in from another tailnet.'
  if (method === null) return 'The account’s login matches nobody in the roster, or more than one person.'
  return method === 'e-mail'
    ? 'The account’s login is the person’s e-mail address.'
    : 'The account’s login is a declared alias of the person.'
}

function agentJoin(snapshot: Snapshot, device: Device, vendor: Vendor): AgentJoin {
  const { agent, others, why } = agentOf(snapshot, device, vendor)
  const more =
    others.length > 0 && agent !== null
      ? ` ${others.length === 1 ? 'Another record' : `${others.length} other records`} with this serial number: the one last seen is used.`
      : ''
  return {
    vendor,
    name: VENDOR_NAME[vendor],
    agent,
    others,
    why,
    says:
      agent === null
        ? manages(snapshot, vendor, device)
          ? NO_AGENT_WORD[why!]
          : `It manages no ${platformOf(device)} devices here.`
        : `Same serial number.${more}`,
  }
}

function trustCard(snapshot: Snapshot, device: Device): TrustCard | null {
  const rule = trustRule(snapshot.settings.deviceTrust, tailnetPolicy(snapshot).model)
  if (rule === null) return null
  const names = (postures: readonly { name: string }[]) => postures.map(({ name }) => name)
  return {
    answer: deviceTrustOf(rule, trustAttributes(snapshot, device)),
    allOf: names(rule.allOf),
    anyOf: names(rule.anyOf),
  }
}

/** Every attribute that a vendor's answer or the tailnet has, vendors' first. */
function attributeLines(snapshot: Snapshot, device: Device): AttributeLine[] {
  const { record } = attributeReading(snapshot, device)
  const tailnet = record?.values ?? {}
  const lines = new Map<string, AttributeLine>()
  const compared = new Set(VENDORS.flatMap((vendor) => comparedAttributes(vendor)))
  for (const vendor of snapshot.derive(configuredVendors).keys()) {
    const { agent } = agentOf(snapshot, device, vendor)
    if (agent === null) continue
    for (const [attribute, { value }] of computedOf(snapshot, agent)) {
      const copy = tailnetAttributes(snapshot, device)(attribute)
      const tailnetValue = Object.hasOwn(tailnet, attribute) ? tailnet[attribute] : undefined
      lines.set(attribute, {
        attribute,
        vendor,
        vendorValue: value,
        tailnetValue,
        disagree: compared.has(attribute) && value !== null && copy.state === 'value' && !agree(value, copy.value),
        expiresAt: null,
      })
    }
  }
  for (const [attribute, value] of Object.entries(tailnet)) {
    if (lines.has(attribute)) continue
    lines.set(attribute, {
      attribute,
      vendor: computedBy(attribute) ?? postureVendorOf(attribute)?.vendor ?? null,
      vendorValue: undefined,
      tailnetValue: value,
      disagree: false,
      expiresAt: record?.expiries[attribute] ?? null,
    })
  }
  return [...lines.values()]
}
