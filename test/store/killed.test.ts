import { expect, test } from 'vitest'
import { kills } from '../prove/kills.ts'

test('P8: kill -9 at any moment of run, seal, key change or backup loses nothing acknowledged and leaves nothing half', async () => {
  // With this seed one is killed while it opens the folder. `npm run prove -- kills` kills five hundred times.
  const counts = { run: 2, rotate: 1, backup: 1 }
  const proven = await kills({ counts, seed: 19 })
  expect(proven.kills).toBe(4)
  expect(proven.runs).toBeGreaterThan(2)
  console.log(
    `P8: ${proven.kills} kills, ${proven.runs} acknowledged runs, ${proven.keys} keys, ${proven.backups} backups, 0 lost, 0 half`,
  )
}, 60_000)
