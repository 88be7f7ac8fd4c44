/** The seal: everything that one run knows, in one transaction; and the way back to any sealed run. */
import type Database from 'better-sqlite3'
import { AppError } from '../domain/error.ts'
import type { Finding } from '../domain/finding.ts'
import type { JsonValue } from '../domain/json.ts'
import type { Checkpoint } from '../domain/ledger.ts'
import type { AnyRecord } from '../domain/record.ts'
import type { Settings } from '../domain/settings.ts'
import { makeSnapshot, type SourceState } from '../domain/snapshot.ts'
import type {
  Acceptance,
  CheckRef,
  JudgedPopulation,
  NewLeaf,
  RunSummary,
  RunVerdicts,
  RunView,
  SealedPull,
  SealedResult,
  SealedRun,
  SealedSummary,
  SealedVerdict,
} from '../domain/store.ts'
import type { Instant } from '../domain/time.ts'
import { canonicalJson } from '../lib/canonical-json.ts'
import { sha256 } from '../lib/digest.ts'
import { acceptanceLeaf, changeLeaves, resultsDigest, runLeaf, type SealedJudging, snapshotDigest } from './digest.ts'
import type { Shape } from './encode.ts'
import { damaged } from './failure.ts'
import type { FindingStore, FindingsPlan } from './findings.ts'
import type { JudgedPlan, JudgedStore } from './judged.ts'
import { judgedReader } from './judged-between.ts'
import type { KeptStore } from './kept.ts'
import type { LedgerStore } from './ledger.ts'
import type { OutboxStore } from './outbox.ts'
import { turn, unzipJsonSync, zipJson } from './pack.ts'
import { type PreparedPull, pullPreparation } from './prepared.ts'
import type { PopulationPlan, RecordStore, Roll, VolatilePlan } from './records.ts'
import type { PullStore } from './requests.ts'
import type { ResultStore } from './results.ts'

export interface RunRow {
  readonly sequence: number
  readonly id: string
  readonly started_at: Instant
  readonly snapshot_at: Instant
  readonly software: string
  readonly build: string
  readonly settings: string
  readonly snapshot_digest: string
  readonly results_digest: string
  readonly check_set_digest: string
  readonly leaf: number
  readonly leaf_hash: string
}
export interface RunParts {
  readonly records: RecordStore
  readonly pulls: PullStore
  readonly results: ResultStore
  readonly findings: FindingStore
  readonly judged: JudgedStore
  readonly ledger: LedgerStore
  readonly kept: KeptStore
  readonly outbox: OutboxStore
}

/** All that the transaction writes, worked out before it begins. */
interface SealPlan {
  readonly run: SealedRun
  /** The newest sequence that the plan was made against. */
  readonly after: number
  readonly pulls: readonly PreparedPull[]
  readonly populations: readonly PopulationPlan[]
  readonly volatile: readonly VolatilePlan[]
  readonly findings: FindingsPlan
  readonly judged: JudgedPlan
  readonly settings: Buffer | null
  readonly sources: Buffer
  readonly snapshotDigest: string
  readonly resultsDigest: string
}

const ROW = `select r.sequence, r.id, r.started_at, r.snapshot_at, r.software, r.build, r.settings, r.snapshot_digest,
    r.results_digest, r.check_set_digest, r.leaf, l.hash as leaf_hash
  from run r join leaf l on l.idx = r.leaf where r.sequence = ?`
const NEWEST = 'select max(sequence) as sequence from run'
const AT = 'select sequence from run indexed by run_moment where snapshot_at <= ? order by sequence desc limit 1'
const SOURCES = 'select sources from run where sequence = ?'
const LEAF_OF = 'select l.body from run r join leaf l on l.idx = r.leaf where r.sequence = ?'
const SETTINGS = 'select body from settings where digest = ?'
const ADD_SETTINGS = 'insert or ignore into settings (digest, body) values (?, ?)'
const CHECK_SET = 'select body from check_set where digest = ?'
const ADD_CHECK_SET = 'insert or ignore into check_set (digest, body) values (?, ?)'
const BETWEEN = `select sequence from run indexed by run_moment where snapshot_at >= ? and snapshot_at <= ? order by sequence`
const SEQUENCE = 'select sequence from run where id = ?'
const ADD_RUN = `insert into run (sequence, id, started_at, snapshot_at, software, build, settings, snapshot_digest,
    results_digest, check_set_digest, leaf, sources)
  values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`

/** Records made between two turns of the event loop, a population at the least. */
const TURN_AFTER = 5_000

export function runStore(db: Database.Database, parts: RunParts) {
  const { records, pulls, results, findings, judged, ledger, kept, outbox } = parts
  const preparation = pullPreparation(records, pulls)
  const judgedBetween = judgedReader(db, judged)
  const row = db.prepare<[number], RunRow>(ROW)
  const newest = db.prepare<[], { sequence: number | null }>(NEWEST)
  const at = db.prepare<[Instant], { sequence: number }>(AT)
  const sourcesOf = db.prepare<[number], { sources: Buffer }>(SOURCES)
  const settingsOf = db.prepare<[string], { body: Buffer }>(SETTINGS)
  const leafOf = db.prepare<[number], string>(LEAF_OF).pluck()
  const addSettings = db.prepare<[string, Buffer]>(ADD_SETTINGS)
  const addRun = db.prepare(ADD_RUN)
  const checkSet = db.prepare<[string], string>(CHECK_SET).pluck()
  const addCheckSet = db.prepare<[string, string]>(ADD_CHECK_SET)
  const between = db.prepare<[Instant, Instant], number>(BETWEEN).pluck()
  const sequenceOf = db.prepare<[string], number>(SEQUENCE).pluck()

  function newestSequence(): number {
    return newest.get()!.sequence ?? 0
  }

  /** Reads and compares in parts, so that others have their turns; nothing is visible yet. */
  async function planOf(run: SealedRun, before: readonly AnyRecord[] | null): Promise<SealPlan> {
    const after = newestSequence()
    const prepared: PreparedPull[] = []
    const populations: PopulationPlan[] = []
    const volatile: VolatilePlan[] = []
    const digests: Pick<PopulationPlan, 'source' | 'kind' | 'digests'>[] = []
    const rolls: Roll[] = []
    const volatileDigests = new Map<string, string>()
    for (const pull of run.pulls) prepared.push(await preparation.taken(pull, after))
    for (const { id } of run.sources) {
      const accepted = prepared.find(({ plan, source }) => plan.pull.source === id && source !== null)?.source ?? null
      if (accepted === null) {
        const kept = await records.digestsOf((row) => row.source === id && !records.isBeside(row))
        digests.push(...kept)
        rolls.push(...kept)
      } else {
        populations.push(...accepted.populations)
        if (accepted.volatile !== null) volatile.push(accepted.volatile)
      }
      const volatileDigest = accepted === null ? records.volatileDigest(id, after) : accepted.volatileDigest
      if (volatileDigest !== null) volatileDigests.set(id, volatileDigest)
    }
    populations.push(...(await records.planBeside(run.carried, after, before)))
    records.number(populations)
    for (const { source, kind, sorted, ids } of populations) rolls.push({ source, kind, places: sorted, ids })
    const series = results.series()
    const known = settingsOf.get(run.settingsDigest)
    return {
      run,
      after,
      pulls: prepared,
      populations,
      volatile,
      findings: await findings.plan(run, series, results.unchanged(run.results, after), formerSources(run)),
      judged: await judged.plan(run.results, after, series, rolls),
      settings: known === undefined ? await zipJson(run.settings) : null,
      sources: await zipJson(run.sources),
      snapshotDigest: snapshotDigest({
        populations: [...digests, ...populations],
        volatile: volatileDigests,
        settingsDigest: run.settingsDigest,
        sources: run.sources,
      }),
      resultsDigest: resultsDigest(run.results),
    }
  }

  function formerSources(run: SealedRun): Set<string> {
    const former = new Set(records.sources())
    for (const { id } of run.settings.sources) former.delete(id)
    return former
  }

  const write = db.transaction((plan: SealPlan, numbered: Shape[]): { sequence: number; checkpoint: Checkpoint } => {
    const { run } = plan
    if (newestSequence() !== plan.after) {
      throw new AppError(
        'storage',
        `store: another process sealed a run meanwhile; only one may write to a data folder`,
      )
    }
    const sequence = plan.after + 1
    if (plan.settings !== null) addSettings.run(run.settingsDigest, plan.settings)
    addCheckSet.run(run.checkSetDigest, JSON.stringify(run.checkSet))
    const checkpoint = ledger.write(leavesOf(plan, sequence), run.snapshotAt)
    addRun.run(
      sequence,
      run.id,
      run.startedAt,
      run.snapshotAt,
      run.software,
      run.build,
      run.settingsDigest,
      plan.snapshotDigest,
      plan.resultsDigest,
      run.checkSetDigest,
      // The run's own leaf is the last one that its checkpoint covers.
      checkpoint.size - 1,
      plan.sources,
    )
    for (const pull of plan.pulls) pulls.write(pull.plan, sequence)
    for (const population of plan.populations) records.write(population, sequence, numbered)
    for (const entry of plan.volatile) records.writeVolatile(entry, sequence)
    const series = results.write(run.results, sequence)
    findings.write(plan.findings, series, sequence)
    judged.write(plan.judged, series, sequence)
    outbox.add(run.events, checkpoint)
    return { sequence, checkpoint }
  })

  function leavesOf({ run, pulls, snapshotDigest, resultsDigest }: SealPlan, sequence: number): NewLeaf[] {
    const digests = new Map(pulls.map(({ plan }) => [plan.pull.source, plan.digest]))
    return [
      ...changeLeaves(sequence, run, run, judgingOf(sequence - 1)),
      ...run.acceptances.map((acceptance) => acceptanceLeaf(sequence, acceptance)),
      runLeaf(run, { sequence, snapshotDigest, resultsDigest }, digests),
    ]
  }

  /** What judged a run; null before the first. */
  function judgingOf(sequence: number): SealedJudging | null {
    if (sequence === 0) return null
    const { software, build, settingsDigest, checkSetDigest } = summary(sequence)
    const { settings } = settingsAt(sequence)
    return { settings, settingsDigest, checkSet: checksOf(checkSetDigest), checkSetDigest, software, build }
  }

  /** Null for runs that were sealed before it was kept. */
  function checksOf(digest: string): readonly CheckRef[] | null {
    const body = checkSet.get(digest)
    return body === undefined ? null : (JSON.parse(body) as CheckRef[])
  }

  function settingsAt(sequence: number): { settings: Settings; digest: string } {
    const digest = summary(sequence).settingsDigest
    const body = settingsOf.get(digest)?.body
    if (body === undefined) throw damaged(`the settings of run ${sequence} are gone`)
    return { digest, settings: unzipJsonSync<Settings>(body, `the settings of run ${sequence}`) }
  }

  function summary(sequence: number): RunSummary {
    const found = row.get(sequence)
    if (found === undefined) throw damaged(`run ${sequence} is gone`)
    return summaryOf(found)
  }

  /** In parts, so that others have their turns: what a sealed run rests on is the same after any later seal. */
  async function view<R>(moment: Instant | 'latest', found: (sequence: number) => R): Promise<Viewed<R> | null> {
    const sequence = moment === 'latest' ? newestSequence() : (at.get(moment)?.sequence ?? 0)
    if (sequence === 0) return null
    const { run, records: parts, ...rest } = groundsOf(sequence)
    const results = found(sequence)
    const records: AnyRecord[] = []
    for (const record of parts) {
      records.push(record)
      if (records.length % TURN_AFTER === 0) await turn()
    }
    await turn()
    const snapshot = makeSnapshot({ runId: run.id, sequence, at: run.snapshotAt, ...rest, records })
    return { run, results, snapshot, checks: checksOf(run.checkSetDigest) }
  }

  /** The same in small slices, by a connection that stands in one read transaction: nothing that is sealed meanwhile shows. */
  async function viewInSlices<R>(
    moment: Instant | 'latest',
    found: (sequence: number) => R,
  ): Promise<Viewed<R> | null> {
    const newest = newestSequence()
    const sequence = moment === 'latest' ? newest : (at.get(moment)?.sequence ?? 0)
    if (sequence === 0) return null
    const { run, records: _, ...rest } = groundsOf(sequence)
    const results = found(sequence)
    await turn()
    const all: AnyRecord[] = []
    const ids = new Set(rest.sources.map(({ id }) => id))
    for await (const slice of records.snapshotInSlices(sequence, sequence === newest, ids)) {
      for (const record of slice) all.push(record)
      await turn()
    }
    const snapshot = makeSnapshot({ runId: run.id, sequence, at: run.snapshotAt, ...rest, records: all })
    return { run, results, snapshot, checks: checksOf(run.checkSetDigest) }
  }

  /** What a snapshot is made of. */
  function groundsOf(sequence: number) {
    const run = summary(sequence)
    refuseDeleted(run)
    const sources = statesOf(sequence)
    const ids = new Set(sources.map(({ id }) => id))
    return {
      run,
      sources,
      settings: settingsAt(sequence).settings,
      records: records.snapshotAt(sequence, () => sequence === newestSequence(), ids),
    }
  }

  function refuseDeleted({ sequence, snapshotAt }: RunSummary): void {
    const oldest = oldestSequence()
    if (sequence >= oldest) return
    throw new AppError(
      'usage',
      `store: what the run of ${snapshotAt} rested on was deleted under the retention rule, as leaf ${kept.cuts().leaf} of the ledger says; ask for ${summary(oldest).snapshotAt} or later`,
    )
  }

  /** As sealed, with what they left open. */
  function resultsOf(sequence: number): SealedResult[] {
    return results.at(sequence, (series) => findings.at(series, sequence))
  }

  const openIn = db.transaction((sequence: number, result: SealedVerdict): Finding[] => {
    refuseDeleted(summary(sequence))
    return results.openOf(result, (series) => findings.at(series, sequence))
  })

  function oldestSequence(): number {
    return Math.min(kept.cuts().newest.history + 1, newestSequence())
  }

  function statesOf(sequence: number): SourceState[] {
    return unzipJsonSync(sourcesOf.get(sequence)!.sources, `the source states of run ${sequence}`)
  }

  return {
    newestSequence,
    /** Throws `usage` where the retention rule has deleted what that run rested on. */
    refuseDeletedAt: (sequence: number): void => {
      if (sequence < oldestSequence()) refuseDeleted(summary(sequence))
    },
    /** Of the first run that can be rebuilt; 0 before the first of all. */
    oldestSequence,
    summary,
    statesOf,
    settingsAt,
    partsOf: (sequence: number) => ({ ...groundsOf(sequence), results: resultsOf(sequence) }),
    judgingOf,
    checksOf,
    leafOf: (sequence: number): string => {
      const body = leafOf.get(sequence)
      if (body === undefined) throw damaged(`the leaf of run ${sequence} is gone`)
      return body
    },
    sequenceOf: (id: string): number | null => sequenceOf.get(id) ?? null,
    between: db.transaction((from: Instant, to: Instant): RunSummary[] => between.all(from, to).map(summary)),
    /** As the run's own leaf tells them. */
    acceptancesOf(sequence: number): readonly Acceptance[] {
      const body = leafOf.get(sequence)
      return body === undefined ? [] : (JSON.parse(body) as { acceptances: readonly Acceptance[] }).acceptances
    },
    async judgedBetween(from: number, to: number): Promise<JudgedPopulation[]> {
      if (from < oldestSequence()) refuseDeleted(summary(from))
      return judgedBetween(from, to, results.series())
    },
    /** Results without their findings. */
    verdictsOf: results.verdictsAt,
    openIn,
    view: (moment: Instant | 'latest'): Promise<RunView | null> => view(moment, resultsOf),
    verdicts: (moment: Instant | 'latest'): Promise<RunVerdicts | null> => view(moment, results.verdictsAt),
    viewInSlices: (moment: Instant | 'latest'): Promise<RunView | null> => viewInSlices(moment, resultsOf),
    verdictsInSlices: (moment: Instant | 'latest'): Promise<RunVerdicts | null> =>
      viewInSlices(moment, results.verdictsAt),
    prepare: (pull: SealedPull, known: readonly AnyRecord[]): Promise<void> =>
      preparation.prepare(pull, newestSequence(), known),
    /** After the retention rule has deleted rows that a plan may name. */
    forgetPrepared: preparation.forget,
    /** @param before what `carried` gave */
    async seal(run: SealedRun, before: readonly AnyRecord[] | null): Promise<SealedSummary> {
      check(run)
      const plan = await planOf(run, before)
      const numbered: Shape[] = []
      try {
        const { sequence, checkpoint } = write.immediate(plan, numbered)
        records.sealed(plan.populations, sequence)
        pulls.sealed(
          plan.pulls.map(({ plan }) => plan),
          sequence,
        )
        judged.sealed(plan.judged, sequence)
        return { ...summary(sequence), checkpoint }
      } catch (error) {
        records.forget(numbered)
        throw error
      }
    },
  }
}

export type RunStore = ReturnType<typeof runStore>

type Viewed<R> = Omit<RunView, 'results'> & { readonly results: R }

/** What a seal of ours would not stand for: records that no snapshot shows, settings that no digest covers. */
function check(run: SealedRun): void {
  for (const { source } of run.pulls) {
    if (!run.sources.some(({ id }) => id === source)) {
      throw new AppError('internal', `store: run ${run.id} pulled ${source}, of which it names no state`)
    }
  }
  if (sha256(canonicalJson(run.settings as unknown as JsonValue)) !== run.settingsDigest) {
    throw new AppError('internal', `store: the settings of run ${run.id} do not have the digest that it names`)
  }
}

export function summaryOf(row: RunRow): RunSummary {
  return {
    id: row.id,
    sequence: row.sequence,
    startedAt: row.started_at,
    snapshotAt: row.snapshot_at,
    software: row.software,
    build: row.build,
    settingsDigest: row.settings,
    snapshotDigest: row.snapshot_digest,
    resultsDigest: row.results_digest,
    checkSetDigest: row.check_set_digest,
    leaf: row.leaf_hash,
  }
}
