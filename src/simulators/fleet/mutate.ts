/** The next quarter of an hour: nearly everything is seen again, and a few things change. */
import type { TailscaleWorld, World } from '../simulator.ts'
import { falconAttributes } from './crowdstrike-rows.ts'
import { type Random, randomFrom } from './random.ts'
import { sentinelOneAttributes } from './sentinelone-rows.ts'
import { micros, microsWithOffset, seconds, spaced } from './times.ts'

type Json = Record<string, unknown>

const [MINUTE, DAY] = [60_000, 86_400_000]
const QUARTER = 15 * MINUTE
/** Share of the living that is seen in a quarter of an hour. */
const SEEN = 0.99
/** Chance of a connected device to be gone a quarter of an hour later. */
const DISCONNECTS = 0.02

/**
 * A later world; the given one stays as it is, and rows that did not change are shared. Whatever was silent for a day
 * before `now` stays silent. `share` of the devices change in something else than when they were seen; with 0 none does.
 */
export function mutate(world: World, seed: number, now: Date, share = 0.01): World {
  const random = randomFrom(seed)
  const at = now.getTime()
  const clock: Clock = { random, at }
  const devices = seenDevices(world.tailscale.devices, clock)
  const next: World = {
    ...world,
    tailscale: {
      ...world.tailscale,
      devices,
      users: seenAccounts(world.tailscale.users, devices, clock),
      attributes: { ...world.tailscale.attributes },
      integrations: world.tailscale.integrations.map((row) => synced(row, clock)),
      logStreams: streamed(world.tailscale.logStreams, clock),
    },
    sentinelone: {
      ...world.sentinelone,
      agents: world.sentinelone.agents.map((row) => seenAt(row, clock, 'lastActiveDate', ['updatedAt'])),
    },
    crowdstrike: {
      ...world.crowdstrike,
      hosts: world.crowdstrike.hosts.map((row) => seenAt(row, clock, 'last_seen', ['modified_timestamp'])),
      assessments: [...world.crowdstrike.assessments],
    },
    kandji: checkedIn(world.kandji, clock),
  }
  if (share > 0) changeSome(next, clock, share)
  return next
}

interface Clock {
  random: Random
  at: number
}

/** When a living thing was seen; null when it was not, or is not among the living. */
function sighting(last: unknown, { random, at }: Clock): number | null {
  const [share, when] = [random.next(), at - random.between(MINUTE, QUARTER)]
  const before = typeof last === 'string' ? Date.parse(last.replace(' ', 'T')) : Number.NaN
  const alive = at - before < DAY
  return alive && share < SEEN ? Math.max(before, when) : null
}

/** A moment in the form in which the vendor wrote the one before it. */
function like(before: string, ms: number): string {
  if (before.includes(' ')) return spaced(ms)
  if (before.endsWith('+00:00')) return microsWithOffset(ms)
  return before.includes('.') ? micros(ms) : seconds(ms)
}

/** Moves `field`; of `with` those that are not older than it, since what a console changed by itself stays. */
function seenAt(row: Json, clock: Clock, field: string, along: readonly string[]): Json {
  const when = sighting(row[field], clock)
  if (when === null) return row
  const before = String(row[field])
  const moved: Json = { ...row, [field]: like(before, when) }
  for (const name of along) {
    const text = row[name]
    if (typeof text === 'string' && Date.parse(text) >= Date.parse(before)) moved[name] = like(text, when)
  }
  return moved
}

/** For each device that goes another one comes, so that a day of this looks like its beginning. */
function seenDevices(rows: readonly Json[], clock: Clock): Json[] {
  const seen = rows.map((row) => seenDevice(row, clock))
  const waiting: number[] = []
  let gone = 0
  for (const [index, row] of rows.entries()) {
    if (row === seen[index]) continue
    if (row['connectedToControl'] === true) gone += 1
    else waiting.push(index)
  }
  for (; gone > 0 && waiting.length > 0; gone--) {
    const [index] = waiting.splice(clock.random.whole(0, waiting.length), 1)
    const { lastSeen: _, ...rest } = seen[index!]!
    seen[index!] = { ...rest, connectedToControl: true }
  }
  return seen
}

/** Tailscale leaves `lastSeen` out while a device is connected. */
function seenDevice(row: Json, clock: Clock): Json {
  const goes = clock.random.chance(DISCONNECTS)
  const when = sighting(row['lastSeen'], clock)
  if (row['connectedToControl'] === true) {
    if (!goes) return row
    return { ...row, connectedToControl: false, lastSeen: seconds(clock.at - clock.random.between(MINUTE, QUARTER)) }
  }
  return when === null || row['isExternal'] === true ? row : { ...row, lastSeen: seconds(when) }
}

function seenAccounts(rows: readonly Json[], devices: readonly Json[], clock: Clock): Json[] {
  const connected = new Set<unknown>()
  for (const { user, tags, connectedToControl } of devices)
    if (connectedToControl === true && tags === undefined) connected.add(user)
  return rows.map((row) => {
    if (row['status'] === 'suspended') return row
    const seen = seenAt(row, clock, 'lastSeen', [])
    const online = connected.has(row['loginName'])
    return online === row['currentlyConnected'] ? seen : { ...seen, currentlyConnected: online }
  })
}

/** The list and Prism are two views of one check-in. */
function checkedIn({ devices, prism, filevault }: World['kandji'], clock: Clock): World['kandji'] {
  const at = new Map<unknown, number>()
  for (const row of prism) {
    const when = sighting(row['last_checkin'], clock)
    if (when !== null) at.set(row['device_id'], when)
  }
  const moved = (row: Json, fields: readonly string[]): Json => {
    const when = at.get(row['device_id'])
    if (when === undefined) return row
    const copy = { ...row }
    for (const field of fields) {
      const text = row[field]
      if (typeof text === 'string' && text !== '') copy[field] = like(text, when)
    }
    return copy
  }
  return {
    devices: devices.map((row) => moved(row, ['last_check_in'])),
    prism: prism.map((row) => moved(row, ['last_checkin', 'last_checkin_agent', 'updated_at'])),
    filevault: [...filevault],
  }
}

/** An attempt each quarter of an hour, the failing ones too; one that never synced still has not. */
function synced(row: Json, { random, at }: Clock): Json {
  const delay = random.between(0.1, 1) * MINUTE
  const status = row['status'] as Json | undefined
  return status === undefined ? row : { ...row, status: { ...status, lastSync: micros(at - delay) } }
}

function streamed(streams: TailscaleWorld['logStreams'], { at }: Clock): TailscaleWorld['logStreams'] {
  const moved = (stream: TailscaleWorld['logStreams']['network']): typeof stream =>
    stream && { ...stream, status: { ...stream.status, lastActivity: micros(at - 2 * MINUTE) } }
  return { configuration: moved(streams.configuration), network: moved(streams.network) }
}

/** Where a vendor keeps a machine, by serial number. */
function places(rows: readonly Json[], field: string): ReadonlyMap<unknown, number> {
  return new Map(rows.map((row, index) => [row[field], index]))
}

/** A newer client, a renewed key, a threat that comes or goes, a score that moves; the tailnet learns of each at once. */
function changeSome(world: World, { random, at }: Clock, share: number): void {
  const { devices, attributes } = world.tailscale
  const agents = places(world.sentinelone.agents, 'serialNumber')
  const scored = places(world.crowdstrike.assessments, 'system_serial_number')
  for (const [index, row] of devices.entries()) {
    if (!random.chance(share) || row['isExternal'] === true) continue
    const nodeId = String(row['nodeId'])
    const serial = (row['postureIdentity'] as { serialNumbers?: string[] } | undefined)?.serialNumbers?.[0]
    const agent = agents.get(serial)
    const score = scored.get(serial)
    const kind = random.whole(0, 3)
    const learn = (values: Json): void => {
      const known = attributes[nodeId]
      attributes[nodeId] = { ...known, attributes: { ...known?.attributes, ...values } }
    }
    if (kind === 0 && agent !== undefined) {
      const before = world.sentinelone.agents[agent]!
      const threats = before['activeThreats'] === 0 ? 1 : 0
      const after: Json = { ...before, activeThreats: threats, infected: threats > 0, updatedAt: micros(at - MINUTE) }
      world.sentinelone.agents[agent] = after
      learn(sentinelOneAttributes(after))
    } else if (kind === 1 && score !== undefined) {
      const before = world.crowdstrike.assessments[score]!
      const overall = random.whole(60, 100)
      const scores = { ...(before['assessment'] as Json), overall }
      const after: Json = { ...before, assessment: scores, modified_time: seconds(at - MINUTE) }
      world.crowdstrike.assessments[score] = after
      learn(falconAttributes(after))
    } else if (row['keyExpiryDisabled'] === false && random.chance(0.5)) {
      devices[index] = { ...row, expires: seconds(at + 90 * DAY) }
    } else {
      const version = `1.92.${random.whole(0, 9)}`
      devices[index] = { ...row, clientVersion: version, updateAvailable: false }
      learn({ 'node:tsVersion': version })
    }
  }
}
