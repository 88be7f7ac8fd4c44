/**
 * COL-05: does stored evidence still read as it was sealed? The newest run is taken whole each time; of what is older,
 * the share whose place in the day has come since the last time, so that a day goes round once. A page's place is its
 * digest, that of a record or a leaf a spread number: neither moves when more is added.
 */
import type Database from 'better-sqlite3'
import type { JsonValue } from '../domain/json.ts'
import type { Ledger } from '../domain/ledger.ts'
import type { AnyRecord, Integrity } from '../domain/record.ts'
import type { NewLeaf, SealedPull, SealedRun } from '../domain/store.ts'
import { DAY, type Instant, millis } from '../domain/time.ts'
import { canonicalJson } from '../lib/canonical-json.ts'
import { sha256 } from '../lib/digest.ts'
import {
  acceptanceLeaf,
  changeLeaves,
  pullDigest,
  recordDigest,
  resultsDigest,
  snapshotDigest,
  snapshotDigestOf,
  stateInLeaf,
} from './digest.ts'
import type { JudgedStore } from './judged.ts'
import { ANSWER_HOLDS, type Cut, type KeptStore, REPEAT_HOLDS } from './kept.ts'
import type { LedgerStore } from './ledger.ts'
import { turn } from './pack.ts'
import type { PageRow, PageStore } from './pages.ts'
import type { RecordStore } from './records.ts'
import type { PullStore } from './requests.ts'
import type { RunStore } from './runs.ts'
import { judgedVerifier } from './verify-judged.ts'
import { ledgerVerifier } from './verify-ledger.ts'
import { snapshotVerifier } from './verify-snapshots.ts'

export interface VerifyParts {
  readonly pages: PageStore
  readonly records: RecordStore
  readonly pulls: PullStore
  readonly runs: RunStore
  readonly judged: JudgedStore
  readonly ledger: Ledger
  readonly ledgerRows: LedgerStore
  readonly kept: KeptStore
}

/** From inclusive, to exclusive, as parts of 2^32; two where the share goes over midnight. */
type Span = readonly [from: number, to: number]
const WHOLE = 2 ** 32
const CHUNK = 2_000
/** Runs whose snapshots are made again together: to find the first state takes as long as some hundred steps onward. */
const RUNS_AT_ONCE = 256
/** Runs of which it is counted together whom the checks judged: what was before them is made anew each time. */
const JUDGED_AT_ONCE = 4_096
const KNUTH = 2_654_435_761
/** Of failures this many are named; the number checked says how many there were to find. */
const NAMED = 1_000

/** What the leaf of a change tells beside what changed. */
type ToldBy = Pick<SealedRun, 'by'> & Partial<Pick<SealedRun, 'turned'>>
interface LeafRow {
  readonly idx: number
  readonly kind: string
  readonly body: string
  readonly hash: string
}

const PAGES = `select id, sha256, coding, base, body from page
  where sha256 >= ? and sha256 < ? and sha256 > ? order by sha256 limit 50`
const PAGE = 'select id, sha256, coding, base, body from page where sha256 = ?'
// Knuth's multiplicative hash spreads numbers given one after another over the day.
const LEAVES = `select idx, kind, body, hash from leaf
  where ((idx * 2654435761) & 4294967295) >= ? and ((idx * 2654435761) & 4294967295) < ? order by idx`
const LEAF_OF_RUN = `select l.idx, l.kind, l.body, l.hash from run r left join leaf l on l.idx = r.leaf
  where r.sequence = ?`
const ROW_OF_LEAVES = `select count(*) as count, max(idx) as last, count(*) filter (where kind = 'run') as ofRuns,
    (select count(*) from run) as runs, (select max(sequence) from run) as sequence
  from leaf`
const SEALED_PULLS = 'select source from pull where run = ? order by source'
// An answer whose body is gone: pages that hold secrets never had one, others may have gone by the retention rule.
// Crossed: SQLite would look at every answer that there ever was before it asks for its place.
const BODILESS = `select distinct a.sha256 from place l cross join answer a on a.place = l.id
  where ((l.id * 2654435761) & 4294967295) >= @from and ((l.id * 2654435761) & 4294967295) < @to
    and a.secret = 0 and not exists (select 1 from page p where p.sha256 = a.sha256) and ${ANSWER_HOLDS}`
// Those that a log holds whole, under the hash of their run. A failed pull keeps no bodies but those that were there.
const BODILESS_REPEATS = `select distinct r.sha256 from repeat r join pull p on p.source = r.source and p.run = r.run
  where ((r.run * 2654435761) & 4294967295) >= @from and ((r.run * 2654435761) & 4294967295) < @to
    and p.outcome <> 'failed' and not exists (select 1 from page g where g.sha256 = r.sha256) and ${REPEAT_HOLDS}`
// Out of the index alone: the rows hold what the digests are of, hundreds of megabytes a year.
const VOLATILES = `select source, run from volatile
  where ((rowid * 2654435761) & 4294967295) >= ? and ((rowid * 2654435761) & 4294967295) < ?`

export function verifier(db: Database.Database, parts: VerifyParts) {
  const { pages, records, pulls, runs, ledger, kept } = parts
  const verifyLedger = ledgerVerifier(db, ledger, parts.ledgerRows)
  const verifyJudged = judgedVerifier(db, parts.judged)
  const verifySnapshots = snapshotVerifier({ records, runs })
  const pagesIn = db.prepare<[Buffer, Buffer, Buffer], PageRow>(PAGES)
  const pageOf = db.prepare<[Buffer], PageRow>(PAGE)
  const leavesIn = db.prepare<[number, number], LeafRow>(LEAVES)
  const leafOfRun = db.prepare<[number], LeafRow | { idx: null }>(LEAF_OF_RUN)
  const rowOfLeaves = db.prepare<[], Record<'count' | 'last' | 'ofRuns' | 'runs' | 'sequence', number | null>>(
    ROW_OF_LEAVES,
  )
  const sealedPulls = db.prepare<[number], string>(SEALED_PULLS).pluck()
  const bodiless = db.prepare<[{ from: number; to: number; pages: number }], { sha256: Buffer }>(
    `${BODILESS} union ${BODILESS_REPEATS}`,
  )
  const volatilesIn = db.prepare<[number, number], { source: string; run: number }>(VOLATILES)

  async function verifyPages(newest: number, spans: readonly Span[]): Promise<Integrity> {
    const seen = tally('pages')
    const tryPage = async (row: PageRow | undefined, name: string): Promise<void> => {
      await seen.attempt(name, async () => {
        if (row === undefined) return false
        await pages.open(row)
        return true
      })
    }
    for (const pull of sealedIn(newest)) {
      for (const page of pull.pages) {
        if (page.secret || (pull.outcome === 'failed' && pageOf.get(bytes(page.sha256)) === undefined)) continue
        await tryPage(pageOf.get(bytes(page.sha256)), page.sha256)
      }
    }
    const { newest: cut } = kept.cuts()
    kept.fill(cut)
    for (const [from, to] of spans) {
      for (const { sha256 } of bodiless.all({ from, to, pages: cut.pages }))
        await tryPage(undefined, sha256.toString('hex'))
      for (let last: Buffer = Buffer.alloc(0), more = true; more; ) {
        const rows = pagesIn.all(edge(from), edge(to), last)
        for (const row of rows) await tryPage(row, row.sha256.toString('hex'))
        last = rows.at(-1)?.sha256 ?? last
        more = rows.length > 0
        await turn()
      }
    }
    return seen.done()
  }

  function sealedIn(run: number): Omit<SealedPull, 'records'>[] {
    const found: Omit<SealedPull, 'records'>[] = []
    for (const source of sealedPulls.all(run)) {
      try {
        const sealed = pulls.atRun(run, source)
        if (sealed !== null) found.push(sealed.pull)
      } catch {
        // A log that cannot be opened is found, and named, where the pull's digest is compared.
      }
    }
    return found
  }

  async function verifyRecords(newest: number, spans: readonly Span[]): Promise<Integrity> {
    const seen = tally('records')
    for (const [from, to] of spans) {
      for (const { source, run } of volatilesIn.all(from, to)) {
        await seen.attempt(`volatile values of ${source} in run ${run}`, () => records.volatileHolds(source, run))
        await turn()
      }
      for (const [first, last] of blocksIn([from, to], newest, RUNS_AT_ONCE)) {
        seen.count(await verifySnapshots(Math.max(first, runs.oldestSequence()), last, seen.attempt))
      }
      for (const [first, last] of blocksIn([from, to], newest, JUDGED_AT_ONCE)) {
        await verifyJudged(Math.max(first, runs.oldestSequence()), last, seen.attempt)
      }
    }
    if (newest > 0) await seen.attempt(`run ${newest}`, () => runHolds(newest))
    return seen.done()
  }

  /** The run's digests, made again from what is stored. */
  async function runHolds(sequence: number): Promise<boolean> {
    const { run, sources, settings, records: all, results } = runs.partsOf(sequence)
    const digests = new Map<AnyRecord, string>()
    for (const record of all) {
      digests.set(record, recordDigest(record))
      if (digests.size % CHUNK === 0) await turn()
    }
    const digestOf = (record: AnyRecord): string => digests.get(record)!
    const ids = new Set(sources.map(({ id }) => id))
    // What the next seal takes over of a source that it does not read.
    const beside = await records.digestsOf((row) => records.isBeside(row) || ids.has(row.source))
    const kept = { populations: beside, volatile: records.volatileDigests(ids, sequence), sources }
    return (
      sha256(canonicalJson(settings as unknown as JsonValue)) === run.settingsDigest &&
      snapshotDigestOf([...digests.keys()], run.settingsDigest, sources, digestOf) === run.snapshotDigest &&
      snapshotDigest({ ...kept, settingsDigest: run.settingsDigest }) === run.snapshotDigest &&
      resultsDigest(results) === run.resultsDigest
    )
  }

  async function verifyLeaves(newest: number, spans: readonly Span[]): Promise<Integrity> {
    const seen = tally('leaves')
    if (newest > 0) {
      const leaf = leafOfRun.get(newest)!
      await seen.attempt(`leaf of run ${newest}`, () => leaf.idx !== null && leafHolds(leaf) && says(leaf))
    }
    for (const [from, to] of spans) {
      for (const leaf of leavesIn.all(from, to)) {
        await seen.attempt(`leaf ${leaf.idx}`, () => leafHolds(leaf) && says(leaf))
        await turn()
      }
    }
    const { count, last, ofRuns, runs: runCount, sequence } = rowOfLeaves.get()!
    await seen.attempt(
      'the row of leaves',
      () => count === (last ?? -1) + 1 && ofRuns === runCount && runCount === (sequence ?? 0),
    )
    return seen.done()
  }

  function leafHolds({ body, hash }: LeafRow): boolean {
    return ledger.leafHash(body) === hash && canonicalJson(JSON.parse(body) as JsonValue) === body
  }

  /** What a leaf says agrees with what stands elsewhere; kinds that stand in the ledger alone have nothing to agree with. */
  function says(leaf: LeafRow): boolean {
    const said = JSON.parse(leaf.body) as { type: string; run: number } & ToldBy
    if (said.type !== leaf.kind) return false
    switch (leaf.kind) {
      case 'run':
        return tells(leaf)
      case 'configuration':
      case 'waiver':
      case 'attestation':
        return changesOf(said).some(({ body }) => canonicalJson(body) === leaf.body)
      case 'retention':
        return packedHolds(leaf.body)
      case 'acceptance':
        return runs
          .acceptancesOf(said.run)
          .some((one) => canonicalJson(acceptanceLeaf(said.run, one).body) === leaf.body)
      default:
        return true
    }
  }

  /** The list of what was handed out only grows: its beginning is the one that the tombstone named. */
  function packedHolds(tombstone: string): boolean {
    const { packed } = (JSON.parse(tombstone) as { cut: Cut }).cut
    return kept.packed(packed.count).digest === packed.digest
  }

  /** Who made a change and what it turned stand in the ledger alone; what changed follows from the two runs. */
  function changesOf({ run, by, turned = null }: { run: number } & ToldBy): readonly NewLeaf[] {
    const told = { by, turned, snapshotAt: runs.summary(run).snapshotAt }
    return changeLeaves(run, told, runs.judgingOf(run)!, runs.judgingOf(run - 1))
  }

  /** The leaf says of the run what its row and its pulls say. */
  function tells(leaf: LeafRow): boolean {
    const said = JSON.parse(leaf.body) as Record<string, unknown> & {
      sequence: number
      sources: { id: string; pull: string | null }[]
    }
    const run = runs.summary(said.sequence)
    // What only a run before the cut rested on went by the retention rule; what is still there must hold all the same.
    const whole = said.sequence >= kept.cuts().newest.history
    return (
      run.leaf === leaf.hash &&
      said['id'] === run.id &&
      said['startedAt'] === run.startedAt &&
      said['snapshotAt'] === run.snapshotAt &&
      said['snapshot'] === run.snapshotDigest &&
      said['results'] === run.resultsDigest &&
      said['checkSet'] === run.checkSetDigest &&
      said['settings'] === run.settingsDigest &&
      said['software'] === run.software &&
      said['build'] === run.build &&
      canonicalJson(said.sources.map(({ pull: _, ...state }) => state)) === statesOf(said.sequence) &&
      (!whole || resultsDigest(runs.verdictsOf(said.sequence)) === run.resultsDigest) &&
      said.sources.every(({ id, pull }) => pull === null || pullHolds(said.sequence, id, pull, whole))
    )
  }

  function statesOf(sequence: number): string {
    return canonicalJson(runs.statesOf(sequence).map(stateInLeaf) as unknown as JsonValue)
  }

  function pullHolds(sequence: number, source: string, digest: string, whole: boolean): boolean {
    const sealed = pulls.atRun(sequence, source)
    if (sealed === null) return !whole
    return sealed.digest === digest && pullDigest(sealed.pull) === digest
  }

  async function verifyCheckpoints(spans: readonly Span[]): Promise<Integrity> {
    const seen = tally('checkpoints')
    await verifyLedger(spans, seen.attempt)
    return seen.done()
  }

  return async (since: Instant | null, now: Instant): Promise<Integrity[]> => {
    const spans = spansOf(since, now)
    const newest = runs.newestSequence()
    return [
      await verifyCheckpoints(spans),
      await verifyLeaves(newest, spans),
      await verifyPages(newest, spans),
      await verifyRecords(newest, spans),
    ]
  }
}

/** The share of the day between two moments; all of it when a day has passed, or nobody knows. */
export function spansOf(since: Instant | null, now: Instant): readonly Span[] {
  if (since === null || millis(now) - millis(since) >= DAY) return [[0, WHOLE]]
  if (now <= since) return []
  const from = placeOf(since)
  const to = placeOf(now)
  if (from === to) return []
  return from < to
    ? [[from, to]]
    : [
        [0, to],
        [from, WHOLE],
      ]
}

/** Runs in a row that are looked at together, where their place in the day lies in the span. */
function* blocksIn([from, to]: Span, newest: number, size: number): Generator<readonly [first: number, last: number]> {
  for (let block = 0; block * size < newest; block++) {
    const place = (block * KNUTH) % WHOLE
    if (place >= from && place < to) yield [block * size + 1, Math.min((block + 1) * size, newest)]
  }
}

function placeOf(at: Instant): number {
  return Math.floor(((millis(at) % DAY) / DAY) * WHOLE)
}

/** The digests from this place of the day on. Past the last one nothing sorts: 33 bytes of 0xff. */
function edge(place: number): Buffer {
  if (place >= WHOLE) return Buffer.alloc(33, 0xff)
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(place)
  return bytes
}

function bytes(hex: string): Buffer {
  return Buffer.from(hex, 'hex')
}

function tally(part: string) {
  let checked = 0
  const failed = new Set<string>()
  return {
    /** Whatever is thrown on the way counts as found: it must never stop the rest. */
    async attempt(name: string, holds: () => boolean | Promise<boolean>): Promise<void> {
      checked++
      let held = false
      try {
        held = await holds()
      } catch {
        held = false
      }
      if (!held && failed.size < NAMED) failed.add(name)
    },
    /** Of what was looked at on the way to an answer. */
    count(more: number): void {
      checked += more
    },
    done: (): Integrity => ({
      kind: 'integrity',
      source: '',
      key: part,
      unread: [],
      checked,
      failed: [...failed].sort(),
    }),
  }
}
