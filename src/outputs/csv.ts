/**
 * One line a finding, for spreadsheets and for tools that read tables. A result without subjects (the engine answered,
 * or there is nobody to ask about) is one line without a subject; a disabled check is one line that says why.
 */
import type { Output } from '../domain/output.ts'
import type { DisabledCheck, Report, ReportFinding, ReportResult } from '../domain/report.ts'
import { type CsvValue, csvTable } from '../lib/csv.ts'

type Row = Readonly<Record<string, CsvValue>>

const COLUMNS = [
  'organization',
  'run',
  'snapshotAt',
  'evaluatedAt',
  'ref',
  'check',
  'version',
  'title',
  'system',
  'severity',
  'status',
  'unknownReason',
  'subjectKind',
  'subjectSource',
  'subjectKey',
  'subjectLabel',
  'message',
  'notice',
  'facts',
  'records',
  'accepted',
  'acceptedUntil',
  'acceptedBecause',
  'firstSeen',
  'sla',
] as const

export const csv: Output = {
  id: 'csv',
  title: 'Results as CSV, one line a finding',
  mediaType: 'text/csv; charset=utf-8',
  extension: 'csv',
  render: renderCsv,
}

function* renderCsv(report: Report): Generator<string> {
  const marks = marksOf(report)
  const columns = [...COLUMNS, ...Object.keys(marks)]
  const head = {
    organization: report.organization.id,
    run: report.run?.id ?? null,
    snapshotAt: report.snapshotAt,
    evaluatedAt: report.evaluatedAt,
    ...marks,
  }
  yield* csvTable(columns, lines())

  function* lines(): Generator<CsvValue[]> {
    for (const row of rowsOf(report)) {
      const whole: Row = { ...head, ...row }
      yield columns.map((column) => whole[column] ?? null)
    }
  }
}

/** Columns that are there only where they say something: own checks, results of no vendor's host, results of a demo. */
function marksOf(report: Report): Row {
  const elsewhere = report.sources.filter((source) => source.notVendorHost).map((source) => source.id)
  const own = [...report.results, ...report.disabled].some(({ check }) => check.operator)
  return {
    ...(own ? { operator: false } : {}),
    ...(elsewhere.length === 0 ? {} : { notVendorHost: elsewhere.join(' ') }),
    ...(report.demo ? { demo: true } : {}),
  }
}

function* rowsOf(report: Report): Generator<Row> {
  for (const result of report.results) {
    let judged = false
    for (const finding of result.findings()) {
      judged = true
      yield { ...checkRow(result), ...findingRow(finding) }
    }
    if (!judged || result.message !== null) yield resultRow(result)
  }
  for (const disabled of report.disabled) yield disabledRow(disabled)
}

function checkRow({ check, version, system }: Pick<ReportResult, 'check' | 'version' | 'system'>): Row {
  return {
    ref: check.ref,
    check: check.id,
    version,
    title: check.title,
    system,
    severity: check.severity,
    operator: check.operator,
  }
}

function resultRow(result: ReportResult): Row {
  return {
    ...checkRow(result),
    status: result.status,
    unknownReason: result.unknownReason,
    message: result.message ?? 'Nothing that this check asks about was found in complete readings.',
  }
}

function disabledRow({ check, because }: DisabledCheck): Row {
  return { ...checkRow({ check, version: check.version, system: null }), status: 'disabled', message: because }
}

function findingRow(finding: ReportFinding): Row {
  const { subject, waiver } = finding
  return {
    status: finding.status,
    unknownReason: finding.unknownReason,
    subjectKind: subject.kind,
    subjectSource: subject.source,
    subjectKey: subject.key,
    subjectLabel: subject.label,
    message: finding.message,
    notice: finding.notice,
    facts: JSON.stringify(finding.facts),
    records: finding.records.join(' '),
    accepted: waiver?.id ?? null,
    acceptedUntil: waiver?.expires ?? null,
    acceptedBecause: waiver?.reason ?? null,
    firstSeen: finding.firstSeen,
    sla: finding.sla,
  }
}
