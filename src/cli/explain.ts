import type { Check } from '../domain/check.ts'
import { AppError } from '../domain/error.ts'
import type { JsonValue } from '../domain/json.ts'
import { exitCodeOf, type Report, type ReportFinding, type ReportResult } from '../domain/report.ts'
import type { ExitCode } from './index.ts'
import { parseMoment } from './moment.ts'
import type { CliParts } from './parts.ts'
import { checkNamed } from './select.ts'
import { wrap } from './table.ts'
import { moment, STATUS_MARK, STATUS_STYLE, STATUS_WORD, styler, widthOf } from './terminal.ts'

interface Options {
  config: string
  asOf?: string
  format: 'table' | 'json'
}

export async function runExplain(
  name: string,
  subject: string | undefined,
  options: Options,
  parts: CliParts,
): Promise<ExitCode> {
  const installation = await parts.open(options.config)
  try {
    const check = checkNamed(name, installation.checks)
    const report = await installation.report(options.asOf === undefined ? 'latest' : parseMoment(options.asOf))
    const results = report.results.filter((result) => result.check.id === check.id)
    const findings = subject === undefined ? null : matching(results, subject)
    if (options.format === 'json')
      parts.terminal.out.write(`${JSON.stringify(explainJson(report, results, findings), null, 2)}\n`)
    else print(report, results, findings, check, parts)
    return exitCodeOf(findings === null ? results : findings.map(({ finding }) => finding))
  } finally {
    await installation.close()
  }
}

interface Explained {
  result: ReportResult
  finding: ReportFinding
}

function matching(results: readonly ReportResult[], subject: string): Explained[] {
  const wanted = subject.toLowerCase()
  const found: Explained[] = []
  for (const result of results) {
    for (const finding of result.findings()) {
      if (finding.subject.key.toLowerCase() === wanted || finding.subject.label.toLowerCase() === wanted)
        found.push({ result, finding })
    }
  }
  if (found.length === 0 && results.every((result) => result.message === null)) {
    throw new AppError(
      'usage',
      `the newest run has no subject "${subject}" in this check; "exhibit check ${results[0]?.check.ref ?? ''}" lists them`,
    )
  }
  return found
}

function needsOf(result: ReportResult, report: Report): string[] {
  if (report.snapshot === null) return []
  return result.check.needs(report.snapshot.settings, result.system, report.snapshot).map((need) => {
    const from = need.from === undefined ? '' : ` of ${need.from}`
    const fields = need.fields === undefined ? '' : ` (${need.fields.join(', ')})`
    return `${need.kind} records${from}${fields}`
  })
}

function explainJson(report: Report, results: readonly ReportResult[], findings: readonly Explained[] | null) {
  return {
    snapshotAt: report.snapshotAt,
    evaluatedAt: report.evaluatedAt,
    results: results.map((result) => {
      const { id, ref, version, title, question, why, remediation, severity, controls, operator } = result.check
      return {
        check: { id, ref, version, title, question, why, remediation, severity, controls, operator },
        system: result.system,
        status: result.status,
        unknownReason: result.unknownReason,
        message: result.message,
        parameters: result.parameters,
        needs: needsOf(result, report),
        counts: result.counts,
        findings:
          findings === null
            ? undefined
            : findings.filter((entry) => entry.result === result).map((entry) => entry.finding),
      }
    }),
  }
}

function valueText(value: JsonValue): string {
  return value === null ? 'null' : typeof value === 'string' ? value : JSON.stringify(value)
}

function print(
  report: Report,
  results: readonly ReportResult[],
  findings: readonly Explained[] | null,
  check: Check,
  parts: CliParts,
): void {
  const { out } = parts.terminal
  const style = styler(out)
  const width = Math.min(widthOf(out), 110)
  const section = (title: string, text: string): void => {
    out.write(`\n${style('bold', title)}\n  ${wrap(text, width - 2, '  ')}\n`)
  }
  out.write(
    `${style('bold', `${check.ref} ${check.title}`)}  ${style('dim', `${check.id} · version ${check.version} · severity ${check.severity}`)}\n`,
  )
  if (check.operator) section('Whose', 'Your own check, from checksFolder; its source text is sealed with every run.')
  section('Question', check.question)
  section('Why it matters', check.why)
  section('How to fix it', check.remediation)
  if (check.controls.length > 0) {
    const byFramework = Map.groupBy(check.controls, (control) => control.framework)
    const lines = [...byFramework].map(
      ([framework, list]) =>
        `${framework}: ${list.map((one) => `${one.id}${one.indirect === true ? ' (indirect)' : ''}`).join(', ')}`,
    )
    section("Controls (our mapping, not the auditor's conclusion)", lines.join('\n'))
  }
  for (const result of results) {
    out.write(
      `\n${style(STATUS_STYLE[result.status], `${STATUS_MARK[result.status]} ${STATUS_WORD[result.status]}`)}${result.system === null ? '' : ` · ${result.system}`} · state at ${moment(report.snapshotAt)}\n`,
    )
    const { counts } = result
    out.write(
      `  ${counts.fail} fail, ${counts.unknown} not evaluated, ${counts.pass} pass, ${counts.not_applicable} not applicable; ${counts.waived} of the failures accepted\n`,
    )
    if (result.message !== null) out.write(`  ${wrap(result.message, width - 2, '  ')}\n`)
    const parameters = Object.entries(result.parameters)
    if (parameters.length > 0)
      out.write(
        `  ${style('dim', 'parameters')} ${parameters.map(([name, value]) => `${name} = ${valueText(value)}`).join(', ')}\n`,
      )
    const needs = needsOf(result, report)
    if (needs.length > 0) out.write(`  ${style('dim', 'reads')} ${needs.join(', ')}\n`)
  }
  for (const { finding } of findings ?? []) {
    out.write(
      `\n${style(STATUS_STYLE[finding.status], `${STATUS_MARK[finding.status]} ${finding.subject.label}`)} ${style('dim', `${finding.subject.source}/${finding.subject.kind}/${finding.subject.key}`)}\n`,
    )
    out.write(`  ${wrap(finding.message, width - 2, '  ')}\n`)
    if (finding.notice !== null) out.write(`  ${wrap(finding.notice, width - 2, '  ')}\n`)
    for (const [name, value] of Object.entries(finding.facts))
      out.write(`    ${style('dim', name.padEnd(28))} ${valueText(value)}\n`)
    if (finding.firstSeen !== null)
      out.write(`    ${style('dim', 'first seen'.padEnd(28))} ${moment(finding.firstSeen)}\n`)
    if (finding.sla !== null)
      out.write(
        `    ${style('dim', 'time to fix'.padEnd(28))} ${finding.sla.replace('_', ' ')}${finding.dueAt === null ? '' : `, due ${moment(finding.dueAt)}`}\n`,
      )
    if (finding.waiver !== null)
      out.write(
        `    ${style('dim', 'accepted'.padEnd(28))} until ${finding.waiver.expires} by ${finding.waiver.approver} (approval claimed in configuration): ${finding.waiver.reason}\n`,
      )
    out.write(`    ${style('dim', 'records read'.padEnd(28))} ${finding.records.join(', ') || 'none'}\n`)
  }
}
