/** `report --from --to`: the state at the period's last run, and what the period adds to it. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { HOUR, MINUTE } from '../../src/domain/time.ts'
import { exhibit } from '../helpers/cli.ts'
import {
  EVERYTHING,
  GOVERNED,
  someChecks,
  type TestInstallation,
  testClock,
  testInstallation,
} from '../helpers/installation.ts'
import { toolsOrSkip } from '../helpers/tools-at-hand.ts'

const available = toolsOrSkip('the words of a period’s report', ['pdftotext'])

let installation: TestInstallation
let folder: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'exhibit-period-'))
  const clock = testClock('2026-11-20T09:00:00.000Z')
  installation = await testInstallation({ clock, checks: someChecks })
  await installation.sync()
  clock.pass(15 * MINUTE)
  // For half an hour every score is below what is asked.
  await installation.reconfigured({ yaml: GOVERNED.replace('floor: 70', 'floor: 100') }).sync(EVERYTHING, () => {})
  clock.pass(30 * MINUTE)
  await installation.sync()
  clock.pass(24 * HOUR)
  await installation.sync()
}, 60_000)

afterAll(async () => {
  await installation.close()
  rmSync(folder, { recursive: true, force: true })
})

const ask = (...more: string[]) => exhibit(installation, 'report', '-o', join(folder, 'r.pdf'), ...more)
const words = (): string =>
  execFileSync('pdftotext', ['-layout', join(folder, 'r.pdf'), '-'], { encoding: 'utf8' }).replace(/\s+/g, ' ')

test.runIf(available)(
  'it says period, tells the state at its last run, its coverage, and what failed in between',
  async () => {
    const said = await ask('--from', '2026-11-20', '--to', '2026-11-20')
    expect(said.err).toContain('wrote')
    expect(said.code).toBe(0)
    const text = words()
    expect(text).toContain('Period 2026-11-20 to 2026-11-20')
    expect(text).toContain('2026-11-20 00:00:00 to 2026-11-20 23:59:59 UTC')
    expect(text).toContain('Last run run-3')
    expect(text).not.toContain('not of a period')
    expect(text).toContain('What failed in the period')
    expect(text).toMatch(/CS-02 .{10,80} \d+ \d+ 0 30 min/)
    expect(text).toContain('Coverage of the period')
    expect(text).toContain('Not anchored outside: what this report shows of its age')
    expect(text).toMatch(/CS-02 The Zero Trust Assessment score/)
    const [leaf] = (await installation.store.leavesOf('export')).slice(-1)
    expect(JSON.parse(leaf!.body)).toMatchObject({
      what: 'report',
      by: 'eve@laptop',
      period: { from: '2026-11-20T00:00:00.000Z', to: '2026-11-20T23:59:59.999Z' },
    })
  },
)

test.runIf(available)('without a period it says state at, and is the same as ever', async () => {
  await ask('--as-of', '2026-11-20')
  const text = words()
  expect(text).toContain('State at')
  expect(text).toContain('not of a period')
  expect(text).not.toContain('What failed in the period')
})

test('the same period gives the same bytes', async () => {
  await ask('--from', '2026-11-20', '--to', '2026-11-20')
  const once = readFileSync(join(folder, 'r.pdf'))
  await ask('--from', '2026-11-20', '--to', '2026-11-20')
  expect(readFileSync(join(folder, 'r.pdf')).equals(once)).toBe(true)
})

test.each<[string, string[], RegExp]>([
  ['half a period', ['--from', '2026-11-20'], /--from and --to go together: give --to too/],
  [
    'a period and a moment',
    ['--from', '2026-11-20', '--to', '2026-11-20', '--as-of', '2026-11-20'],
    /give the one or the other/,
  ],
  ['a day that is none', ['--from', '2026-11-31', '--to', '2026-12-01'], /"2026-11-31" is no moment/],
  ['an end before the beginning', ['--from', '2026-11-21', '--to', '2026-11-20'], /before it begins/],
  [
    'a period without a run',
    ['--from', '2026-10-01', '--to', '2026-10-31'],
    /no run was sealed between .*; none was sealed before it either/,
  ],
])('%s is refused in one line', async (_, options, says) => {
  const { code, err } = await ask(...options)
  expect(code).toBe(64)
  expect(err).toMatch(says)
  expect(err.trimEnd().split('\n')).toHaveLength(1)
})
