/** The digests of a run (domain/digests.ts) as the store makes them, and what stands in the ledger's leaves. */
import { configurationChanges, entryChanges, type Judging } from '../domain/configuration-change.ts'
import { digestsOver } from '../domain/digests.ts'
import type { JsonObject } from '../domain/json.ts'
import type { Settings } from '../domain/settings.ts'
import type { SourceState } from '../domain/snapshot.ts'
import type { Acceptance, NewLeaf, RunSummary, SealedRun } from '../domain/store.ts'
import { canonicalJson } from '../lib/canonical-json.ts'
import { sha256 } from '../lib/digest.ts'

const DIGESTER = { canonical: canonicalJson, sha256 }

export const { recordDigest, columnsDigest, snapshotDigest, snapshotDigestOf, resultsDigest, pullDigest } =
  digestsOver(DIGESTER)

/** What the ledger tells of a source beside its pull. */
export function stateInLeaf({ id, kind, status, collectedAt, error }: SourceState) {
  return { id, kind, status, collectedAt, error: error?.code ?? null }
}

/** What judges a run, with its digests. */
export interface SealedJudging extends Judging {
  readonly settingsDigest: string
  readonly checkSetDigest: string
}

type Told = Pick<SealedRun, 'by' | 'turned' | 'snapshotAt'>

/** What stands in the ledger before the run that is the first under it: a change of what judges, and of what people said. */
export function changeLeaves(
  sequence: number,
  told: Told,
  now: SealedJudging,
  before: SealedJudging | null,
): readonly NewLeaf[] {
  const leaf = configurationLeaf(sequence, told, now, before)
  return leaf === null ? [] : [leaf, ...entryLeaves(sequence, told, now.settings, before?.settings ?? null)]
}

/** Null where nothing changed. Of the first of all nothing can have changed. */
export function configurationLeaf(
  sequence: number,
  { by, turned, snapshotAt }: Told,
  now: SealedJudging,
  before: SealedJudging | null,
): NewLeaf | null {
  const names = ['settingsDigest', 'checkSetDigest', 'software', 'build'] as const
  if (before !== null && names.every((name) => before[name] === now[name])) return null
  const body = {
    type: 'configuration',
    run: sequence,
    at: snapshotAt,
    by,
    previous: before?.settingsDigest ?? null,
    digest: now.settingsDigest,
    checkSet: now.checkSetDigest,
    software: now.software,
    build: now.build,
    changes: before === null ? [] : configurationChanges(before, now, DIGESTER),
    turned,
  }
  return { kind: 'configuration', body: body as unknown as JsonObject }
}

/** Waivers, then attestations, each by id: those that came, changed or went. */
export function entryLeaves(
  sequence: number,
  { by, snapshotAt: at }: Pick<Told, 'by' | 'snapshotAt'>,
  now: Settings,
  before: Settings | null,
): NewLeaf[] {
  return entryChanges(before, now, canonicalJson).map(({ kind, act, entry }) => ({
    kind,
    body: { type: kind, act, run: sequence, at, by, entry: entry as unknown as JsonObject },
  }))
}

export function acceptanceLeaf(sequence: number, acceptance: Acceptance): NewLeaf {
  return { kind: 'acceptance', body: { type: 'acceptance', run: sequence, ...acceptance } }
}

/** The run as it stands in the ledger. */
export function runLeaf(
  run: SealedRun,
  summary: Pick<RunSummary, 'sequence' | 'snapshotDigest' | 'resultsDigest'>,
  pulls: ReadonlyMap<string, string>,
): NewLeaf {
  const body = {
    type: 'run',
    id: run.id,
    sequence: summary.sequence,
    startedAt: run.startedAt,
    snapshotAt: run.snapshotAt,
    sources: run.sources.map((state) => ({ ...stateInLeaf(state), pull: pulls.get(state.id) ?? null })),
    acceptances: run.acceptances,
    snapshot: summary.snapshotDigest,
    results: summary.resultsDigest,
    checkSet: run.checkSetDigest,
    settings: run.settingsDigest,
    software: run.software,
    build: run.build,
    // Whoever gave it knows that the run was not made before.
    ...(run.nonce === null ? {} : { nonce: run.nonce }),
  }
  return { kind: 'run', body: body as unknown as JsonObject }
}
