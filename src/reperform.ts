/**
 * Makes sealed runs again over the store: each from the bytes of its pages, judged by the versions of the checks that
 * judged it, compared with what its leaf in the ledger says. Nothing is sealed by asking.
 */
import type { Check } from './domain/check.ts'
import type { Connector } from './domain/connector.ts'
import { digestsOver } from './domain/digests.ts'
import { AppError } from './domain/error.ts'
import type { JsonObject, JsonValue } from './domain/json.ts'
import { movesEachRun } from './domain/moving-facts.ts'
import { isNonce } from './domain/nonce.ts'
import { type Difference, inputsOf, type Rederived, type ReperformRange } from './domain/reperform.ts'
import type { OwnCheckSource, Settings } from './domain/settings.ts'
import type { PastRun, RunSummary, Store } from './domain/store.ts'
import type { Instant } from './domain/time.ts'
import { leafHash } from './ledger/leaf.ts'
import { canonicalJson } from './lib/canonical-json.ts'
import { sha256 } from './lib/digest.ts'
import { fieldDifferences } from './packet/differences.ts'
import { rederive } from './packet/rederive.ts'

const { pullDigest } = digestsOver({ canonical: canonicalJson, sha256 })

export interface ReperformParts {
  readonly store: Pick<Store, 'past' | 'page' | 'leavesOf'>
  readonly connectors: readonly Pick<Connector, 'id' | 'read' | 'rolling' | 'withheld'>[]
  /** Ours, in every version. */
  readonly checks: readonly Check[]
  /** The operator's as they are loaded now, and the files that they were loaded from. */
  readonly own: { readonly checks: readonly Check[]; readonly sources: readonly OwnCheckSource[] }
  readonly sealedPull: PullInLedger
}

const BEGINNING: Instant = '0000-01-01T00:00:00.000Z'
const END: Instant = '9999-12-31T23:59:59.999Z'

/** What an opened installation can do with its past; `ours` are our own checks in every version. */
export function pastActs(
  { store, checks, settings }: { store: Store; checks: readonly Check[]; settings: Settings },
  connectors: ReperformParts['connectors'],
  ours: readonly Check[],
) {
  const own = { checks: checks.filter(({ operator }) => operator), sources: settings.ownChecks ?? [] }
  const sealedPull = pullsInLedger(store)
  return {
    runsIn: (range: ReperformRange): Promise<readonly RunSummary[]> => runsIn(range, store),
    reperform: (run: RunSummary): Promise<Rederived> =>
      reperformRun(run, { store, connectors, checks: ours, own, sealedPull }),
  }
}

/** Digest of the pull that a run made of a source, as its leaf names it; null where it names none. */
type PullInLedger = (run: number, source: string) => Promise<string | null>

/** The leaves of runs are read once, and again where a run was sealed since: they never change. */
function pullsInLedger(store: Pick<Store, 'leavesOf'>): PullInLedger {
  let digests = new Map<number, ReadonlyMap<string, string>>()
  return async (run, source) => {
    if (!digests.has(run)) digests = await readPulls(store)
    return digests.get(run)?.get(source) ?? null
  }
}

async function readPulls(store: Pick<Store, 'leavesOf'>): Promise<Map<number, ReadonlyMap<string, string>>> {
  const digests = new Map<number, ReadonlyMap<string, string>>()
  for (const { body } of await store.leavesOf('run')) {
    const { sequence, sources } = JSON.parse(body) as { sequence: number; sources: SaidSource[] }
    digests.set(sequence, new Map(sources.flatMap(({ id, pull }) => (pull === null ? [] : [[id, pull]]))))
  }
  return digests
}

/** In sequence; empty where no run lies there. */
export async function runsIn(
  range: ReperformRange,
  store: Pick<Store, 'runAt' | 'runs' | 'runsBetween'>,
): Promise<readonly RunSummary[]> {
  if ('asOf' in range) {
    if (range.asOf === 'latest') return store.runs(1)
    const view = await store.runAt(range.asOf)
    return view === null ? [] : [view.run]
  }
  return store.runsBetween(range.from ?? BEGINNING, range.to ?? END)
}

export async function reperformRun(run: RunSummary, parts: ReperformParts): Promise<Rederived> {
  let past: PastRun | null
  try {
    past = await parts.store.past(run.id)
  } catch (error) {
    if (error instanceof AppError && error.code === 'usage') return notMade(run, { incomplete: [error.message] })
    if (!isDamage(error)) throw error
    const subject = `run ${run.sequence}`
    const difference: Difference = {
      at: 'run',
      subject,
      field: null,
      sealed: run.snapshotDigest,
      derived: error.message,
    }
    return notMade(run, { differences: [difference] })
  }
  if (past === null) throw new AppError('usage', `there is no run "${run.id}"`)
  const checks = [...parts.checks, ...(isLoaded(past.settings, parts.own.sources) ? parts.own.checks : [])]
  const rederived = await rederive(
    inputsOf(past, parts.connectors, () => true),
    {
      pages: (digest) => parts.store.page(digest),
      connectors: parts.connectors,
      checks,
      detail: { records: past.records, results: past.results, asFirstSeen: movesEachRun },
    },
  )
  return { ...rederived, differences: [...(await againstLedger(past, parts)), ...rederived.differences] }
}

/** What is there and cannot be read is altered; a disk that refuses, or a file that is locked, says nothing of it. */
function isDamage(error: unknown): error is AppError {
  if (!(error instanceof AppError) || error.code !== 'storage') return false
  const { code } = (error.cause ?? {}) as { code?: unknown }
  return typeof code !== 'string' || !code.startsWith('SQLITE_') || DAMAGED.includes(code)
}
const DAMAGED = ['SQLITE_CORRUPT', 'SQLITE_NOTADB']

function notMade(run: RunSummary, over: Partial<Rederived>): Rederived {
  const digests = {
    settings: { sealed: run.settingsDigest, derived: null },
    checkSet: { sealed: run.checkSetDigest, derived: null },
    snapshot: { sealed: run.snapshotDigest, derived: null },
    results: { sealed: run.resultsDigest, derived: null },
  }
  return { run, digests, sources: [], notRerun: [], differences: [], incomplete: [], ...over }
}

/** An operator's check is asked again only where the text at hand is the text that was sealed. */
function isLoaded({ ownChecks = [] }: Settings, loaded: readonly OwnCheckSource[]): boolean {
  const files = (sources: readonly OwnCheckSource[]): string =>
    canonicalJson(sources.map(({ file, source }) => [file, sha256(source)]))
  return files(ownChecks) === files(loaded)
}

/** What the ledger says of the run and of the pulls that it rests on, against what the database says beside it. */
async function againstLedger(past: PastRun, { sealedPull }: Pick<ReperformParts, 'sealedPull'>): Promise<Difference[]> {
  const differences = againstLeaf(past)
  for (const pull of past.pulls) {
    const { run, digest: _, earlier: __, lost: ___, ...sealed } = pull
    // By its own leaf, whose hash was looked at; of an earlier run by that one's.
    const named = run === past.run.sequence ? pullInLeaf(past.leaf, pull.source) : await sealedPull(run, pull.source)
    const derived = pullDigest(sealed)
    if (named !== derived)
      differences.push({ at: 'source', subject: pull.source, field: 'pull', sealed: named, derived })
  }
  return differences
}

function pullInLeaf(leaf: string, source: string): string | null {
  const { sources } = JSON.parse(leaf) as { sources: SaidSource[] }
  return sources.find(({ id }) => id === source)?.pull ?? null
}

function againstLeaf(past: PastRun): Difference[] {
  const { run, leaf, sources } = past
  const subject = `run ${run.sequence}`
  if (leafHash(leaf) !== run.leaf) {
    return [{ at: 'run', subject, field: 'leaf', sealed: run.leaf, derived: leafHash(leaf) }]
  }
  const {
    sources: said,
    acceptances: _,
    type: __,
    nonce = null,
    ...rest
  } = JSON.parse(leaf) as JsonObject & { sources: SaidSource[] }
  const { id, sequence, startedAt, snapshotAt, software, build } = run
  const stored = { id, sequence, startedAt, snapshotAt, software, build, ...digestsOf(run) }
  const states = sources.map((state) => ({
    id: state.id,
    kind: state.kind,
    status: state.status,
    collectedAt: state.collectedAt,
    error: state.error?.code ?? null,
  }))
  return [
    // The leaf alone tells it: nothing of the run was made of it.
    ...(nonce === null || isNonce(nonce)
      ? []
      : [{ at: 'run' as const, subject, field: 'nonce', sealed: nonce, derived: null }]),
    ...fieldDifferences({ at: 'run', subject }, rest as { [name: string]: JsonValue }, stored),
    ...fieldDifferences(
      { at: 'source', subject },
      bySource(said.map(({ pull: _, ...state }) => state)),
      bySource(states),
    ),
  ]
}

type SaidSource = { readonly id: string; readonly pull: string | null; readonly [name: string]: JsonValue }

function digestsOf(run: RunSummary) {
  return {
    snapshot: run.snapshotDigest,
    results: run.resultsDigest,
    checkSet: run.checkSetDigest,
    settings: run.settingsDigest,
  }
}

function bySource(states: readonly { readonly id: string }[]): { [id: string]: JsonValue } {
  return Object.fromEntries(states.map((state) => [state.id, state as unknown as JsonValue]))
}
