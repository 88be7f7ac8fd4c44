/** `report` about a part: one check, one of the organisation's own controls, one framework; and `export` of a period. */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { MINUTE } from '../../src/domain/time.ts'
import { exhibit } from '../helpers/cli.ts'
import { healthyWorld } from '../helpers/healthy-world.ts'
import { GOVERNED, someChecks, type TestInstallation, testClock, testInstallation } from '../helpers/installation.ts'
import { toolsOrSkip } from '../helpers/tools-at-hand.ts'

const available = toolsOrSkip('the words of a report about a part', ['pdftotext', 'pdfinfo', 'qpdf'])
const PERIOD = ['--from', '2026-11-20', '--to', '2026-11-20']

let installation: TestInstallation
let folder: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'exhibit-part-'))
  const clock = testClock('2026-11-20T09:00:00.000Z')
  const world = healthyWorld(new Date(clock.wall()))
  world.sentinelone.agents[0]!['infected'] = true
  installation = await testInstallation({
    clock,
    world,
    checks: someChecks,
    yaml: `${GOVERNED}
waivers:
  - { id: W-1, check: S1-04, subject: "*", owner: bob@acme.example, approver: eve@acme.example, reason: "lab machine", created: 2026-11-01, expires: 2027-01-31 }
controls:
  - { id: AC-07, text: "Access of leavers is removed within one day", owner: it@acme.example, criteria: { soc2: [CC6.2, CC6.3] }, checks: [ID-02, ID-03] }
  - { id: EP-02, text: "Computers are protected", owner: sec@acme.example, criteria: { iso27001: [A.8.7] }, checks: [S1-04, POS-12] }
`,
  })
  await installation.sync()
  clock.pass(15 * MINUTE)
  await installation.sync()
}, 60_000)

afterAll(async () => {
  await installation.close()
  rmSync(folder, { recursive: true, force: true })
})

const pdf = (): string => join(folder, 'part.pdf')
const report = (...more: string[]) => exhibit(installation, 'report', '-o', pdf(), ...more)
const words = (): string =>
  execFileSync('pdftotext', ['-layout', pdf(), '-'], { encoding: 'utf8' }).replace(/\s+/g, ' ')
const pages = (): number => Number(/Pages: +(\d+)/.exec(execFileSync('pdfinfo', [pdf()], { encoding: 'utf8' }))![1])
const table = (): string => readFileSync(join(folder, 'part.csv'), 'utf8')

describe.runIf(available)('of one check', () => {
  test.each<[string, string[]]>([
    ['the state', []],
    ['a period', PERIOD],
  ])(
    'over %s is a dated page or three with rule, counts, subjects, waivers and seal, its CSV beside it',
    async (_, when) => {
      const { code, err } = await report('--check', 's1-04', ...when)
      expect({ code, err }).toEqual({ code: 1, err: `wrote ${pdf()}\nwrote ${join(folder, 'part.csv')}\n` })
      expect(pages()).toBeLessThanOrEqual(3)
      const text = words()
      for (const said of [
        'EVIDENCE OF ONE CHECK',
        'S1-04 The device is not infected',
        'State at',
        'subjects = ',
        'Accepted until 2027-01-31 by eve@acme.example',
        'in force, accepts 1 failure',
        'checkpoint of',
        'not anchored',
      ])
        expect(text).toContain(said)
      expect(text.includes('Over the period')).toBe(when.length > 0)
      expect(text).not.toContain('ID-02')
      const [head, ...rows] = table().trimEnd().split('\r\n')
      expect(head).toContain('"subjectKey"')
      expect(rows.every((row) => row.includes('"sentinelone-not-infected"'))).toBe(true)
      expect(rows.some((row) => row.includes('"pass"'))).toBe(true)
    },
  )

  test('each file is told of in the ledger, by its own digest', async () => {
    await report('--check', 'ID-02', ...PERIOD)
    const acts = (await installation.store.leavesOf('export')).slice(-2).map(({ body }) => JSON.parse(body))
    const digest = (file: string): string =>
      createHash('sha256')
        .update(readFileSync(join(folder, file)))
        .digest('hex')
    expect(acts.map(({ what, format }) => `${what} ${format}`)).toEqual(['report pdf', 'report csv'])
    expect(acts.map((act) => act.digest)).toEqual([digest('part.pdf'), digest('part.csv')])
    expect(acts[1].period.from).toBe('2026-11-20T00:00:00.000Z')
  })

  test('is sound and tagged, and the same report gives the same bytes', async () => {
    await report('--check', 'ID-02', ...PERIOD)
    const once = [readFileSync(pdf()), table()]
    await report('--check', 'offboarded-access-removed', ...PERIOD)
    expect([readFileSync(pdf()), table()]).toEqual(once)
    expect(execFileSync('qpdf', ['--check', pdf()], { encoding: 'utf8' })).toContain(
      'No syntax or stream encoding errors',
    )
    expect(execFileSync('pdfinfo', [pdf()], { encoding: 'utf8' })).toMatch(
      /Title: +Evidence of the check ID-02 of Acme Corp/,
    )
  })
})

describe.runIf(available)('of one of the organisation’s controls', () => {
  test.each<[string, string[], string]>([
    ['the state', [], 'of 2 mapped checks'],
    ['a period', PERIOD, 'mapped checks are met'],
  ])('over %s has its words, owner, criteria and mapped checks, and never passes it', async (_, when, counted) => {
    const { code } = await report('--control', 'ep-02', ...when)
    expect(code).toBe(1)
    expect(pages()).toBeLessThanOrEqual(3)
    const text = words()
    for (const said of ['EP-02', 'Computers are protected', 'sec@acme.example', 'ISO 27001 A.8.7', counted])
      expect(text).toContain(said)
    expect(text).toContain('other parts of this control are not tested here')
    expect(text).not.toMatch(/control (is )?pass/i)
    const checks = new Set([...table().matchAll(/"(S1-04|POS-12|ID-02)"/g)].map(([, ref]) => ref))
    expect([...checks].sort()).toEqual(['POS-12', 'S1-04'])
  })
})

test.runIf(available)('of a framework it tells only what is mapped to it, by criterion', async () => {
  const { code, err } = await report('--framework', 'soc2')
  expect({ code, err }).toEqual({ code: 1, err: `wrote ${pdf()}\n` })
  expect(existsSync(join(folder, 'part.csv'))).toBe(true)
  const text = words()
  expect(text).toContain('Only checks mapped to SOC 2')
  expect(text).toContain('AC-07')
  expect(text).not.toContain('EP-02')
  expect(text).not.toContain('ISO/IEC 27001:2022')
  expect(text).toMatch(/CC6\.2 \d+ of \d+ mapped checks? pass/)
})

test.runIf(available)('own controls stand before everything else in a report of a state too', async () => {
  await report()
  const text = words()
  const own = text.lastIndexOf('The organisation’s own list, in its words')
  expect(own).toBeGreaterThan(0)
  expect(own).toBeLessThan(text.lastIndexOf('What it is not'))
  expect(text).toContain('Access of leavers is removed within one day')
})

test.each<[string, string[], RegExp]>([
  ['a check that there is not', ['--check', 'ID-92'], /there is no check "ID-92"; did you mean "ID-02"\?/],
  ['a check by a wrong name', ['--check', 'offboarded-acess-removed'], /did you mean "offboarded-access-removed"\?/],
  ['a control that there is not', ['--control', 'AC-08'], /no control "AC-08" .*did you mean "AC-07"\?/],
  ['a framework that there is not', ['--framework', 'soc3'], /Allowed choices are soc2/],
  ['two parts at once', ['--check', 'ID-02', '--control', 'AC-07'], /give one of them/],
])('%s is refused with what may have been meant', async (_, options, says) => {
  const { code, err } = await report(...options)
  expect(code).toBe(64)
  expect(err).toMatch(says)
})

test.runIf(available)('before the first run a part says that nothing has been read', async () => {
  const fresh = await testInstallation({
    checks: someChecks,
    yaml: `${GOVERNED}
controls:
  - { id: AC-07, text: "Access of leavers is removed", checks: [ID-02] }
`,
  })
  for (const part of [
    ['--check', 'ID-02'],
    ['--control', 'AC-07'],
  ]) {
    const { code, err } = await exhibit(fresh, 'report', '-o', pdf(), ...part)
    expect(code).toBe(2)
    expect(err).toContain('no run was sealed by then')
    expect(words()).toContain('nothing has been read yet')
  }
  expect(words()).toContain('Access of leavers is removed')
  await fresh.close()
})

test('a CSV by name is refused, as it is the PDF that is named', async () => {
  const { code, err } = await exhibit(installation, 'report', '-o', join(folder, 'x.csv'), '--check', 'ID-02')
  expect(code).toBe(64)
  expect(err).toContain('x.pdf')
})

describe('export of a period', () => {
  test.each(['oscal', 'ocsf', 'csv'])('%s is the same twice, and told of with its period', async (kind) => {
    const ask = () => exhibit(installation, 'export', '--kind', kind, ...PERIOD)
    const [once, again] = [await ask(), await ask()]
    expect(once.code).toBe(1)
    expect(once.out.length).toBeGreaterThan(500)
    expect(again.out).toBe(once.out)
    const [leaf] = (await installation.store.leavesOf('export')).slice(-1)
    expect(JSON.parse(leaf!.body)).toMatchObject({
      what: 'results',
      format: kind,
      digest: createHash('sha256').update(once.out).digest('hex'),
      period: { from: '2026-11-20T00:00:00.000Z', to: '2026-11-20T23:59:59.999Z' },
    })
  })

  test('a format that has no words for one says which have', async () => {
    const { code, err } = await exhibit(installation, 'export', '--kind', 'json', ...PERIOD)
    expect(code).toBe(64)
    expect(err).toContain('for a period take csv, oscal, ocsf or "exhibit packet"')
  })
})
