import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { ANCHOR, demoConfig, loadWorld, shiftDates, shiftMoments } from '../../src/simulators/world.ts'
import { formOf, leaves, MOMENT, millisOf } from './leaves.ts'
import { complaints, DEVIATIONS } from './tailscale-schema.ts'

type Json = Record<string, unknown>

const anchor = new Date(ANCHOR)
const later = new Date('2027-02-03T23:59:31.400Z')
const DAY = 86_400_000
const text = (row: Json, field: string): string => String(row[field])

describe('moving the organisation along', () => {
  test.each([
    ['2026-11-20T08:00:00Z', '2026-11-22T07:30:00Z'],
    ['2026-11-20T08:00:00.123456Z', '2026-11-22T07:30:00.123456Z'],
    ['2026-11-20T08:00:00.984555636Z', '2026-11-22T07:30:00.984555636Z'],
    ['2026-11-20 08:00:00.961496+00:00', '2026-11-22 07:30:00.961496+00:00'],
    ['2026-11-20T03:41:12.872282-05:00', '2026-11-22T03:11:12.872282-05:00'],
    ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00Z'],
    ['', ''],
    ['10.0.26200.7171', '10.0.26200.7171'],
  ])('%s becomes %s 47 h 30 min later', (before, after) => {
    expect(shiftMoments(before, new Date('2026-11-22T08:30:00.999Z'))).toBe(after)
  })

  test('at the anchor the fixtures are given out as they are written', () => {
    const folder = join(import.meta.dirname, '../../fixtures')
    const written = JSON.parse(readFileSync(join(folder, 'tailscale/devices.json'), 'utf8'))
    expect({ devices: loadWorld(anchor).tailscale.devices }).toEqual(written)
    expect(loadWorld(anchor).roster).toBe(readFileSync(join(folder, 'csv/people.csv'), 'utf8'))
  })

  test('every moment moves by the same time and keeps its form and order, nothing else changes', () => {
    const moments: [number, number][] = []
    const forms = new Set<string>()
    const then = [...leaves(vendorsOf(anchor))]
    const now = [...leaves(vendorsOf(later))]
    expect(now.map(([path]) => path)).toEqual(then.map(([path]) => path))
    for (const [index, [path, before]] of then.entries()) {
      const after = now[index]![1]
      const moved = typeof before === 'string' && MOMENT.test(before) && !before.startsWith('0001')
      if (!moved) {
        expect(after, path).toBe(before)
        continue
      }
      expect(formOf(String(after)), path).toBe(formOf(before))
      forms.add(formOf(before))
      moments.push([millisOf(before), millisOf(String(after))])
    }
    const seconds = Math.floor((later.getTime() - ANCHOR) / 1000) * 1000
    expect(new Set(moments.map(([before, after]) => after - before))).toEqual(new Set([seconds]))
    // seconds, microseconds, nanoseconds, milliseconds, an offset, and a space for the T all occur.
    expect(forms.size).toBeGreaterThanOrEqual(6)
    expect(moments.length).toBeGreaterThan(1000)
  })

  test('nothing was seen in the future, whatever the hour', () => {
    const seen = /\/(lastSeen|last_seen|lastActiveDate|last_check_in|last_checkin|updatedAt|updated_at|lastSync)$/
    for (const [path, value] of leaves(vendorsOf(later))) {
      if (seen.test(path) && value !== '') expect(millisOf(String(value)), path).toBeLessThanOrEqual(later.getTime())
    }
  })

  test('roster dates move by whole days, so whoever left yesterday left yesterday from midnight to midnight', () => {
    for (const time of ['00:00:00', '09:00:00', '23:59:59']) {
      const people = rosterOf(new Date(`2027-02-03T${time}Z`))
      expect(people.get('peter.novak@northlight.example')?.['end_date']).toBe('2027-02-02')
      expect(people.get('rachel.stein@northlight.example')).toMatchObject({ status: 'left', end_date: '' })
    }
    expect(shiftDates('on 2026-12-31, not 2026-13-41', new Date('2026-11-21T00:00:00Z'))).toBe(
      'on 2027-01-01, not 2026-13-41',
    )
  })
})

describe('the organisation holds together', () => {
  const world = loadWorld(later)
  const { devices, users, integrations, keys } = world.tailscale
  const own = devices.filter((row) => row['isExternal'] === false)
  const carried = own.filter((row) => row['tags'] === undefined)
  const serialsOf = (row: Json): string[] =>
    (row['postureIdentity'] as { serialNumbers?: string[] } | undefined)?.serialNumbers ?? []

  test('ids are distinct in every list', () => {
    for (const ids of [
      devices.map((row) => text(row, 'nodeId')),
      devices.map((row) => text(row, 'id')),
      devices.flatMap((row) => row['addresses'] as string[]),
      users.map((row) => text(row, 'id')),
      users.map((row) => text(row, 'loginName')),
      keys.map((row) => text(row, 'id')),
      world.sentinelone.agents.map((row) => text(row, 'id')),
      [...world.crowdstrike.hosts, ...world.crowdstrike.hidden].map((row) => text(row, 'device_id')),
      world.kandji.devices.map((row) => text(row, 'device_id')),
      world.kandji.prism.map((row) => text(row, 'device_id')),
    ]) {
      expect(new Set(ids).size).toBe(ids.length)
    }
  })

  test('each account counts the devices that it owns, and every owned device has its account', () => {
    for (const user of users) {
      expect(carried.filter((row) => row['user'] === user['loginName']).length, text(user, 'loginName')).toBe(
        user['deviceCount'],
      )
    }
    expect(users.reduce((sum, user) => sum + Number(user['deviceCount']), 0)).toBe(carried.length)
  })

  test('each integration counts the hosts and matches that the rows have', () => {
    const counts = (provider: string): unknown => integrations.find((row) => row['provider'] === provider)?.['status']
    const matches = (prefix: string): number =>
      Object.values(world.tailscale.attributes).filter(({ attributes }) =>
        Object.keys(attributes).some((name) => name.startsWith(prefix)),
      ).length
    const possibleMatchedCount = devices.filter((row) => serialsOf(row).length > 0).length
    expect(counts('sentinelone')).toMatchObject({
      providerHostCount: world.sentinelone.agents.filter((row) => row['isDecommissioned'] === false).length,
      matchedCount: matches('sentinelOne:'),
      possibleMatchedCount,
    })
    expect(counts('kandji')).toMatchObject({
      providerHostCount: world.kandji.devices.filter((row) => row['is_removed'] === false).length,
      matchedCount: matches('kandji:'),
      possibleMatchedCount,
    })
    expect(counts('falcon')).toMatchObject({ error: expect.stringMatching(/^oauth2: .*401/), matchedCount: 0 })
    expect(integrations.find((row) => row['provider'] === 'fleet')).not.toHaveProperty('status')
  })

  test('Kandji lists the devices that Prism knows, with the same serial numbers', () => {
    const pairs = (rows: readonly Json[]): string[] =>
      rows.map((row) => `${row['device_id']} ${row['serial_number']}`).sort()
    expect(pairs(world.kandji.devices)).toEqual(pairs(world.kandji.prism))
  })

  test('an assessment belongs to a host and bears its serial number', () => {
    const hosts = new Map(world.crowdstrike.hosts.map((row) => [row['device_id'], row]))
    for (const { aid, system_serial_number } of world.crowdstrike.assessments) {
      expect(hosts.get(aid)?.['serial_number']).toBe(system_serial_number)
    }
  })

  test('creators of keys are accounts, but for the one whose account is gone', () => {
    const ids = new Set(users.map((row) => row['id']))
    const orphans = keys.filter((row) => row['userId'] !== '' && !ids.has(row['userId']))
    expect(orphans.map((row) => row['description'])).toEqual(['inventory export'])
  })

  test('all but two members of the tailnet are in the roster by login or alias', () => {
    const people = rosterOf(later)
    const config = parse(demoConfig(later, {})) as { people: { aliases: Json; serviceAccounts: string[] } }
    const known = new Set([...people.keys(), ...Object.keys(config.people.aliases), ...config.people.serviceAccounts])
    const strangers = users
      .filter((row) => row['type'] === 'member')
      .map((row) => text(row, 'loginName').toLowerCase())
      .filter((login) => !known.has(login))
    expect(strangers.sort()).toEqual(['helpdesk@northlight.example', 'kestrel-dev@github'])
  })

  test('the oddities that matching must survive are all there', () => {
    const serials = own.flatMap(serialsOf)
    expect(serials.filter((serial, at) => serials.indexOf(serial) !== at)).toHaveLength(1)
    expect(serials).toContain('To Be Filled By O.E.M.')
    expect(own.filter((row) => serialsOf(row).length === 2)).toHaveLength(1)
    expect(world.sentinelone.agents.filter((row) => !('serialNumber' in row))).toHaveLength(1)
    expect(world.crowdstrike.hosts.filter((row) => !('serial_number' in row))).toHaveLength(1)
    expect(world.crowdstrike.hosts.filter((row) => row['serial_number'] === '')).toHaveLength(1)
    expect(world.crowdstrike.hidden).toHaveLength(1)
  })

  describe('the audit log', () => {
    const log = world.tailscale.auditLog as {
      eventTime: string
      action: string
      actor: Json
      target: Json
      new: unknown
    }[]
    const of = (type: string, action: string, property?: string) =>
      log.filter(
        ({ target, action: done }) => target['type'] === type && done === action && target['property'] === property,
      )
    const since = later.getTime() - 90 * DAY
    const named = new Set(users.map((row) => row['id']))

    test('holds the last 90 days, in their order', () => {
      const times = log.map(({ eventTime }) => eventTime)
      expect(times).toEqual(times.toSorted())
      for (const time of [times[0]!, times.at(-1)!]) {
        expect(millisOf(time)).toBeGreaterThan(since)
        expect(millisOf(time)).toBeLessThan(later.getTime())
      }
      expect(new Set(times).size).toBe(log.length)
    })

    test('tells of every account that is suspended', () => {
      const suspended = users.filter(({ status }) => status === 'suspended').map(({ id }) => id)
      expect(of('USER', 'SUSPEND').map(({ target }) => target['id'])).toEqual(expect.arrayContaining(suspended))
    })

    test('tells of every account, device and key that was made meanwhile, to the second', () => {
      const recent = (rows: Json[], id: string): [unknown, string][] =>
        rows
          .filter((row) => row['created'] !== '' && Date.parse(text(row, 'created')) >= since)
          .map((row): [unknown, string] => [row[id], text(row, 'created').slice(0, 19)])
          .sort()
      const told = (type: string): [unknown, string][] =>
        of(type, 'CREATE')
          .map(({ target, eventTime }): [unknown, string] => [target['id'], eventTime.slice(0, 19)])
          .sort()
      expect(told('USER')).toEqual(
        recent(
          users.filter(({ type }) => type === 'member'),
          'id',
        ),
      )
      expect(told('NODE')).toEqual(recent(own, 'nodeId'))
      // A token of an hour is no key that is made: it stands as OAUTH_ACCESS_TOKEN.
      const made = keys.filter(({ id, keyType }) => id !== 'kMinted5xCNTRL' && keyType !== 'client')
      expect(told('API_KEY')).toEqual(
        recent(
          made.filter(({ keyType }) => keyType !== 'federated'),
          'id',
        ),
      )
    })

    test('gives each account the role that it has', () => {
      const names: Json = { member: 'Member', owner: 'Owner', admin: 'Admin', 'it-admin': 'IT admin' }
      names['network-admin'] = 'Network admin'
      for (const { id, role } of users) {
        const last = of('USER', 'UPDATE', 'USER_ROLE').findLast(
          (event) => event.target['id'] === id && !('error' in event),
        )
        if (last !== undefined) expect((last.new as string[]).at(-1)).toBe(names[String(role)])
      }
    })

    test('shows one who raised their own role, one who came without approval, and one who left and is deleted', () => {
      const roles = of('USER', 'UPDATE', 'USER_ROLE').filter((event) => !('error' in event))
      expect(
        roles.filter(({ actor, target }) => actor['id'] === target['id']).map(({ actor }) => actor['loginName']),
      ).toEqual(['hiroshi.tanaka@northlight.example'])
      const approved = of('USER', 'APPROVE').map(({ target }) => target['id'])
      const alone = of('USER', 'CREATE').filter(({ target }) => !approved.includes(target['id']))
      expect(alone.map(({ target }) => target['name'])).toEqual(['kestrel-dev@github', 'tuan.pham@northlight.example'])
      expect(
        of('USER', 'DELETE')
          .map(({ target }) => target['id'])
          .filter((id) => named.has(id)),
      ).toEqual([])
      const group = log.filter(
        (event) => (event as Json)['eventGroupID'] === (of('USER', 'DELETE')[0] as unknown as Json)['eventGroupID'],
      )
      expect(group.map(({ target, action }) => `${target['type']}.${action}`)).toEqual([
        'NODE.DELETE',
        'NODE.DELETE',
        'USER.DELETE',
      ])
    })

    test('leaves the policy as it is', () => {
      const policies = of('TAILNET', 'UPDATE', 'ACL') as unknown as { old: string; new: string }[]
      expect(policies.at(-1)!.new).toBe(world.tailscale.policy)
      for (const [at, change] of policies.entries()) {
        expect(change.old).not.toBe(change.new)
        if (at > 0) expect(change.old).toBe(policies[at - 1]!.new)
      }
    })
  })

  test('Tailscale’s own schema accepts every row, but for the deviations on record', ({ skip }) => {
    const found = complaints(world.tailscale)
    if (found === null) skip()
    expect(found).toEqual(DEVIATIONS)
  })
})

describe('the demo’s configuration', () => {
  test('fills in what it is given, escapes it, and leaves other names to the environment', () => {
    const config = demoConfig(anchor, { DEMO_DATA: 'C:\\demo "1"', DEMO_TAILSCALE_URL: 'http://127.0.0.1:4001' })
    const read = parse(config) as { data: string; sources: Json[] }
    expect(read.data).toBe('C:\\demo "1"')
    expect(read.sources[0]).toMatchObject({ baseUrl: 'http://127.0.0.1:4001' })
    expect(read.sources[1]).toMatchObject({ baseUrl: expect.stringMatching(/^\$\{DEMO_SENTINELONE_URL\}$/) })
  })

  test('moves waivers and attestations along and speaks of devices that exist', () => {
    const config = parse(demoConfig(later, {})) as { waivers: Json[]; attestations: Json[] }
    const ids = new Set(loadWorld(later).tailscale.devices.map((row) => row['nodeId']))
    for (const { subject } of config.waivers) expect(ids).toContain(subject)
    const days = Math.floor(later.getTime() / DAY) - Math.floor(ANCHOR / DAY)
    expect(config.waivers[0]?.['created']).toBe(
      new Date(Date.parse('2026-11-03T00:00:00Z') + days * DAY).toISOString().slice(0, 10),
    )
    const today = later.toISOString().slice(0, 10)
    expect(config.waivers.map(({ expires }) => String(expires) >= today)).toEqual([true, false])
    expect(config.attestations.every(({ until }) => String(until) >= today)).toBe(true)
  })
})

function vendorsOf(now: Date): unknown {
  const { roster: _, ...vendors } = loadWorld(now)
  const isPolicy = (event: Json): boolean => (event['target'] as Json)['property'] === 'ACL'
  const auditLog = vendors.tailscale.auditLog.map((event) => (isPolicy(event) ? { ...event, old: '', new: '' } : event))
  return { ...vendors, tailscale: { ...vendors.tailscale, policy: '', auditLog } }
}

function rosterOf(now: Date): Map<string, Record<string, string>> {
  const [header = '', ...rows] = loadWorld(now).roster.trimEnd().split('\r\n')
  const columns = header.split(',')
  return new Map(
    rows.map((row) => {
      const cells = row.split(',')
      return [cells[0]!, Object.fromEntries(columns.map((name, at) => [name, cells[at] ?? '']))]
    }),
  )
}
