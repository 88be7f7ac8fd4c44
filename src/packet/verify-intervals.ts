/** `intervals.csv`: since when each failure stands is the database's word; all that follows from it is made again. */
import { parse } from 'csv-parse/sync'
import type { Subject } from '../domain/finding.ts'
import { COLUMNS, PACKET } from '../domain/packet.ts'
import type { ReportResult } from '../domain/report.ts'
import type { FindingInterval } from '../domain/store.ts'
import { broken, NOT_AS_SEALED } from './broken.ts'
import { tableFile } from './files.ts'
import { intervalRows } from './tables.ts'
import { requireSame } from './verify-bytes.ts'
import type { ResultsParts } from './verify-results.ts'

type IntervalRow = Record<(typeof COLUMNS.intervals)[number], string>

/**
 * When each began and ended stands in the database alone; everything that follows from it is made again, and what is open
 * is what the results say.
 */
export async function requireIntervals(
  { files, summary, inputs }: ResultsParts,
  results: readonly ReportResult[],
): Promise<void> {
  const where = PACKET.intervals
  const rows = tableRows<IntervalRow>(await files.text(where), where)
  const intervals = rows.map(intervalOf)
  const { period, demo } = summary
  const made = tableFile(where, COLUMNS.intervals, intervalRows(intervals, period, results, inputs.settings), demo)
  await requireSame(files, where, made.content)
  const open = new Set(
    rows
      .filter(({ to }) => to === '')
      .map(({ check, system, subjectSource, subjectKind, subjectKey }) =>
        [check, system, subjectSource, subjectKind, subjectKey].join('\0'),
      ),
  )
  for (const { check, system, findings } of results) {
    for (const { status, subject } of findings()) {
      if (status !== 'fail' && status !== 'unknown') continue
      if (open.has([check.id, system ?? '', subject.source, subject.kind, subject.key].join('\0'))) continue
      broken(
        where,
        `it has no open row of ${check.ref} ${check.id}, ${subject.source}/${subject.kind}/${subject.key}`,
        NOT_AS_SEALED,
      )
    }
  }
}

function tableRows<Row>(text: string, where: string): Row[] {
  try {
    return parse(text, { columns: true, bom: true }) as Row[]
  } catch {
    return broken(where, 'it is no table', NOT_AS_SEALED)
  }
}

function intervalOf(row: IntervalRow): FindingInterval {
  const nullable = (text: string): string | null => (text === '' ? null : text)
  return {
    check: row.check,
    system: nullable(row.system),
    subject: {
      kind: row.subjectKind,
      source: row.subjectSource,
      key: row.subjectKey,
      label: row.subjectLabel,
    } as Subject,
    status: row.status as FindingInterval['status'],
    unknownReason: nullable(row.unknownReason) as FindingInterval['unknownReason'],
    firstSeen: row.firstSeen,
    from: row.from,
    closedAt: nullable(row.to),
    cause: nullable(row.cause) as FindingInterval['cause'],
  }
}
