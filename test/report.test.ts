import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { checks as allChecks } from '../checks/index.ts'
import type { Findings, Report } from '../src/domain/report.ts'
import { findingJson } from '../src/domain/result-document.ts'
import { DAY } from '../src/domain/time.ts'
import { reportAt } from '../src/report.ts'
import { exhibit } from './helpers/cli.ts'
import { healthyWorld } from './helpers/healthy-world.ts'
import {
  EVERYTHING,
  GOVERNED,
  isProven,
  provenChecks,
  type TestInstallation,
  testClock,
  testInstallation,
} from './helpers/installation.ts'
import { TEST_START } from './helpers/tools.ts'

let installation: TestInstallation
let report: Report
beforeAll(async () => {
  const world = healthyWorld(new Date(TEST_START))
  world.sentinelone.agents[0]!['infected'] = true
  installation = await testInstallation({ world, clock: testClock() })
  await installation.sync()
  report = await installation.report()
}, 60_000)
afterAll(() => installation.close())

test('findings are the same each time they are read', () => {
  for (const result of report.results) {
    const once = [...result.findings()].map(findingJson)
    expect([...result.findings()].map(findingJson)).toEqual(once)
    const { pass, fail, unknown, not_applicable } = result.counts
    expect(once.length).toBe(pass + fail + unknown + not_applicable)
  }
})

test('the open ones, which are kept, are those among all that fail or could not be evaluated', () => {
  let count = 0
  for (const result of report.results) {
    const open = [...result.findings()].filter(({ status }) => status === 'fail' || status === 'unknown')
    expect([...result.findings('open')].map(findingJson)).toEqual(open.map(findingJson))
    count += open.length
  }
  expect(count).toBeGreaterThan(0)
})

test('a report that keeps none says the same', async () => {
  const { config, checks, store } = installation
  const at = report.evaluatedAt
  const thrifty = await reportAt(at, at, { config, checks, store, software: report.software, thrifty: true })
  const said = ({ results }: Report) => results.map((result) => [...result.findings('open')].map(findingJson))
  const open = said(thrifty).map((findings) =>
    findings.filter(({ status }) => status === 'fail' || status === 'unknown'),
  )
  expect(open).toEqual(said(report))
})

test('a report that keeps all says the same, and each answer at its place', async () => {
  const { config, checks, store } = installation
  const at = report.evaluatedAt
  const whole = await reportAt('latest', at, { config, checks, store, software: report.software, whole: true })
  expect(whole.results.map(({ check, system }) => [check.id, system])).toEqual(
    report.results.map(({ check, system }) => [check.id, system]),
  )
  for (const [place, result] of whole.results.entries()) {
    const list = result.findings() as Findings
    const listed = Array.from({ length: list.length }, (_, at) => findingJson(list.at(at)!))
    expect(listed).toEqual([...report.results[place]!.findings()].map(findingJson))
    expect(list.at(list.length)).toBeUndefined()
    expect([...result.findings('open')].map(findingJson)).toEqual(
      listed.filter(({ status }) => status === 'fail' || status === 'unknown'),
    )
  }
})

describe('of a run that an earlier release sealed', () => {
  const ADDED = 'ACL-01'
  const GONE = allChecks.find((check) => !isProven(check))!
  const DISABLED = 'idle-accounts-removed'
  const yaml = GOVERNED.replace(
    '  shared-accounts-approved',
    `  ${DISABLED}: { enabled: false, because: "done by hand" }\n  shared-accounts-approved`,
  )
  let old: TestInstallation
  beforeAll(async () => {
    old = await testInstallation({ clock: testClock('2026-11-20T09:00:00.000Z'), yaml })
    const checks = [...provenChecks.filter(({ ref }) => ref !== ADDED), GONE]
    await old.reconfigured({ checks }).sync(EVERYTHING, () => {})
  })
  afterAll(() => old.close())

  test('what came since is not in it, and what is gone is, as far as it was sealed', async () => {
    const { snapshotAt } = (await old.store.runs(1))[0]!
    for (const at of ['latest', snapshotAt]) {
      const { results } = await old.report(at)
      const shown = results.map(({ check, system }) => `${check.ref} ${system ?? ''}`)
      const sealed = (await old.store.runAt(at))!.results
      expect(shown).toEqual(sealed.map(({ ref, system }) => `${ref} ${system ?? ''}`).sort())
      expect(shown.some((name) => name.startsWith(ADDED))).toBe(false)
      const gone = results.filter(({ check }) => check.id === GONE.id)
      const was = sealed.filter(({ check }) => check === GONE.id)
      expect(gone.map(({ status, counts }) => ({ status, counts }))).toEqual(
        was.map(({ status, counts }) => ({ status, counts })),
      )
      expect(gone[0]).toMatchObject({
        complete: false,
        message: expect.stringMatching(/^Judged by an earlier release; only what failed or was unknown is listed/),
      })
      expect(gone.flatMap((result) => [...result.findings()].map(({ subject }) => subject.key))).toEqual(
        was.flatMap(({ open }) => open.map(({ subject }) => subject.key)),
      )
      expect(results.filter(({ complete }) => !complete)).toHaveLength(gone.length)
    }
  })

  test('a disabled check is named in the version that was disabled, and in no other', async () => {
    const named = async (checks = provenChecks) =>
      (await old.reconfigured({ checks }).report('latest')).disabled.map(({ check, because }) => [check.id, because])
    expect(await named()).toEqual([[DISABLED, 'done by hand']])
    const later = provenChecks.map((check) =>
      check.id === DISABLED ? { ...check, version: check.version + 1 } : check,
    )
    expect(await named(later)).toEqual([])
    // A check that is disabled since is one that judged then.
    const enabled = old.reconfigured({ yaml: yaml.replace(`  ${DISABLED}`, '  client-current') })
    expect((await enabled.report('latest')).disabled.map(({ check }) => check.id)).toEqual([DISABLED])
  })

  test('a packet of it verifies, as far as the checks are at hand', async () => {
    old.clock.pass(DAY)
    const folder = mkdtempSync(join(tmpdir(), 'exhibit-report-'))
    try {
      const file = join(folder, 'packet.zip')
      const written = await exhibit(old, 'packet', '--from', '2026-11-20', '--to', '2026-11-20', '-o', file)
      expect([written.code, written.err]).toEqual([0, expect.stringContaining('wrote')])
      const { code, out } = await exhibit(null, 'verify', file)
      expect(out).not.toContain('✘')
      expect(out).toContain(`lists only the failures and unknowns of ${GONE.ref} ${GONE.id}`)
      expect(code).toBe(2)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })
})
