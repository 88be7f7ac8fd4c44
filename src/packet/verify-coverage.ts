/**
 * `coverage.csv`: what it says of the sources follows from the ledger and the configurations of the period, and is made
 * again; what it says of the checks is held against what they came to at the ends of the days, and its sums are redone.
 */
import { longestStretch } from '../domain/coverage-calendar.ts'
import type { JsonValue } from '../domain/json.ts'
import { COLUMNS, PACKET, type PackedDay, type PacketSummary, settingsPath } from '../domain/packet.ts'
import type { PeriodResult } from '../domain/period.ts'
import type { Settings } from '../domain/settings.ts'
import { between, type Instant } from '../domain/time.ts'
import { canonicalJson } from '../lib/canonical-json.ts'
import { type CsvValue, csvTable } from '../lib/csv.ts'
import { sha256 } from '../lib/digest.ts'
import { broken, NOT_AS_SEALED } from './broken.ts'
import { coverageRows, sourceCoverage } from './coverage.ts'
import { hasSteppedBack, type LedgerPast } from './past.ts'
import type { Period } from './tables.ts'
import { type Row, tableIn } from './verify-csv.ts'
import type { PacketFiles } from './verify-files.ts'

export interface CoverageParts {
  readonly files: PacketFiles
  readonly summary: PacketSummary
  readonly past: LedgerPast
  readonly days: readonly PackedDay[]
  /** Up to when the period is told. */
  readonly span: Period
  readonly settings: ReadonlyMap<string, Settings>
  readonly results: readonly PeriodResult[]
}

/** Checks of which the period counts the people who left, and not the accounts that were judged. */
export const OF_LEAVERS: ReadonlySet<string> = new Set(['ID-02', 'ID-18'])

type CoverageRow = Row<(typeof COLUMNS.coverage)[number]>
const WHERE = PACKET.coverage

/** Every configuration that judged a run of the period is there, under the digest that the leaves name. */
export async function requireSettings({
  files,
  past,
}: Pick<CoverageParts, 'files' | 'past'>): Promise<Map<string, Settings>> {
  const found = new Map<string, Settings>()
  const paths = new Set(files.paths.filter((path) => path.startsWith('inputs/settings/')))
  for (const digest of new Set(past.runs.map(({ settings }) => settings))) {
    const path = settingsPath(digest)
    if (!paths.delete(path)) broken(path, 'it is missing', NOT_AS_SEALED)
    const settings = await files.json(path)
    const made = sha256(canonicalJson(settings))
    if (made !== digest) broken(path, 'no run was judged by it', NOT_AS_SEALED, digest, made)
    found.set(digest, settings as unknown as Settings)
  }
  for (const path of paths) broken(path, 'no run of the period was judged by it', NOT_AS_SEALED)
  return found
}

export async function requireCoverage(parts: CoverageParts): Promise<void> {
  const { files, summary, past, span, settings } = parts
  const rows = await tableIn(files, WHERE, COLUMNS.coverage, summary.demo)
  // By the vendors' logs, of which the packet has no more than what the packed runs saw.
  const told = rows.filter(({ state }) => state !== 'confirmed' && state !== 'not confirmed')
  const sources = sourceCoverage(span, { runs: past.runs, settingsOf: (digest) => settings.get(digest)! })
  requireRows(told.filter(({ what }) => what === 'source').map(cellsOf), [...coverageRows(sources, span)])
  const series = new Map<string, CoverageRow[]>()
  for (const row of told.filter(({ what }) => what === 'check')) {
    const name = seriesOf(row.id, row.system)
    series.set(name, [...(series.get(name) ?? []), row])
  }
  for (const own of series.values()) requireSums(own, span)
  if (!hasSteppedBack(past)) for (const day of parts.days) requireDay(day, series, past.runs.at(-1)!.snapshotAt)
  requireResults(parts, series)
}

/** As text: a number of the one is a cell of the other. */
function requireRows(found: readonly CsvValue[][], made: readonly CsvValue[][]): void {
  const [said, wanted] = [found, made].map((rows) => [...csvTable(COLUMNS.coverage, rows)].join(''))
  if (said === wanted) return
  const [is, should] = [said!, wanted!].map((text) => text.split('\r\n'))
  const at = should!.findIndex((line, index) => line !== is![index])
  broken(WHERE, 'what it says of the sources does not follow from the runs', NOT_AS_SEALED, should![at], is![at])
}

function cellsOf(row: CoverageRow): CsvValue[] {
  return COLUMNS.coverage.map((column) => {
    const text = row[column]
    if (text === '') return null
    return column === 'seconds' || column === 'share' ? Number(text) : text
  })
}

const seriesOf = (check: string, system: string | null): string => `${check}\0${system ?? ''}`

function lengthOf({ from, to }: Pick<CoverageRow, 'from' | 'to'>): number {
  return between(from, to)
}

/** The share is what the gaps leave of the period; they lie in it, one after the other. */
function requireSums([head, ...gaps]: readonly CoverageRow[], span: Period): void {
  const { id, system, state, share, from, to } = head!
  const wrong = (what: string, expected?: JsonValue, found?: JsonValue): never =>
    broken(WHERE, `${id}${system === '' ? '' : ` over ${system}`}: ${what}`, NOT_AS_SEALED, expected, found)
  if (state !== 'evaluated' || from !== span.from || to !== span.to) wrong('it is not told of the whole period')
  let end = span.from
  for (const gap of gaps) {
    if (gap.state !== 'gap' || gap.cause === '') wrong('a gap has no cause')
    if (gap.from < end || gap.to <= gap.from || gap.to > span.to) wrong('its gaps do not lie one after the other')
    if (Number(gap.seconds) !== Math.round(lengthOf(gap) / 1000)) wrong('a gap is of another length')
    end = gap.to
  }
  const whole = between(span.from, span.to)
  const lost = gaps.reduce((sum, gap) => sum + lengthOf(gap), 0)
  const left = whole === 0 ? 0 : Number(((whole - lost) / whole).toFixed(6))
  if (Number(share) !== left) wrong('its share is not what the gaps leave', left, Number(share))
}

/** At the moment of a run a check was evaluated if it answered then, and else it was not, for the reason that was sealed. */
function requireDay(
  { snapshotAt: at, results }: PackedDay,
  series: ReadonlyMap<string, CoverageRow[]>,
  lastRunAt: Instant,
) {
  const answers = new Map(results.map((result) => [seriesOf(result.check, result.system), result]))
  for (const name of answers.keys()) {
    if (!series.has(name)) broken(WHERE, `${name.replace('\0', ' over ')} is missing`, NOT_AS_SEALED)
  }
  // What the last run answered held for no time at all.
  if (at >= lastRunAt) return
  for (const [name, [, ...gaps]] of series) {
    const cause = gaps.find((gap) => gap.from <= at && at < gap.to)?.cause ?? null
    const answer = answers.get(name)
    const [id] = name.split('\0')
    if (answer === undefined) {
      if (cause?.startsWith('not asked') !== true) broken(WHERE, `${id} was not asked at ${at}`, NOT_AS_SEALED)
      continue
    }
    const byEngine = answer.status === 'unknown' && answer.message !== null
    const sealed = byEngine ? (answer.unknownReason ?? 'unknown') : null
    if (cause !== sealed) {
      broken(WHERE, `${id} has another answer at ${at}`, NOT_AS_SEALED, sealed ?? 'evaluated', cause ?? 'evaluated')
    }
  }
}

/** What the period's results say of their checks' coverage, and that nobody was left out whom a day counts. */
function requireResults({ days, results }: CoverageParts, series: ReadonlyMap<string, CoverageRow[]>): void {
  const most = new Map<string, number>()
  for (const { results: answers } of days) {
    for (const { check, system, counts } of answers) {
      const name = seriesOf(check, system)
      most.set(name, Math.max(most.get(name) ?? 0, counts.pass + counts.fail + counts.unknown))
    }
  }
  for (const { what, ref, id, system, population, covered, longestGapMs } of results) {
    if (what !== 'check') continue
    const wrong = (says: string, expected: JsonValue, found: JsonValue): never =>
      broken(PACKET.periodJson, `${ref}: ${says}`, NOT_AS_SEALED, expected, found)
    const [head, ...gaps] = series.get(seriesOf(id, system)) ?? []
    const stretch = longestStretch(gaps)
    const longest = stretch === null ? 0 : lengthOf(stretch)
    if (longest !== longestGapMs) wrong(`its longest gap is not that of ${WHERE}`, longest, longestGapMs)
    if (Number(head?.share ?? 0) !== Number(covered.toFixed(6))) {
      wrong(`its coverage is not that of ${WHERE}`, head?.share ?? 0, covered)
    }
    const judged = most.get(seriesOf(id, system)) ?? 0
    if (!OF_LEAVERS.has(ref) && population < judged) {
      wrong('its population is smaller than that of a day', judged, population)
    }
  }
}
