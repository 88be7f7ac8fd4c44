/**
 * One run, top to bottom: pulls → snapshot → carried records → checks → seal. Sources run side by side; the seal is one
 * transaction; nothing before it is visible to anybody.
 */
import { setImmediate } from 'node:timers/promises'
import { attributeBudgetMs, type Config, type ConfiguredSource } from './config.ts'
import type { Check } from './domain/check.ts'
import { AppError } from './domain/error.ts'
import { carryForward, evaluate } from './domain/evaluate.ts'
import { checkRefs, checkSet, lineSteps, type Populations, populationsSoFar } from './domain/evidence.ts'
import { amended, type Finding, type Status } from './domain/finding.ts'
import { type Checkpoint, STAMP_FAILURE } from './domain/ledger.ts'
import type { NewEvent } from './domain/outbox.ts'
import type { Anchor, AnyRecord, Carried } from './domain/record.ts'
import type { CheckResult } from './domain/result.ts'
import { type Ended, newlyFailing, runEvents } from './domain/run-events.ts'
import {
  aged,
  configuredAs,
  makeSnapshot,
  neverRead,
  recarried,
  type Snapshot,
  type SourceState,
} from './domain/snapshot.ts'
import { failurePlace } from './domain/standing.ts'
import type {
  Acceptance,
  FindingInterval,
  RunSummary,
  SealedPull,
  SealedResult,
  SealedRun,
  SourceHistory,
  Store,
} from './domain/store.ts'
import { DAY, fromMillis, type Instant, MINUTE, plus } from './domain/time.ts'
import { type Turned, type TurnedPlaces, turnedSince } from './domain/turned.ts'
import { canonicalJson } from './lib/canonical-json.ts'
import { sha256 } from './lib/digest.ts'
import { atOnce } from './lib/steps.ts'
import { countsOf, type Known, type Pull, type PullParts, pullSource } from './pull.ts'
import { reviewRecords } from './reviews.ts'
import { addressed } from './telling.ts'

export interface Clock {
  /** Wall time, milliseconds since 1970. */
  wall(): number
  /** Monotonic, milliseconds. */
  monotonic(): number
}

export interface RunParts extends Pick<PullParts, 'connect' | 'readFile' | 'sleep' | 'signal' | 'progress' | 'report'> {
  config: Config
  checks: readonly Check[]
  store: Store
  clock: Clock
  newId(): string
  software: string
  /** Digest of the built checks, domain and connectors. */
  build: string
  /** Who runs it, for the ledger. */
  actor: string
  /** Lets the sealed checkpoint leave the machine; never throws for what happens outside. */
  publish(checkpoint: Checkpoint): Promise<void>
  /** A stage of the run has ended: for progress and benchmarks. */
  stage?(name: 'pull' | 'check' | 'seal', ms: number): void
}

export interface RunRequest {
  /** Ids to pull; null pulls every source. The others keep their last pull. */
  sources: readonly string[] | null
  /** Leaves out sources that wait after an authentication failure; people's own `sync` tries them all the same. */
  respectPauses: boolean
  /** Of those pulled: whose attributes are read only where they were not within the schedule's interval. */
  early?: readonly string[]
  accept: { source: string; because: string; by: string } | null
  /** Given by an auditor: stands in the ledger with the run. */
  nonce?: string
}

export interface RunOutcome {
  run: RunSummary
  pulls: readonly SealedPull[]
  sources: readonly SourceState[]
  results: readonly SealedResult[]
}

export async function runOnce(request: RunRequest, parts: RunParts): Promise<RunOutcome> {
  const { config, store, checks } = parts
  const asked = chosen(config, request)
  const release = await store.lock(parts.signal)
  try {
    const now = runClock(parts.clock)
    const startedAt = now()
    const before = new Map<string, SourceHistory | null>()
    for (const source of config.sources) before.set(source.id, await store.history(source.id, startedAt))
    const acceptances = acceptanceOf(request, before, startedAt)
    const due = asked.filter(
      (source) => !request.respectPauses || isDue(before.get(source.id) ?? null, source, startedAt),
    )

    const timed = stopwatch(parts)
    const last = (await store.runs(1))[0] ?? null
    const judging = judgingOf(parts)
    const turned = last === null ? null : await turnedBy(judging, last, parts)
    const known = new Map<string, readonly AnyRecord[]>()
    for (const source of config.sources) known.set(source.id, await store.recordsOf(source.id))
    const pulls = await Promise.all(
      due.map(async (source) => {
        const pull = await pullSource(source, knownOf(source.id, known, before, acceptances), {
          ...parts,
          now,
          settings: config.settings,
          pullMs: config.limits.pullMs,
          attributeBudgetMs: attributeBudgetMs(config),
          ...(request.early?.includes(source.id) === true ? { attributesSince: plus(startedAt, -config.everyMs) } : {}),
        })
        // While others still wait for their vendors.
        await store.prepare(pull, known.get(source.id) ?? [])
        return pull
      }),
    )
    timed('pull')

    const snapshotAt = pulls.reduce((latest, pull) => (pull.endedAt > latest ? pull.endedAt : latest), startedAt)
    const sources = statesAfter(config, pulls, before, snapshotAt)
    const records = [...recordsAfter(config, pulls, known)]
    known.clear()
    const house = [
      ...(await store.verify(last?.snapshotAt ?? null, snapshotAt)),
      ...(await anchorsOf(parts, snapshotAt)),
      ...(await reviewRecords(store)),
    ]
    const left = await store.carried()
    const earlier = left.filter((record) => record.kind === 'carried')
    const { carried, results } = await judge(
      makeSnapshot({
        runId: '',
        sequence: (last?.sequence ?? 0) + 1,
        at: snapshotAt,
        sources,
        settings: config.settings,
        records: [...records, ...earlier, ...house],
      }),
      checks,
      await store.findings('open'),
    )
    timed('check')

    const ended: Omit<SealedRun, 'events'> = {
      id: parts.newId(),
      startedAt,
      snapshotAt,
      settings: config.settings,
      ...judging,
      pulls,
      sources,
      carried: [...carried, ...house],
      results,
      acceptances,
      by: parts.actor,
      turned: turned === null ? null : countOf(turned.places),
      nonce: request.nonce ?? null,
    }
    const run = await store.seal({ ...ended, events: await eventsOf(ended, turned, records, parts) }, left)
    await parts.publish(run.checkpoint)
    await store.sweep(snapshotAt)
    const { keepFrom: neededFrom, ...rule } = config.retention
    const { tombstone } = await store.retain({ ...rule, neededFrom }, snapshotAt)
    if (tombstone !== null) await parts.publish(tombstone)
    // The log of deliveries is as old as the evidence that it tells of; a part of what is older goes with each run.
    if (!rule.hold) await store.forget(plus(snapshotAt, -rule.days * DAY))
    timed('seal')
    return { run, pulls, sources, results }
  } finally {
    await release()
  }
}

type Judging = Pick<SealedRun, 'settingsDigest' | 'software' | 'build' | 'checkSetDigest' | 'checkSet'>

function judgingOf({ config, checks, software, build }: RunParts): Judging {
  const refs = checkRefs(checks)
  return {
    settingsDigest: sha256(canonicalJson(config.settings)),
    software,
    build,
    checkSetDigest: sha256(canonicalJson(checkSet(refs))),
    checkSet: refs,
  }
}

/** The newest run's snapshot judged once more where something else judges it now; null where all is as it was. */
async function turnedBy(now: Judging, last: RunSummary, { config, checks, store }: RunParts): Promise<Ended['turned']> {
  const same = (['settingsDigest', 'software', 'build', 'checkSetDigest'] as const).every((it) => now[it] === last[it])
  const view = same ? null : await store.runAt('latest')
  if (view === null) return null
  const turned = turnedSince(view.results)
  for (const result of evaluate(configuredAs(view.snapshot, config.settings), checks)) {
    turned.add(result)
    await setImmediate()
  }
  // Where both are new the configuration is named: it is what people changed.
  const by = now.settingsDigest === last.settingsDigest ? 'software' : 'configuration'
  return { by, places: turned.done() }
}

function countOf({ results, subjects }: TurnedPlaces): Turned {
  return { results: results.size, subjects: subjects.size }
}

/** What the run tells those who asked; nothing is looked up where nobody did. */
async function eventsOf(
  run: Omit<SealedRun, 'events'>,
  turned: Ended['turned'],
  records: readonly AnyRecord[],
  { config, store }: RunParts,
): Promise<NewEvent[]> {
  if (config.webhooks.length === 0) return []
  const before = await store.standing()
  const again = before === null ? [] : await store.failedBefore(newlyFailing(run, before))
  const credentials = records.filter((record) => record.kind === 'credential')
  const told = runEvents({ run, before, turned, again: new Set(again.map(failurePlace)), credentials })
  return addressed(told, config, { at: run.snapshotAt, run: run.id, id: run.id })
}

/** How the ledger stands outside, before this run: the run's own checkpoint is only signed when it is judged. */
async function anchorsOf({ config, store }: RunParts, at: Instant): Promise<Anchor[]> {
  const { timestamps } = config.ledger
  if (timestamps === null) return []
  const stamp = await store.newestStamp()
  const failure = await store.get(STAMP_FAILURE.area, STAMP_FAILURE.key, at)
  return [
    {
      kind: 'anchor',
      source: '',
      key: 'timestamps',
      unread: [],
      authority: timestamps.url.host,
      checkpointSize: stamp?.size ?? null,
      stampedAt: stamp?.stampedAt ?? null,
      failure: failure === null ? null : String(failure['message']),
    },
  ]
}

/** The wall time read once, moved on by the monotonic clock: a step of the clock in mid-run changes nothing. */
function runClock(clock: Clock): () => Instant {
  const wall = clock.wall()
  const start = clock.monotonic()
  return () => fromMillis(Math.round(wall + clock.monotonic() - start))
}

function stopwatch(parts: RunParts): (stage: 'pull' | 'check' | 'seal') => void {
  let last = parts.clock.monotonic()
  return (stage) => {
    const now = parts.clock.monotonic()
    parts.stage?.(stage, now - last)
    last = now
  }
}

function chosen(config: Config, request: RunRequest): readonly ConfiguredSource[] {
  const names = [...(request.sources ?? []), ...(request.accept === null ? [] : [request.accept.source])]
  for (const name of names) {
    if (!config.sources.some((source) => source.id === name)) {
      throw new AppError(
        'usage',
        `there is no source "${name}"; configured are ${config.sources.map((source) => source.id).join(', ')}`,
      )
    }
  }
  if (request.sources === null && request.accept === null) return config.sources
  return config.sources.filter((source) => names.includes(source.id))
}

function acceptanceOf(
  request: RunRequest,
  before: ReadonlyMap<string, SourceHistory | null>,
  at: Instant,
): Acceptance[] {
  if (request.accept === null) return []
  const { source, because, by } = request.accept
  if (before.get(source)?.held == null) {
    throw new AppError('usage', `${source} is not held: there is no fall to accept`)
  }
  return [{ source, because, by, at }]
}

function knownOf(
  source: string,
  records: ReadonlyMap<string, readonly AnyRecord[]>,
  before: ReadonlyMap<string, SourceHistory | null>,
  acceptances: readonly Acceptance[],
): Known {
  const history = before.get(source) ?? null
  const accepts = acceptances.some((entry) => entry.source === source)
  return {
    records: records.get(source) ?? [],
    highest: history?.highest ?? {},
    accepted: accepts && history?.held != null ? countsOf(history.held.records) : null,
  }
}

/** 15 min after the first refusal of a credential, then doubling up to 24 h (design section 2, item 1). */
export function pausedUntil(
  history: SourceHistory | null,
  source: Pick<ConfiguredSource, 'digest'>,
  now: Instant,
): Instant | null {
  if (history === null || history.authFailures === 0 || history.configDigest !== source.digest) return null
  if (history.state.attemptedAt === null) return null
  const wait = Math.min(DAY, 15 * MINUTE * 2 ** (history.authFailures - 1))
  // A minute of grace: the tick that is meant to try again must not miss by the run's own length.
  const until = plus(history.state.attemptedAt, wait - MINUTE)
  return until > now ? until : null
}

/** Neither paused nor told by the vendor to come later. */
function isDue(history: SourceHistory | null, source: Pick<ConfiguredSource, 'digest'>, now: Instant): boolean {
  if (pausedUntil(history, source, now) !== null) return false
  const until = history?.configDigest === source.digest ? history.state.pausedUntil : null
  return until === null || history?.state.error?.code !== 'rate_limited' || until <= now
}

function statesAfter(
  config: Config,
  pulls: readonly Pull[],
  before: ReadonlyMap<string, SourceHistory | null>,
  at: Instant,
): SourceState[] {
  const states = config.sources.map((source): SourceState => {
    const pull = pulls.find((candidate) => candidate.source === source.id)
    const history = before.get(source.id) ?? null
    const old = history?.state ?? neverRead(source.id, source.connector.id)
    if (pull === undefined) {
      const paused = pausedUntil(history, source, at)
      if (paused !== null && (old.status === 'failed' || old.status === 'paused'))
        return { ...old, status: 'paused', pausedUntil: paused }
      // What was stale is judged by its age again: its freshness may have changed.
      return old.status === 'stale' ? { ...old, status: 'complete' } : old
    }
    const tried = {
      attemptedAt: pull.endedAt,
      requests: pull.requests.length,
      notVendorHost: pull.notVendorHost,
      pausedUntil: pull.notBefore,
    }
    if (pull.outcome === 'complete') {
      return {
        id: source.id,
        kind: source.connector.id,
        status: 'complete',
        collectedAt: pull.collectedAt,
        records: countsOf(pull.records),
        blind: pull.blind,
        error: null,
        ...tried,
      }
    }
    return { ...old, status: pull.outcome, error: pull.error, ...tried }
  })
  return aged(states, config.settings, at)
}

/** Records of the last accepted pull of every configured source. */
function* recordsAfter(
  config: Config,
  pulls: readonly SealedPull[],
  known: ReadonlyMap<string, readonly AnyRecord[]>,
): Generator<AnyRecord> {
  for (const source of config.sources) {
    const pull = pulls.find((candidate) => candidate.source === source.id && candidate.outcome === 'complete')
    yield* pull?.records ?? known.get(source.id) ?? []
  }
}

/** The snapshot and all that its joins remember are gone when this is over: the seal needs room of its own. */
async function judge(
  before: Snapshot,
  checks: readonly Check[],
  open: readonly FindingInterval[],
): Promise<{ carried: Carried[]; results: SealedResult[] }> {
  const carried = carryForward(before, checks)
  const snapshot = recarried(before, carried)
  const openKeys = new Map<string, Set<string>>()
  const place = (check: string, system: string | null): string => `${check}\0${system ?? ''}`
  for (const interval of open) {
    const at = place(interval.check, interval.system)
    const keys = openKeys.get(at) ?? new Set<string>()
    keys.add(subjectKey(interval.subject))
    openKeys.set(at, keys)
  }
  // One after another: all findings of all checks at once are a million objects over 20,000 devices, made in seconds.
  const results: SealedResult[] = []
  const populations = populationsSoFar()
  for (const result of evaluate(snapshot, checks)) {
    results.push(sealable(result, openKeys.get(place(result.check, result.system)) ?? new Set(), populations))
    await setImmediate()
  }
  return { carried, results }
}

function subjectKey(subject: Finding['subject']): string {
  return `${subject.source}\0${subject.kind}\0${subject.key}`
}

/** Keeps what failed or is unknown, and of the rest only the status of subjects that were open before. */
function sealable(result: CheckResult, wasOpen: ReadonlySet<string>, populations: Populations): SealedResult {
  const { findings, ...rest } = result
  const { text, judged } = atOnce(lineSteps(result, canonicalJson, populations))
  const statuses = new Map<string, Status>()
  for (const finding of wasOpen.size === 0 ? [] : findings) {
    const key = subjectKey(finding.subject)
    if (wasOpen.has(key)) statuses.set(key, finding.status)
  }
  return {
    ...rest,
    // Written out: one made on demand would hold on to the snapshot and all its joins until the seal is over.
    open: findings
      .filter((finding) => finding.status === 'fail' || finding.status === 'unknown')
      .map((finding) => amended(finding, {})),
    digest: sha256(text),
    judged,
    statusOf: (subject) => statuses.get(subjectKey(subject)) ?? null,
  }
}
