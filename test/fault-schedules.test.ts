/**
 * P1 as a property: whatever goes wrong, wherever, at whichever try, nothing passes that was not seen. The seed is
 * printed; `FAULT_SEED` repeats a run and `FAULT_SCHEDULES` says how many.
 */
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Fault } from '../src/simulators/faults.ts'
import { type FaultRun, inLanes, type Lane, openLane, runWithFaults } from './helpers/fault-runs.ts'

const LANES = 4
const SCHEDULES = Number(process.env['FAULT_SCHEDULES'] ?? 80)
const SEED = Number(process.env['FAULT_SEED'] ?? Date.now() % 2 ** 31)
const lanes: Awaited<ReturnType<typeof openLane>>[] = []

beforeAll(async () => {
  lanes.push(...(await Promise.all(Array.from({ length: LANES }, openLane))))
})
afterAll(() => Promise.all(lanes.map((lane) => lane.close())))

const ENDPOINTS = {
  tailscale: ['token', 'users', 'devices', 'attributes', 'integrations', 'settings', 'keys', 'policy', 'webhooks'],
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

test('P1: no schedule of faults makes a false pass', { timeout: 3_600_000 }, async () => {
  const wrong: string[] = []
  const outcomes = { complete: 0, failed: 0, held: 0 }
  await inLanes<FaultRun, Lane>(lanes, fc.sample(schedule, { seed: SEED, numRuns: SCHEDULES }), async (lane, job) => {
    const { status, violations } = await runWithFaults(lane, job)
    if (status in outcomes) outcomes[status as keyof typeof outcomes]++
    for (const text of violations) wrong.push(`${JSON.stringify(job)}: ${text}`)
  })
  const passes = wrong.filter((text) => text.includes('FALSE PASS')).length
  console.log(`P1: ${SCHEDULES} random schedules (seed ${SEED}), ${passes} false passes; ${JSON.stringify(outcomes)}`)
  expect(wrong).toEqual([])
  expect(outcomes.failed).toBeGreaterThan(0)
  expect(outcomes.complete).toBeGreaterThan(0)
})
