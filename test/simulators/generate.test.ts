import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { generateWorld, mutate } from '../../src/simulators/generate.ts'
import type { World } from '../../src/simulators/simulator.ts'
import { loadWorld } from '../../src/simulators/world.ts'
import { formOf, leaves, MOMENT, millisOf } from './leaves.ts'
import { complaints } from './tailscale-schema.ts'

type Json = Record<string, unknown>

const now = new Date('2026-11-20T09:00:00Z')
const soon = new Date('2026-11-20T09:15:00Z')
const fleet = generateWorld({ devices: 2000, seed: 7, now })
const digest = (world: World): string => createHash('sha256').update(JSON.stringify(world)).digest('hex')
const changed = (before: readonly Json[], after: readonly Json[]): number =>
  after.filter((row, at) => JSON.stringify(row) !== JSON.stringify(before[at])).length / after.length
const serialOf = (device: Json): string | undefined =>
  (device['postureIdentity'] as { serialNumbers?: string[] } | undefined)?.serialNumbers?.[0]
const bySerial = (rows: readonly Json[], field: string): Map<unknown, Json> =>
  new Map(rows.map((row) => [row[field], row]))

/** Devices whose attributes say something else than the vendors' own rows. */
function disagreements({ tailscale, sentinelone, crowdstrike, kandji }: World): string[] {
  const agents = bySerial(sentinelone.agents, 'serialNumber')
  const scores = bySerial(crowdstrike.assessments, 'system_serial_number')
  const enrolled = bySerial(kandji.prism, 'serial_number')
  return tailscale.devices.flatMap((device) => {
    const serial = serialOf(device)
    const { attributes } = tailscale.attributes[String(device['nodeId'])]!
    const agent = serial === undefined ? undefined : agents.get(serial)
    const score = serial === undefined ? undefined : scores.get(serial)
    const prism = serial === undefined ? undefined : enrolled.get(serial)
    const agrees =
      attributes['sentinelOne:activeThreats'] === agent?.['activeThreats'] &&
      attributes['sentinelOne:encryptedApplications'] === agent?.['encryptedApplications'] &&
      attributes['falcon:ztaScore'] === (score?.['assessment'] as { overall: number } | undefined)?.overall &&
      attributes['kandji:mdmEnabled'] === prism?.['mdm_enabled'] &&
      attributes['node:tsVersion'] === device['clientVersion']
    return agrees ? [] : [String(device['name'])]
  })
}

describe('a generated fleet', () => {
  test('is the same to the byte for the same seed, and another for another', () => {
    const again = generateWorld({ devices: 2000, seed: 7, now })
    expect(digest(again)).toBe(digest(fleet))
    expect(digest(generateWorld({ devices: 2000, seed: 8, now }))).not.toBe(digest(fleet))
  })

  test.each([1, 2, 100])('has as many devices as asked for, and an account for each four: %i', (devices) => {
    const world = generateWorld({ devices, seed: 1, now })
    expect(world.tailscale.devices).toHaveLength(devices)
    expect(world.tailscale.users).toHaveLength(Math.max(1, Math.round(devices / 4)))
  })

  test('has an audit log of 90 days that agrees with its accounts, devices, keys and policy', () => {
    const { auditLog, users, devices, keys, policy } = fleet.tailscale
    const since = now.getTime() - 90 * 86_400_000
    const times = auditLog.map(({ eventTime }) => String(eventTime))
    expect(times).toEqual(times.toSorted())
    expect(times.every((time) => millisOf(time) > since && millisOf(time) < now.getTime())).toBe(true)
    const targets = (type: string, action: string): Json[] =>
      auditLog
        .filter((row) => row['action'] === action)
        .map(({ target }) => target as Json)
        .filter((row) => row['type'] === type)
    const suspended = targets('USER', 'SUSPEND').map(({ id }) => users.find((row) => row['id'] === id)!['status'])
    expect(suspended.length).toBeGreaterThan(0)
    expect(new Set(suspended)).toEqual(new Set(['suspended']))
    const recent = devices.filter(({ created }) => Date.parse(String(created)) > since + 3_600_000)
    expect(
      targets('NODE', 'CREATE')
        .map(({ id }) => id)
        .sort(),
    ).toEqual(recent.map(({ nodeId }) => nodeId).sort())
    expect(targets('API_KEY', 'CREATE').map(({ id }) => id)).toEqual([keys[0]!['id']])
    expect(auditLog.find(({ target }) => (target as Json)['property'] === 'ACL')!['new']).toBe(policy)
  })

  test('has the shares of a mixed company', () => {
    const share = (rows: readonly unknown[]): number => rows.length / 2000
    expect(fleet.tailscale.users).toHaveLength(500)
    expect(share(fleet.sentinelone.agents)).toBeCloseTo(0.5, 1)
    expect(share(fleet.crowdstrike.hosts)).toBeCloseTo(0.37, 1)
    expect(share(fleet.kandji.prism)).toBeCloseTo(0.33, 1)
  })

  test('has rows as large as the vendors’ own', () => {
    const size = (rows: readonly unknown[]): number => JSON.stringify(rows).length / rows.length
    expect(size(fleet.tailscale.devices)).toBeGreaterThan(1000)
    expect(size(fleet.sentinelone.agents)).toBeGreaterThan(2500)
    expect(size(fleet.crowdstrike.hosts)).toBeGreaterThan(2800)
    expect(size(fleet.kandji.prism)).toBeGreaterThan(1200)
  })

  test('leaves out the vendors that it is not asked for', () => {
    const world = generateWorld({ devices: 200, seed: 7, now, vendors: ['kandji'] })
    expect([world.sentinelone.agents, world.crowdstrike.hosts, world.crowdstrike.assessments]).toEqual([[], [], []])
    expect(world.kandji.prism.length).toBeGreaterThan(20)
    expect(world.tailscale.integrations.map((row) => row['provider'])).toEqual(['kandji'])
    expect(disagreements(world)).toEqual([])
  })

  test('joins: serial numbers and logins are distinct, the tailnet agrees with the vendors, counts add up', () => {
    const serials = fleet.tailscale.devices.map(serialOf).filter((serial) => serial !== undefined)
    expect(new Set(serials).size).toBe(serials.length)
    expect(disagreements(fleet)).toEqual([])
    const logins = new Set(fleet.tailscale.users.map((row) => row['loginName']))
    const roster = new Set(
      fleet.roster
        .trimEnd()
        .split('\r\n')
        .slice(1)
        .map((line) => line.split(',')[0]),
    )
    expect(roster).toEqual(logins)
    const owned = fleet.tailscale.devices.filter((row) => row['tags'] === undefined)
    expect(owned.every((row) => logins.has(row['user']))).toBe(true)
    expect(fleet.tailscale.users.reduce((sum, row) => sum + Number(row['deviceCount']), 0)).toBe(owned.length)
    const attributes = Object.values(fleet.tailscale.attributes)
    for (const [provider, name] of [
      ['sentinelone', 'sentinelOne:infected'],
      ['falcon', 'falcon:ztaScore'],
      ['kandji', 'kandji:mdmEnabled'],
    ] as const) {
      const { status } = fleet.tailscale.integrations.find((row) => row['provider'] === provider) as { status: Json }
      expect(status['matchedCount']).toBe(attributes.filter((set) => name in set.attributes).length)
    }
  })

  test('has about three ailing devices in a hundred', () => {
    const ill = fleet.sentinelone.agents.filter(
      (row) =>
        row['activeThreats'] !== 0 ||
        row['encryptedApplications'] !== true ||
        row['firewallEnabled'] !== true ||
        row['operationalState'] !== 'na' ||
        row['isUpToDate'] !== true ||
        row['networkStatus'] !== 'connected',
    )
    expect(ill.length / fleet.sentinelone.agents.length).toBeGreaterThan(0.005)
    expect(ill.length / fleet.sentinelone.agents.length).toBeLessThan(0.03)
  })

  test('passes Tailscale’s own schema', ({ skip }) => {
    const found = complaints(fleet.tailscale)
    if (found === null) skip()
    expect(found).toEqual([])
  })
})

describe('the next quarter of an hour', () => {
  test('is the same for the same arguments and leaves the given world as it was', () => {
    const before = digest(fleet)
    expect(digest(mutate(fleet, 3, soon))).toBe(digest(mutate(fleet, 3, soon)))
    expect(digest(fleet)).toBe(before)
  })

  test('sees nearly everything again, in each vendor’s own form, and never in the future', () => {
    const next = mutate(fleet, 3, soon, 0)
    expect(changed(fleet.tailscale.devices, next.tailscale.devices)).toBeGreaterThan(0.9)
    expect(changed(fleet.sentinelone.agents, next.sentinelone.agents)).toBeGreaterThan(0.9)
    expect(changed(fleet.crowdstrike.hosts, next.crowdstrike.hosts)).toBeGreaterThan(0.9)
    expect(changed(fleet.kandji.prism, next.kandji.prism)).toBeGreaterThan(0.9)
    for (const vendor of ['sentinelone', 'crowdstrike', 'kandji'] as const) {
      const before = [...leaves(fleet[vendor])]
      for (const [index, [path, value]] of [...leaves(next[vendor])].entries()) {
        const was = before[index]![1]
        if (value === was) continue
        expect(MOMENT.test(String(value)), path).toBe(true)
        expect(formOf(String(value)), path).toBe(formOf(String(was)))
        expect(millisOf(String(value)), path).toBeLessThanOrEqual(soon.getTime())
      }
    }
  })

  test('changes a few devices in more, and the tailnet and its vendors still agree', () => {
    const next = mutate(fleet, 3, soon, 0.05)
    const attributes = Object.entries(next.tailscale.attributes)
    const different = attributes.filter(([id, set]) => set !== fleet.tailscale.attributes[id]).length
    expect(different / attributes.length).toBeGreaterThan(0.01)
    expect(different / attributes.length).toBeLessThan(0.06)
    expect(disagreements(next)).toEqual([])
  })

  test('connects as many devices as it disconnects, so that a day of it looks like the beginning', () => {
    const connected = ({ tailscale }: World): number =>
      tailscale.devices.filter((row) => row['connectedToControl'] === true).length
    let world = loadWorld(now)
    const start = connected(world)
    for (let quarter = 1; quarter <= 96; quarter++) {
      world = mutate(world, quarter, new Date(now.getTime() + quarter * 900_000), 0)
    }
    expect(connected(world)).toBe(start)
    expect(world.tailscale.devices.every((row) => row['connectedToControl'] !== 'lastSeen' in row)).toBe(true)
  })

  test('leaves the silent silent: the demo’s findings stay what they are', () => {
    const world = loadWorld(now)
    const next = mutate(world, 5, soon, 0)
    const silent = (rows: readonly Json[], field: string): unknown[] =>
      rows.filter((row) => millisOf(String(row[field])) < now.getTime() - 86_400_000).map((row) => row[field])
    expect(silent(next.sentinelone.agents, 'lastActiveDate')).toEqual(
      silent(world.sentinelone.agents, 'lastActiveDate'),
    )
    expect(silent(next.crowdstrike.hosts, 'last_seen')).toEqual(silent(world.crowdstrike.hosts, 'last_seen'))
    expect(silent(next.kandji.prism, 'last_checkin')).toEqual(silent(world.kandji.prism, 'last_checkin'))
    expect(next.tailscale.attributes).toEqual(world.tailscale.attributes)
  })
})
