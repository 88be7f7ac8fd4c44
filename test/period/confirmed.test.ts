/** With an OAuth client the vendor's own log tells of every pull: it minted a token for it. */
import { afterEach, expect, test } from 'vitest'
import { offboardedAccessRemoved } from '../../checks/offboarded-access-removed.ts'
import { HOUR } from '../../src/domain/time.ts'
import { coverageRows } from '../../src/packet/coverage.ts'
import { readLedger } from '../../src/packet/past.ts'
import { runsUpTo, storyIn } from '../../src/packet/period.ts'
import {
  type TestInstallation,
  type TestInstallationOptions,
  testClock,
  testInstallation,
} from '../helpers/installation.ts'

const PERIOD = { from: '2026-11-20T00:00:00.000Z', to: '2026-11-20T23:59:59.999Z' }

let house: TestInstallation
afterEach(() => house.close())

const tailnet: TestInstallationOptions['sources'] = ({ servers, credentials }, roster) => `
  - { id: tailnet, kind: tailscale, baseUrl: "${servers['tailscale']!.url.origin}", credential: ${JSON.stringify(credentials.tailscale)}, requestsPerSecond: 500 }
  - { id: roster, kind: csv, path: ${JSON.stringify(roster)} }`

async function confirmedOver(options: TestInstallationOptions = {}) {
  const clock = testClock('2026-11-20T09:00:00.000Z')
  house = await testInstallation({ clock, checks: [offboardedAccessRemoved], yaml: '', sources: tailnet!, ...options })
  for (let n = 0; n < 3; n++) {
    await house.sync()
    clock.pass(HOUR)
  }
  const { store } = house
  const { last } = await runsUpTo(PERIOD, store, 'confirmed')
  const report = await house.report(last.snapshotAt)
  const { runs } = await readLedger(store, PERIOD.from, last.id, new Set())
  const parts = { store, checks: house.checks, runs, last, report, intervals: [] }
  const { coverage } = await storyIn(PERIOD, parts)
  return { one: coverage.find(({ id }) => id === 'tailnet')!, rows: [...coverageRows(coverage, PERIOD)] }
}

test('every accepted pull stands in the vendor’s log as a token made for our client', async () => {
  const { one, rows } = await confirmedOver()
  expect(one.confirmed).toEqual({ pulls: 3, of: 3 })
  expect(rows.find((row) => row[6] === 'confirmed')).toContain(
    "3 of 3 pulls stand in the vendor's log: it minted a token for us at that time",
  )
})

test('where the log is not visible nobody outside confirms anything', async () => {
  const { one, rows } = await confirmedOver({ tailscaleGrants: ['users:read', 'devices:core:read'] })
  expect(one.confirmed).toBeNull()
  expect(rows.filter((row) => row[6] === 'not confirmed')).toHaveLength(1)
})
