/**
 * Results grouped by the controls that they serve: the organisation's own list first, then the frameworks. Told, never
 * concluded: a check is evidence for a part of a control, so no control is ever passed or failed here (checks.md
 * section 1, rule 13).
 */
import type { Check, Framework } from './check.ts'
import type { Status } from './finding.ts'
import { byText } from './json.ts'
import type { Report } from './report.ts'
import type { OwnControl } from './settings.ts'

export const CONTROL_LABEL = 'our mapping, not the auditor’s conclusion'
export const CONTROL_LIMIT = 'other parts of each control are not tested here'

/** In the order in which they are told, as each is cited. */
export const FRAMEWORK_TITLE: Readonly<Record<Framework, string>> = {
  soc2: 'SOC 2 (Trust Services Criteria 2017)',
  iso27001: 'ISO/IEC 27001:2022',
  'nist-800-53': 'NIST SP 800-53 r5',
  'nist-csf': 'NIST CSF 2.0',
  'pci-dss': 'PCI DSS 4.0.1',
  hipaa: 'HIPAA (45 CFR part 164)',
  cis: 'CIS Controls 8.1',
}
export const FRAMEWORKS = Object.keys(FRAMEWORK_TITLE) as readonly Framework[]

export type Standing = Status | 'disabled'

export interface MappedCheck {
  readonly check: Check
  /** Of a check over several tailnets the worst result. */
  readonly standing: Standing
}

export interface ControlRow {
  readonly id: string
  /** The organisation's words; null for a framework's control. */
  readonly text: string | null
  readonly owner: string | null
  /** Framework → criteria, as the organisation maps its own control; empty for a framework's. */
  readonly criteria: Readonly<Record<string, readonly string[]>>
  /** Checks that test a part of it, by ref. */
  readonly direct: readonly MappedCheck[]
  /** Checks that support it without testing it. */
  readonly indirect: readonly MappedCheck[]
  /** Named by the organisation and known to nobody any more. */
  readonly gone: readonly string[]
}

export interface ControlView {
  readonly own: readonly ControlRow[]
  /** Only frameworks that a check is mapped to. */
  readonly frameworks: readonly { readonly framework: Framework; readonly controls: readonly ControlRow[] }[]
  readonly unmapped: readonly MappedCheck[]
}

const WORST: readonly Standing[] = ['fail', 'unknown', 'pass', 'not_applicable', 'disabled']

export function controlView(report: Report, own: readonly OwnControl[] = ownControlsOf(report)): ControlView {
  const mapped = standings(report)
  return {
    own: own.map((control) => ownRow(control, mapped)),
    frameworks: FRAMEWORKS.map((framework) => ({ framework, controls: rowsOf(framework, mapped) })).filter(
      ({ controls }) => controls.length > 0,
    ),
    unmapped: mapped.filter(
      ({ check }) =>
        check.controls.length === 0 && !own.some((control) => control.checks.some((name) => bears(check, name))),
    ),
  }
}

/** The list under which the run was sealed. */
export function ownControlsOf(report: Pick<Report, 'snapshot'>): readonly OwnControl[] {
  return report.snapshot?.settings.controls ?? []
}

function standings(report: Report): MappedCheck[] {
  const found = new Map<Check, Standing>()
  const worse = (check: Check, standing: Standing): void => {
    const before = found.get(check)
    if (before === undefined || WORST.indexOf(standing) < WORST.indexOf(before)) found.set(check, standing)
  }
  for (const { check, status } of report.results) worse(check, status)
  for (const { check } of report.disabled) worse(check, 'disabled')
  return [...found].map(([check, standing]) => ({ check, standing })).sort((a, b) => byText(a.check.ref, b.check.ref))
}

function bears(check: Check, name: string): boolean {
  return check.id === name || check.ref === name
}

function ownRow(control: OwnControl, mapped: readonly MappedCheck[]): ControlRow {
  return {
    id: control.id,
    text: control.text,
    owner: control.owner,
    criteria: control.criteria,
    direct: mapped.filter(({ check }) => control.checks.some((name) => bears(check, name))),
    indirect: [],
    gone: control.checks.filter((name) => !mapped.some(({ check }) => bears(check, name))),
  }
}

function rowsOf(framework: Framework, mapped: readonly MappedCheck[]): ControlRow[] {
  const rows = new Map<string, { direct: MappedCheck[]; indirect: MappedCheck[] }>()
  for (const one of mapped) {
    for (const control of one.check.controls) {
      if (control.framework !== framework) continue
      const row = rows.get(control.id) ?? { direct: [], indirect: [] }
      rows.set(control.id, row)
      const list = control.indirect === true ? row.indirect : row.direct
      list.push(one)
    }
  }
  return [...rows]
    .sort(([a], [b]) => byNumber(a, b))
    .map(([id, row]) => ({ id, text: null, owner: null, criteria: {}, gone: [], ...row }))
}

/** "CC6.2" before "CC6.10", without asking a locale. */
function byNumber(a: string, b: string): number {
  const parts = (text: string): string[] => text.match(/\d+|\D+/g) ?? []
  const [left, right] = [parts(a), parts(b)]
  for (let index = 0; index < Math.min(left.length, right.length); index++) {
    const [x, y] = [left[index]!, right[index]!]
    if (x === y) continue
    const numeric = /^\d/.test(x) && /^\d/.test(y)
    return numeric ? Number(x) - Number(y) : byText(x, y)
  }
  return left.length - right.length
}

export function countOf({ direct }: Pick<ControlRow, 'direct'>, standing: Standing): number {
  return direct.filter((one) => one.standing === standing).length
}

const REST: readonly (readonly [Standing, one: string, many: string])[] = [
  ['fail', 'fails', 'fail'],
  ['unknown', 'not evaluated', 'not evaluated'],
  ['not_applicable', 'not applicable', 'not applicable'],
  ['disabled', 'disabled', 'disabled'],
]

/** "2 of 5 mapped checks pass · 1 fails · 2 not evaluated": all that is ever said of a control. */
export function controlSentence(row: Pick<ControlRow, 'direct'>): string {
  const { length } = row.direct
  if (length === 0) return 'no mapped check tests it directly'
  const rest = REST.flatMap(([standing, one, many]) => {
    const count = countOf(row, standing)
    return count === 0 ? [] : [`${count} ${count === 1 ? one : many}`]
  })
  const pass = countOf(row, 'pass')
  const head = `${pass} of ${length} mapped ${length === 1 ? 'check passes' : 'checks pass'}`
  return [head, ...rest].join(' · ')
}

function rowJson(row: ControlRow) {
  const refs = (list: readonly MappedCheck[]) =>
    list.map(({ check, standing }) => ({
      check: check.id,
      ref: check.ref,
      status: standing,
      ...(check.operator ? { operator: true } : {}),
    }))
  return {
    id: row.id,
    ...(row.text === null ? {} : { text: row.text, owner: row.owner, criteria: row.criteria, gone: row.gone }),
    mapped: row.direct.length,
    pass: countOf(row, 'pass'),
    fail: countOf(row, 'fail'),
    unknown: countOf(row, 'unknown'),
    not_applicable: countOf(row, 'not_applicable'),
    disabled: countOf(row, 'disabled'),
    sentence: controlSentence(row),
    checks: refs(row.direct),
    supporting: refs(row.indirect),
  }
}

export function controlViewJson(view: ControlView) {
  return {
    label: CONTROL_LABEL,
    limit: CONTROL_LIMIT,
    own: view.own.map(rowJson),
    frameworks: view.frameworks.map(({ framework, controls }) => ({
      framework,
      title: FRAMEWORK_TITLE[framework],
      controls: controls.map(rowJson),
    })),
    unmapped: view.unmapped.map(({ check, standing }) => ({ check: check.id, ref: check.ref, status: standing })),
  }
}
