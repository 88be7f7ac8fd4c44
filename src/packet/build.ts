/**
 * The audit packet: everything that a verdict of the period's last run, and of every date asked for, rests on, so that
 * somebody without this program can check it (design section 5). Written as a stream: answers are opened one at a time.
 * Nothing in it hangs on when and where it is written, so the same runs of a period that is over give, under the same key,
 * the same bytes.
 */
import type { Check } from '../domain/check.ts'
import type { Connector } from '../domain/connector.ts'
import { AppError } from '../domain/error.ts'
import type { Output } from '../domain/output.ts'
import {
  COLUMNS,
  checkPath,
  inputsPath,
  PACKET,
  type PackedRun,
  type PacketSummary,
  runPopulationPath,
  SSH_NAMESPACE,
  settingsPath,
  signerOf,
  testPath,
} from '../domain/packet.ts'
import type { Kind } from '../domain/record.ts'
import { inputsOf } from '../domain/reperform.ts'
import type { Report } from '../domain/report.ts'
import type { FollowUp } from '../domain/review.ts'
import type { WholeSample } from '../domain/sample.ts'
import type { PeriodEvidence, ReportEvidence } from '../domain/sealing.ts'
import type { RunSummary, Store } from '../domain/store.ts'
import type { Instant } from '../domain/time.ts'
import type { SigningKey } from '../ledger/keys.ts'
import { allowedSigner } from '../ledger/sshsig.ts'
import { type ZipEntry, zipped } from '../lib/zip.ts'
import type { StoryStore } from '../period/index.ts'
import { type Chain, type ChainStore, chainFiles, chainOf } from './chain.ts'
import { coverageRows } from './coverage.ts'
import { datesOf, drawLeaf, requireDrawn } from './dates.ts'
import { dayCounts, daysFile, lastOfDays } from './days.ts'
import { jsonFile, tableFile, textFile } from './files.ts'
import { digestForReport, sealed } from './manifest.ts'
import { type LedgerPast, readLedger } from './past.ts'
import { agesIn, failuresIn, pastOf, runsUpTo, settingsIn, spanOf, storyIn, unknownsIn } from './period.ts'
import { POPULATIONS, runsTold } from './period-told.ts'
import { isPopulation, type Population, populationColumns, populationRows } from './populations.ts'
import { type RawPages, rawPages } from './raw.ts'
import { readme } from './readme.ts'
import { storyFacts } from './readme-story.ts'
import { requestRows } from './requests.ts'
import { packedChecks } from './rules.ts'
import { packedPeriod, storyFiles } from './story-files.ts'
import { attestationRows, auditRows, configurationRows, controlRows, intervalRows, waiverRows } from './tables.ts'
import { testTables } from './tests.ts'

export interface PacketRequest {
  readonly from: Instant
  readonly to: Instant
  /** Moments whose state is packed whole beside that of the last run. */
  readonly at: readonly Instant[]
  /** Drawn samples: the run of each row is packed whole too. */
  readonly samples?: readonly WholeSample[]
  /** Bytes that the pulls around what happened may have, as received; absent: all of them are packed. */
  readonly pullsUpTo?: number
}

export interface PacketParts {
  readonly store: ChainStore &
    Pick<Store, 'runsBetween' | 'past' | 'page' | 'findings' | 'verdicts' | 'verdictsOf' | 'lastPull'> &
    StoryStore
  /** The key of the ledger's newest key leaf. */
  readonly key: SigningKey
  readonly checks: readonly Check[]
  readonly connectors: readonly Pick<Connector, 'id' | 'read' | 'withheld'>[]
  /** The run that was newest at the moment, aged to that moment. */
  report(at: Instant): Promise<Report>
  /** Of every signed review, by what runs up to the moment saw. */
  followUps(until: Instant): Promise<readonly FollowUp[]>
  readonly render: {
    json(report: Report): Iterable<string>
    csv(report: Report): Iterable<string>
    pdf(report: Report, evidence: ReportEvidence): AsyncIterable<Uint8Array>
    readonly oscal: NonNullable<Output['period']>
    readonly ocsf: NonNullable<Output['period']>
  }
  readonly software: string
  /** Only tells whether the period is over. */
  readonly now: Instant
}

export interface Packet {
  readonly last: RunSummary
  /** Packed whole, by sequence; the last is among them. */
  readonly runs: readonly string[]
  /** Of the key that signs it. */
  readonly fingerprint: string
  /** The ZIP; to be read once. */
  readonly bytes: AsyncIterable<Uint8Array>
  /** Runs that it rests on beside those, with single pulls; once the bytes are read. */
  restsOn(): readonly string[]
  /** SHA-256 of the manifest, once the bytes are read. */
  manifestDigest(): string
}

/** Throws AppError `usage` where the period has no run. */
export async function packet(request: PacketRequest, parts: PacketParts): Promise<Packet> {
  const { from, to } = request
  const { runs, last } = await runsUpTo(request, parts.store, 'packet')
  const wanted = datesOf(request, runs, last)
  const past = await readLedger(parts.store, from, last.id, new Set(wanted.keys()))
  requireDrawn(request, past)
  const packed = [...wanted].map(([id, asked]): PackedRun => {
    const { sequence, snapshotAt } = runs.find((run) => run.id === id)!
    const nonce = past.nonces.get(id)
    return {
      run: id,
      sequence,
      snapshotAt,
      leaf: past.leafOf.get(id)!,
      asked,
      ...(nonce === undefined ? {} : { nonce }),
    }
  })
  packed.sort((a, b) => a.sequence - b.sequence)
  // As who verifies counts them: a clock that was set wrong may have put one in between that is of no period at hand.
  const inPeriod = past.all.filter(({ snapshotAt }) => from <= snapshotAt && snapshotAt <= to)
  const chain = await chainOf(parts.store, {
    lastLeaf: Math.max(
      past.leafOf.get(last.id)!,
      ...(request.samples ?? []).map(({ sample }) => drawLeaf(sample.draw.id, past)!),
    ),
    firstLeaf: inPeriod[0]!.leaf,
    fingerprint: parts.key.fingerprint,
    acts: past.acts,
  })
  let digest: string | null = null
  const runIds = new Map(past.all.map(({ id, sequence }) => [sequence, id]))
  const builder: Builder = {
    request,
    parts,
    last,
    packed,
    past,
    chain,
    runIds,
    sealedCount: inPeriod.length,
    digests: new Map(),
    restsOn: [],
  }
  const files = sealed(filesOf(builder), parts.key, builder.digests, (told) => {
    digest = told
  })
  return {
    last,
    runs: packed.map(({ run }) => run),
    fingerprint: parts.key.fingerprint,
    bytes: zipped(files),
    restsOn: () => builder.restsOn,
    manifestDigest() {
      if (digest === null) throw new TypeError('the packet has not been read to its end')
      return digest
    },
  }
}

interface Builder {
  readonly request: PacketRequest
  readonly parts: PacketParts
  readonly last: RunSummary
  /** By sequence. */
  readonly packed: readonly PackedRun[]
  readonly past: LedgerPast
  readonly chain: Chain
  /** Of every run up to the last, by sequence. */
  readonly runIds: ReadonlyMap<number, string>
  readonly sealedCount: number
  /** Path → SHA-256, of the files that were read to their end. */
  readonly digests: Map<string, string>
  /** Runs with pulls around what happened. */
  readonly restsOn: string[]
}

/**
 * The answers first, for what became of them is told in other files; then what needs no judging, while the memory is not
 * full of findings; then the rest, the report last.
 */
async function* filesOf(builder: Builder): AsyncGenerator<ZipEntry> {
  const { parts, packed, past, chain, last, request } = builder
  const raw = rawPages(parts, builder.runIds, last.id)
  for (const { run } of packed) raw.add(await pastOf(parts.store, run))
  yield* raw.files()
  let places: ReturnType<typeof raw.places> = new Map()
  for (const { run } of packed.toSorted((a, b) => (a.run < b.run ? -1 : 1))) {
    const gone = raw.goneOf(run)
    const inputs = inputsOf(await pastOf(parts.store, run), parts.connectors, (source) => gone.includes(source))
    if (run === last.id) places = raw.places(inputs)
    yield jsonFile(inputsPath(run), inputs)
  }
  const span = spanOf(request, last, parts.now)
  const acts = past.acts.filter(({ index }) => index < chain.checkpoint.size)
  const report = await parts.report(last.snapshotAt)
  const snapshot = report.snapshot
  if (report.run?.id !== last.id || snapshot === null) {
    throw new AppError(
      'storage',
      `packet: the run ${last.id} cannot be read again; the database was changed from outside`,
    )
  }
  const { settings } = snapshot
  const { demo } = report
  const summary = summaryOf(builder, report, raw)
  const { store, checks } = parts
  const intervals = await store.findings('all', last.sequence)
  const spanned = { store, checks, runs: past.runs, last, report }
  const settingsOf = await settingsIn(spanned)
  const story = await storyIn(span, { ...spanned, intervals }, settingsOf)
  const { coverage, results, leavers } = story
  const populations: { kind: Kind; all: number; atEnd: number }[] = []
  yield* storyFiles({
    ...{ story, store, raw, past, acts, demo, until: span.to },
    period: request,
    followUps: await parts.followUps(last.snapshotAt),
    samples: request.samples ?? [],
    room: request.pullsUpTo ?? Number.POSITIVE_INFINITY,
    counted: (population) => populations.push(population),
    restsOn: (runs) => builder.restsOn.push(...runs),
  })
  const { from, to } = request
  const [failures, ages] = [failuresIn(intervals, span, report), agesIn(intervals, span, report)]
  const told: PeriodEvidence = {
    ...{ from, to, until: span.to, of: coverage, failures, ages, results, leavers },
    unknowns: unknownsIn(intervals, span),
    runs: runsTold(past, request, chain.stamps),
    populations: populations.filter(({ kind }) => POPULATIONS.includes(kind)),
  }
  const table = (
    path: string,
    columns: readonly string[],
    rows: Iterable<readonly (string | number | boolean | null)[]>,
  ) => tableFile(path, columns, rows, demo)

  const facts = storyFacts({
    ...{ leavers, populations, past, events: story.transitions },
    period: packedPeriod(story, request, span.to),
    coverage: coverageRows(coverage, span),
    sources: snapshot.sources,
  })
  yield textFile(PACKET.readme, readme(summary, chain.stamps, span.to, facts))
  const signer = allowedSigner(signerOf(report.organization.id), SSH_NAMESPACE, parts.key.publicKey)
  yield textFile(PACKET.allowedSigners, signer)
  yield table(PACKET.attestations, COLUMNS.attestations, attestationRows(settings.attestations))
  yield table(PACKET.auditLog, COLUMNS.auditLog, auditRows(acts, request))
  const rules = packedChecks(raw.judged(), parts.checks, settings)
  for (const rule of rules) yield jsonFile(checkPath(rule.id), rule)
  yield table(PACKET.configuration, COLUMNS.configuration, configurationRows(past.runs, acts))
  yield table(PACKET.controls, COLUMNS.controls, controlRows(settings.controls ?? [], parts.checks))
  yield table(PACKET.coverage, COLUMNS.coverage, coverageRows(coverage, span))
  const counts = dayCounts()
  yield daysFile(lastOfDays(past.all, request), store, counts)
  for (const digest of new Set(past.runs.map((run) => run.settings)))
    yield jsonFile(settingsPath(digest), settingsOf(digest))
  yield table(PACKET.intervals, COLUMNS.intervals, intervalRows(counts, intervals, request, report.results, settings))
  yield* chainFiles(parts.store, chain, packed)
  yield jsonFile(PACKET.packet, summary)
  yield* populationFiles(builder, report)
  yield textFile(PACKET.ocsf, parts.render.ocsf(report, told, intervals))
  yield textFile(PACKET.oscal, parts.render.oscal(report, told, intervals))
  yield table(PACKET.requests, COLUMNS.requests, requestRows(raw.pulls(), past.runs, raw))
  yield textFile(PACKET.resultsCsv, parts.render.csv(report))
  yield textFile(PACKET.resultsJson, parts.render.json(report))
  for (const { check, columns, rows } of testTables(report.results, rules, places)) {
    yield table(testPath(check), columns, rows)
  }
  yield table(PACKET.waivers, COLUMNS.waivers, waiverRows(settings.waivers, last.snapshotAt))
  // Last, for it carries the digest of the manifest of all others.
  const evidence = evidenceOf(builder, told, digestForReport(builder.digests))
  yield { path: PACKET.report, content: parts.render.pdf(report, evidence) }
}

function summaryOf(
  { request, packed, last, chain, sealedCount, parts }: Builder,
  report: Report,
  raw: RawPages,
): PacketSummary {
  const { origin, size, root } = chain.checkpoint
  return {
    schema: 'exhibit.packet/1',
    organization: report.organization,
    demo: report.demo,
    period: { from: request.from, to: request.to },
    software: parts.software,
    runs: packed.map((run) => ({ ...run, fromRecords: raw.goneOf(run.run) })),
    last: last.id,
    sealed: sealedCount,
    checkpoint: { origin, size, root },
    fingerprint: parts.key.fingerprint,
    missing: raw.missing(),
  }
}

/** What came after the checkpoint of the packet is not told: it would make the same packet differ from day to day. */
function evidenceOf(builder: Builder, coverage: PeriodEvidence, manifest: string): ReportEvidence {
  const { parts, last, past, chain } = builder
  const leaf = past.leafOf.get(last.id)!
  const stamp = chain.stamps.find(({ size }) => size > leaf) ?? null
  const before = chain.stamps.findLast(({ size }) => size <= leaf) ?? null
  return {
    lastPull: parts.store.lastPull,
    sealing: {
      run: last,
      leaf,
      checkpoint: chain.checkpoint,
      fingerprint: parts.key.fingerprint,
      stamp,
      stampBefore: stamp === null ? before : null,
      manifest,
    },
    coverage,
  }
}

async function* populationFiles({ parts, packed, last }: Builder, report: Report): AsyncGenerator<ZipEntry> {
  const snapshot = report.snapshot!
  const others = packed.filter(({ run }) => run !== last.id)
  const kinds = new Set<Kind>(snapshot.sources.flatMap(({ records }) => Object.keys(records) as Kind[]))
  for (const { run } of others) for (const { kind } of (await pastOf(parts.store, run)).records) kinds.add(kind)
  for (const kind of [...kinds].filter(isPopulation).sort()) {
    const populations: Population[] = []
    for (const { run, snapshotAt: at } of packed) {
      const records =
        run === last.id
          ? snapshot.of(kind)
          : (await pastOf(parts.store, run)).records.filter((record) => record.kind === kind)
      populations.push({ run, at, records })
    }
    const columns = populationColumns(populations)
    yield tableFile(runPopulationPath(kind), columns, populationRows(populations, columns), report.demo)
  }
}
