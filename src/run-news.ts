/** What a run leaves to tell, small enough to pass between threads: whoever wants the answers reads the store. */
import type { Status } from './domain/finding.ts'
import type { Severity } from './domain/settings.ts'
import type { SourceState } from './domain/snapshot.ts'
import type { PullOutcome, RunSummary, SealedPull } from './domain/store.ts'
import type { RunOutcome } from './pipeline.ts'

export interface PullNews {
  readonly source: string
  readonly outcome: PullOutcome
  readonly error: SealedPull['error']
  readonly requests: number
  readonly bytes: number
  /** From its first request to its end, milliseconds. */
  readonly ms: number
}

export interface RunNews {
  readonly run: RunSummary
  readonly pulls: readonly PullNews[]
  readonly sources: readonly SourceState[]
  /** Severity → status → how many results. */
  readonly results: Readonly<Record<Severity, Readonly<Record<Status, number>>>>
}

/** A run begins: how far its sources are is told by this. */
export type RunProgress = (source: string, done: number, total: number | null, what: string) => void

export function newsOf(
  { run, pulls, sources, results }: RunOutcome,
  checks: readonly { readonly id: string; readonly severity: Severity }[],
): RunNews {
  const severityOf = new Map(checks.map(({ id, severity }) => [id, severity]))
  const none = (): Record<Status, number> => ({ pass: 0, fail: 0, unknown: 0, not_applicable: 0 })
  const counts = { low: none(), medium: none(), high: none(), critical: none() }
  for (const { check, status } of results) counts[severityOf.get(check) ?? 'medium'][status] += 1
  return { run, pulls: pulls.map(pullNews), sources, results: counts }
}

function pullNews({ source, outcome, error, requests, endedAt }: SealedPull): PullNews {
  const began = requests[0]?.startedAt ?? endedAt
  let bytes = 0
  for (const note of requests) bytes += note.bytes
  return {
    source,
    outcome,
    error,
    requests: requests.length,
    bytes,
    ms: Math.max(0, Date.parse(endedAt) - Date.parse(began)),
  }
}
