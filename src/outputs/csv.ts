/**
 * One line a finding, for spreadsheets and for tools that read tables. A result without subjects (the engine answered,
 * or there is nobody to ask about) is one line without a subject; a disabled check is one line that says why.
 */
import type { Subject } from '../domain/finding.ts'
import { stoodIn } from '../domain/interval-span.ts'
import type { Output } from '../domain/output.ts'
import { type DisabledCheck, elsewhere, type Report, type ReportFinding, type ReportResult } from '../domain/report.ts'
import type { PeriodEvidence } from '../domain/sealing.ts'
import type { FindingInterval } from '../domain/store.ts'
import { CAUSE_WORD } from '../domain/words.ts'
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

/** Of a period: what stood in it and was closed, in lines of their own. */
const PERIOD_COLUMNS = ['periodFrom', 'periodTo', 'stoodFrom', 'closedAt', 'closedBecause'] as const

export const csv: Output = {
  id: 'csv',
  title: 'Results as CSV, one line a finding',
  mediaType: 'text/csv; charset=utf-8',
  extension: 'csv',
  render: (report) => tableOf(report, COLUMNS, {}, rowsOf(report)),
  period: periodTable,
}

function* tableOf(report: Report, own: readonly string[], also: Row, rows: Iterable<Row>): Generator<string> {
  const marks = marksOf(report)
  const columns = [...own, ...Object.keys(marks)]
  const head = {
    organization: report.organization.id,
    run: report.run?.id ?? null,
    snapshotAt: report.snapshotAt,
    evaluatedAt: report.evaluatedAt,
    ...also,
    ...marks,
  }
  const places = new Map(columns.map((column, at) => [column, at]))
  const frame = cellsOf(head, new Array<CsvValue>(columns.length).fill(null))
  yield* csvTable(columns, lines())

  function* lines(): Generator<CsvValue[]> {
    for (const row of rows) yield cellsOf(row, frame.slice())
  }

  function cellsOf(row: Row, cells: CsvValue[]): CsvValue[] {
    for (const name in row) {
      // Whose check it is has a column only where that says something.
      const at = places.get(name)
      if (at !== undefined) cells[at] = row[name]!
    }
    return cells
  }
}

/** Every subject at the last run, then each failure and unknown of the period that was closed before it, by result. */
function periodTable(report: Report, period: PeriodEvidence, intervals: readonly FindingInterval[]): Generator<string> {
  const closed = new Map<string, FindingInterval[]>()
  for (const interval of intervals) {
    if (interval.closedAt === null || !stoodIn(interval, period)) continue
    const name = seriesOf(interval.check, interval.system)
    const own = closed.get(name)
    if (own === undefined) closed.set(name, [interval])
    else own.push(interval)
  }
  const also = { periodFrom: period.from, periodTo: period.to }
  return tableOf(report, [...COLUMNS, ...PERIOD_COLUMNS], also, rows())

  function* rows(): Generator<Row> {
    for (const result of report.results) {
      yield* resultRows(result)
      for (const interval of closed.get(seriesOf(result.check.id, result.system)) ?? []) {
        yield { ...checkRow(result), ...closedRow(interval) }
      }
    }
    for (const disabled of report.disabled) yield disabledRow(disabled)
  }
}

function seriesOf(check: string, system: string | null): string {
  return `${check}\0${system ?? ''}`
}

function closedRow({ subject, status, unknownReason, firstSeen, from, closedAt, cause }: FindingInterval): Row {
  return {
    status,
    unknownReason,
    ...subjectRow(subject),
    message: cause === null ? null : CAUSE_WORD[cause],
    firstSeen,
    stoodFrom: from,
    closedAt,
    closedBecause: cause,
  }
}

/** Columns that are there only where they say something: own checks, results of no vendor's host, results of a demo. */
function marksOf(report: Report): Row {
  const strange = elsewhere(report.sources)
  const own = [...report.results, ...report.disabled].some(({ check }) => check.operator)
  return {
    ...(own ? { operator: false } : {}),
    ...(strange.length === 0 ? {} : { notVendorHost: strange.join(' ') }),
    ...(report.demo ? { demo: true } : {}),
  }
}

function* rowsOf(report: Report): Generator<Row> {
  for (const result of report.results) yield* resultRows(result)
  for (const disabled of report.disabled) yield disabledRow(disabled)
}

function* resultRows(result: ReportResult): Generator<Row> {
  let judged = false
  for (const finding of result.findings()) {
    judged = true
    yield { ...checkRow(result), ...findingRow(finding) }
  }
  if (!judged || result.message !== null) yield resultRow(result)
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
    ...subjectRow(subject),
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

function subjectRow({ kind, source, key, label }: Subject): Row {
  return { subjectKind: kind, subjectSource: source, subjectKey: key, subjectLabel: label }
}
