/** `explain` reads so that somebody who audits and does not code can follow: rule, data, limits, answer, remedy. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { checks } from '../../checks/index.ts'
import { writeExplanation } from '../../src/cli/explain-text.ts'
import type { Check } from '../../src/domain/check.ts'
import type { Report, ReportFinding } from '../../src/domain/report.ts'
import { GOVERNED, type TestInstallation, testInstallation } from '../helpers/installation.ts'

let house: TestInstallation
let report: Report
beforeAll(async () => {
  house = await testInstallation({
    checks,
    yaml: `${GOVERNED}  client-above-floor: { params: { floor: "9.9" } }
  external-devices-approved: { params: { approved: [{ subject: partner-nas, because: backup }] } }
`,
  })
  await house.sync()
  report = await house.report()
})
afterAll(() => house.close())

const checkOf = (ref: string): Check => checks.find((check) => check.ref === ref)!
const resultsOf = (check: Check) => report.results.filter((result) => result.check.id === check.id)

function explained(check: Check, findings: readonly ReportFinding[] | null = null): string {
  let text = ''
  const out = { write: (part: string) => (text += part) }
  writeExplanation(out, check, report, resultsOf(check), findings)
  return text
}
/** Without the line breaks, to look for sentences. */
const flat = (text: string): string => text.replace(/\s+/g, ' ')

test('every check tells question, reason, data, limits, answer and remedy, each parameter in words with its unit', () => {
  for (const check of checks) {
    const text = explained(check)
    const order = ['Question', 'Why it matters', 'What it reads', 'Answer', 'How to fix it']
    const places = order.map((title) => text.indexOf(`\n${title}`))
    expect([check.ref, places.includes(-1)]).toEqual([check.ref, false])
    expect(places).toEqual([...places].sort((a, b) => a - b))
    for (const part of [check.question, check.why, check.remediation]) expect(flat(text)).toContain(part)
    for (const [name, parameter] of Object.entries(check.parameters)) {
      expect(flat(text)).toMatch(new RegExp(`\\b${name} = [^{[]`))
      expect(flat(text)).toContain(parameter.says)
      if (parameter.type === 'number')
        expect(flat(text)).toContain(`${parameter.default} ${parameter.unit}, by default`)
    }
    expect(text).not.toMatch(/undefined|\[object|records of edr| agent records/)
  }
})

describe('what it reads', () => {
  test('is told in people’s words, with the moment of the reading and nothing that does not matter', () => {
    const text = flat(explained(checkOf('S1-04')))
    expect(text).toContain('devices; EDR/MDM records of SentinelOne (infected).')
    expect(text).toMatch(/Last read completely: tailnet \(Tailscale\) at \S+ \S+ UTC, edr \(SentinelOne\) at/)
    expect(text).not.toContain('mdm (Kandji')
  })

  test('of our own house is what the collector recorded', () => {
    expect(flat(explained(checkOf('COL-01')))).toContain('What the collector itself recorded of its work.')
  })
})

describe('the answer', () => {
  test('adds up in one sentence and shows what it is made of, failures first', () => {
    const text = flat(explained(checkOf('DEV-08')))
    expect(text).toContain('floor = 9.9, as configured. Lowest version that is accepted')
    expect(text).toContain('6 subjects looked at: 0 pass, 6 fail, 0 not evaluated, 0 not applicable.')
    expect(text.match(/ ✘ \S+ runs client/g)).toHaveLength(3)
    expect(text).toContain('… and 3 more: "exhibit check DEV-08" lists them.')
  })

  test('says why it is missing where the engine gave it, and that an inventory never fails', () => {
    expect(flat(explained(checkOf('DEV-16')))).toContain('not evaluated (not configured yet)')
    expect(explained(checkOf('DEV-21'))).toContain('It informs: whatever it finds, it is never a failure.')
  })
})

test('what is approved is written with its reason, an empty list in words', () => {
  expect(flat(explained(checkOf('DEV-12')))).toContain('approved = partner-nas (backup), as configured.')
  expect(flat(explained(checkOf('DEV-10')))).toContain('approved = nobody and nothing, by default.')
})

test('of one subject it tells the sentence, the values that decided and the records that were read', () => {
  const check = checkOf('DEV-08')
  const [finding] = [...resultsOf(check)[0]!.findings()]
  const text = explained(check, [finding!])
  for (const part of [finding!.subject.label, 'clientVersion', 'records read', finding!.records[0]!])
    expect(text).toContain(part)
  expect(flat(text)).toContain(finding!.message)
  expect(text).not.toContain('more: "exhibit check')
})
