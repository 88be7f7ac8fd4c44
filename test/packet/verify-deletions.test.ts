/** What is missing from a packet: deleted by the rule, as the ledger says, or merely missing. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { DAY, MINUTE } from '../../src/domain/time.ts'
import { exhibit } from '../helpers/cli.ts'
import { GOVERNED, someChecks, type TestInstallation, testClock, testInstallation } from '../helpers/installation.ts'

const FIRST = '2026-11-20T09:05:00Z'
const SECOND = '2026-11-20T09:20:00Z'
let installation: TestInstallation
let folder: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'deletions-'))
  const clock = testClock('2026-11-20T09:00:00.000Z')
  installation = await testInstallation({ clock, checks: someChecks, yaml: `${GOVERNED}\nretention: { raw: daily }\n` })
  const roster = installation.world.roster.trimEnd()
  const commas = ','.repeat(roster.split('\n')[0]!.split(',').length - 1)
  // Each of the day's readings of the roster is another one; the rule lets go of the second.
  for (let run = 0; run < 3; run++) {
    installation.writeRoster(`${roster}\nnew${run}@acme.example${commas}\n`)
    await installation.sync()
    clock.pass(15 * MINUTE)
  }
  for (let day = 0; day < 10; day++) {
    clock.pass(DAY)
    await installation.sync()
  }
}, 60_000)

afterAll(async () => {
  await installation.close()
  rmSync(folder, { recursive: true, force: true })
})

async function verified(to: string, ...options: string[]): Promise<{ code: number; out: string }> {
  const file = join(folder, `${to.replaceAll(':', '')}.zip`)
  const made = await exhibit(installation, 'packet', '--from', '2026-11-20', '--to', to, ...options, '-o', file)
  expect(made.code, made.err).toBe(0)
  const { code, out } = await exhibit(installation, 'verify', file)
  return { code, out: out.replace(/\s+/g, ' ') }
}

test('what the rule deleted before the packet ends is told as missing, and as no more', async () => {
  const { code, out } = await verified('2026-12-01', '--at', SECOND)
  expect(code, out).toBe(2)
  expect(out).toContain('roster: 1 answers are missing, so its records were taken as sealed')
  expect(out).not.toContain('no deletion of it stands in the ledger')
})

test('what was deleted after the packet ends is not shown to be deleted, and that is said', async () => {
  const { code, out } = await verified(SECOND)
  expect(code, out).toBe(2)
  expect(out).toMatch(
    /roster: 1 answers are missing, and no deletion of it stands in the ledger up to the packet's checkpoint of \d+ leaves/,
  )
})

test('where nothing is missing, nothing is said of it', async () => {
  const { code, out } = await verified(FIRST)
  expect(code, out).toBe(0)
  expect(out).not.toContain('missing,')
})
