import { describe, expect, test } from 'vitest'
import { defineCheck } from '../../src/domain/check.ts'
import { controlSentence, controlView, controlViewJson, FRAMEWORKS } from '../../src/domain/control-view.ts'
import type { Status } from '../../src/domain/finding.ts'
import type { Report, ReportResult } from '../../src/domain/report.ts'
import type { OwnControl } from '../../src/domain/settings.ts'
import { settings, snapshotOf } from '../helpers/build.ts'

type Controls = Parameters<typeof defineCheck>[0]['controls']

function check(ref: string, controls: Controls = []) {
  const words = { title: ref, question: '?', why: '', remediation: '', severity: 'low' as const }
  return defineCheck({
    id: `check-${ref.toLowerCase()}`,
    ref,
    version: 1,
    ...words,
    controls,
    needs: [],
    run: () => [],
    say: () => '',
  })
}

function result(of: ReturnType<typeof check>, status: Status, system = 'tailnet') {
  return { check: of, status, system } as ReportResult
}

function report(results: ReportResult[], over: Partial<Report> = {}): Report {
  return { results, disabled: [], snapshot: null, ...over } as Report
}

const soc2 = (...ids: string[]): Controls => ids.map((id) => ({ framework: 'soc2' as const, id }))
const LEAVERS: OwnControl = {
  id: 'AC-07',
  text: 'Leavers are out within a day',
  owner: 'it@acme.example',
  criteria: { soc2: ['CC6.2'] },
  checks: ['ID-02', 'check-id-03', 'ID-99'],
}

describe('a control is never passed, only counted', () => {
  test.each<{ statuses: Status[]; want: string }>([
    { statuses: ['pass'], want: '1 of 1 mapped check passes' },
    { statuses: ['pass', 'pass', 'pass'], want: '3 of 3 mapped checks pass' },
    {
      statuses: ['pass', 'fail', 'unknown', 'not_applicable'],
      want: '1 of 4 mapped checks pass · 1 fails · 1 not evaluated · 1 not applicable',
    },
    { statuses: ['fail', 'fail'], want: '0 of 2 mapped checks pass · 2 fail' },
    { statuses: ['not_applicable'], want: '0 of 1 mapped check passes · 1 not applicable' },
    { statuses: [], want: 'no mapped check tests it directly' },
  ])('$statuses: $want', ({ statuses, want }) => {
    const direct = statuses.map((standing, index) => ({ check: check(`ID-0${index}`), standing }))
    expect(controlSentence({ direct })).toBe(want)
  })

  test('a disabled check counts among those mapped', () => {
    const off = check('ID-02', soc2('CC6.2'))
    const view = controlView(
      report([result(check('ID-01', soc2('CC6.2')), 'pass')], { disabled: [{ check: off, because: 'x' }] }),
    )
    expect(controlSentence(view.frameworks[0]!.controls[0]!)).toBe('1 of 2 mapped checks pass · 1 disabled')
  })
})

test('of a check over several tailnets the worst result counts', () => {
  const one = check('ID-01', soc2('CC6.1'))
  const view = controlView(report([result(one, 'pass', 'a'), result(one, 'fail', 'b'), result(one, 'unknown', 'c')]))
  expect(view.frameworks[0]!.controls[0]!.direct).toEqual([{ check: one, standing: 'fail' }])
})

test('controls come in the order of their own numbers, frameworks in ours, a framework without a mapping not at all', () => {
  const one = check('ID-01', [
    ...soc2('CC6.10', 'CC6.2', 'CC6'),
    { framework: 'cis', id: '5.1' },
    { framework: 'iso27001', id: 'A.5.9' },
  ])
  const view = controlView(report([result(one, 'pass')]))
  expect(view.frameworks.map(({ framework }) => framework)).toEqual(['soc2', 'iso27001', 'cis'])
  expect(view.frameworks[0]!.controls.map(({ id }) => id)).toEqual(['CC6', 'CC6.2', 'CC6.10'])
  expect(FRAMEWORKS).toEqual(['soc2', 'iso27001', 'nist-800-53', 'nist-csf', 'pci-dss', 'hipaa', 'cis'])
})

test('a check that only supports a control is named apart and not counted', () => {
  const one = check('ID-01', [{ framework: 'soc2', id: 'CC6.1', indirect: true }])
  const row = controlView(report([result(one, 'pass')])).frameworks[0]!.controls[0]!
  expect([row.direct, row.indirect.map((each) => each.check.ref), controlSentence(row)]).toEqual([
    [],
    ['ID-01'],
    'no mapped check tests it directly',
  ])
})

test('the organisation’s own controls take checks by id or ref, name those that are gone, and come from the sealed run', () => {
  const results = [result(check('ID-02'), 'pass'), result(check('ID-03'), 'fail'), result(check('ID-04'), 'pass')]
  const snapshot = snapshotOf([], { settings: settings({ controls: [LEAVERS] }) })
  const view = controlView(report(results, { snapshot }))
  expect(view.own).toEqual([expect.objectContaining({ id: 'AC-07', owner: 'it@acme.example', gone: ['ID-99'] })])
  expect(controlSentence(view.own[0]!)).toBe('1 of 2 mapped checks pass · 1 fails')
  expect(view.unmapped.map((each) => each.check.ref)).toEqual(['ID-04'])
  // Runs that were sealed before there were such lists.
  expect(controlView(report(results, { snapshot: snapshotOf([]) })).own).toEqual([])
})

test('as JSON: counts beside the sentence, own checks marked, nothing that reads as a verdict on the control', () => {
  const mine = { ...check('OWN-01', soc2('CC6.1')), operator: true }
  const json = controlViewJson(controlView(report([result(mine, 'pass')]), [LEAVERS]))
  expect(json.label).toBe('our mapping, not the auditor’s conclusion')
  const [row] = json.frameworks[0]!.controls
  expect(row).toEqual({
    id: 'CC6.1',
    mapped: 1,
    pass: 1,
    fail: 0,
    unknown: 0,
    not_applicable: 0,
    disabled: 0,
    sentence: '1 of 1 mapped check passes',
    checks: [{ check: 'check-own-01', ref: 'OWN-01', status: 'pass', operator: true }],
    supporting: [],
  })
  expect(json.own[0]).toMatchObject({
    text: LEAVERS.text,
    gone: LEAVERS.checks,
    sentence: 'no mapped check tests it directly',
  })
})
