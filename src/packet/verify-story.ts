/**
 * What a packet tells of the period. It was made of every run, and a packet carries few of them whole: what follows from the
 * ledger is made again, the rest is held against what is there, and what nothing gives again is said in words.
 */
import { drawOrder } from '../domain/draw.ts'
import type { JsonValue } from '../domain/json.ts'
import { COLUMNS, PACKET, type PackedPeriod, type PacketSummary, populationPath, samplePath } from '../domain/packet.ts'
import type { PeriodResult } from '../domain/period.ts'
import { type AnyRecord, type Kind, labelOf } from '../domain/record.ts'
import type { FollowUp } from '../domain/review.ts'
import type { SampleFile } from '../domain/sample.ts'
import { between } from '../domain/time.ts'
import { canonicalJson } from '../lib/canonical-json.ts'
import { sha256 } from '../lib/digest.ts'
import { broken, NOT_AS_SEALED } from './broken.ts'
import { tableFile } from './files.ts'
import type { LedgerPast, SourceInLeaf } from './past.ts'
import { periodRows, reviewRows, THINGS } from './story-tables.ts'
import { requireSame } from './verify-bytes.ts'
import { type Row, tableIn } from './verify-csv.ts'
import type { LeaverRow } from './verify-events.ts'
import type { PacketFiles } from './verify-files.ts'
import { type PackedLedger, runsOf } from './verify-ledger.ts'

export interface StoryParts {
  readonly files: PacketFiles
  readonly summary: PacketSummary
  readonly ledger: PackedLedger
  readonly past: LedgerPast
  readonly leavers: readonly LeaverRow[]
  /** Run → its records as made again. */
  readonly records: ReadonlyMap<string, (kind: Kind) => readonly AnyRecord[]>
}

/** Gives what nothing in the packet gives again, in words. */
export async function requireStory(parts: StoryParts): Promise<string[]> {
  await requirePeriod(parts)
  requireClocks(parts)
  const moments = sightsIn(parts.ledger)
  for (const kind of THINGS) await requirePopulation(kind, parts, moments)
  await requireReviews(parts)
  await requireSamples(parts)
  return [
    `what is drawn and written in ${PACKET.report}`,
    `the checks of ${PACKET.coverage}, and what it says of the vendors’ logs`,
    `populations, waived counts and longest gaps in ${PACKET.periodJson} and ${PACKET.periodCsv}`,
    'first and last sight in populations/, of what no packed run shows',
    `doneAt in ${PACKET.reviews}, but for being the moment of a sealed pull`,
  ]
}

// ── period results ─────────────────────────────────────────────────────────────────────────────────────────────────

async function requirePeriod({ files, summary, ledger, leavers }: StoryParts): Promise<void> {
  const where = PACKET.periodJson
  const { schema, period, until, results } = (await files.json(where)) as unknown as PackedPeriod
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
  await requireFailures(results, { files, summary, ledger })
  for (const result of results) {
    if (result.what !== 'check' || result.ref !== 'ID-02') continue
    const late = leavers.filter(({ system, clock }) => system === result.system && clock === 'breached').length
    if (result.deviated < late) {
      broken(where, `it counts fewer late removals than ${PACKET.leavers}`, NOT_AS_SEALED, late, result.deviated)
    }
  }
}

function requireSums({ ref, population, tested, met, deviated, notDeterminable, waived, checks }: PeriodResult): void {
  const sums = population === tested + notDeterminable && tested === met + deviated && waived <= deviated
  const whole = [population, met, notDeterminable, waived].every((count) => Number.isSafeInteger(count) && count >= 0)
  if (sums && whole && (checks === null || checks.met <= checks.mapped)) return
  broken(PACKET.periodJson, `the counts of ${ref} do not add up`, NOT_AS_SEALED)
}

/** Checks whose subjects are people who left, and whose failures are of their accounts. */
const OF_LEAVERS = new Set(['ID-02', 'ID-18'])

async function requireFailures(
  results: readonly PeriodResult[],
  { files, summary, ledger }: Pick<StoryParts, 'files' | 'summary' | 'ledger'>,
): Promise<void> {
  const failed = new Map<string, Set<string>>()
  const open = new Map<string, Set<string>>()
  for (const row of await tableIn(files, PACKET.intervals, COLUMNS.intervals, summary.demo)) {
    const series = `${row.check}\0${row.system}`
    const of = row.status === 'fail' ? failed : open
    const own = of.get(series) ?? new Set()
    of.set(series, own)
    own.add(`${row.subjectSource}\0${row.subjectKind}\0${row.subjectKey}`)
  }
  // A run whose clock was ahead may have closed what a period that ends before it tells as open.
  const wasAhead = ledger.leaves.some(
    ({ body }) => body.type === 'run' && String(body['snapshotAt']) > summary.period.to,
  )
  for (const { what, ref, id, system, deviated, notDeterminable } of results) {
    if (what !== 'check' || OF_LEAVERS.has(ref) || wasAhead) continue
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

// ── leavers ────────────────────────────────────────────────────────────────────────────────────────────────────────

/** checks.md section 1, rule 5: within only by the later bound, breached only by the earlier; the vendor's second decides. */
function requireClocks({ leavers }: StoryParts): void {
  for (const leaver of leavers) {
    const { person, clock, dueAt, lastPullWithAccess, firstPullWithout, vendorTime, lateSeconds, why } = leaver
    const wrong = (what: string): never => broken(PACKET.leavers, `the clock of ${person} ${what}`, NOT_AS_SEALED)
    const goneBy = vendorTime === '' ? firstPullWithout : vendorTime
    const thereAt = vendorTime === '' ? lastPullWithAccess : vendorTime
    // Who never had an account is in time.
    const never = leaver.accounts === '' && lastPullWithAccess === '' && goneBy === ''
    if (clock === 'within' && !never && (goneBy === '' || goneBy > dueAt))
      wrong('is within, and nothing shows it in time')
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

// ── reviews and samples ────────────────────────────────────────────────────────────────────────────────────────────

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

/** The frame's leaf lies before the draw's, the rows are in the order of the rule, and their runs are in the packet. */
async function requireSamples({ files, summary, ledger }: StoryParts): Promise<void> {
  const packed = new Set(summary.runs.map(({ run }) => run))
  for (const path of files.paths.filter((each) => each.startsWith('samples/'))) {
    const { frame, draw, rows } = (await files.json(path)) as unknown as SampleFile
    if (path !== samplePath(draw.id)) broken(path, 'it is of another draw', NOT_AS_SEALED, samplePath(draw.id))
    const drawn = ledger.leaves.findIndex(({ text }) => text === canonicalJson(draw as unknown as JsonValue))
    const framed = ledger.leaves[draw.frameLeaf]?.text
    if (drawn === -1 || draw.frameLeaf >= drawn || framed !== canonicalJson(frame as unknown as JsonValue)) {
      broken(path, 'the ledger does not have its draw behind its frame', NOT_AS_SEALED)
    }
    const order = drawOrder(rows, draw.seed, sha256)
    if (canonicalJson(order as unknown as JsonValue) !== canonicalJson(rows as unknown as JsonValue)) {
      broken(path, 'its rows are not in the order of SHA-256(seed ‖ key)', NOT_AS_SEALED)
    }
    if (rows.map(({ key }) => key).join('\n') !== draw.keys.join('\n')) {
      broken(path, 'its rows are not those of the draw', NOT_AS_SEALED)
    }
    const absent = rows.find(({ run }) => !packed.has(run))
    if (absent !== undefined)
      broken(path, `the run ${absent.run}, which shows ${absent.key}, is not packed`, NOT_AS_SEALED)
  }
}
