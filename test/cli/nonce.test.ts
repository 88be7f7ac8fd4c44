/** A nonce that an auditor gives: sealed into the run that begins after it, shown wherever the run's evidence goes. */
import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { PACKET, type PacketSummary } from '../../src/domain/packet.ts'
import { HOUR } from '../../src/domain/time.ts'
import type { Verification } from '../../src/domain/verification.ts'
import { exhibit } from '../helpers/cli.ts'
import { someChecks, type TestInstallation, testInstallation } from '../helpers/installation.ts'
import { filesOf } from '../prove/packet-files.ts'

/** As somebody might think one up; its quotes and letters beyond ASCII are kept as they are. */
const NONCE = 'Wrocław 17:42, "three red umbrellas"'

let house: TestInstallation

beforeAll(async () => {
  house = await testInstallation({ checks: someChecks })
  await house.sync()
  house.clock.pass(HOUR)
}, 60_000)
afterAll(() => house.close())

test.each([
  ['nothing', ''],
  ['blanks alone', '   '],
  ['more than 200 characters', 'x'.repeat(201)],
  ['a line break', 'one\ntwo'],
  ['what a terminal obeys', 'one\u001b[2Jtwo'],
  ['what turns the direction of text', 'one\u202Etwo'],
])('%s is refused, and no run is made', async (_, nonce) => {
  const before = await house.store.runs(10)
  const { code, out, err } = await exhibit(house, 'sync', '--nonce', nonce)
  expect([code, out]).toEqual([64, ''])
  expect(err).toContain('--nonce takes 1 to 200 printable characters')
  expect(await house.store.runs(10)).toEqual(before)
})

test('200 characters beyond the basic plane are 200 characters', async () => {
  const { code, out } = await exhibit(house, 'sync', '--nonce', '🦩'.repeat(200), '--format', 'json')
  expect(code).toBe(0)
  expect(JSON.parse(out)).toMatchObject({ nonce: '🦩'.repeat(200) })
  house.clock.pass(HOUR)
})

test('it is sealed in the leaf of the run that began after it, and told at once', async () => {
  const givenAt = new Date(house.clock.wall()).toISOString()
  const { code, out } = await exhibit(house, 'sync', '--nonce', NONCE)
  expect(code).toBe(0)
  expect(out.replace(/\s+/g, ' ')).toContain(`the nonce "${NONCE}" is sealed in it: the run began after it was given`)
  const leaf = (await Array.fromAsync(house.store.leaves(0))).at(-1)!
  const body = JSON.parse(leaf.body) as { nonce: string; startedAt: string; id: string }
  expect(body.nonce).toBe(NONCE)
  expect(body.startedAt >= givenAt).toBe(true)
  expect(leaf.hash).toBe((await house.store.runs(1))[0]!.leaf)
})

test('the newest checkpoint comes with it beside, and the note stays to the byte', async () => {
  const { code, out, err } = await exhibit(house, 'ledger', 'checkpoint')
  expect(code).toBe(0)
  expect(out).toBe((await house.store.checkpoint('latest'))!.note)
  expect(err).toMatch(/run 3, leaf \d+, carries the nonce "Wrocław 17:42, "three red umbrellas""/)
})

test('the run is made again like any other', async () => {
  const { code, out } = await exhibit(house, 'reperform')
  expect([code, out.includes('equal')]).toEqual([0, true])
})

test('a packet names it with its run, and verify shows every run that carries one', async () => {
  const file = join(house.folder, 'nonce.zip')
  expect((await exhibit(house, 'packet', '--from', '2026-11-20', '--to', '2026-11-20', '-o', file)).code).toBe(0)
  const files = await filesOf(readFileSync(file))
  const summary = JSON.parse(files.get(PACKET.packet)!.toString('utf8')) as PacketSummary
  expect(summary.runs.map(({ sequence, nonce }) => [sequence, nonce])).toEqual([[3, NONCE]])
  const { code, out } = await exhibit(house, 'verify', file, '--format', 'json')
  const { steps } = JSON.parse(out) as Verification
  expect(code).toBe(0)
  expect(steps.filter(({ step }) => step === 'nonce').map(({ says }) => says)).toEqual([
    expect.stringMatching(/^run 2, begun 2026-11-20T\S+Z, carries the nonce "🦩/),
    expect.stringMatching(/^run 3, begun 2026-11-20T\S+Z, carries the nonce "Wrocław/),
  ])
})

/** From Debian (poppler-utils); CI always has it. */
const reader = spawnSync('pdftotext', ['-v']).error === undefined
if (!reader) console.log('skipped: the nonce in the PDF report, which needs pdftotext')

test.skipIf(!reader && process.env['SPECS'] !== 'required')(
  'the report tells it beside the digests of its run',
  async () => {
    const file = join(house.folder, 'report.pdf')
    expect((await exhibit(house, 'report', '-o', file)).err).toContain(`wrote ${file}`)
    const text = execFileSync('pdftotext', ['-raw', file, '-'], { encoding: 'utf8' })
    expect(text).toContain('Nonce given beforehand')
    expect(text).toContain('three red umbrellas')
  },
)

test('a run without one carries none', async () => {
  house.clock.pass(HOUR)
  const { out } = await exhibit(house, 'sync', '--format', 'json')
  expect(JSON.parse(out)).toMatchObject({ nonce: null })
  const leaf = (await Array.fromAsync(house.store.leaves(0))).at(-1)!
  expect(JSON.parse(leaf.body)).not.toHaveProperty('nonce')
  expect((await exhibit(house, 'ledger', 'checkpoint')).err).toBe('')
})
