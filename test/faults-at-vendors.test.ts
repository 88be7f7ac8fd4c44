/** P1: a broken or partial pull never yields a pass. The other kinds of fault are in faults.test.ts. */
import { expect, test } from 'vitest'
import { faultLanes } from './helpers/fault-lanes.ts'
import { everyFaultAt } from './helpers/fault-matrix.ts'

const lanes = faultLanes()

test('every fault at every endpoint of SentinelOne, CrowdStrike and Kandji', { timeout: 600_000 }, async () => {
  expect(await everyFaultAt(['sentinelone', 'crowdstrike', 'kandji'], lanes)).toBeGreaterThan(100)
})
