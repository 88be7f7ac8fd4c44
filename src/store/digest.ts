/** The digests of a run (domain/digests.ts) as the store makes them, and what stands in the ledger's leaves. */
import { digestsOver } from '../domain/digests.ts'
import { byText, type JsonObject } from '../domain/json.ts'
import type { Settings } from '../domain/settings.ts'
import type { SourceState } from '../domain/snapshot.ts'
import type { Acceptance, NewLeaf, RunSummary, SealedRun } from '../domain/store.ts'
import { canonicalJson } from '../lib/canonical-json.ts'
import { sha256 } from '../lib/digest.ts'

export const { recordDigest, columnsDigest, snapshotDigest, snapshotDigestOf, resultsDigest, pullDigest } = digestsOver(
  {
    canonical: canonicalJson,
    sha256,
  },
)

/** What the ledger tells of a source beside its pull. */
export function stateInLeaf({ id, kind, status, collectedAt, error }: SourceState) {
  return { id, kind, status, collectedAt, error: error?.code ?? null }
}

/** What changed in the effective configuration: its top-level parts by name. */
export function configurationLeaf(
  sequence: number,
  run: Pick<SealedRun, 'settings' | 'settingsDigest' | 'snapshotAt'>,
  before: { readonly settings: Settings; readonly digest: string } | null,
): NewLeaf {
  const now = run.settings as unknown as JsonObject
  const then = (before?.settings ?? {}) as unknown as JsonObject
  const differs = (name: string): boolean => canonicalJson(now[name] ?? null) !== canonicalJson(then[name] ?? null)
  return {
    kind: 'configuration',
    body: {
      type: 'configuration',
      run: sequence,
      at: run.snapshotAt,
      previous: before?.digest ?? null,
      digest: run.settingsDigest,
      changed: [...new Set([...Object.keys(now), ...Object.keys(then)])].filter(differs).sort(byText),
    },
  }
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
  }
  return { kind: 'run', body: body as unknown as JsonObject }
}
