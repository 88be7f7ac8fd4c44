/**
 * The pulls on both sides of everything that happened in the period: the last that showed what was before, and the first
 * that showed what is now, with the answers that say so. Each goes whole but for answers of other kinds, so that the digest
 * in its run's leaf can be made again from it.
 */
import { byText, type JsonValue } from '../domain/json.ts'
import { type PackedPull, pullPath, rawPath } from '../domain/packet.ts'
import type { EventKind, LeaverClock, Transition } from '../domain/period.ts'
import type { Kind } from '../domain/record.ts'
import type { PageInput, SealedPull, Store } from '../domain/store.ts'
import { canonicalJson } from '../lib/canonical-json.ts'
import type { CsvValue } from '../lib/csv.ts'
import type { ZipEntry } from '../lib/zip.ts'
import { bytesOf, textFile } from './files.ts'
import type { LedgerPast } from './past.ts'
import type { RawPages } from './raw.ts'

/**
 * Of a large fleet one list of devices has 15 MB, and a quarter has hundreds of changes: what is packed beside the dates
 * asked for is bounded, and the pulls that have no room are named (`packet --at` brings any of them whole).
 */
export const ROOM = 200_000_000

export const NO_ROOM = 'beyond the room for pulls; packet --at brings it whole'
export const LOG_GONE = 'its log is deleted by the retention rule'
export const ANSWERS_GONE = 'its answers are deleted by the retention rule'

/** Who can still come in matters most. */
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
  readonly transitions: readonly Pick<Transition, 'kind' | 'source' | 'recordKind' | 'bounds' | 'beforeFirstRun'>[]
  readonly leavers: readonly Pick<LeaverClock, 'system' | 'removal'>[]
}

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
  for (const { system, removal } of leavers) {
    want(removal.runAfter, system, 'account', 'removal')
    want(removal.runBefore, system, 'account', 'removal')
  }
  for (const { kind, source, recordKind, bounds, beforeFirstRun } of transitions) {
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
  /** Runs whose pulls were packed. */
  runs(): readonly string[]
}

export interface AroundParts {
  readonly store: Pick<Store, 'lastPull' | 'page'>
  readonly raw: Pick<RawPages, 'kindsAt' | 'kept' | 'learn'>
  readonly past: Pick<LedgerPast, 'all' | 'runs'>
}

type Pull = Omit<SealedPull, 'records'>

export function pullsAround(wanted: readonly WantedPull[], { store, raw, past }: AroundParts): PullsAround {
  const ids = new Map(past.all.map(({ sequence, id }) => [sequence, id]))
  const because = new Map<WantedPull, string | null>()
  const brought = new Set<string>()
  let room = ROOM

  async function* filesOf(one: WantedPull, run: string): AsyncGenerator<ZipEntry> {
    const pull = await store.lastPull(one.source, run)
    if (pull === null) return void because.set(one, LOG_GONE)
    await learnUnknown(pull)
    const own = pagesShowing(pull, one.kinds, raw)
    const size = sizeOf(pull, own)
    if (size > room) {
      room = 0
      return void because.set(one, NO_ROOM)
    }
    const fresh = own.filter(({ sha256 }) => !brought.has(rawPath(one.source, sha256)))
    const bodies: [path: string, body: Uint8Array][] = []
    for (const page of fresh) {
      const path = rawPath(one.source, page.sha256)
      if (raw.kept(page, one.source) === 'yes' || bodies.some(([known]) => known === path)) continue
      const body = await store.page(page.sha256)
      if (body === null) return void because.set(one, ANSWERS_GONE)
      bodies.push([path, body])
    }
    room -= size
    because.set(one, null)
    for (const [path, body] of bodies) {
      brought.add(path)
      yield { path, content: bytesOf(body) }
    }
    yield textFile(pullPath(run, one.source), textOf(packed(one, run, pull)))
  }

  async function learnUnknown({ source, kind, pages }: Pull): Promise<void> {
    for (const page of pages) {
      if (page.secret || raw.kindsAt(source, page.place).size > 0) continue
      const body = await store.page(page.sha256)
      if (body !== null) raw.learn(kind, page, body)
    }
  }

  return {
    async *files() {
      for (const one of wanted) {
        if (room === 0) because.set(one, NO_ROOM)
        else yield* filesOf(one, ids.get(one.sequence) ?? '')
      }
    },
    runs: () => wanted.filter((one) => because.get(one) === null).map(({ sequence }) => ids.get(sequence)!),
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

/** In canonical form, in pieces: over 10,000 devices it has 8 MB, and there may be dozens. */
function* textOf({ kind, pages, pull, ...rest }: PackedPull): Generator<string> {
  yield `{"kind":${canonicalJson(kind)},"pages":[`
  yield* listed(pages)
  // The list of calls is the last of its names.
  yield `],"pull":${canonicalJson({ ...pull, requests: [] } as unknown as JsonValue).slice(0, -2)}`
  yield* listed(pull.requests)
  yield `]},${canonicalJson(rest as unknown as JsonValue).slice(1)}\n`
}

const AT_ONCE = 256

function* listed(items: readonly object[]): Generator<string> {
  for (let at = 0; at < items.length; at += AT_ONCE) {
    const part = canonicalJson(items.slice(at, at + AT_ONCE) as unknown as JsonValue)
    yield `${at === 0 ? '' : ','}${part.slice(1, -1)}`
  }
}

/** The answers of the listings that tell of these kinds: of one that is gone, all of them say so. */
export function pagesShowing(
  { source, pages }: Pick<Pull, 'source' | 'pages'>,
  kinds: ReadonlySet<Kind>,
  raw: Pick<RawPages, 'kindsAt'>,
): PageInput[] {
  return pages.filter(({ place, secret }) => !secret && [...raw.kindsAt(source, place)].some((kind) => kinds.has(kind)))
}

/** A line of the log and what is noted of its answer, as JSON. */
const CALL_BYTES = 800

function sizeOf({ requests, pages }: Pull, own: readonly PageInput[]): number {
  const digests = new Set(own.map(({ sha256 }) => sha256))
  // A file is read without a call, and is small.
  const bytes = requests.reduce(
    (sum, note) => sum + (note.sha256 !== null && digests.has(note.sha256) ? note.bytes : 0),
    0,
  )
  return bytes + CALL_BYTES * Math.max(requests.length, pages.length)
}

function packed({ sequence, source, kinds }: WantedPull, run: string, pull: Pull): PackedPull {
  const { kind, outcome, collectedAt, endedAt, requests, blind, error, notVendorHost, configDigest, fall, pages } = pull
  return {
    schema: 'exhibit.pull/1',
    run,
    sequence,
    source,
    kind,
    shows: [...kinds].sort(byText),
    pull: { outcome, collectedAt, endedAt, requests, blind, error, notVendorHost, configDigest, fall },
    pages,
  }
}
