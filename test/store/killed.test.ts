import { expect, test } from 'vitest'
import { kills } from '../prove/kills.ts'

test('P8: kill -9 at any moment of run, seal, key change or backup loses nothing acknowledged and leaves nothing half', async () => {
  const counts = { run: 5, rotate: 3, backup: 2 }
  const proven = await kills({ counts, seed: 4 })
  expect(proven.kills).toBe(10)
  expect(proven.runs).toBeGreaterThan(2)
  console.log(
    `P8: ${proven.kills} kills, ${proven.runs} acknowledged runs, ${proven.keys} keys, ${proven.backups} backups, 0 lost, 0 half`,
  )
}, 60_000)
