/**
 * The pulls on both sides of everything that happened in the period: the last that showed what was before, and the first
 * that showed what is now, with the answers that say so. Of a pull its listings of those kinds go whole and the others by
 * their digests, so that the digest in its run's leaf can be made again.
 */
import { digestsOver } from '../domain/digests.ts'
import { byText } from '../domain/json.ts'
import { type Listing, listingsOf } from '../domain/listing.ts'
import { type PackedPull, pullPath, rawPath } from '../domain/packet.ts'
import type { EventKind, LeaverClock, Transition, Witness } from '../domain/period.ts'
import type { Kind } from '../domain/record.ts'
import type { PageInput, SealedPull, Store } from '../domain/store.ts'
import { canonicalJson } from '../lib/canonical-json.ts'
import type { CsvValue } from '../lib/csv.ts'
import { sha256 } from '../lib/digest.ts'
import type { ZipEntry } from '../lib/zip.ts'
import type { PeriodStory, ReadingOf } from '../period/index.ts'
import { bytesOf, jsonFile } from './files.ts'
import type { LedgerPast } from './past.ts'
import type { RawPages } from './raw.ts'

const { listingDigest } = digestsOver({ canonical: canonicalJson, sha256 })

export const NO_ROOM = 'beyond --pulls-up-to; packet --at brings it whole'
export const LOG_GONE = 'its log is deleted by the retention rule'
export const ANSWERS_GONE = 'its answers are deleted by the retention rule'

/** Where not all are wanted: who can still come in matters most. */
const FIRST: readonly (EventKind | 'removal')[] = [
  'removal',
  'role-change',
  'status-change',
  'leaver',
  'joiner',
  'policy-change',
  'gone-key',
  'new-key',
  'gone-device',
  'new-device',
]

export interface WantedPull {
  readonly sequence: number
  readonly source: string
  readonly kinds: ReadonlySet<Kind>
  /** How many things it stands on one side of. */
  readonly happenings: number
}

export interface Happenings {
  readonly transitions: readonly (Pick<Transition, 'kind' | 'source' | 'recordKind' | 'bounds' | 'beforeFirstRun'> & {
    readonly log: ReadingOf | null
  })[]
  readonly leavers: readonly (Pick<LeaverClock, 'system' | 'removal'> & {
    readonly log: ReadingOf | null
    readonly roster: ReadingOf | null
  })[]
}

/** What shows that the vendor's log says so: every answer of the log tells how far it goes, also where nothing happened. */
export const LOG: Kind = 'auditlog'

/** What happened, with the readings that the log's word and the roster's come from. */
export function happeningsOf({ transitions, leavers, readIn, saidIn }: Told) {
  const logOf = (source: string, witness: Witness | null): ReadingOf | null =>
    witness === null ? null : readIn(source, witness.event)
  return {
    transitions: transitions.map((one) => ({ ...one, log: logOf(one.source, one.witness) })),
    leavers: leavers.map((one) => ({ ...one, log: logOf(one.system, one.witness), roster: saidIn(one) })),
  }
}

type Told = Pick<PeriodStory, 'transitions' | 'leavers' | 'readIn' | 'saidIn'>

/** By what they show, then sequence and source. */
export function wantedPulls({ transitions, leavers }: Happenings): WantedPull[] {
  const found = new Map<
    string,
    { sequence: number; source: string; kinds: Set<Kind>; happenings: number; at: number }
  >()
  const want = (sequence: number | null, source: string, kind: Kind, what: EventKind | 'removal'): void => {
    if (sequence === null) return
    const name = `${sequence}\0${source}`
    const at = FIRST.indexOf(what)
    const own = found.get(name) ?? { sequence, source, kinds: new Set(), happenings: 0, at }
    found.set(name, own)
    own.kinds.add(kind)
    own.happenings++
    own.at = Math.min(own.at, at)
  }
  const read = (reading: ReadingOf | null, kind: Kind, what: EventKind | 'removal'): void =>
    want(reading?.sequence ?? null, reading?.source ?? '', kind, what)
  for (const { system, removal, log, roster } of leavers) {
    want(removal.runAfter, system, 'account', 'removal')
    want(removal.runBefore, system, 'account', 'removal')
    read(log, LOG, 'removal')
    read(roster, 'person', 'removal')
  }
  for (const { kind, source, recordKind, bounds, beforeFirstRun, log } of transitions) {
    read(log, LOG, kind)
    if (beforeFirstRun) continue
    want(bounds.runAfter, source, recordKind, kind)
    want(bounds.runBefore, source, recordKind, kind)
  }
  return [...found.values()].sort((a, b) => a.at - b.at || a.sequence - b.sequence || byText(a.source, b.source))
}

export interface PullsAround {
  /** The pulls and their answers; read to the end before `rows`. */
  files(): AsyncGenerator<ZipEntry>
  rows(): Iterable<readonly CsvValue[]>
  /** Where a pull and what it shows of the kind lie. */
  readonly traces: Traces
  /** Runs whose pulls were packed. */
  runs(): readonly string[]
}

/** The path of the pull, then the answers; the pull is null where none is meant, the answers where it is not packed. */
export type Trace = readonly [pull: string | null, raw: string | null]
export type Traces = (source: string, sequence: number | null, kind: Kind) => Trace

export interface AroundParts {
  readonly store: Pick<Store, 'lastPull' | 'page'>
  readonly raw: Pick<RawPages, 'kindsAt' | 'kept'>
  readonly past: Pick<LedgerPast, 'all' | 'runs'>
  /** Bytes that all of them may have; Infinity where every pull is wanted. */
  readonly room: number
}

type Pull = Omit<SealedPull, 'records'>

export function pullsAround(wanted: readonly WantedPull[], { store, raw, past, room }: AroundParts): PullsAround {
  const ids = new Map(past.all.map(({ sequence, id }) => [sequence, id]))
  const because = new Map<WantedPull, string | null>()
  const brought = new Set<string>()
  const packedPulls = new Map<string, readonly Listing[]>()
  let left = room

  async function* filesOf(one: WantedPull, run: string): AsyncGenerator<ZipEntry> {
    const pull = await store.lastPull(one.source, run)
    if (pull === null) return void because.set(one, LOG_GONE)
    const listings = listingsOf(pull)
    const shown = listings.filter(({ listing }) => maySay(one.kinds, raw.kindsAt(one.source, listing)))
    const size = sizeOf(shown)
    if (size > left) {
      left = 0
      return void because.set(one, NO_ROOM)
    }
    const bodies = new Map<string, Uint8Array>()
    for (const page of answersOf(shown)) {
      const path = rawPath(one.source, page.sha256)
      if (brought.has(path) || bodies.has(path) || raw.kept(page, one.source) === 'yes') continue
      const body = await store.page(page.sha256)
      if (body === null) return void because.set(one, ANSWERS_GONE)
      bodies.set(path, body)
    }
    left -= size
    because.set(one, null)
    for (const [path, body] of bodies) {
      brought.add(path)
      yield { path, content: bytesOf(body) }
    }
    packedPulls.set(pullPath(run, one.source), shown)
    yield jsonFile(pullPath(run, one.source), packed(one, run, pull, listings, shown))
  }

  return {
    async *files() {
      for (const one of wanted) {
        if (left === 0) because.set(one, NO_ROOM)
        else yield* filesOf(one, ids.get(one.sequence) ?? '')
      }
    },
    runs: () => wanted.filter((one) => because.get(one) === null).map(({ sequence }) => ids.get(sequence)!),
    traces: tracesIn(ids, packedPulls, raw),
    *rows() {
      for (const one of wanted.toSorted((a, b) => a.sequence - b.sequence || byText(a.source, b.source))) {
        const leaf = past.runs.find(({ sequence }) => sequence === one.sequence)
        const sealed = leaf?.sources.find(({ id }) => id === one.source)
        const why = because.get(one) ?? null
        yield [
          one.source,
          ids.get(one.sequence) ?? null,
          one.sequence,
          sealed?.collectedAt ?? null,
          [...one.kinds].sort(byText).join(' '),
          one.happenings,
          sealed?.pull ?? null,
          why === null,
          why,
        ]
      }
    },
  }
}

/**
 * Whether a listing may tell of these kinds: all but one that is known, by the answers of the packed runs, to tell of
 * others. Of what is gone, every listing that could have shown it says so.
 */
export function maySay(kinds: ReadonlySet<Kind>, known: ReadonlySet<Kind>): boolean {
  return known.size === 0 || [...known].some((kind) => kinds.has(kind))
}

/**
 * @param ids sequence → run
 * @param shown path of a packed pull → the listings that it shows
 */
export function tracesIn(
  ids: ReadonlyMap<number, string>,
  shown: ReadonlyMap<string, readonly Listing[]>,
  raw: Pick<RawPages, 'kindsAt'>,
): Traces {
  return (source, sequence, kind) => {
    const run = sequence === null ? undefined : ids.get(sequence)
    if (run === undefined) return [null, null]
    const path = pullPath(run, source)
    const all = shown.get(path)
    if (all === undefined) return [path, null]
    const sure = all.filter(({ listing }) => raw.kindsAt(source, listing).has(kind))
    const own =
      sure.length > 0 ? sure : all.filter(({ listing }) => maySay(new Set([kind]), raw.kindsAt(source, listing)))
    return [
      path,
      answersOf(own)
        .map(({ sha256 }) => rawPath(source, sha256))
        .join('; '),
    ]
  }
}

/** Those whose bytes are kept. */
export function answersOf(listings: readonly Listing[]): PageInput[] {
  return listings.flatMap(({ pages }) => pages.filter(({ secret }) => !secret))
}

/** A line of the log and what is noted of its answer, as JSON. */
const CALL_BYTES = 800

function sizeOf(listings: readonly Listing[]): number {
  const digests = new Set(answersOf(listings).map(({ sha256 }) => sha256))
  let size = 0
  for (const { requests, pages } of listings) {
    size += CALL_BYTES * Math.max(requests.length, pages.length)
    // A file is read without a call, and is small.
    for (const { sha256, bytes } of requests) if (sha256 !== null && digests.has(sha256)) size += bytes
  }
  return size
}

function packed(
  { sequence, source, kinds }: WantedPull,
  run: string,
  { kind, outcome, collectedAt, endedAt, blind, error, notVendorHost, configDigest, fall }: Pull,
  listings: readonly Listing[],
  shown: readonly Listing[],
): PackedPull {
  return {
    schema: 'exhibit.pull/1',
    run,
    sequence,
    source,
    kind,
    shows: [...kinds].sort(byText),
    pull: { outcome, collectedAt, endedAt, blind, error, notVendorHost, configDigest, fall },
    listings: listings.map((listing) => [listing.listing, listingDigest(listing)]),
    shown,
  }
}
