/**
 * `tests/<check>.csv`: what each check judged in the last run, a row a subject, with what was read beside what was asked and
 * the place in the vendor's bytes that says it. Whoever has a spreadsheet redoes the verdict with a filter.
 */
import { byText, type JsonValue } from '../domain/json.ts'
import type { PackedCheck } from '../domain/packet.ts'
import type { RecordRef } from '../domain/record.ts'
import type { ReportFinding, ReportResult } from '../domain/report.ts'
import { canonicalJson } from '../lib/canonical-json.ts'
import type { CsvValue } from '../lib/csv.ts'
import type { Place } from './raw.ts'

const SUBJECT = ['system', 'subjectKind', 'subjectSource', 'subjectKey', 'subjectLabel'] as const
const VERDICT = ['status', 'unknownReason', 'notice', 'message', 'remedy'] as const
const CLOCK = ['firstSeen', 'dueAt', 'sla', 'waiver', 'waiverUntil'] as const
const EVIDENCE = ['record', 'rawFile', 'pointer', 'furtherRecords'] as const

export interface TestTable {
  readonly check: string
  readonly columns: readonly string[]
  readonly rows: Iterable<readonly CsvValue[]>
}

/** One a check, by id; `results` of all systems. What is read of one check is let go before the next is asked for. */
export function* testTables(
  results: readonly ReportResult[],
  rules: readonly Pick<PackedCheck, 'id' | 'rule'>[],
  places: ReadonlyMap<RecordRef, Place>,
): Generator<TestTable> {
  const remedies = new Map(rules.map(({ id, rule }) => [id, rule?.remediation ?? null]))
  for (const check of [...new Set(results.map((result) => result.check.id))].sort(byText)) {
    const own = results.filter((result) => result.check.id === check)
    yield tableOf(check, own, remedies.get(check) ?? null, places)
  }
}

function tableOf(
  check: string,
  results: readonly ReportResult[],
  remedy: string | null,
  places: ReadonlyMap<RecordRef, Place>,
): TestTable {
  // Made anew at each reading, and read twice: for the columns, then for the rows.
  const judged = results.map((result) => ({ result, findings: [...result.findings()] }))
  const facts = namesIn(judged.flatMap(({ findings }) => findings.map((finding) => finding.facts)))
  const parameters = namesIn(results.map((result) => result.parameters))
  return {
    check,
    columns: [
      ...SUBJECT,
      ...facts.map((name) => `actual ${name}`),
      ...parameters.map((name) => `expected ${name}`),
      ...VERDICT,
      ...CLOCK,
      ...EVIDENCE,
    ],
    rows: rowsOf(judged, { facts, parameters, remedy, places }),
  }
}

interface Frame {
  readonly facts: readonly string[]
  readonly parameters: readonly string[]
  readonly remedy: string | null
  readonly places: ReadonlyMap<RecordRef, Place>
}

function* rowsOf(
  judged: readonly { readonly result: ReportResult; readonly findings: readonly ReportFinding[] }[],
  { facts, parameters, remedy, places }: Frame,
): Generator<CsvValue[]> {
  for (const { result, findings } of judged) {
    const expected = parameters.map((name) => cellOf(result.parameters[name]))
    const frame = (finding: ReportFinding | null): CsvValue[] => [
      ...facts.map((name) => cellOf(finding?.facts[name])),
      ...expected,
    ]
    // The engine answered in its place, and nobody was judged.
    if (result.message !== null && findings.length === 0) yield [...unasked(result, frame(null), remedy)]
    for (const finding of findings) {
      yield [
        ...subjectCells(result, finding),
        ...frame(finding),
        ...verdictCells(finding, remedy),
        ...evidenceCells(finding.records, places),
      ]
    }
  }
}

function unasked(
  { system, status, unknownReason, message }: ReportResult,
  frame: readonly CsvValue[],
  remedy: string | null,
): CsvValue[] {
  const verdict = [status, unknownReason, null, message, status === 'unknown' ? remedy : null]
  const empty = (names: readonly string[]): null[] => names.map(() => null)
  return [system, ...empty(SUBJECT.slice(1)), ...frame, ...verdict, ...empty(CLOCK), ...empty(EVIDENCE)]
}

function namesIn(objects: Iterable<Readonly<Record<string, JsonValue>>>): string[] {
  const names = new Set<string>()
  for (const object of objects) for (const name in object) names.add(name)
  return [...names].sort(byText)
}

function subjectCells({ system }: ReportResult, { subject }: ReportFinding): CsvValue[] {
  return [system, subject.kind, subject.source, subject.key, subject.label]
}

function verdictCells(finding: ReportFinding, remedy: string | null): CsvValue[] {
  const { status, unknownReason, notice, message, firstSeen, dueAt, sla, waiver } = finding
  const isOpen = status === 'fail' || status === 'unknown'
  return [
    status,
    unknownReason,
    notice,
    message,
    isOpen ? remedy : null,
    firstSeen,
    dueAt,
    sla,
    waiver?.id ?? null,
    waiver?.expires ?? null,
  ]
}

/** The first record is the subject's own, where it has one; the others stand in one cell, each with its place. */
function evidenceCells(records: readonly RecordRef[], places: ReadonlyMap<RecordRef, Place>): CsvValue[] {
  const [first, ...others] = records
  if (first === undefined) return [null, null, null, null]
  const place = places.get(first)
  const further = others.map((record) => {
    const { file = null, pointer = null } = places.get(record) ?? {}
    return { record, rawFile: file, pointer }
  })
  return [first, place?.file ?? null, place?.pointer ?? null, further.length === 0 ? null : JSON.stringify(further)]
}

function cellOf(value: JsonValue | undefined): CsvValue {
  if (value === undefined || value === null) return null
  return typeof value === 'object' ? canonicalJson(value) : value
}
