/** `intervals.csv`: since when each failure stands is the database's word; all that follows from it is made again. */
import { parse } from 'csv-parse/sync'
import type { Subject } from '../domain/finding.ts'
import { COLUMNS, PACKET } from '../domain/packet.ts'
import type { ReportFinding, ReportResult } from '../domain/report.ts'
import type { FindingInterval } from '../domain/store.ts'
import type { Instant } from '../domain/time.ts'
import { broken, NOT_AS_SEALED } from './broken.ts'
import { dayCounts } from './days.ts'
import { tableFile } from './files.ts'
import { intervalRows } from './tables.ts'
import { requireSame } from './verify-bytes.ts'
import type { ResultsParts } from './verify-results.ts'

type IntervalRow = Record<(typeof COLUMNS.intervals)[number], string>

const WHERE = PACKET.intervals

/**
 * When each began and ended stands in the database alone, but for being moments of runs; everything that follows from it
 * is made again, and what is open is what the results say.
 */
export async function requireIntervals(
  { files, summary, inputs, moments, days }: ResultsParts,
  results: readonly ReportResult[],
): Promise<void> {
  const where = WHERE
  const rows = tableRows<IntervalRow>(await files.text(where), where)
  const open = openIn(results)
  const intervals = rows.filter(isStood).map((row) => intervalOf(row, open))
  requireMoments(intervals, moments)
  const { period, demo } = summary
  const counts = dayCounts()
  for (const day of days) counts.add(day)
  const lines = intervalRows(counts, intervals, period, results, inputs.settings)
  const made = tableFile(where, COLUMNS.intervals, lines, demo)
  await requireSame(files, where, made.content)
  // A run whose clock was ahead may have closed what a period that ends before it tells as open.
  const wasAhead = [...moments].some((at) => at > period.to)
  const answered = new Set(results.filter(({ message }) => message === null).map((result) => series(result)))
  for (const interval of intervals) {
    if (interval.closedAt !== null) continue
    const name = nameOf(series({ check: { id: interval.check }, system: interval.system }), interval.subject)
    const finding = open.get(name)
    open.delete(name)
    if (finding !== undefined) requireAsFound(interval, finding, inputs.run.snapshotAt)
    // While the engine answers for a check, its findings rest as last judged (design section 8).
    else if (!wasAhead && answered.has(series({ check: { id: interval.check }, system: interval.system }))) {
      broken(where, `it has an open row of ${wordsOf(interval)}, which the results do not have`, NOT_AS_SEALED)
    }
  }
  for (const [name] of open) {
    const [check, system, ...subject] = name.split('\0')
    broken(where, `it has no open row of ${check} over ${system}, ${subject.join('/')}`, NOT_AS_SEALED)
  }
}

/** A row of a failure or unknown; of the counts of a check there is none of a subject. */
export function isStood({ subjectKind }: Pick<IntervalRow, 'subjectKind'>): boolean {
  return subjectKind !== ''
}

type Series = Pick<ReportResult, 'system'> & { readonly check: Pick<ReportResult['check'], 'id'> }
const series = ({ check, system }: Series): string => `${check.id}\0${system ?? ''}`
const nameOf = (of: string, { source, kind, key }: Omit<Subject, 'label'>): string => [of, source, kind, key].join('\0')

/** Failures and unknowns of the last run, by check, system and subject. */
function openIn(results: readonly ReportResult[]): Map<string, ReportFinding> {
  const open = new Map<string, ReportFinding>()
  for (const result of results) {
    for (const finding of result.findings()) {
      if (finding.status !== 'fail' && finding.status !== 'unknown') continue
      open.set(nameOf(series(result), finding.subject), finding)
    }
  }
  return open
}

function requireAsFound(
  interval: FindingInterval,
  { status, unknownReason, subject, firstSeen }: ReportFinding,
  at: Instant,
): void {
  // First seen under a clock that was ahead: results tell no moment that lies after their own run.
  const seen = interval.firstSeen > at ? at : interval.firstSeen
  for (const [name, wanted, said] of [
    ['status', status, interval.status],
    ['unknownReason', unknownReason, interval.unknownReason],
    ['label', subject.label, interval.subject.label],
    ['firstSeen', firstSeen, seen],
  ] as const) {
    if (wanted === said) continue
    broken(WHERE, `the ${name} of ${wordsOf(interval)} is not that of the results`, NOT_AS_SEALED, wanted, said)
  }
}

function requireMoments(intervals: readonly FindingInterval[], moments: ReadonlySet<Instant>): void {
  for (const interval of intervals) {
    const { firstSeen, from, closedAt } = interval
    const other = [firstSeen, from, ...(closedAt === null ? [] : [closedAt])].find((at) => !moments.has(at))
    if (other === undefined) continue
    broken(
      WHERE,
      `the row of ${wordsOf(interval)} names a moment of no run`,
      NOT_AS_SEALED,
      'the moment of a sealed run',
      other,
    )
  }
}

function wordsOf({ check, subject: { source, kind, key } }: FindingInterval): string {
  return `${check}, ${source}/${kind}/${key}`
}

function tableRows<Row>(text: string, where: string): Row[] {
  try {
    return parse(text, { columns: true, bom: true }) as Row[]
  } catch {
    return broken(where, 'it is no table', NOT_AS_SEALED)
  }
}

/** A text that a spreadsheet would run is led by an apostrophe (lib/csv.ts). */
const LED = /^'(?=[=+\-@\t\r\0])/

/** The text of a cell, where nothing else tells. */
export function unled(cell: string): string {
  return cell.replace(LED, '')
}

/**
 * A cell with such an apostrophe is either of two texts, which are written alike: of the subject that the results know, and
 * else of the one without.
 */
function subjectOf(row: IntervalRow, open: ReadonlyMap<string, ReportFinding>): Subject {
  const { subjectKind: kind, subjectSource: source, subjectKey, subjectLabel } = row
  const of = series({ check: { id: row.check }, system: row.system === '' ? null : row.system })
  for (const key of [subjectKey, unled(subjectKey)]) {
    const known = open.get(nameOf(of, { source, kind, key }))?.subject
    if (known === undefined) continue
    const label = known.label === subjectLabel ? subjectLabel : unled(subjectLabel)
    return { kind, source, key, label }
  }
  return { kind, source, key: unled(subjectKey), label: unled(subjectLabel) }
}

function intervalOf(row: IntervalRow, open: ReadonlyMap<string, ReportFinding>): FindingInterval {
  const nullable = (text: string): string | null => (text === '' ? null : text)
  return {
    check: row.check,
    system: nullable(row.system),
    subject: subjectOf(row, open),
    status: row.status as FindingInterval['status'],
    unknownReason: nullable(row.unknownReason) as FindingInterval['unknownReason'],
    firstSeen: row.firstSeen,
    from: row.from,
    closedAt: nullable(row.to),
    cause: nullable(row.cause) as FindingInterval['cause'],
  }
}
