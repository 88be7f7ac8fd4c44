/**
 * P1: a broken or partial pull never yields a pass. Faults at every endpoint; and, as a property, whatever goes wrong,
 * wherever, at whichever try. The other kinds of fault are in faults.test.ts. `npm run prove -- faults` tries all that
 * there are and new schedules, whose seed is printed; `FAULT_SEED` repeats them and `FAULT_SCHEDULES` says how many.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Fault } from '../src/simulators/faults.ts'
import { faultLanes, SIMULATED } from './helpers/fault-lanes.ts'
import { faultsEverywhere } from './helpers/fault-matrix.ts'
import type { FaultRun } from './helpers/fault-runs.ts'
import { PROVING } from './helpers/proving.ts'

const SCHEDULES = Number(process.env['FAULT_SCHEDULES'] ?? (PROVING ? 1000 : 8))
const SEED = Number(process.env['FAULT_SEED'] ?? (PROVING ? Date.now() % 2 ** 31 : 7))
const lanes = faultLanes()

test('with a fault switched on at any endpoint of any vendor, no check that rests on it passes', {
  timeout: 3_600_000,
}, async () => {
  const { endpoints, untried } = await faultsEverywhere(lanes)
  expect(endpoints).toEqual(
    new Set(Object.keys(SIMULATED).flatMap((vendor) => lanes.called(vendor).map((name) => `${vendor} ${name}`))),
  )
  expect(endpoints.size).toBeGreaterThan(20)
  expect(untried).toEqual([])
})

const ENDPOINTS = {
  tailscale: [
    'token',
    'users',
    'devices',
    'attributes',
    'integrations',
    'settings',
    'keys',
    'policy',
    'webhooks',
    'auditLog',
  ],
  sentinelone: ['agents'],
  crowdstrike: ['token', 'scores', 'hosts', 'hidden'],
  kandji: ['devices', 'prism', 'filevault'],
}

const kind: fc.Arbitrary<Fault> = fc.oneof(
  fc
    .record({
      status: fc.constantFrom(204, 400, 401, 403, 404, 408, 409, 413, 429, 451, 500, 502, 503, 504, 520),
      retry: fc.constantFrom(null, '0', '1', '30', '9999999', 'soon'),
    })
    .map(
      ({ status, retry }): Fault => ({
        kind: 'status',
        status,
        ...(retry === null ? {} : { headers: { 'retry-after': retry } }),
      }),
    ),
  fc.constantFrom<Fault>(
    { kind: 'html200' },
    { kind: 'html502' },
    { kind: 'wrong_content_type' },
    { kind: 'empty_body' },
    { kind: 'half_json' },
    { kind: 'truncated' },
    { kind: 'reset' },
    { kind: 'reset_mid_body' },
    { kind: 'redirect', location: 'http://127.0.0.2:9/' },
    { kind: 'encoding_chain' },
    { kind: 'gzip' },
    { kind: 'json_null' },
    { kind: 'json_string' },
    { kind: 'json_array_instead' },
    { kind: 'duplicate_rows' },
    { kind: 'extra_fields' },
    { kind: 'proto_pollution' },
  ),
)

const schedule: fc.Arbitrary<FaultRun> = fc.constantFrom(...Object.entries(ENDPOINTS)).chain(([vendor, endpoints]) =>
  fc
    .array(
      fc.record({
        endpoint: fc.constantFrom(...endpoints),
        fault: kind,
        after: fc.integer({ min: 0, max: 3 }),
        times: fc.constantFrom(1, 2, 3, 4, Number.POSITIVE_INFINITY),
      }),
      { minLength: 1, maxLength: 3 },
    )
    .map((list) => ({ vendor, faults: list.map(({ fault, ...at }) => ({ ...fault, ...at })) })),
)

test('no schedule of faults makes a false pass', { timeout: 3_600_000 }, async () => {
  const outcomes = { complete: 0, failed: 0, held: 0 }
  const wrong: string[] = []
  for (const { job, result } of await lanes.ran(fc.sample(schedule, { seed: SEED, numRuns: SCHEDULES }))) {
    if (result.status in outcomes) outcomes[result.status as keyof typeof outcomes]++
    for (const text of result.violations) wrong.push(`${JSON.stringify(job)}: ${text}`)
  }
  console.log(`P1: ${SCHEDULES} random schedules (seed ${SEED}); ${JSON.stringify(outcomes)}`)
  expect(wrong).toEqual([])
  expect(outcomes.failed).toBeGreaterThan(0)
  expect(outcomes.complete).toBeGreaterThan(0)
})
