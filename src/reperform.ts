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
  readonly store: Pick<Store, 'past' | 'page'>
  readonly connectors: readonly Pick<Connector, 'id' | 'read' | 'rolling' | 'withheld'>[]
  /** Ours, in every version. */
  readonly checks: readonly Check[]
  /** The operator's as they are loaded now, and the files that they were loaded from. */
  readonly own: { readonly checks: readonly Check[]; readonly sources: readonly OwnCheckSource[] }
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
  return {
    runsIn: (range: ReperformRange): Promise<readonly RunSummary[]> => runsIn(range, store),
    reperform: (run: RunSummary): Promise<Rederived> => reperformRun(run, { store, connectors, checks: ours, own }),
  }
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
  return { ...rederived, differences: [...againstLeaf(past), ...rederived.differences] }
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

/** What the ledger says of the run, against what the database says beside it. */
function againstLeaf(past: PastRun): Difference[] {
  const { run, leaf, sources, pulls } = past
  const subject = `run ${run.sequence}`
  if (leafHash(leaf) !== run.leaf) {
    return [{ at: 'run', subject, field: 'leaf', sealed: run.leaf, derived: leafHash(leaf) }]
  }
  const {
    sources: said,
    acceptances: _,
    type: __,
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
    ...fieldDifferences({ at: 'run', subject }, rest as { [name: string]: JsonValue }, stored),
    ...fieldDifferences(
      { at: 'source', subject },
      bySource(said.map(({ pull: _, ...state }) => state)),
      bySource(states),
    ),
    ...pulls.flatMap((pull) => {
      const { run: madeIn, digest, earlier: _, lost: __, ...sealed } = pull
      const named = madeIn === run.sequence ? said.find(({ id }) => id === pull.source)?.pull : digest
      const made = pullDigest(sealed)
      return named === made
        ? []
        : [{ at: 'source' as const, subject: pull.source, field: 'pull', sealed: named ?? null, derived: made }]
    }),
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
