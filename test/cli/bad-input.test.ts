/** What people and vendors get wrong: one clear line each, the last good data stay visible, nothing crashes. */
import { afterEach, describe, expect, test } from 'vitest'
import type { Fault } from '../../src/simulators/faults.ts'
import { exhibit } from '../helpers/cli.ts'
import { type TestInstallation, testInstallation } from '../helpers/installation.ts'

let installation: TestInstallation
afterEach(async () => {
  expect(installation.internal).toEqual([])
  await installation.close()
})

interface Case {
  name: string
  source: string
  spoil: (installation: TestInstallation) => void
  /** The line that is printed. */
  says: RegExp
  /** A check that rests on it. */
  check: string
  reason: string
}

const at =
  (vendor: string, fault: Fault) =>
  ({ vendors }: TestInstallation): void => {
    vendors.servers[vendor]!.faults.add(fault)
  }
const body = (value: unknown): Fault => ({ kind: 'status', status: 200, body: JSON.stringify(value) })

const cases: Case[] = [
  {
    name: 'a roster with a broken row',
    source: 'roster',
    spoil: (one) => one.writeRoster(`${one.world.roster}eve@fleet.example,Eve,active,2026-13-01,,IT,employee,true\n`),
    says: /✘ roster: .*line 9.*start_date/s,
    check: 'ID-01',
    reason: 'source_error',
  },
  {
    name: 'a roster without its column',
    source: 'roster',
    spoil: (one) => one.writeRoster('name\nEve\n'),
    says: /✘ roster: .*email/s,
    check: 'ID-01',
    reason: 'source_error',
  },
  {
    name: 'a roster that names someone twice',
    source: 'roster',
    spoil: (one) => one.writeRoster('email\neve@x.example\nEVE@x.example\n'),
    says: /✘ roster: .*eve@x\.example/is,
    check: 'ID-01',
    reason: 'source_error',
  },
  {
    name: 'a wrong token',
    source: 'edr',
    spoil: at('sentinelone', { kind: 'status', status: 401 }),
    says: /✘ edr: GET \/web\/api\/v2\.1\/agents answered 401/,
    check: 'S1-04',
    reason: 'auth_error',
  },
  {
    name: 'a wrong client secret',
    source: 'tailnet',
    spoil: at('tailscale', { kind: 'status', status: 401, endpoint: 'token' }),
    says: /✘ tailnet: POST \/api\/v2\/oauth\/token answered 401/,
    check: 'ID-02',
    reason: 'auth_error',
  },
  {
    name: 'a wrong region',
    source: 'falcon',
    spoil: at('crowdstrike', {
      kind: 'redirect',
      status: 308,
      location: 'https://api.eu-1.crowdstrike.com/oauth2/token',
      headers: { 'x-cs-region': 'eu-1' },
    }),
    says: /✘ falcon: POST \/oauth2\/token answered 308.*Set baseUrl:\s+https:\/\/api\.eu-1\.crowdstrike\.com/s,
    check: 'CS-01',
    reason: 'source_error',
  },
  {
    name: 'a vendor that answers HTML',
    source: 'mdm',
    spoil: at('kandji', { kind: 'html200' }),
    says: /✘ mdm: .*an HTML page where json was expected/s,
    check: 'KJ-01',
    reason: 'source_error',
  },
  {
    name: 'half a body',
    source: 'edr',
    spoil: at('sentinelone', { kind: 'truncated' }),
    says: /✘ edr: .*was cut short/s,
    check: 'S1-04',
    reason: 'source_error',
  },
  {
    name: 'half a JSON',
    source: 'tailnet',
    spoil: at('tailscale', { kind: 'half_json', endpoint: 'users' }),
    says: /✘ tailnet: .*not JSON or were cut short/s,
    check: 'ID-02',
    reason: 'source_error',
  },
  {
    name: 'an empty list after a full one',
    source: 'tailnet',
    spoil: at('tailscale', { kind: 'empty_list', endpoint: 'devices' }),
    says: /✘ tailnet: device records fell from 6 to 0.*exhibit\s+sync\s+--accept\s+tailnet/s,
    check: 'ID-03',
    reason: 'partial_population',
  },
  {
    name: 'a repeated cursor',
    source: 'edr',
    spoil: at('sentinelone', body({ data: [{ id: '1' }], pagination: { totalItems: 9, nextCursor: 'again' } })),
    says: /✘ edr: .*(cursor|page)/s,
    check: 'S1-04',
    reason: 'source_error',
  },
]

describe('bad input', () => {
  test.each(cases)('$name', async ({ source, spoil, says, check, reason }) => {
    installation = await testInstallation()
    expect((await exhibit(installation, 'sync')).code).toBe(0)
    const before = await installation.store.recordsOf(source)
    installation.clock.pass(60_000)
    spoil(installation)

    const { code, out, err } = await exhibit(installation, 'sync', source)
    expect([code, err]).toEqual([2, ''])
    expect(out).toMatch(says)
    expect(out.match(/^✘ /gm)).toHaveLength(1)
    expect(out).not.toMatch(/\n\s+at |internal error|\[hidden\]/i)

    const judged = JSON.parse((await exhibit(installation, 'check', check, '--format', 'json')).out)
    expect(judged.results[0]).toMatchObject({ status: 'unknown', unknownReason: reason, findings: [] })
    const state = judged.sources.find(({ id }: { id: string }) => id === source)
    expect(state.collectedAt < state.attemptedAt).toBe(true)
    expect(await installation.store.recordsOf(source)).toEqual(before)
  })
})
