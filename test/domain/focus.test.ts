import { expect, test } from 'vitest'
import { checks } from '../../checks/index.ts'
import { type Focus, isAbout, narrowedTo, ownControlsIn, periodNarrowedTo } from '../../src/domain/focus.ts'
import type { Report, ReportResult } from '../../src/domain/report.ts'
import type { OwnControl } from '../../src/domain/settings.ts'
import { NOW, wholeSnapshotOf } from '../helpers/build.ts'
import { periodOver } from '../helpers/period.ts'

const named = (ref: string) => checks.find((check) => check.ref === ref)!
const ASKED = ['ID-02', 'ID-03', 'S1-04'].map(named)
const CONTROLS: readonly OwnControl[] = [
  { id: 'AC-07', text: 'Leavers', owner: null, criteria: { soc2: ['CC6.2'] }, checks: ['ID-02', named('ID-03').id] },
  { id: 'EP-02', text: 'Computers', owner: null, criteria: { iso27001: ['A.8.7'] }, checks: ['S1-04'] },
]

function reportOver(): Report {
  const snapshot = wholeSnapshotOf([], { settings: { controls: CONTROLS } })
  const results = ASKED.map(
    (check): ReportResult => ({
      ...{ check, version: 1, system: 'tailnet', status: 'fail', unknownReason: null, message: null, parameters: {} },
      counts: { pass: 1, fail: 1, unknown: 0, not_applicable: 0, waived: 0 },
      findings: () => [],
      complete: true,
    }),
  )
  return {
    ...{ organization: { id: 'acme', name: 'Acme' }, demo: false, run: null, snapshotAt: NOW, evaluatedAt: NOW },
    ...{ software: '1', sources: snapshot.sources, disabled: [], results, snapshot },
  }
}

const focusOn: Readonly<Record<string, Focus>> = {
  check: { on: 'check', check: named('S1-04') },
  control: { on: 'control', control: CONTROLS[0]! },
  framework: { on: 'framework', framework: 'soc2' },
}

test.each([
  { on: 'check', refs: ['S1-04'], controls: ['EP-02'], leavers: null, criteria: 0 },
  { on: 'control', refs: ['ID-02', 'ID-03'], controls: ['AC-07'], leavers: 3, criteria: 0 },
  { on: 'framework', refs: ['ID-02', 'ID-03', 'S1-04'], controls: ['AC-07'], leavers: 3, criteria: 1 },
])('a report about one $on keeps its checks, its controls, what a period tells of them, and every source', (wanted) => {
  const focus = focusOn[wanted.on]!
  const whole = reportOver()
  const report = narrowedTo(focus, whole)
  expect(report.results.map(({ check }) => check.ref)).toEqual(wanted.refs)
  expect(report.sources).toBe(whole.sources)
  expect(ownControlsIn(focus, CONTROLS).map(({ id }) => id)).toEqual(wanted.controls)
  const period = periodNarrowedTo(focus, report, periodOver(whole))
  expect(period.of.filter(({ what }) => what === 'source')).toHaveLength(whole.sources.length)
  expect(period.of.filter(({ what }) => what === 'check')).toHaveLength(wanted.refs.length)
  const told = (what: string) => period.results!.filter((result) => result.what === what)
  expect(told('check').map(({ ref }) => ref)).toEqual(wanted.refs)
  expect(told('control').map(({ ref }) => ref)).toEqual(wanted.controls)
  expect(told('criterion').every(({ id }) => id.startsWith('soc2 '))).toBe(true)
  expect(told('criterion').length > 0).toBe(wanted.criteria > 0)
  expect(period.leavers?.length ?? null).toBe(wanted.leavers)
  // Of all checks together; it cannot be told apart again.
  expect(period.ages).toBeNull()
})

test('a check that only supports a framework is in its report', () => {
  const supporting = checks.find(({ controls }) =>
    controls.some(({ framework, indirect }) => framework === 'cis' && indirect),
  )!
  expect(isAbout({ on: 'framework', framework: 'cis' }, supporting)).toBe(true)
})
