/** Tables and texts that follow from the ledger and the packed runs: written again, and compared to the byte. */
import type { Check } from '../domain/check.ts'
import { byText, type JsonValue } from '../domain/json.ts'
import type { Stamp } from '../domain/ledger.ts'
import {
  COLUMNS,
  checkPath,
  PACKET,
  type PackedCheck,
  type PackedDay,
  type PackedPeriod,
  type PackedStamp,
  type PacketSummary,
  populationPath,
  runPopulationPath,
  SSH_NAMESPACE,
  signerOf,
  testPath,
} from '../domain/packet.ts'
import type { AnyRecord, Kind } from '../domain/record.ts'
import type { ReportResult } from '../domain/report.ts'
import type { PastPull, PastRun } from '../domain/store.ts'
import type { Instant } from '../domain/time.ts'
import { allowedSigner } from '../ledger/sshsig.ts'
import { canonicalJson } from '../lib/canonical-json.ts'
import type { CsvValue } from '../lib/csv.ts'
import { sha256 } from '../lib/digest.ts'
import { broken, NOT_AS_SEALED } from './broken.ts'
import { tableFile } from './files.ts'
import { digestForReport } from './manifest.ts'
import { hasSteppedBack, type LedgerPast, readLedger } from './past.ts'
import { isPopulation, type Population, populationColumns, populationRows } from './populations.ts'
import { type RawPages, rawPages } from './raw.ts'
import { readme } from './readme.ts'
import { type StoryFacts, storyFacts } from './readme-story.ts'
import { requestRows } from './requests.ts'
import { packedChecks } from './rules.ts'
import { THINGS } from './story-tables.ts'
import { attestationRows, auditRows, configurationRows, controlRows, waiverRows } from './tables.ts'
import { testTables } from './tests.ts'
import { requireSame } from './verify-bytes.ts'
import { requireChanges } from './verify-changes.ts'
import { shownBy } from './verify-complete.ts'
import { tableIn } from './verify-csv.ts'
import { requireEvents, type VerifiedEvents } from './verify-events.ts'
import type { PacketFiles } from './verify-files.ts'
import { requireFormats } from './verify-formats.ts'
import { type PackedLedger, runsOf } from './verify-ledger.ts'
import type { Rules, VerifiedRun } from './verify-runs.ts'
import { requireStory } from './verify-story.ts'

export interface TablesParts {
  readonly files: PacketFiles
  readonly summary: PacketSummary
  readonly ledger: PackedLedger
  readonly runs: readonly VerifiedRun[]
  readonly days: readonly PackedDay[]
  /** Run → its records as made again. */
  readonly records: ReadonlyMap<string, (kind: Kind) => readonly AnyRecord[]>
  /** Of the last run, as `results.json` tells them and as they were compared. */
  readonly results: readonly ReportResult[]
  readonly rules: Rules & { readonly connectors: Parameters<typeof rawPages>[0]['connectors'] }
  /** Today's versions, where this is the release that wrote the packet; else its texts may be others. */
  readonly sameRelease: readonly Check[] | null
}

export interface VerifiedTables {
  /** What could not be compared, in words. */
  readonly unlike: readonly string[]
  readonly past: LedgerPast
  readonly events: VerifiedEvents
}

export async function requireTables(parts: TablesParts): Promise<VerifiedTables> {
  const { files, summary, ledger, runs, days, records, sameRelease } = parts
  const { period } = summary
  const { inputs } = runs.find(({ packed }) => packed.run === summary.last)!
  const { settings } = inputs
  const table = (path: string, columns: readonly string[], rows: Iterable<readonly CsvValue[]>): Promise<void> =>
    requireSame(files, path, tableFile(path, columns, rows, summary.demo).content)

  requireChanges(ledger, runs)
  await requireSame(files, PACKET.allowedSigners, [
    allowedSigner(signerOf(summary.organization.id), SSH_NAMESPACE, files.key.raw),
  ])
  await table(PACKET.attestations, COLUMNS.attestations, attestationRows(settings.attestations))
  await table(PACKET.waivers, COLUMNS.waivers, waiverRows(settings.waivers, inputs.run.snapshotAt))
  const past = await readLedger({ leaves: (from) => leavesOf(ledger, from) }, period.from, summary.last, new Set())
  await table(PACKET.auditLog, COLUMNS.auditLog, auditRows(past.acts, period))
  await table(PACKET.configuration, COLUMNS.configuration, configurationRows(past.runs, past.acts))
  const raw = await rawOf(parts)
  requireTold(summary, raw)
  await table(PACKET.requests, COLUMNS.requests, requestRows(raw.pulls(), past.runs, raw))
  await requirePopulations(parts, table)
  const made = packedChecks(raw.judged(), sameRelease ?? [], settings)
  await requireChecks(parts, made)
  await requireTests(parts, raw, table)
  if (sameRelease !== null && (settings.ownChecks ?? []).length === 0) {
    await requireControls(parts, controlRows(settings.controls ?? [], sameRelease))
  }
  const events = await requireEvents({
    files,
    summary,
    past,
    raw,
    rules: parts.rules,
    timeZone: settings.organization.timeZone,
    shown: shownBy(runs, records, past),
  })
  const { pulls, seconds, ...happened } = events
  const untold = await requireStory({ files, summary, ledger, past, ...happened, days, records })
  if (sameRelease !== null) await requireReadme(parts, inputs.run.snapshotAt, await factsOf(parts, past, events))
  const formats = await requireFormats({
    ...{ files, summary, leavers: happened.leavers.length },
    checks: new Set(parts.results.map(({ check }) => check.id)),
    wasAhead: past.all.some(({ snapshotAt }) => snapshotAt > period.to) || hasSteppedBack(past),
  })
  await requireCarried(files)
  const unlike = made.filter(({ operator }) => sameRelease === null || operator)
  const words = unlike.length === 0 ? [] : [`the rules in ${unlike.map(({ id }) => checkPath(id)).join(', ')}`]
  return { unlike: [...words, ...untold, formats, eventsUntold(pulls), ...secondsUntold(seconds)], past, events }
}

function eventsUntold({ all, packed }: VerifiedEvents['pulls']): string {
  return `what came and went between two of the readings that are packed (${packed} of the ${all} pulls around what happened are, and agree)`
}

/** Of rows whose answer of the log is not packed the second is the word of who wrote the packet. */
function secondsUntold({ all, shown }: VerifiedEvents['seconds']): string[] {
  return all === shown
    ? []
    : [
        `the vendor’s second in ${all - shown} of the ${all} rows of events/ that name one: the log that says so is not packed`,
      ]
}

/** The report is nobody's to make again; that it is the one of this packet, the digest in it shows. */
async function requireCarried(files: PacketFiles): Promise<void> {
  const digest = digestForReport(files.digests)
  if ((await files.bytes(PACKET.report)).includes(`manifest ${digest}`)) return
  broken(PACKET.report, 'it does not carry the digest of this manifest', 'it is the report of another packet', digest)
}

/** Where a run rests on records instead of bytes, the packet says so. */
function requireTold({ runs }: PacketSummary, raw: Pick<RawPages, 'goneOf'>): void {
  for (const { run, fromRecords } of runs) {
    const gone = raw.goneOf(run)
    if (fromRecords.join() === gone.join()) continue
    broken(
      PACKET.packet,
      `it does not say which sources of run ${run} rest on records`,
      NOT_AS_SEALED,
      gone.join(', '),
      fromRecords.join(', '),
    )
  }
}

/** Whether the period was over when the packet was written, the README alone tells: it is one of the two. */
async function requireReadme({ files, summary }: TablesParts, lastRunAt: Instant, facts: StoryFacts): Promise<void> {
  const stamps = await stampsOf(files)
  if ((await files.text(PACKET.readme)) === readme(summary, stamps, lastRunAt, facts)) return
  await requireSame(files, PACKET.readme, [readme(summary, stamps, summary.period.to, facts)])
}

/** From the files that it speaks of. */
async function factsOf(
  { files, summary, runs }: TablesParts,
  past: LedgerPast,
  told: VerifiedEvents,
): Promise<StoryFacts> {
  const period = (await files.json(PACKET.periodJson)) as unknown as PackedPeriod
  const { events, leavers } = told
  const { sources } = runs.find(({ packed }) => packed.run === summary.last)!.inputs
  const populations: StoryFacts['populations'][number][] = []
  for (const kind of THINGS) {
    const rows = await tableIn(files, populationPath(kind), COLUMNS.population, summary.demo)
    populations.push({ kind, all: rows.length, atEnd: rows.filter(({ atEnd }) => atEnd === 'true').length })
  }
  const coverage = (await tableIn(files, PACKET.coverage, COLUMNS.coverage, summary.demo)).map((row) =>
    COLUMNS.coverage.map((column) => row[column]),
  )
  return storyFacts({ period, leavers, events, populations, coverage, sources, past })
}

async function stampsOf(files: PacketFiles): Promise<Stamp[]> {
  if (!files.has(PACKET.timestamps)) return []
  const packed = (await files.json(PACKET.timestamps)) as unknown as PackedStamp[]
  return Promise.all(packed.map(async (stamp) => ({ ...stamp, reply: await files.bytes(stamp.reply) })))
}

async function* leavesOf({ leaves }: PackedLedger, from: number) {
  for (const [index, { text, hash, body }] of leaves.entries()) {
    if (index >= from) yield { index, kind: body.type, body: text, hash }
  }
}

/** What the builder notes of the answers, from the packet's own. */
async function rawOf({ files, summary, ledger, runs, rules }: TablesParts) {
  const all = runsOf(ledger).map(({ run }) => run)
  const paths = new Map(files.paths.filter((path) => path.startsWith('raw/')).map((path) => [path.slice(-64), path]))
  const store = {
    async page(digest: string): Promise<Uint8Array | null> {
      const path = paths.get(digest)
      return path === undefined ? null : await files.bytes(path)
    },
  }
  const raw = rawPages(
    { store, connectors: rules.connectors },
    new Map(all.map(({ sequence, id }) => [sequence, id])),
    summary.last,
  )
  for (const { inputs } of runs) raw.add({ ...inputs, pulls: pullsOf(inputs, all) } as unknown as PastRun)
  for await (const _ of raw.files()) {
    // Each answer is read once, for what is told of it.
  }
  return raw
}

function pullsOf(
  { pulls }: VerifiedRun['inputs'],
  all: readonly { sequence: number; sources: readonly { id: string; pull: string | null }[] }[],
) {
  return pulls.flatMap(({ source, kind, run, pages, earlier, lost, pull }): Partial<PastPull>[] => {
    if (run === null || pull === null) return []
    const digest = all.find(({ sequence }) => sequence === run)?.sources.find(({ id }) => id === source)?.pull ?? ''
    return [{ ...pull, source, kind, run, pages, earlier, lost, digest }]
  })
}

type TableOf = (path: string, columns: readonly string[], rows: Iterable<readonly CsvValue[]>) => Promise<void>

async function requirePopulations({ files, runs, records }: TablesParts, table: TableOf): Promise<void> {
  const packed = files.paths.filter((path) => path.startsWith('populations/runs/'))
  const kinds = new Set<Kind>(
    runs.flatMap(({ inputs }) => inputs.sources.flatMap((state) => Object.keys(state.records) as Kind[])),
  )
  for (const path of packed) kinds.add(path.slice('populations/runs/'.length, -'.csv'.length) as Kind)
  for (const kind of [...kinds].filter(isPopulation).sort(byText)) {
    const populations = runs.map(
      ({ packed: { run, snapshotAt: at } }): Population => ({ run, at, records: records.get(run)?.(kind) ?? [] }),
    )
    const columns = populationColumns(populations)
    await table(runPopulationPath(kind), columns, populationRows(populations, columns))
  }
}

/** As a set: the inputs are in canonical form, and the rows follow the order of the operator's file. */
async function requireControls({ files, summary }: TablesParts, rows: Iterable<readonly CsvValue[]>): Promise<void> {
  const where = PACKET.controls
  const made = await Array.fromAsync(
    tableFile(where, COLUMNS.controls, rows, summary.demo).content as AsyncIterable<Uint8Array>,
  )
  const [expected, found] = [Buffer.concat(made).toString('utf8'), await files.text(where)].map(linesOf)
  for (const line of expected!) if (!found!.delete(line)) broken(where, 'a line is missing', NOT_AS_SEALED, line)
  for (const line of found!)
    broken(where, 'it has a line that does not follow from the sealed run', NOT_AS_SEALED, undefined, line)
}

function linesOf(text: string): Set<string> {
  return new Set(text.split('\r\n'))
}

/** What was read, asked and answered of each subject, and where it stands: from results and answers that hold. */
async function requireTests(
  { files, summary, runs, results }: TablesParts,
  raw: RawPages,
  table: TableOf,
): Promise<void> {
  const { inputs } = runs.find(({ packed }) => packed.run === summary.last)!
  const paths = new Set(files.paths.filter((path) => path.startsWith('tests/')))
  const rules: PackedCheck[] = []
  for (const id of new Set(results.map(({ check }) => check.id))) {
    rules.push((await files.json(checkPath(id))) as unknown as PackedCheck)
  }
  for (const { check, columns, rows } of testTables(results, rules, raw.places(inputs))) {
    paths.delete(testPath(check))
    await table(testPath(check), columns, rows)
  }
  for (const path of paths) broken(path, 'the last run did not ask this', NOT_AS_SEALED)
}

/** Which version judged, with which parameters; the rule's text where this release has the very one. */
async function requireChecks({ files, sameRelease, runs }: TablesParts, made: readonly PackedCheck[]): Promise<void> {
  const paths = new Set(files.paths.filter((path) => path.startsWith('checks/')))
  for (const expected of made) {
    const path = checkPath(expected.id)
    const found = (await files.json(path)) as unknown as PackedCheck
    paths.delete(path)
    const { rule, digest } = found
    if (digest !== (rule === null ? null : sha256(canonicalJson(rule as unknown as JsonValue)))) {
      broken(path, 'its rule does not have the digest that it names', NOT_AS_SEALED)
    }
    const known = sameRelease !== null && !expected.operator
    const wanted = known ? expected : { ...expected, rule, digest }
    if (canonicalJson(wanted as unknown as JsonValue) !== canonicalJson(found as unknown as JsonValue)) {
      broken(path, 'it does not say what was asked when the runs were judged', NOT_AS_SEALED)
    }
    requireOwnText(path, found, runs)
  }
  for (const path of paths) broken(path, 'no packed run was judged by it', NOT_AS_SEALED)
}

/** An operator's own check names the file that was sealed with the run. */
function requireOwnText(path: string, { operator, rule }: PackedCheck, runs: readonly VerifiedRun[]): void {
  const file = operator ? rule?.file : null
  if (file == null) return
  const sealed = runs.flatMap(({ inputs }) => inputs.settings.ownChecks ?? [])
  const own = sealed.find((one) => one.file === file.name && one.sha256 === file.sha256)
  if (own === undefined || sha256(own.source) !== file.sha256) {
    broken(path, `the file ${file.name} that it names is not the one that was sealed`, NOT_AS_SEALED)
  }
}
