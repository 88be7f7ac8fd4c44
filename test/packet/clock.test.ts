/** A clock that somebody sets wrong between runs: the packet of the period is as honest as before, and verifies. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse } from 'csv-parse/sync'
import { unzipSync } from 'fflate'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { PACKET, type PacketSummary } from '../../src/domain/packet.ts'
import { DAY, MINUTE } from '../../src/domain/time.ts'
import { exhibit } from '../helpers/cli.ts'
import { someChecks, type TestInstallation, testClock, testInstallation } from '../helpers/installation.ts'

let installation: TestInstallation
let folder: string
/** Days by which the clock is off in each run. */
const OFF = [-30, 0, 2, 0, -3, 0]

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'exhibit-clock-'))
  const clock = testClock('2026-11-20T09:00:00.000Z')
  installation = await testInstallation({ clock, checks: someChecks })
  for (const [run, days] of OFF.entries()) {
    const [first, second, third] = installation.world.sentinelone.agents
    // Seen first under a clock that is past the end of the period; seen cured under that, and under one before its beginning.
    first!['infected'] = run >= 2
    second!['infected'] = run === 1
    third!['infected'] = run === 3
    clock.step(days * DAY)
    await installation.sync()
    clock.step(-days * DAY)
    clock.pass(15 * MINUTE)
  }
  clock.pass(DAY)
}, 60_000)

afterAll(async () => {
  await installation.close()
  rmSync(folder, { recursive: true, force: true })
})

test('counts the runs of the period as the ledger has them, and verifies', async () => {
  const file = join(folder, 'packet.zip')
  const written = await exhibit(installation, 'packet', '--from', '2026-11-20', '--to', '2026-11-20', '-o', file)
  expect([written.code, written.err]).toEqual([0, expect.stringContaining('wrote')])
  const files = unzipSync(readFileSync(file))
  const text = (path: string): string => Buffer.from(files[path]!).toString('utf8')
  const summary = JSON.parse(text(PACKET.packet)) as PacketSummary
  expect(summary.sealed).toBe(3)
  expect(summary.runs.map(({ sequence }) => sequence)).toEqual([6])
  // The newest run before the period tells what was in force when it began; that of a later step back is one of the row.
  const [first] = parse(text(PACKET.configuration), { columns: true, bom: true }) as Record<string, string>[]
  expect(first).toMatchObject({ kind: 'in force', run: (await installation.store.runs(6)).at(-1)!.id })
  const asked = parse(text(PACKET.requests), { columns: true, bom: true }) as Record<string, string>[]
  expect(asked.filter(({ run }) => run === '')).toEqual([])
  expect(new Set(asked.map(({ sequence }) => sequence)).size).toBe(6)
  const intervals = parse(text(PACKET.intervals), { columns: true, bom: true }) as Record<string, string>[]
  const infected = intervals.filter(
    ({ check, subjectKind }) => subjectKind !== '' && check === 'sentinelone-not-infected',
  )
  expect(infected.map(({ from, to }) => [from, to].map((at) => at!.slice(0, 10))).sort()).toEqual([
    ['2026-11-20', '2026-11-17'],
    ['2026-11-20', '2026-11-22'],
    ['2026-11-22', ''],
  ])
  const verified = await exhibit(installation, 'verify', file)
  expect([verified.code, verified.err, verified.out]).toEqual([0, '', expect.stringMatching(/\nVerified\.\n$/)])
})
