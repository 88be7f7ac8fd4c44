/** The figure of the audit period: a quarter as scripted, and as our evidence tells it. */
import { expect, test } from 'vitest'
import { proveQuarter } from './quarter.ts'

test('a simulated quarter comes out as it was scripted: every bound, clock, gap and count', async () => {
  // `npm run prove -- quarter` lives through 2,000 accounts, 5,000 devices and 300 things.
  const { line, found } = await proveQuarter({ accounts: 60, devices: 80, things: 33, seed: 3 })
  console.log(line)
  expect(found).toEqual([])
}, 120_000)
