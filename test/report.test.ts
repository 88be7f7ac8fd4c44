import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Report } from '../src/domain/report.ts'
import { findingJson } from '../src/domain/result-document.ts'
import { reportAt } from '../src/report.ts'
import { healthyWorld } from './helpers/healthy-world.ts'

import { type TestInstallation, testClock, testInstallation } from './helpers/installation.ts'
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
