/** The report of a period: its first three pages answer what an auditor asks first, its charts are vectors with their numbers. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { COUNTED_AS, countedAs, countsOver } from '../../src/domain/period-words.ts'
import type { Report } from '../../src/domain/report.ts'
import type { PeriodEvidence, ReportEvidence } from '../../src/domain/sealing.ts'
import { plus } from '../../src/domain/time.ts'
import { renderPdf } from '../../src/outputs/pdf/index.ts'
import { GOVERNED, someChecks, type TestInstallation, testClock, testInstallation } from '../helpers/installation.ts'
import { leaver, periodOver } from '../helpers/period.ts'
import { toolsOrSkip } from '../helpers/tools-at-hand.ts'

const available = toolsOrSkip('the report of a period', ['pdftotext', 'pdfinfo', 'pdfimages', 'qpdf'])

let folder: string
let installation: TestInstallation
let report: Report
let period: PeriodEvidence
let sealing: NonNullable<ReportEvidence['sealing']>
let file: string
let bytes: Buffer

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'exhibit-pdf-period-'))
  installation = await testInstallation({
    checks: someChecks,
    clock: testClock(undefined, 0.001, true),
    yaml: `${GOVERNED}
controls:
  - { id: AC-07, text: "Access of leavers is removed within one day", owner: it@acme.example, criteria: { soc2: [CC6.2] }, checks: [ID-02, ID-03, ID-16] }
`,
  })
  await installation.sync()
  report = await installation.report()
  period = periodOver(report)
  sealing = {
    run: report.run!,
    leaf: 812,
    checkpoint: { origin: 'evidence.acme.example/acme', size: 813, root: 'ab'.repeat(32) },
    fingerprint: 'cd'.repeat(32),
    stamp: null,
    stampBefore: null,
  }
  bytes = await rendered()
  file = join(folder, 'p.pdf')
  writeFileSync(file, bytes)
}, 60_000)
afterAll(async () => {
  await installation.close()
  rmSync(folder, { recursive: true, force: true })
})

const run = (tool: string, ...args: string[]): string =>
  execFileSync(tool, args, { encoding: 'utf8', maxBuffer: 2 ** 28 })

async function rendered(told: Partial<Pick<ReportEvidence, 'sealing' | 'coverage'>> = {}): Promise<Buffer> {
  const evidence = { sealing, coverage: period, ...told }
  return Buffer.concat(await Array.fromAsync(renderPdf(report, installation.store.lastPull, evidence)))
}

const wordsOf = (file: string, ...pages: string[]): string =>
  run('pdftotext', ...pages, '-layout', file, '-').replace(/\s+/g, ' ')
const FIRST_THREE = ['-f', '1', '-l', '3']

describe.runIf(available)('the report of a period', () => {
  test('answers in three pages who, when, whom, how, what deviated, what nobody knows, and why not last night', () => {
    const text = wordsOf(file, ...FIRST_THREE)
    for (const question of [
      'Who',
      'What period',
      'Which population',
      'What was tested, and how',
      'What deviated',
      'What could not be determined',
      'Not anchored outside: what this report shows of its age, and what not',
    ])
      expect(text).toContain(question)
    for (const answer of [
      'Acme Corp (acme)',
      '190 runs in the period, as a rule 8 h apart (median); in 18 the pull of tailnet failed.',
      '2026-08-24 09:00:00 and 2026-11-20 09:00:00 UTC',
      'eve@laptop, last at 2026-08-24 09:00:00 UTC',
      '60 people, 61 accounts; at its end 59 people, 52 accounts',
      '97.0 % of the time, all of 86 of 91 days; longest gap 2 d, from 2026-08-22 09:00 UTC: before the first run',
      '3 leavers: 1 in time, 1 not determinable, 1 late.',
      'Ada Byron left and had access to tailnet 7 h after the deadline (2026-10-02 00:00:00 UTC).',
      'Leavers: the roster does not say when they left 1 zoe@acme.example',
      'leaf 813 of 813 (index 812 from 0)',
      'not anchored',
      'tailnet was not read at the vendor’s own host',
      'it confirms nothing from outside',
      'Checks on this evidence itself that are not met: deviated: COL-01 (1 of 8); not determinable: COL-03.',
    ])
      expect(text).toContain(answer)
  })

  test('its numbers add up, on the cover and in the answers, and each check that deviated or stayed open is named', () => {
    const text = wordsOf(file, ...FIRST_THREE)
    const checks = period.results!.filter(({ what }) => what === 'check')
    const counts = countsOver(checks)
    const told = COUNTED_AS.map((as) => counts[as])
    expect(told.reduce((sum, count) => sum + count, 0)).toBe(checks.length)
    expect(text).toContain(`${told.join(' ')} Deviated Not determinable Met Judged nothing`)
    expect(text).toMatch(
      new RegExp(
        `${told[0]} deviated, ${told[1]} not determinable, ${told[2]} met \\(evaluated for [^)]+\\), ${told[3]} judged nothing`,
      ),
    )
    const areas = /By area: ([^.]+)\./.exec(text)![1]!
    expect([...areas.matchAll(/ (\d+)(?:,|$)/g)].reduce((sum, [, count]) => sum + Number(count), 0)).toBe(
      report.results.length,
    )
    const open = text.slice(text.indexOf('What could not be determined'))
    for (const result of checks) {
      const as = countedAs(result)
      if (as === 'deviated') {
        expect(text).toMatch(new RegExp(`${result.ref} .* ${result.deviated} ${result.population} `))
      } else if (as !== 'met') expect(open).toContain(result.ref)
    }
    for (const raw of ['not_configured', 'characters)', 'more in the tables']) expect(text).not.toContain(raw)
  })

  test('takes a vendor’s log for a witness only where it was read at the vendor’s own host', async () => {
    const own = { ...report, sources: report.sources.map((source) => ({ ...source, notVendorHost: false })) }
    const evidence = { sealing, coverage: period }
    const other = join(folder, 'own-host.pdf')
    writeFileSync(other, Buffer.concat(await Array.fromAsync(renderPdf(own, installation.store.lastPull, evidence))))
    const text = wordsOf(other, ...FIRST_THREE)
    expect(text).toContain('the log of tailnet, which the vendor writes')
    expect(text).toContain('8,611 of 8,640 pulls')
    expect(text).not.toContain('confirms nothing from outside')
  })

  test('has the organisation’s own controls before any other chapter, never passed', () => {
    const text = wordsOf(file)
    expect(text).toMatch(/\d of 3 mapped checks (is|are) met; other parts of this control are not tested here/)
    expect(text).not.toMatch(/(?<!no )control (is )?(pass|met|satisf)/i)
    expect(text.lastIndexOf('The organisation’s own list')).toBeLessThan(
      text.indexOf('Each line is a test over the whole'),
    )
  })

  test('is sound and tagged, with every chart a figure or a cell that has words, and no picture of pixels', () => {
    expect(run('qpdf', '--check', file)).toContain('No syntax or stream encoding errors found')
    expect(run('pdfinfo', file)).toMatch(/Tagged:\s+yes/)
    expect(run('pdfimages', '-list', file).trim().split('\n')).toHaveLength(2)
    const objects = run('qpdf', '--json=2', '--json-stream-data=none', file)
    const said = [...objects.matchAll(/"\/Alt": "u:([^"]+)"/g)].map(([, alt]) => alt!)
    expect(said.filter((alt) => alt.startsWith('Calendar'))).toHaveLength(1 + report.sources.length)
    expect(said.filter((alt) => alt.startsWith('Bar: ') && alt.includes('deviated')).length).toBeGreaterThan(
      report.results.length,
    )
    expect(said.filter((alt) => alt.includes('critical'))).toHaveLength(5)
  })

  test('the same period gives the same bytes', async () => {
    expect((await rendered()).equals(bytes)).toBe(true)
  })

  test('of many leavers lists the worst first and counts the rest; tells an outside stamp, and that it is not over', async () => {
    const many = Array.from({ length: 260 }, (_, index) =>
      leaver({ person: `p${index}@acme.example`, name: `Leaver-${index}` }),
    )
    const stamp = { size: 900, authority: 'https://tsa.example', stampedAt: plus(report.snapshotAt!, 1000) }
    const other = join(folder, 'other.pdf')
    const { first: from, last: to } = period.runs!
    const stamped = {
      count: 61,
      authorities: ['https://tsa.example'],
      first: from,
      last: to,
      runs: 187,
      slowestMs: 9e7,
    }
    const runs = { ...period.runs!, stamped }
    const coverage = { ...period, runs, to: plus(period.to, 10 ** 9), leavers: [...many, ...period.leavers!] }
    writeFileSync(other, await rendered({ sealing: { ...sealing, stamp }, coverage }))
    const text = wordsOf(other)
    expect(text).toContain('263 leavers: 261 in time, 1 not determinable, 1 late.')
    expect(text).toContain('13 more are in events/leavers.csv of the packet.')
    expect(text.lastIndexOf('Ada Byron')).toBeLessThan(text.indexOf('Leaver-0'))
    expect(text).toContain('2026-10-02 07:00:12 by')
    expect(text).toContain('first without 2026-10-01 09:15:00')
    const first = wordsOf(other, ...FIRST_THREE)
    expect(first).toContain('stamped by https://tsa.example')
    expect(first).not.toContain('not anchored')
    expect(first).toMatch(/Not covered at its end the evidence ends with the last run/)
    expect(first).toContain('Why this could not have been made last night')
    expect(first).toMatch(/They cover 187 of 190 runs, each at most 1 d 1 h after it/)
  })

  test('takes a stamp of an authority on its own network for none', async () => {
    const stamp = { size: 900, authority: 'https://10.0.0.7/tsr', stampedAt: plus(report.snapshotAt!, 1000) }
    const other = join(folder, 'own-authority.pdf')
    writeFileSync(other, await rendered({ sealing: { ...sealing, stamp }, coverage: period }))
    const first = wordsOf(other, ...FIRST_THREE)
    expect(first).toMatch(/stamped by https:\/\/10\.0\.0\.7\/tsr [^;]*; it answers on this machine or its own network/)
    expect(first).toContain('Not anchored outside: what this report shows of its age, and what not')
    expect(first).not.toContain('Why this could not have been made last night')
  })
})
