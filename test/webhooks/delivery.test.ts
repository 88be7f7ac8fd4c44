import { expect, test } from 'vitest'
import { proveDeliveries } from '../prove/deliveries.ts'

test('P15: events reach every endpoint or end as dead letters, whatever the endpoints do and however the sender is killed', async () => {
  const proven = await proveDeliveries({ events: 200, endpoints: 5, kills: 2, scale: 200_000, attemptMs: 300 })
  expect(proven.found).toEqual([])
  expect(proven.holds).toBe(true)
  expect(proven.counts.unaccounted).toBe(0)
  expect(proven.counts.delivered + proven.counts.dead).toBe(1_000)
  console.log(`P15: ${proven.lines.join('; ')}`)
}, 120_000)
