/** Runs as the pipeline would seal them, with what a test does not care about filled in. */
import type { Page, RequestNote } from '../../src/domain/connector.ts'
import type { Finding, Status, Subject } from '../../src/domain/finding.ts'
import type { Checkpoint } from '../../src/domain/ledger.ts'
import type { AnyRecord } from '../../src/domain/record.ts'
import type { Settings } from '../../src/domain/settings.ts'
import type { SourceState } from '../../src/domain/snapshot.ts'
import type { RunSummary, SealedPull, SealedResult, SealedRun, Store } from '../../src/domain/store.ts'
import { type Instant, MINUTE, plus } from '../../src/domain/time.ts'
import { canonicalJson } from '../../src/lib/canonical-json.ts'
import { sha256 } from '../../src/lib/digest.ts'
import { NOW, settings, sourceState } from '../helpers/build.ts'

/** The moment of the n-th run: one each quarter of an hour. */
export function moment(n: number): Instant {
  return plus(NOW, n * 15 * MINUTE)
}

export function page(place: string, body: string | Uint8Array, over: Partial<Page> = {}): Page {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body
  return {
    source: 'tailnet',
    sha256: sha256(bytes),
    request: `GET /api/v2/tailnet/-/${place}`,
    place,
    status: 200,
    headers: { 'content-type': 'application/json', date: 'Fri, 20 Nov 2026 09:00:00 GMT' },
    body: bytes,
    secret: false,
    fetchedAt: NOW,
    ...over,
  }
}

export function note(over: Partial<RequestNote> = {}): RequestNote {
  return {
    place: 'devices',
    request: 'GET /api/v2/tailnet/-/devices',
    host: 'api.tailscale.com',
    address: '192.200.0.102',
    certificate: 'ab'.repeat(32),
    startedAt: NOW,
    durationMs: 87,
    status: 200,
    bytes: 2048,
    sha256: null,
    date: 'Fri, 20 Nov 2026 09:00:00 GMT',
    requestId: null,
    error: null,
    ...over,
  }
}

export function pull(source: string, records: readonly AnyRecord[], over: Partial<SealedPull> = {}): SealedPull {
  return {
    source,
    kind: 'tailscale',
    outcome: 'complete',
    collectedAt: NOW,
    endedAt: NOW,
    requests: [],
    pages: [],
    blind: [],
    error: null,
    notVendorHost: false,
    configDigest: 'c0',
    fall: null,
    records,
    ...over,
  }
}

export function failed(source: string, code: 'server_error' | 'auth_failed' = 'server_error'): SealedPull {
  const error = { code, message: `${source}: GET /users was refused` }
  return pull(source, [], { outcome: 'failed', error })
}

export function subject(key: string, over: Partial<Subject> = {}): Subject {
  return { kind: 'device', source: 'tailnet', key, label: `label of ${key}`, ...over }
}

export function open(status: 'fail' | 'unknown', key: string, over: Partial<Finding> = {}): Finding {
  return {
    status,
    unknownReason: status === 'unknown' ? 'no_data' : null,
    subject: subject(key),
    notice: null,
    facts: { clientVersion: '1.80.0', lastSeen: NOW },
    records: [`tailnet/device/${key}`],
    ...over,
  }
}

/** @param others status of subjects that are not listed; what is not named is gone */
export function result(
  findings: readonly Finding[],
  over: Partial<SealedResult> = {},
  others: Record<string, Status> = {},
): SealedResult {
  const count = (status: Status): number =>
    findings.filter((finding) => finding.status === status).length +
    Object.values(others).filter((other) => other === status).length
  const counts = {
    pass: count('pass'),
    fail: count('fail'),
    unknown: count('unknown'),
    not_applicable: count('not_applicable'),
    waived: 0,
  }
  return {
    check: 'client-current',
    version: 1,
    ref: 'DEV-07',
    system: 'tailnet',
    status: counts.fail > 0 ? 'fail' : counts.unknown > 0 ? 'unknown' : 'pass',
    unknownReason: null,
    message: null,
    parameters: { within: '14d' },
    counts,
    open: findings,
    digest: sha256(canonicalJson({ findings, others })),
    statusOf: ({ key }) => findings.find((finding) => finding.subject.key === key)?.status ?? others[key] ?? null,
    ...over,
  }
}

/** What the engine answers in place of a check. */
export function engineResult(over: Partial<SealedResult> = {}): SealedResult {
  const message = 'tailnet: it could not be read (server_error).'
  return result([], { status: 'unknown', unknownReason: 'source_error', message, statusOf: () => null, ...over })
}

export interface RunOver extends Partial<Omit<SealedRun, 'settings'>> {
  settings?: Partial<Settings>
}

export interface Sealed {
  readonly run: SealedRun
  readonly summary: RunSummary
  readonly checkpoint: Checkpoint
}

/** Seals runs one after another into a store, carrying the source states on as the pipeline does. */
export function sealer(store: Pick<Store, 'seal'>) {
  const states = new Map<string, SourceState>()
  let count = 0

  function runOf(pulls: readonly SealedPull[], over: RunOver = {}): SealedRun {
    const effective = settings(over.settings)
    for (const own of pulls) states.set(own.source, stateAfter(own, states.get(own.source)))
    const configured = new Set(effective.sources.map(({ id }) => id))
    return {
      id: `run-${count + 1}`,
      startedAt: moment(count),
      snapshotAt: moment(count),
      software: '0.1.0',
      build: 'b1',
      checkSetDigest: 'cs1',
      checkSet: [{ ref: 'DEV-07', id: 'client-current', version: 1, severity: 'medium' }],
      sources: [...states.values()].filter(({ id }) => configured.has(id)),
      carried: [],
      results: [],
      acceptances: [],
      by: 'eve@laptop',
      turned: null,
      nonce: null,
      events: [],
      pulls,
      ...over,
      settings: effective,
      settingsDigest: sha256(canonicalJson(effective)),
    }
  }

  return {
    runOf,
    async seal(pulls: readonly SealedPull[], over: RunOver = {}): Promise<Sealed> {
      const run = runOf(pulls, over)
      const { checkpoint, ...summary } = await store.seal(run)
      count++
      return { run, summary, checkpoint }
    },
  }
}

function stateAfter(own: SealedPull, before: SourceState | undefined): SourceState {
  const tried = { id: own.source, attemptedAt: own.endedAt, requests: own.requests.length }
  if (own.outcome !== 'complete') {
    return { ...(before ?? sourceState({ collectedAt: null })), ...tried, status: own.outcome, error: own.error }
  }
  const records: Record<string, number> = {}
  for (const { kind } of own.records) records[kind] = (records[kind] ?? 0) + 1
  return sourceState({ ...tried, collectedAt: own.collectedAt, records })
}
