/** Answers that the retention rule has deleted: a packet says which, and is re-performed from records as far as it goes. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { unzipSync } from 'fflate'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { PACKET, type PacketSummary } from '../../src/domain/packet.ts'
import { DAY, MINUTE } from '../../src/domain/time.ts'
import { exhibit } from '../helpers/cli.ts'
import { GOVERNED, someChecks, type TestInstallation, testClock, testInstallation } from '../helpers/installation.ts'

let installation: TestInstallation
let folder: string
/** After what was handed out, which rests on every change before it. */
const FIFTH = '2026-11-20T10:05:00Z'
const THIRD = '2026-11-20T09:35:00Z'

async function packetAt(name: string, at: string): Promise<string> {
  const file = join(folder, name)
  const said = await exhibit(
    installation,
    'packet',
    '--from',
    '2026-11-20',
    '--to',
    '2026-12-01',
    '--at',
    at,
    '-o',
    file,
  )
  expect(said.code, said.err).toBe(0)
  return file
}

const summaryOf = (files: Record<string, Uint8Array>): PacketSummary =>
  JSON.parse(Buffer.from(files[PACKET.packet]!).toString('utf8')) as PacketSummary

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'exhibit-gone-'))
  const clock = testClock('2026-11-20T09:00:00.000Z')
  installation = await testInstallation({ clock, checks: someChecks, yaml: `${GOVERNED}\nretention: { raw: daily }\n` })
  const roster = installation.world.roster.trimEnd()
  // Each of the day's readings of the roster is another one.
  const read = async (run: number): Promise<void> => {
    installation.writeRoster(
      `${roster}\nnew${run}@acme.example${','.repeat(roster.split('\n')[0]!.split(',').length - 1)}\n`,
    )
    await installation.sync()
    clock.pass(15 * MINUTE)
  }
  for (let run = 0; run < 4; run++) await read(run)
  // Handed out in time: its answers stay.
  await packetAt('in-time.zip', THIRD)
  for (let run = 4; run < 6; run++) await read(run)
  for (let day = 0; day < 10; day++) {
    clock.pass(DAY)
    await installation.sync()
  }
}, 60_000)

afterAll(async () => {
  await installation.close()
  rmSync(folder, { recursive: true, force: true })
})

test('what was handed out keeps its answers: the same date is packed from bytes again', async () => {
  const file = await packetAt('again.zip', THIRD)
  expect(summaryOf(unzipSync(readFileSync(file))).runs.map(({ fromRecords }) => fromRecords)).toEqual([[], []])
  expect((await exhibit(installation, 'verify', file)).code).toBe(0)
})

test('a date whose answers are gone is told as re-performed from records, in packet.json and in the README', async () => {
  const file = await packetAt('late.zip', FIFTH)
  const files = unzipSync(readFileSync(file))
  const { runs, missing } = summaryOf(files)
  expect(runs.map(({ fromRecords }) => fromRecords)).toEqual([['roster', 'tailnet'], []])
  // No two readings of the tailnet are alike: in the vendor's log is that we read.
  expect(missing.filter(({ because }) => because === 'gone')).toMatchObject([
    { source: 'roster' },
    { source: 'tailnet' },
  ])
  expect(Buffer.from(files[PACKET.readme]!).toString('utf8')).toContain(
    `run ${runs[0]!.run}: roster, tailnet re-performed from records`,
  )
  const said = await exhibit(installation, 'verify', file)
  expect(said.code, said.out).toBe(2)
  expect(said.out).toContain('roster')
})
