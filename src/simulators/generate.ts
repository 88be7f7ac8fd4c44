/**
 * A fleet of any size from a seed, in the vendors' own shapes: for measurements and for tests of scale. Equal arguments
 * give equal worlds, to the byte. Rows share every part that does not differ, so that 50,000 devices fit into memory.
 */
import { type Chart, fallIll } from './fleet/ailments.ts'
import { fleetLog } from './fleet/audit-rows.ts'
import { accountsOf, crew, type Member, type Ownership, rosterOf } from './fleet/crew.ts'
import { assessmentRow, CID, falconAttributes, hostRow } from './fleet/crowdstrike-rows.ts'
import { enrolledRow, fileVaultRow, kandjiAttributes, prismRow } from './fleet/kandji-rows.ts'
import { type Machine, PLATFORM, type Platform } from './fleet/machine.ts'
import { type Random, randomFrom, SERIAL } from './fleet/random.ts'
import { agentRow, sentinelOneAttributes } from './fleet/sentinelone-rows.ts'
import { integrationRows, type Matches, tailnetParts } from './fleet/tailnet.ts'
import { deviceRow, nodeAttributes } from './fleet/tailscale-rows.ts'
import { micros } from './fleet/times.ts'
import type { TailscaleWorld, World } from './simulator.ts'

export { mutate } from './fleet/mutate.ts'

export type FleetVendor = 'sentinelone' | 'crowdstrike' | 'kandji'

export interface FleetOptions {
  devices: number
  seed: number
  now: Date
  /** A quarter of the devices by default: a company of people with a laptop and a phone, and a fleet of servers. */
  people?: number
  /** All three by default. */
  vendors?: readonly FleetVendor[]
}

type Json = Record<string, unknown>

const [MINUTE, HOUR, DAY] = [60_000, 3_600_000, 86_400_000]
const PEOPLE_PER_DEVICE = 1 / 4
const HEALTHY = 0.97
/**
 * Few are connected while the list is asked for: a connected device has no `lastSeen`, and a fleet is to show what is
 * hard on a history, namely a `lastSeen` that moves for nearly every device.
 */
const CONNECTED = 0.04
const TAGS: readonly string[] = Object.freeze(['tag:server'])

/** A fleet while it is made. */
interface Making {
  random: Random
  now: number
  has: ReadonlySet<FleetVendor>
  members: readonly Member[]
  owned: Ownership[]
  devices: Json[]
  attributes: TailscaleWorld['attributes']
  agents: Json[]
  hosts: Json[]
  assessments: Json[]
  enrolled: Json[]
  prism: Json[]
  filevault: Json[]
  matched: Record<Matches['provider'], number>
  /** Devices that tell the tailnet a serial number. */
  reporting: number
}

export function generateWorld(options: FleetOptions): World {
  const { devices, seed, now, vendors, people = devices * PEOPLE_PER_DEVICE } = options
  const random = randomFrom(seed)
  const at = now.getTime()
  const members = crew(Math.max(1, Math.round(people)), random, at)
  const making: Making = {
    random,
    now: at,
    has: new Set<FleetVendor>(vendors ?? ['sentinelone', 'crowdstrike', 'kandji']),
    members,
    owned: members.map(() => ({ count: 0, connected: false, lastSeen: null })),
    devices: [],
    attributes: {},
    agents: [],
    hosts: [],
    assessments: [],
    enrolled: [],
    prism: [],
    filevault: [],
    matched: { sentinelone: 0, falcon: 0, kandji: 0 },
    reporting: 0,
  }
  for (let index = 0; index < devices; index++) addDevice(making, index)
  const users = accountsOf(members, making.owned, at, seed + 1)
  const tailnet = { ...tailnetParts(at), users, devices: making.devices }
  return {
    tailscale: {
      ...tailnet,
      attributes: making.attributes,
      integrations: integrationRows(matchesOf(making), making.reporting, at),
      auditLog: fleetLog(tailnet, members, at),
    },
    sentinelone: {
      agents: making.agents,
      token: { createdAt: micros(at - 100 * DAY), expiresAt: micros(at + 200 * DAY) },
    },
    crowdstrike: { cid: CID, hosts: making.hosts, hidden: [], assessments: making.assessments },
    kandji: { devices: making.enrolled, prism: making.prism, filevault: making.filevault },
    roster: rosterOf(members, at),
  }
}

function matchesOf({ has, matched, agents, hosts, enrolled }: Making): Matches[] {
  const matches: Matches[] = []
  if (has.has('sentinelone'))
    matches.push({ provider: 'sentinelone', hosts: agents.length, matched: matched.sentinelone })
  if (has.has('crowdstrike')) matches.push({ provider: 'falcon', hosts: hosts.length, matched: matched.falcon })
  if (has.has('kandji')) matches.push({ provider: 'kandji', hosts: enrolled.length, matched: matched.kandji })
  return matches
}

type Form = Platform | 'server' | 'phone'

/** Windows 38, macOS 33, Linux 11 and phones 18 in a hundred of what people carry. */
function formOf(random: Random, spare: boolean): Form {
  if (spare && random.chance(0.15)) return 'server'
  const draw = random.next()
  return draw < 0.38 ? 'windows' : draw < 0.71 ? 'macos' : draw < 0.82 ? 'linux' : 'phone'
}

/** The first devices go round the people once, so that everybody has one; the rest go to anybody, or are servers. */
function addDevice(making: Making, index: number): void {
  const { random, now, members } = making
  const spare = index >= members.length
  const owner = spare ? random.whole(0, members.length) : index
  const form = formOf(random, spare)
  const machine = machineOf(members[owner]!, index, form, making)
  const gone = form === 'server' ? null : members[owner]!.leftDaysAgo
  const lastSeen = gone === null ? now - random.between(MINUTE, 14 * MINUTE) : now - gone * DAY
  const connected = gone === null && random.chance(CONNECTED)
  const device = deviceRow({
    machine,
    nodeId: `n${index.toString(36).toUpperCase().padStart(7, '0')}FltCNTRL`,
    id: `${7_000_000_000_000_000 + index * 131}`,
    lastSeen: connected ? null : lastSeen,
    keyRenewed: Math.max(machine.since, now - random.between(1, 80) * DAY),
    key: random.hex(64),
  })
  if (form === 'server') {
    Object.assign(device, { tags: TAGS, keyExpiryDisabled: true, expires: '0001-01-01T00:00:00Z' })
  } else {
    const owned = making.owned[owner]!
    owned.count += 1
    owned.connected ||= connected
    owned.lastSeen = Math.max(owned.lastSeen ?? 0, connected ? now - MINUTE : lastSeen)
  }
  if (form === 'phone') {
    device['os'] = 'iOS'
    // Serial numbers of phones are absent unless an MDM passes one (vendors/tailscale.md section 3).
    delete device['postureIdentity']
    store(making, { device }, 'ios', '26.1')
    return
  }
  const chart = chartOf(device, machine, form === 'server', lastSeen, making)
  if (!random.chance(HEALTHY)) fallIll(chart, random)
  store(making, chart, machine.platform, PLATFORM[machine.platform].osVersion)
}

const HOSTNAME: Readonly<Record<Form, string>> = {
  windows: 'win',
  macos: 'mac',
  linux: 'lin',
  server: 'srv',
  phone: 'phone',
}

function machineOf(member: Member, index: number, form: Form, { random, now }: Making): Machine {
  return {
    platform: form === 'server' ? 'linux' : form === 'phone' ? 'macos' : form,
    hostname: `${HOSTNAME[form]}-${index}`,
    // Half of it counts, so that no two machines of a fleet share a serial number by chance.
    serial: `${random.text(5, SERIAL)}${index.toString(36).toUpperCase().padStart(5, '0')}`,
    login: member.login,
    ownerName: member.name,
    since: Math.floor(now - random.between(20, 700) * DAY),
    number: index,
  }
}

/** Which vendor watches what: Windows has SentinelOne, Linux has Falcon, a Mac has Kandji and either of them. */
function chartOf(device: Json, machine: Machine, server: boolean, lastSeen: number, making: Making): Chart {
  const { random, now, has } = making
  const { platform, number } = machine
  const chart: Chart = { device }
  const sentinel = platform === 'windows' || (platform === 'macos' && random.chance(0.42))
  if (sentinel && has.has('sentinelone')) {
    const id = `${1_800_000_000_000_000_000n + BigInt(number) * 40_009n}`
    chart.agent = agentRow({ machine, id, uuid: random.hex(32), lastActive: lastSeen, machineType: 'laptop' })
    chart.agent['isActive'] = now - lastSeen < DAY
  }
  if (!sentinel && has.has('crowdstrike')) {
    const aid = random.hex(24) + number.toString(16).padStart(8, '0')
    const facts = { machine, aid, lastSeen, productType: server ? 'Server' : 'Workstation' } as const
    chart.host = hostRow(facts)
    chart.assessment = assessmentRow(facts, random.whole(72, 99), lastSeen - random.between(1, 40) * HOUR)
  }
  if (platform === 'macos' && has.has('kandji')) {
    const [deviceId, userId] = [uuidOf(random), uuidOf(random)]
    const facts = { machine, deviceId, title: `${machine.ownerName}'s MacBook`, userId, lastCheckIn: lastSeen }
    chart.enrolled = enrolledRow(facts)
    chart.prism = prismRow(facts)
    chart.filevault = fileVaultRow(facts)
  }
  return chart
}

function uuidOf(random: Random): string {
  const hex = random.hex(32)
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`
}

/** Puts the rows where each vendor lists them, and into the tailnet what its integrations make of them. */
function store(making: Making, chart: Chart, os: string, osVersion: string): void {
  const { device, agent, host, assessment, enrolled, prism, filevault } = chart
  const attributes = nodeAttributes(os, osVersion, String(device['clientVersion']))
  const identity = device['postureIdentity'] as { serialNumbers?: string[] } | undefined
  const reports = identity?.serialNumbers !== undefined
  const learn = (provider: Matches['provider'], values: Json): void => {
    if (!reports) return
    making.matched[provider] += 1
    Object.assign(attributes, values)
  }
  if (reports) making.reporting += 1
  if (agent !== undefined) {
    making.agents.push(agent)
    learn('sentinelone', sentinelOneAttributes(agent))
  }
  if (host !== undefined && assessment !== undefined) {
    making.hosts.push(host)
    making.assessments.push(assessment)
    learn('falcon', falconAttributes(assessment))
  }
  if (enrolled !== undefined && prism !== undefined && filevault !== undefined) {
    making.enrolled.push(enrolled)
    making.prism.push(prism)
    making.filevault.push(filevault)
    learn('kandji', kandjiAttributes(prism))
  }
  making.devices.push(device)
  making.attributes[String(device['nodeId'])] = { attributes }
}
