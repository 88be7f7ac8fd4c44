/**
 * What a run's digests cover (design section 8). Pure, and over our own words only, never over how the store packs them:
 * whoever holds the records, settings, states and results can redo every one.
 */
import { byText, type JsonObject, type JsonValue } from '../domain/json.ts'
import type { AnyRecord } from '../domain/record.ts'
import type { Settings } from '../domain/settings.ts'
import type { SourceState } from '../domain/snapshot.ts'
import type { Acceptance, NewLeaf, RunSummary, SealedPull, SealedResult, SealedRun } from '../domain/store.ts'
import { canonicalJson } from '../lib/canonical-json.ts'
import { sha256 } from '../lib/digest.ts'
import { withoutVolatile } from './encode.ts'
import { columnsDigest, columnsOf } from './volatile.ts'

/** SHA-256 of the canonical JSON of the record without its volatile fields, hex. */
export function recordDigest(record: AnyRecord): string {
  return sha256(canonicalJson(withoutVolatile(record)))
}

/** The digests of one kind of one source, in the order of the keys. */
export interface PopulationDigests {
  readonly source: string
  readonly kind: string
  /** Of each record, 32 bytes, one after the other. */
  readonly digests: Uint8Array
}

export interface SnapshotDigestParts {
  readonly populations: readonly PopulationDigests[]
  /** Source → digest of its volatile columns, hex. */
  readonly volatile: ReadonlyMap<string, string>
  readonly settingsDigest: string
  readonly sources: readonly SourceState[]
}

/**
 * SHA-256 over the records' digests by source, kind, key; then those of the volatile columns by source; then those of
 * the settings and of the canonical JSON of the source states. All as raw bytes.
 */
export function snapshotDigest(parts: SnapshotDigestParts): string {
  const populations = [...parts.populations].sort((a, b) => byText(a.source, b.source) || byText(a.kind, b.kind))
  const volatile = [...parts.volatile].sort(([a], [b]) => byText(a, b))
  const tail = [...volatile.map(([, digest]) => digest), parts.settingsDigest, statesDigest(parts.sources)]
  return sha256(
    Buffer.concat([...populations.map(({ digests }) => digests), ...tail.map((digest) => Buffer.from(digest, 'hex'))]),
  )
}

function statesDigest(sources: readonly SourceState[]): string {
  return sha256(canonicalJson(sources as unknown as JsonValue))
}

/** The same, for who holds whole records: a packet's verifier, a test. */
export function snapshotDigestOf(
  records: readonly AnyRecord[],
  settingsDigest: string,
  sources: readonly SourceState[],
  digestOf: (record: AnyRecord) => string = recordDigest,
): string {
  const groups = new Map<string, AnyRecord[]>()
  const bySource = new Map<string, AnyRecord[]>()
  for (const record of records) {
    for (const [map, name] of [
      [groups, `${record.source}\0${record.kind}`] as const,
      [bySource, record.source] as const,
    ]) {
      const list = map.get(name)
      if (list === undefined) map.set(name, [record])
      else list.push(record)
    }
  }
  const populations = [...groups.values()].map((list) => {
    list.sort((a, b) => byText(a.key, b.key))
    const digests = Buffer.concat(list.map((record) => Buffer.from(digestOf(record), 'hex')))
    return { source: list[0]!.source, kind: list[0]!.kind, digests }
  })
  const volatile = new Map<string, string>()
  for (const [source, list] of bySource) {
    const columns = columnsOf(list)
    if (Object.keys(columns).length > 0) volatile.set(source, columnsDigest(columns))
  }
  return snapshotDigest({ populations, volatile, settingsDigest, sources })
}

/** Over every result with its counts and the digest of its findings, by ref, then system. */
export function resultsDigest(results: readonly SealedResult[]): string {
  return sha256(
    canonicalJson(
      [...results].sort(byRefAndSystem).map(({ check, version, system, digest, ...rest }) => {
        const { status, unknownReason, message, parameters, counts } = rest
        return { check, version, system, status, unknownReason, message, parameters, counts, findings: digest }
      }) as unknown as JsonValue,
    ),
  )
}

export function byRefAndSystem(a: SealedResult, b: SealedResult): number {
  return byText(a.ref, b.ref) || byText(a.check, b.check) || byText(a.system ?? '', b.system ?? '')
}

/** Over the request log, the pages by digest, and how the pull ended. */
export function pullDigest(pull: Omit<SealedPull, 'records'>): string {
  const { source, kind, outcome, collectedAt, endedAt, requests, pages, blind, error } = pull
  const { notVendorHost, configDigest, fall } = pull
  const covered = { source, kind, outcome, collectedAt, endedAt, requests, pages, blind, error }
  return sha256(canonicalJson({ ...covered, notVendorHost, configDigest, fall } as unknown as JsonValue))
}

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
