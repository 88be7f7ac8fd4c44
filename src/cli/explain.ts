import { AppError } from '../domain/error.ts'
import { exitCodeOf, type Report, type ReportFinding, type ReportResult } from '../domain/report.ts'
import { checkNamed } from '../focusing.ts'
import { writeExplanation } from './explain-text.ts'
import type { ExitCode } from './index.ts'
import { parseMoment } from './moment.ts'
import type { CliParts } from './parts.ts'

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
    else writeExplanation(parts.terminal.out, check, report, results, findings?.map(({ finding }) => finding) ?? null)
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
