/** What `explain` writes for people: question, reason, rule, data, answer and remedy, in this order and in plain words. */
import type { Check, Parameter } from '../domain/check.ts'
import { GROUPS } from '../domain/evaluate.ts'
import type { JsonValue } from '../domain/json.ts'
import type { Report, ReportFinding, ReportResult } from '../domain/report.ts'
import { counted, FRAMEWORK_WORD, kindWord, REASON_WORD, VENDORS, vendorWord } from '../domain/words.ts'
import { wrap } from './table.ts'
import { moment, STATUS_MARK, STATUS_STYLE, STATUS_WORD, type Stream, styler, widthOf } from './terminal.ts'

interface Page {
  readonly style: ReturnType<typeof styler>
  section(title: string, ...lines: readonly string[]): void
  line(text: string): void
}

function pageOn(out: Stream): Page {
  const style = styler(out)
  const width = Math.min(widthOf(out), 110)
  const line = (text: string): void => {
    out.write(`  ${wrap(text, width - 2, '  ')}\n`)
  }
  return {
    style,
    line,
    section(title, ...lines) {
      out.write(`\n${style('bold', title)}\n`)
      lines.forEach(line)
    },
  }
}

/** @param findings of one subject that was asked for; null: the check as a whole */
export function writeExplanation(
  out: Stream,
  check: Check,
  report: Report,
  results: readonly ReportResult[],
  findings: readonly ReportFinding[] | null,
): void {
  const page = pageOn(out)
  const { style } = page
  const about = `${check.id} · version ${check.version} · severity ${check.severity}`
  out.write(`${style('bold', `${check.ref} ${check.title}`)}  ${style('dim', about)}\n`)
  if (check.operator)
    page.section('Whose', 'Your own check, from checksFolder; its source text is sealed with every run.')
  page.section('Question', check.question)
  page.section('Why it matters', check.why)
  if (check.informational) page.section('How it counts', 'It informs: whatever it finds, it is never a failure.')
  for (const result of results) {
    const where = results.length > 1 && result.system !== null ? ` in ${result.system}` : ''
    limits(page, check, result, where)
    data(page, report, result, where)
    answer(page, report, result, findings === null)
  }
  for (const finding of findings ?? []) writeSubject(out, page, finding)
  page.section('How to fix it', check.remediation)
  controls(page, check)
}

// ── rule and data ──────────────────────────────────────────────────────────────────────────────────────────────────

function limits(page: Page, check: Check, { parameters }: ReportResult, where: string): void {
  const lines = Object.entries(parameters).map(([name, value]) => {
    const parameter = check.parameters[name]
    if (parameter === undefined) return `${name} = ${written(value)}`
    const given = JSON.stringify(value) === JSON.stringify(parameter.default) ? 'by default' : 'as configured'
    return `${name} = ${written(value)}${unitOf(parameter)}, ${given}. ${parameter.says}`
  })
  if (lines.length > 0) page.section(`What it is measured by (parameters)${where}`, ...lines)
}

function unitOf(parameter: Parameter): string {
  return parameter.type === 'number' ? ` ${parameter.unit}` : ''
}

/** Lists and maps as people write them; an empty one in words. */
function written(value: JsonValue): string {
  if (value === null) return 'not set'
  if (value === '') return 'nothing'
  if (Array.isArray(value)) return value.length === 0 ? 'nobody and nothing' : value.map(entry).join('; ')
  return typeof value === 'object' ? Object.entries(value).map(pair).join('; ') || 'nobody and nothing' : String(value)
}

function entry(value: JsonValue): string {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return written(value)
  const { subject, because = null } = value as { readonly [name: string]: JsonValue }
  return subject === undefined ? JSON.stringify(value) : `${written(subject)} (${written(because)})`
}

function pair([name, value]: [string, JsonValue]): string {
  return `${name}: ${written(value)}`
}

function data(page: Page, report: Report, result: ReportResult, where: string): void {
  const needs = needsOf(result, report)
  const none =
    result.check.over === 'collection'
      ? 'What the collector itself recorded of its work.'
      : 'No records that it could not do without.'
  const read = report.sources
    .filter((source) => source.collectedAt !== null && restsOn(result, report, source))
    .map(({ id, kind, collectedAt }) => `${id} (${vendorWord(kind)}) at ${moment(collectedAt!)}`)
  page.section(`What it reads${where}`, needs.length === 0 ? none : `${needs.join('; ')}.`)
  if (read.length > 0) page.line(`Last read completely: ${read.join(', ')}.`)
  else if (needs.length > 0) page.line('Nothing of that has been read completely yet.')
}

/** Kinds that do not live in a tailnet, and the source kinds that they come from. */
const ELSEWHERE: Readonly<Record<string, readonly string[]>> = {
  person: ['csv', 'scim'],
  agent: VENDORS,
  enrolment: VENDORS,
  encryption: VENDORS,
  score: VENDORS,
}

/** Whether the answer rests on a source; one over our own collection looks at them all. */
function restsOn({ check, system }: ReportResult, report: Report, source: Report['sources'][number]): boolean {
  if (report.snapshot === null || check.over === 'collection') return true
  return check.needs(report.snapshot.settings, system, report.snapshot).some(({ kind, from }) => {
    const kinds = from === undefined ? ELSEWHERE[kind] : (GROUPS[from] ?? [from])
    return kinds === undefined ? source.id === system : kinds.includes(source.kind)
  })
}

const GROUP_WORD: Readonly<Record<string, string>> = {
  edr: 'SentinelOne or CrowdStrike Falcon',
  mdm: 'Kandji (Iru)',
}

function needsOf(result: ReportResult, report: Report): string[] {
  if (report.snapshot === null) return []
  return result.check.needs(report.snapshot.settings, result.system, report.snapshot).map(({ kind, from, fields }) => {
    const whose = from === undefined ? '' : ` of ${GROUP_WORD[from] ?? vendorWord(from)}`
    return `${kindWord(kind, 2)}${whose}${fields === undefined ? '' : ` (${fields.join(', ')})`}`
  })
}

// ── answer ─────────────────────────────────────────────────────────────────────────────────────────────────────────

/** As many sentences as show what the answer is made of. */
const EXAMPLES = 3

function answer(page: Page, report: Report, result: ReportResult, withExamples: boolean): void {
  const { status, unknownReason, counts, message } = result
  const mark = page.style(STATUS_STYLE[status], `${STATUS_MARK[status]} ${STATUS_WORD[status]}`)
  const why = unknownReason === null ? '' : ` (${REASON_WORD[unknownReason].toLowerCase()})`
  const system = result.system === null ? '' : ` · ${result.system}`
  page.section('Answer', `${mark}${why}${system} · state at ${moment(report.snapshotAt)}`)
  if (message !== null) page.line(message)
  const asked = counts.pass + counts.fail + counts.unknown + counts.not_applicable
  if (asked === 0) {
    if (message === null) page.line('There was nothing to ask it of.')
    return
  }
  const accepted = counts.waived === 0 ? '' : ` (${counts.waived} of them accepted as a risk)`
  page.line(
    `${counted(asked, 'subject')} looked at: ${counts.pass} pass, ${counts.fail} fail${accepted}, ${counts.unknown} not evaluated, ${counts.not_applicable} not applicable.`,
  )
  if (withExamples) examples(page, result)
}

/** Failures first, because a single one decides. */
function examples(page: Page, result: ReportResult): void {
  const shown: Record<'fail' | 'unknown', string[]> = { fail: [], unknown: [] }
  for (const { status, message } of result.findings())
    if ((status === 'fail' || status === 'unknown') && shown[status].length < EXAMPLES)
      shown[status].push(`${STATUS_MARK[status]} ${message}`)
  const lines = [...shown.fail, ...shown.unknown].slice(0, EXAMPLES)
  lines.forEach(page.line)
  const left = result.counts.fail + result.counts.unknown - lines.length
  if (lines.length > 0 && left > 0) page.line(`… and ${left} more: "exhibit check ${result.check.ref}" lists them.`)
}

function controls(page: Page, { controls: mapped }: Check): void {
  if (mapped.length === 0) return
  const lines = [...Map.groupBy(mapped, ({ framework }) => framework)].map(([framework, list]) => {
    const ids = list.map(({ id, indirect }) => `${id}${indirect === true ? ' (indirect)' : ''}`)
    return `${FRAMEWORK_WORD[framework] ?? framework}: ${ids.join(', ')}`
  })
  page.section("Controls (our mapping, not the auditor's conclusion)", ...lines)
}

// ── one subject ────────────────────────────────────────────────────────────────────────────────────────────────────

function writeSubject(out: Stream, page: Page, finding: ReportFinding): void {
  const { style, line } = page
  const { subject, status } = finding
  const fact = (name: string, value: string): void => {
    out.write(`    ${style('dim', name.padEnd(28))} ${value}\n`)
  }
  const address = style('dim', `${subject.source}/${subject.kind}/${subject.key}`)
  out.write(`\n${style(STATUS_STYLE[status], `${STATUS_MARK[status]} ${subject.label}`)} ${address}\n`)
  line(finding.message)
  if (finding.notice !== null && !finding.message.includes(finding.notice)) line(finding.notice)
  for (const [name, value] of Object.entries(finding.facts))
    fact(name, value === null ? 'none, or not said' : typeof value === 'object' ? JSON.stringify(value) : String(value))
  if (finding.firstSeen !== null) fact('first seen', moment(finding.firstSeen))
  if (finding.sla !== null) {
    const due = finding.dueAt === null ? '' : `, due ${moment(finding.dueAt)}`
    fact('time to fix', `${finding.sla.replace('_', ' ')}${due}`)
  }
  if (finding.waiver !== null) {
    const { expires, approver, reason } = finding.waiver
    fact('accepted', `until ${expires} by ${approver} (approval claimed in configuration): ${reason}`)
  }
  fact('records read', finding.records.join(', ') || 'none')
}
