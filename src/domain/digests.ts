/**
 * What a run's digests cover (design section 8), over our own words only, never over how a store packs them: whoever
 * holds the records, settings, states and results can redo every one. The canonical form (RFC 8785) and SHA-256 are
 * handed in.
 */
import type { RequestNote } from './connector.ts'
import { lineSteps, type Populations } from './evidence.ts'
import { byText, type JsonValue } from './json.ts'
import { type Listing, listingsOf } from './listing.ts'
import { type AnyRecord, type Kind, VOLATILE } from './record.ts'
import type { CheckResult } from './result.ts'
import type { SourceState } from './snapshot.ts'
import type { PageInput, SealedPull, SealedResult } from './store.ts'

export interface Digester {
  /** @param apart names of the outermost object that are left out */
  canonical(value: JsonValue, apart?: readonly string[]): string
  /** 64 hex digits; a text is digested as UTF-8. */
  sha256(data: string | Uint8Array): string
}

/** Kind → field → values in key order. */
export type Columns = Record<string, Record<string, JsonValue[]>>

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

/** How a pull ended. */
export type PullEnd = Omit<SealedPull, 'requests' | 'pages' | 'records'>

export type ListingDigest = readonly [listing: string, digest: string]

type DigestedResult = Omit<SealedResult, 'open' | 'statusOf'>

/** For one kind always the same list. */
export function volatileFields(kind: string): readonly string[] {
  return VOLATILE[kind as Kind] ?? NONE
}
const NONE: readonly string[] = []

/** The columns of one source's records; empty where none of its kinds has a volatile field. */
export function columnsOf(records: readonly AnyRecord[]): Columns {
  const kinds = grouped(
    records.filter(({ kind }) => volatileFields(kind).length > 0),
    ({ kind }) => kind,
  )
  for (const list of kinds.values()) list.sort((a, b) => byText(a.key, b.key))
  return columnsOfSorted(kinds)
}

/** The same, for who holds the records by kind and in the order of their keys. */
export function columnsOfSorted(kinds: ReadonlyMap<string, readonly AnyRecord[]>): Columns {
  const columns: Columns = {}
  for (const kind of [...kinds.keys()].sort(byText)) {
    const list = kinds.get(kind)!
    if (list.length === 0 || volatileFields(kind).length === 0) continue
    const fields: Record<string, JsonValue[]> = {}
    for (const field of volatileFields(kind)) {
      fields[field] = list.map((record) => (record as unknown as Record<string, JsonValue>)[field] ?? null)
    }
    columns[kind] = fields
  }
  return columns
}

export function byRefAndSystem(a: DigestedResult, b: DigestedResult): number {
  return byText(a.ref, b.ref) || byText(a.check, b.check) || byText(a.system ?? '', b.system ?? '')
}

export function digestsOver({ canonical, sha256 }: Digester) {
  /** Without its volatile fields. */
  const recordDigest = (record: AnyRecord): string =>
    sha256(canonical(record as unknown as JsonValue, volatileFields(record.kind)))

  /** Covers the values, not their packing: anybody who has the records can redo it. */
  const columnsDigest = (columns: Columns): string => sha256(canonical(columns))

  /**
   * SHA-256 over the records' digests by source, kind, key; then those of the volatile columns by source; then those of
   * the settings and of the canonical JSON of the source states. All as raw bytes.
   */
  function snapshotDigest(parts: SnapshotDigestParts): string {
    const populations = [...parts.populations].sort((a, b) => byText(a.source, b.source) || byText(a.kind, b.kind))
    const volatile = [...parts.volatile].sort(([a], [b]) => byText(a, b))
    const states = sha256(canonical(parts.sources as unknown as JsonValue))
    const tail = [...volatile.map(([, digest]) => digest), parts.settingsDigest, states]
    return sha256(joined([...populations.map(({ digests }) => digests), ...tail.map(bytesOf)]))
  }

  /** The same, for who holds whole records. */
  function snapshotDigestOf(
    records: readonly AnyRecord[],
    settingsDigest: string,
    sources: readonly SourceState[],
    digestOf: (record: AnyRecord) => string = recordDigest,
  ): string {
    const populations = [...grouped(records, ({ source, kind }) => `${source}\0${kind}`).values()].map((list) => {
      list.sort((a, b) => byText(a.key, b.key))
      const digests = joined(list.map((record) => bytesOf(digestOf(record))))
      return { source: list[0]!.source, kind: list[0]!.kind, digests }
    })
    const volatile = new Map<string, string>()
    for (const [source, list] of grouped(records, (record) => record.source)) {
      const columns = columnsOf(list)
      if (Object.keys(columns).length > 0) volatile.set(source, columnsDigest(columns))
    }
    return snapshotDigest({ populations, volatile, settingsDigest, sources })
  }

  /** Over what a pull notes of one listing; each call and each page as the list of its values. */
  const listingDigest = ({ listing, requests, pages, at }: Listing): string =>
    sha256(
      canonical({
        listing,
        at,
        requests: requests.map(valuesOfCall),
        pages: pages.map(valuesOfPage),
      } as unknown as JsonValue),
    )

  /** Over how a pull ended and the digests of its listings in their order: of those that are not at hand too. */
  function pullDigestOver(pull: PullEnd, listings: readonly ListingDigest[]): string {
    const { source, kind, outcome, collectedAt, endedAt, blind, error, notVendorHost, configDigest, fall } = pull
    const end = { source, kind, outcome, collectedAt, endedAt, blind, error, notVendorHost, configDigest, fall }
    return sha256(canonical({ ...end, listings } as unknown as JsonValue))
  }

  return {
    recordDigest,
    columnsDigest,
    snapshotDigest,
    snapshotDigestOf,
    /** Over all findings of one result, those that passed too; in steps, as `lineSteps`. */
    *findingsDigest(result: CheckResult, populations?: Populations): Generator<void, string> {
      const { text } = yield* lineSteps(result, canonical, populations)
      return sha256(text)
    },
    /** Over every result with its counts and the digest of its findings, by ref, then system. */
    resultsDigest: (results: readonly DigestedResult[]): string =>
      sha256(
        canonical(
          [...results].sort(byRefAndSystem).map(({ check, version, system, digest, ...rest }) => {
            const { status, unknownReason, message, parameters, counts } = rest
            return { check, version, system, status, unknownReason, message, parameters, counts, findings: digest }
          }) as unknown as JsonValue,
        ),
      ),
    listingDigest,
    pullDigestOver,
    /** Over the request log, the pages by digest, and how the pull ended. */
    pullDigest: (pull: Omit<SealedPull, 'records'>): string =>
      pullDigestOver(
        pull,
        listingsOf(pull).map((listing) => [listing.listing, listingDigest(listing)]),
      ),
  }
}

/** As values without names: half the text of 10,000 calls is the names. */
function valuesOfCall(note: RequestNote): JsonValue[] {
  const { place, request, host, address, certificate, startedAt, durationMs, status } = note
  const { bytes, sha256, date, requestId, error } = note
  return [
    place,
    request,
    host,
    address,
    certificate,
    startedAt,
    durationMs,
    status,
    bytes,
    sha256,
    date,
    requestId,
    error,
  ]
}

function valuesOfPage({ source, place, request, sha256, status, headers, secret, fetchedAt }: PageInput): JsonValue[] {
  return [source, place, request, sha256, status, headers, secret, fetchedAt]
}

function grouped(records: Iterable<AnyRecord>, nameOf: (record: AnyRecord) => string): Map<string, AnyRecord[]> {
  const groups = new Map<string, AnyRecord[]>()
  for (const record of records) {
    const name = nameOf(record)
    const list = groups.get(name)
    if (list === undefined) groups.set(name, [record])
    else list.push(record)
  }
  return groups
}

function bytesOf(hex: string): Uint8Array {
  const bytes = new Uint8Array(hex.length / 2)
  for (let at = 0; at < bytes.length; at++) bytes[at] = Number.parseInt(hex.slice(at * 2, at * 2 + 2), 16)
  return bytes
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}
