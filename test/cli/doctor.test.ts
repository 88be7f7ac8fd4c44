/** What `doctor` finds of each source: reach, rights and what a missing one costs, the end of credentials, the clock. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { checks } from '../../checks/index.ts'
import { DAY, HOUR } from '../../src/domain/time.ts'
import type { Vendors } from '../../src/simulators/index.ts'
import { tailscaleSimulator } from '../../src/simulators/tailscale/index.ts'
import { exhibit } from '../helpers/cli.ts'
import { healthyWorld } from '../helpers/healthy-world.ts'
import { type TestInstallation, testClock, testInstallation } from '../helpers/installation.ts'
import { TEST_START } from '../helpers/tools.ts'

let installation: TestInstallation | null = null
afterEach(async () => {
  await installation?.close()
  installation = null
})

/** The other way into the simulated tailnet. */
const API_TOKEN = tailscaleSimulator({
  world: healthyWorld(new Date(TEST_START)).tailscale,
  now: () => new Date(0),
}).credentials.find((one) => 'apiToken' in one)!['apiToken']

interface Source {
  source: string
  reachable: boolean
  strangeHost: string | null
  error: { code: string; message: string } | null
  access: { scope: string; state: string; checks: string[] }[]
  checksBlinded: string[]
  credential: string | null
  expiresAt: string | null
  expiresSoon: boolean
  clockSkewMs: number | null
}

async function asked(...argv: string[]): Promise<{ code: number; out: string; sources: Source[] }> {
  const table = await exhibit(installation, 'doctor', ...argv)
  const json = await exhibit(installation, 'doctor', ...argv, '--format', 'json')
  expect(json.code).toBe(table.code)
  return { code: table.code, out: table.out, sources: JSON.parse(json.out).sources }
}

function world(days: number) {
  const whole = healthyWorld(new Date(TEST_START))
  whole.sentinelone.token = { expiresAt: new Date(Date.parse(TEST_START) + days * DAY).toISOString() }
  return whole
}

const withToken = (vendors: Vendors, roster: string): string => `
  - { id: tailnet, kind: tailscale, baseUrl: "${vendors.servers['tailscale']!.url.origin}", credential: { apiToken: ${API_TOKEN} } }
  - { id: roster, kind: csv, path: ${JSON.stringify(roster)} }`

describe('a SentinelOne token', () => {
  test.each([
    { days: 200, soon: false, says: /✔ credential: API token, expires 2027-\d\d-\d\d .* UTC, in (199|200) days\n/ },
    { days: 9, soon: true, says: /! credential: API token, expires .* UTC, in [89] days; make a new one\s+before\n/ },
    { days: 0.5, soon: true, says: /! credential: API token, expires .* UTC, within a day; make a new one/ },
  ])('that lasts $days more days', async ({ days, soon, says }) => {
    installation = await testInstallation({ world: world(days) })
    const { code, out, sources } = await asked('edr')
    expect(out).toMatch(says)
    expect(sources).toMatchObject([{ source: 'edr', expiresSoon: soon, expiresAt: expect.any(String) }])
    // Near its end it still works: nothing is missing yet.
    expect(code).toBe(0)
  })

  test('that has ended is refused: exit 2, what cannot be answered, how to make another', async () => {
    installation = await testInstallation({ world: world(-1) })
    const { code, out, sources } = await asked('edr')
    expect(code).toBe(2)
    expect(sources).toMatchObject([{ reachable: false, error: { code: 'auth_failed' }, expiresAt: null }])
    expect(sources[0]!.checksBlinded).toEqual(expect.arrayContaining(['S1-01', 'S1-04', 'POS-04']))
    expect(sources[0]!.checksBlinded).not.toContain('KJ-01')
    expect(out).toMatch(/✘ edr: .*answered 401/)
    expect(out).toMatch(/not evaluated while it cannot be read: .*S1-01/)
    expect(out).toContain('credential.apiToken')
  })

  test('that may not read agents lacks its role', async () => {
    installation = await testInstallation({ faults: { sentinelone: [{ kind: 'status', status: 403 }] } })
    const { code, sources } = await asked('edr')
    expect(code).toBe(2)
    expect(sources[0]!.checksBlinded).toContain('S1-01')
  })
})

describe('a Tailscale credential', () => {
  test('an OAuth client has no end', async () => {
    installation = await testInstallation()
    const { code, out, sources } = await asked('tailnet')
    expect(out).toMatch(/✔ credential: OAuth client .*never expires/)
    expect([code, sources[0]!.expiresAt, sources[0]!.expiresSoon]).toEqual([0, null, false])
  })

  test('an API token is told by its end: far, near and over', async () => {
    const clock = testClock()
    installation = await testInstallation({ clock, sources: withToken })
    const far = await asked('tailnet')
    expect(far.out).toMatch(/✔ credential: .*API access token.*, expires .* UTC, in (59|60) days/)
    clock.pass(50 * DAY)
    const near = await asked('tailnet')
    expect(near.out).toMatch(
      /! credential: .*API access token.*, expires .* UTC, in (9|10) days; make a new one\s+before/,
    )
    expect(near.sources).toMatchObject([{ expiresSoon: true }])
    clock.pass(11 * DAY)
    const over = await asked('tailnet')
    expect(over.code).toBe(2)
    expect(over.sources).toMatchObject([{ reachable: false, error: { code: 'auth_failed' } }])
  })
})

test('every scope of every vendor is told, present ones too', async () => {
  installation = await testInstallation({ checks })
  const { sources } = await asked()
  for (const { id, connector } of installation.sources) {
    const told = sources.find(({ source }) => source === id)!.access.map(({ scope }) => scope)
    expect([id, told.toSorted()]).toEqual([id, connector.access.map(({ scope }) => scope).toSorted()])
  }
})

test('a missing scope costs exactly the checks that need what it reveals', async () => {
  installation = await testInstallation({ tailscaleGrants: ['users:read', 'devices:core:read'], checks })
  const { code, sources } = await asked('tailnet')
  const missing = sources[0]!.access.filter(({ state }) => state === 'missing')
  expect(code).toBe(2)
  const costs = Object.fromEntries(missing.map(({ scope, checks: cost }) => [scope, cost]))
  expect(costs['policy_file:read']).toEqual(expect.arrayContaining(['POS-10']))
  expect(costs['webhooks:read']).toContain('LOG-05')
  expect(costs['webhooks:read']).not.toContain('ID-02')
  expect(sources[0]!.access.filter(({ state }) => state === 'present').flatMap(({ checks: cost }) => cost)).toEqual([])
  expect(sources[0]!.checksBlinded).toEqual([...new Set(Object.values(costs).flat())].sort())
})

describe('the roster file', () => {
  test('is read: how many people it holds and when it was changed, and no credential is spoken of', async () => {
    installation = await testInstallation()
    const people = installation.world.roster.trimEnd().split('\n').length - 1
    const { code, out, sources } = await asked('roster')
    expect(out).toMatch(
      new RegExp(
        `^roster Roster file \\(CSV\\)\\n  ✔ FILE people\\.csv: ${people} people, modified at 2026-11-\\S+Z\\n\\n$`,
      ),
    )
    expect([code, sources[0]!.credential, sources[0]!.strangeHost]).toEqual([0, null, null])
  })

  test('that is gone, or has a row that cannot be read, is told with its lines', async () => {
    installation = await testInstallation()
    installation.writeRoster('email,end_date\nada@acme.example,yesterday\n')
    const broken = await asked('roster')
    expect(broken.code).toBe(2)
    expect(broken.out).toMatch(/✘ roster: .*line 2/)
    rmSync(join(installation.folder, 'people.csv'))
    expect((await asked('roster')).sources).toMatchObject([{ reachable: false, error: { code: 'file_unreadable' } }])
  })
})

describe('a host that the vendor does not publish', () => {
  test('is named, and costs nothing else', async () => {
    installation = await testInstallation()
    const { host } = installation.vendors.servers['kandji']!.url
    const { code, out, sources } = await asked('mdm')
    expect(out.replace(/\s+/g, ' ')).toContain(
      `! host: ${host} is none that the vendor publishes, and every output says so`,
    )
    expect([code, sources[0]!.strangeHost]).toEqual([0, host])
  })

  test('is also Kandji’s address of old; today’s is not', async () => {
    installation = await testInstallation()
    const hostOf = (baseUrl: string): string | null =>
      installation!.reconfigured({
        yaml: '',
        sources: () => `\n  - { id: mdm, kind: kandji, baseUrl: "${baseUrl}", credential: { apiToken: t } }`,
      }).sources[0]!.strangeHost
    expect(hostOf('https://acme.clients.us-1.kandji.io')).toBe('acme.clients.us-1.kandji.io')
    expect(hostOf('https://acme.api.kandji.io')).toBeNull()
  })
})

describe('the clock', () => {
  test('that agrees is said to agree, without a sign', async () => {
    installation = await testInstallation()
    const { out } = await asked()
    expect(out.match(/clock: .*/g)).toEqual(Array(4).fill('clock: this machine’s agrees with the vendor’s'))
  })

  test.each([
    {
      name: 'an hour ahead',
      step: HOUR,
      says: /! clock: this machine’s 3,(599|600|601) s ahead of the vendor’s; set it by NTP/,
    },
    {
      name: 'two minutes behind',
      step: -120_000,
      says: /! clock: this machine’s 1(19|20|21) s behind the vendor’s; set it by NTP/,
    },
    { name: 'ten seconds behind', step: -10_000, says: /✔ clock: this machine’s (9|10|11) s behind the vendor’s\n/ },
  ])('$name', async ({ step, says }) => {
    const vendorClock = testClock()
    const first = await testInstallation({ clock: vendorClock })
    const clock = testClock()
    clock.step(step)
    try {
      installation = await testInstallation({ clock, vendors: first.vendors })
      const { out } = await asked('edr')
      expect(out).toMatch(says)
      expect(out).not.toMatch(/clock: .*-\d/)
    } finally {
      await installation?.close()
      installation = null
      await first.close()
    }
  })
})

test('only the source named is asked; one that is not configured is an error of use', async () => {
  installation = await testInstallation()
  expect((await asked('roster')).sources.map(({ source }) => source)).toEqual(['roster'])
  expect(await exhibit(installation, 'doctor', 'roster', 'rooster')).toMatchObject({
    code: 64,
    out: '',
    err: expect.stringContaining('there is no source "rooster"; configured are tailnet, edr, falcon, mdm, roster'),
  })
})
