/** `exhibit verify --challenge`: over the demo organisation's packet, through the door that an auditor takes. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ChallengedCheck, Verification } from '../../src/domain/verification.ts'
import { exhibit } from '../helpers/cli.ts'
import { demoInstallation } from '../helpers/demo.ts'
import type { TestInstallation } from '../helpers/installation.ts'
import { filesOf, zipOf } from '../prove/packet-files.ts'

let house: TestInstallation
let file: string
let all: { code: number; checks: readonly ChallengedCheck[] }

beforeAll(async () => {
  house = await demoInstallation()
  await house.sync()
  file = join(house.folder, 'demo.zip')
  const { code } = await exhibit(house, 'packet', '--from', '2026-11-20', '--to', '2026-11-20', '-o', file)
  expect(code).toBe(0)
  all = await challenged('--challenge')
}, 60_000)
afterAll(() => house.close())

async function challenged(...argv: string[]): Promise<{ code: number; checks: readonly ChallengedCheck[] }> {
  const { code, out, err } = await exhibit(house, 'verify', file, '--format', 'json', ...argv)
  if (out === '') throw new Error(err)
  const { challenge } = JSON.parse(out) as Verification
  return { code, checks: challenge?.checks ?? [] }
}

/** Rows of the definition that never fail: without what they read they are not evaluated. */
const NEVER_FAIL = ['CS-01', 'ID-22', 'POS-09']

describe('the demo packet', () => {
  test('every passing verdict turns, or its check is listed with the reason', async () => {
    const { code, checks } = all
    const { results } = await house.report()
    const passes = new Map(results.map(({ check, system, counts }) => [`${check.ref} ${system}`, counts.pass]))
    expect(checks.map(({ ref, system }) => `${ref} ${system}`).sort()).toEqual([...passes.keys()].sort())
    const changed = checks.filter(({ because }) => because === null)
    for (const one of changed) expect(one.passes).toBe(passes.get(`${one.ref} ${one.system}`))
    for (const { ref, system, because } of checks) if (because !== null) expect(passes.get(`${ref} ${system}`)).toBe(0)
    const sum = (of: (one: ChallengedCheck) => number): number => changed.reduce((all, one) => all + of(one), 0)
    const turned = {
      passes: sum((one) => one.passes),
      failed: sum((one) => one.failed),
      unknown: sum((one) => one.unknown),
    }
    console.log(
      `challenge of the demo packet: ${turned.passes} passing verdicts of ${changed.length} checks: ${turned.failed} turned to fail, ${turned.unknown} to unknown, ${sum(({ unturned }) => unturned.length)} not turned; ${checks.length - changed.length} checks had none to turn`,
    )
    expect(changed.flatMap(({ ref, unturned }) => unturned.map((subject) => `${ref} ${subject}`))).toEqual([])
    expect(turned.failed + turned.unknown).toBe(turned.passes)
    expect(turned.passes).toBeGreaterThan(1_000)
    expect(code).toBe(0)
  })

  test('what can fail is made to fail, not only to be unknown', () => {
    const weak = all.checks.filter(({ failed, passes }) => passes > 0 && failed < passes).map(({ ref }) => ref)
    expect(weak).toEqual(NEVER_FAIL)
  })

  test.each([
    ['ID-02', 'status "suspended" → "active"', 'fail'],
    ['S1-03', 'activeThreats 0 → 1', 'fail'],
    ['S1-04', 'infected false → true', 'fail'],
    ['CS-02', 'score', 'fail'],
    ['CS-01', '→ nothing', 'unknown'],
    ['DEV-03', 'keyExpiryDisabled false → true', 'fail'],
    ['DEV-07', 'as if it had been so for 400 days', 'fail'],
    ['ID-16', 'mfa "true" → "false"', 'fail'],
    ['ACL-01', 'grants[', 'fail'],
    ['COL-01', 'its last answer never came', 'fail'],
  ])('%s is turned by %s', (ref, change, becomes) => {
    const { examples } = all.checks.find((one) => one.ref === ref)!
    expect(examples.map(({ changed }) => changed).join('\n')).toContain(change)
    expect(examples[0]!.becomes).toBe(becomes)
  })

  test('of one subject, by key or by name, every check that passed it', async () => {
    const some = all.checks.find(({ ref }) => ref === 'DEV-03')!
    const key = some.examples[0]!.subject.split('/').at(-1)!
    const { code, checks } = await challenged('--challenge', key)
    expect(code).toBe(0)
    expect(checks.length).toBeGreaterThan(5)
    for (const one of checks) expect([one.passes, one.failed + one.unknown]).toEqual([1, 1])
    expect(checks.map(({ ref }) => ref)).toContain('DEV-03')
  })

  test('is told in words: what was changed, what became of it, what was left out and why', async () => {
    const { code, out, err } = await exhibit(house, 'verify', file, '--challenge', 'offboarded-access-removed')
    const text = out.replace(/\s+/g, ' ')
    expect([code, err]).toEqual([0, ''])
    expect(text).toMatch(/ID-02 offboarded-access-removed over tailnet: \d+ pass → \d+ fail/)
    expect(text).toMatch(/users\[\d+\]\.status "suspended" → "active": pass → fail/)
    expect(text).toMatch(/\d passing verdicts of 1 result: \d turned to fail, 0 to unknown, 0 did not turn\./)
  })

  test('a check of which nothing passed is listed with that reason', async () => {
    const { code, out } = await exhibit(house, 'verify', file, '--challenge', 'ACL-03')
    expect(code).toBe(0)
    expect(out).toContain('Not challenged, no verdict of it passed in this run: ACL-03.')
  })

  test('a name that nothing has is a usage error, and says what names there are', async () => {
    const { code, out, err } = await exhibit(house, 'verify', file, '--challenge', 'nobody-at-all')
    expect([code, out]).toEqual([64, ''])
    expect(err).toContain('nothing is called "nobody-at-all"; give a check\'s id or ref, or a subject\'s key or name')
  })

  test('a packet that does not verify is not challenged', async () => {
    const files = await filesOf(readFileSync(file))
    const [raw] = [...files.keys()].filter((path) => path.startsWith('raw/'))
    files.set(raw!, Buffer.concat([files.get(raw!)!, Buffer.from(' ')]))
    const broken = join(house.folder, 'broken.zip')
    writeFileSync(broken, zipOf(files))
    const { code, out } = await exhibit(house, 'verify', broken, '--challenge', '--format', 'json')
    expect(code).toBe(1)
    expect(JSON.parse(out)).toMatchObject({ verdict: 'broken', challenge: null })
  })
})
