/**
 * What a packet tells of the period. It was made of every run, and a packet carries few of them whole: what follows from the
 * ledger is made again, the rest is held against what is there, and what nothing gives again is said in words.
 */
import {
  COLUMNS,
  PACKET,
  type PackedDay,
  type PackedPeriod,
  type PacketSummary,
  populationPath,
} from '../domain/packet.ts'
import type { PeriodResult } from '../domain/period.ts'
import { type AnyRecord, type Kind, labelOf } from '../domain/record.ts'
import type { FollowUp } from '../domain/review.ts'
import type { FindingInterval } from '../domain/store.ts'
import { between } from '../domain/time.ts'
import { canonicalJson } from '../lib/canonical-json.ts'
import { waivedIn } from '../period/waived.ts'
import { broken, NOT_AS_SEALED } from './broken.ts'
import { tableFile } from './files.ts'
import { hasSteppedBack, type LedgerPast, type SourceInLeaf } from './past.ts'
import { periodRows, reviewRows, THINGS } from './story-tables.ts'
import { requireSame } from './verify-bytes.ts'
import { type CoverageParts, OF_LEAVERS, requireCoverage, requireSettings } from './verify-coverage.ts'
import { type Row, tableIn } from './verify-csv.ts'
import type { EventRow, LeaverRow } from './verify-events.ts'
import type { PacketFiles } from './verify-files.ts'
import { isStood, unled } from './verify-intervals.ts'
import { type PackedLedger, runsOf } from './verify-ledger.ts'
import { requireSamples } from './verify-samples.ts'

export interface StoryParts {
  readonly files: PacketFiles
  readonly summary: PacketSummary
  readonly ledger: PackedLedger
  readonly past: LedgerPast
  readonly leavers: readonly LeaverRow[]
  readonly events: readonly EventRow[]
  /** What was sealed at the ends of the days. */
  readonly days: readonly PackedDay[]
  /** Run → its records as made again. */
  readonly records: ReadonlyMap<string, (kind: Kind) => readonly AnyRecord[]>
}

/** Gives what nothing in the packet gives again, in words. */
export async function requireStory(parts: StoryParts): Promise<string[]> {
  const settings = await requireSettings(parts)
  const { until, results } = await requirePeriod(parts)
  await requireWaived(parts, { until, results, settings })
  await requireCoverage({ ...parts, span: { from: parts.summary.period.from, to: until }, settings, results })
  requireClocks(parts)
  const moments = sightsIn(parts.ledger)
  for (const kind of THINGS) await requirePopulation(kind, parts, moments)
  await requireReviews(parts)
  await requireSamples(parts)
  return [
    `what is drawn and written in ${PACKET.report}`,
    `when between the ends of two days a gap of a check began and ended in ${PACKET.coverage}, and what it says of the vendors’ logs`,
    `how many were met in ${PACKET.periodJson} and ${PACKET.periodCsv}, but for being no fewer than on any day`,
    'first and last sight in populations/, of what no packed run shows',
    `doneAt in ${PACKET.reviews}, but for being the moment of a sealed pull`,
  ]
}

// ── period results ─────────────────────────────────────────────────────────────────────────────────────────────────

async function requirePeriod({ files, summary, ledger, past, leavers }: StoryParts): Promise<PackedPeriod> {
  const where = PACKET.periodJson
  const packed = (await files.json(where)) as unknown as PackedPeriod
  const { schema, period, until, results } = packed
  if (schema !== 'exhibit.period/1' || canonicalJson(period) !== canonicalJson(summary.period)) {
    broken(where, 'it is not about the period of the packet', NOT_AS_SEALED, summary.period, period)
  }
  if (until > period.to) broken(where, 'it is told beyond its end', NOT_AS_SEALED, period.to, until)
  await requireSame(
    files,
    PACKET.periodCsv,
    tableFile(PACKET.periodCsv, COLUMNS.period, periodRows(results), summary.demo).content,
  )
  for (const result of results) requireSums(result)
  await requireFailures(results, { files, summary, ledger, past })
  for (const result of results) {
    if (result.what !== 'check' || result.ref !== 'ID-02') continue
    const late = leavers.filter(({ system, clock }) => system === result.system && clock === 'breached').length
    if (result.deviated < late) {
      broken(where, `it counts fewer late removals than ${PACKET.leavers}`, NOT_AS_SEALED, late, result.deviated)
    }
  }
  return packed
}

function requireSums({ ref, population, tested, met, deviated, notDeterminable, waived, checks }: PeriodResult): void {
  const sums = population === tested + notDeterminable && tested === met + deviated && waived <= deviated
  const whole = [population, met, notDeterminable, waived].every((count) => Number.isSafeInteger(count) && count >= 0)
  if (sums && whole && (checks === null || checks.met <= checks.mapped)) return
  broken(PACKET.periodJson, `the counts of ${ref} do not add up`, NOT_AS_SEALED)
}

async function requireFailures(
  results: readonly PeriodResult[],
  { files, summary, ledger, past }: Pick<StoryParts, 'files' | 'summary' | 'ledger' | 'past'>,
): Promise<void> {
  const failed = new Map<string, Set<string>>()
  const open = new Map<string, Set<string>>()
  for (const row of await tableIn(files, PACKET.intervals, COLUMNS.intervals, summary.demo)) {
    if (!isStood(row)) continue
    const series = `${row.check}\0${row.system}`
    const of = row.status === 'fail' ? failed : open
    const own = of.get(series) ?? new Set()
    of.set(series, own)
    own.add(`${row.subjectSource}\0${row.subjectKind}\0${row.subjectKey}`)
  }
  // A run whose clock was ahead may have closed what a period that ends before it tells as open.
  const clockWasSet =
    hasSteppedBack(past) ||
    ledger.leaves.some(({ body }) => body.type === 'run' && String(body['snapshotAt']) > summary.period.to)
  for (const { what, ref, id, system, deviated, notDeterminable } of results) {
    if (what !== 'check' || OF_LEAVERS.has(ref) || clockWasSet) continue
    const series = `${id}\0${system ?? ''}`
    const fails = failed.get(series) ?? new Set()
    const unknowns = [...(open.get(series) ?? [])].filter((subject) => !fails.has(subject)).length
    if (deviated === fails.size && notDeterminable === unknowns) continue
    broken(
      PACKET.periodJson,
      `${ref} does not count what ${PACKET.intervals} lists`,
      NOT_AS_SEALED,
      [fails.size, unknowns],
      [deviated, notDeterminable],
    )
  }
}

/** How many deviations somebody had accepted for as long as they stood: by the configurations that judged the runs. */
async function requireWaived(
  { files, summary, past }: StoryParts,
  { until, results, settings }: Pick<PackedPeriod, 'until' | 'results'> & Pick<CoverageParts, 'settings'>,
): Promise<void> {
  if (hasSteppedBack(past)) return
  const span = { from: summary.period.from, to: until }
  const accepted = waivedIn(past.runs, (digest) => settings.get(digest)!, results, span)
  const failures = await failuresIn(files, summary)
  for (const { what, ref, id, system, waived } of results) {
    if (what !== 'check' || OF_LEAVERS.has(ref)) continue
    const subjects = [...(failures.get(`${id}\0${system ?? ''}`)?.values() ?? [])]
    const made = subjects.filter((stood) => accepted(id, stood)).length
    if (made === waived) continue
    broken(PACKET.periodJson, `${ref} counts other deviations as accepted`, NOT_AS_SEALED, made, waived)
  }
}

type Stood = Pick<FindingInterval, 'subject' | 'from' | 'closedAt'>

/** Check and system → subject → when it failed. */
async function failuresIn(files: PacketFiles, { demo }: PacketSummary): Promise<Map<string, Map<string, Stood[]>>> {
  const found = new Map<string, Map<string, Stood[]>>()
  for (const row of await tableIn(files, PACKET.intervals, COLUMNS.intervals, demo)) {
    if (!isStood(row) || row.status !== 'fail') continue
    const series = `${row.check}\0${row.system}`
    const subjects = found.get(series) ?? new Map<string, Stood[]>()
    found.set(series, subjects)
    const { subjectKind: kind, subjectSource: source, subjectLabel: label } = row
    const subject = { kind, source, key: unled(row.subjectKey), label }
    const name = `${source}\0${kind}\0${subject.key}`
    const own = subjects.get(name) ?? []
    subjects.set(name, own)
    own.push({ subject, from: row.from, closedAt: row.to === '' ? null : row.to })
  }
  return found
}

// ── leavers ────────────────────────────────────────────────────────────────────────────────────────────────────────

/** checks.md section 1, rule 5: within only by the later bound, breached only by the earlier; the vendor's second decides. */
function requireClocks({ leavers }: StoryParts): void {
  for (const leaver of leavers) {
    const { person, clock, dueAt, lastPullWithAccess, firstPullWithout, vendorTime, lateSeconds, why } = leaver
    const wrong = (what: string): never => broken(PACKET.leavers, `the clock of ${person} ${what}`, NOT_AS_SEALED)
    const goneBy = vendorTime === '' ? firstPullWithout : vendorTime
    const thereAt = vendorTime === '' ? lastPullWithAccess : vendorTime
    const ever = lastPullWithAccess !== '' || vendorTime !== ''
    if (clock === 'within' && (!ever || goneBy === '' || goneBy > dueAt))
      wrong('is within, and nothing shows it in time')
    if (clock === 'no_access' && ever) wrong('speaks of no access, and some was seen')
    if (clock === 'breached') {
      if (thereAt === '' || thereAt < dueAt) wrong('is breached, and nothing shows it late')
      if (Math.round(Number(lateSeconds) * 1000) !== between(dueAt, thereAt)) wrong('is late by another time')
    } else if (lateSeconds !== '') wrong('is late, and not breached')
    if ((clock === 'not_determinable') !== (why !== '')) wrong('does not say why it cannot be told')
  }
}

// ── populations ────────────────────────────────────────────────────────────────────────────────────────────────────

/** Every record of every packed run of the period is listed, and what is there at the end is what the last run has. */
async function requirePopulation(
  kind: Kind,
  { files, summary, past, records }: StoryParts,
  moments: ReadonlySet<string>,
): Promise<void> {
  const where = populationPath(kind)
  const rows = new Map<string, Row<(typeof COLUMNS.population)[number]>>()
  for (const row of await tableIn(files, where, COLUMNS.population, summary.demo)) {
    if (rows.has(nameOf(row))) broken(where, `${nameOf(row)} is listed twice`, NOT_AS_SEALED)
    requireSights(where, row, moments)
    rows.set(nameOf(row), row)
  }
  const first = past.runs[0]!.sequence
  for (const { run, sequence, snapshotAt } of summary.runs) {
    if (snapshotAt < summary.period.from || sequence < first) continue
    for (const record of records.get(run)?.(kind) ?? []) {
      const row = rows.get(nameOf(record))
      if (row === undefined || Number(row.lastRun) < sequence) {
        broken(where, `${nameOf(record)}, which run ${run} has, is missing or gone too early`, NOT_AS_SEALED)
      }
    }
  }
  const last = records.get(summary.last)?.(kind)
  // A run of which nothing was made again shows nothing.
  if (last === undefined) return
  const labels = new Map(last.map((record) => [nameOf(record), labelOf(record)]))
  for (const [name, { atEnd, label }] of rows) {
    const wanted = labels.get(name)
    if ((atEnd === 'true') !== (wanted !== undefined))
      broken(where, `${name} is not told rightly at the end`, NOT_AS_SEALED)
    if (wanted !== undefined && wanted !== label)
      broken(where, `${name} has another name`, NOT_AS_SEALED, wanted, label)
  }
}

/** "source\0moment" at which a run had the source read, and the moments of all runs under "". */
function sightsIn(ledger: PackedLedger): ReadonlySet<string> {
  const moments = new Set<string>()
  for (const { run } of runsOf(ledger)) {
    moments.add(`\0${run.snapshotAt}`)
    for (const { id, collectedAt } of run.sources as unknown as readonly SourceInLeaf[])
      moments.add(`${id}\0${collectedAt}`)
  }
  return moments
}

function requireSights(
  where: string,
  { source, key, firstSeen, lastSeen }: Row<(typeof COLUMNS.population)[number]>,
  moments: ReadonlySet<string>,
): void {
  for (const at of [firstSeen, lastSeen]) {
    if (moments.has(`${source}\0${at}`) || moments.has(`\0${at}`)) continue
    broken(where, `${source}/${key} is seen at a moment of no run`, NOT_AS_SEALED, 'the moment of a sealed reading', at)
  }
}

const nameOf = ({ source, key }: { readonly source: string; readonly key: string }): string => `${source}/${key}`

// ── reviews ────────────────────────────────────────────────────────────────────────────────────────────────────────

/** "source\0moment" of every sealed pull that was accepted. */
function pullsIn(ledger: PackedLedger): ReadonlySet<string> {
  const pulls = new Set<string>()
  for (const { run } of runsOf(ledger)) {
    for (const { id, pull, collectedAt } of run.sources as unknown as readonly SourceInLeaf[]) {
      if (pull !== null && collectedAt !== null) pulls.add(`${id}\0${collectedAt}`)
    }
  }
  return pulls
}

async function requireReviews({ files, summary, ledger, past }: StoryParts): Promise<void> {
  const rows = await tableIn(files, PACKET.reviews, COLUMNS.reviews, summary.demo)
  const pulls = pullsIn(ledger)
  for (const { doneAt, decision, system, signedAt, login } of rows) {
    if (doneAt === '') continue
    if (decision !== 'keep' && doneAt >= signedAt && pulls.has(`${system}\0${doneAt}`)) continue
    broken(PACKET.reviews, `what became of ${login} was seen by no sealed pull after the review`, NOT_AS_SEALED)
  }
  const followUps = rows.map(({ review, account, doneAt }) => ({ review, account, doneAt: doneAt || null }))
  const made = reviewRows(past.acts, summary.period, followUps as unknown as readonly FollowUp[])
  await requireSame(files, PACKET.reviews, tableFile(PACKET.reviews, COLUMNS.reviews, made, summary.demo).content)
}
