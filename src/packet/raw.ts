/** The answers that packed runs rest on, as received: opened one at a time, and what became of each is remembered. */
import { byText } from '../domain/json.ts'
import { listingOf } from '../domain/listing.ts'
import { inputsPath, type MissingPage, rawPath } from '../domain/packet.ts'
import { type AnyRecord, type Kind, type RecordRef, refOf } from '../domain/record.ts'
import type { RunInputs } from '../domain/reperform.ts'
import type { PageInput, PastPull, PastRun, SealedResult, Store } from '../domain/store.ts'
import type { ZipEntry } from '../lib/zip.ts'
import type { PacketParts } from './build.ts'
import { bytesOf } from './files.ts'
import { pointersIn } from './pointers.ts'
import type { Kept, PackedPull, PageFates } from './requests.ts'

/** What a packed run answered: the version and parameters of each check. */
export interface JudgedRun {
  readonly run: string
  readonly sequence: number
  readonly results: readonly Omit<SealedResult, 'open' | 'statusOf'>[]
}

export interface RawPages extends PageFates {
  /** Notes what a run rests on; before `files`. */
  add(past: PastRun): void
  files(): AsyncGenerator<ZipEntry>
  /** From here on all is told of what `files` found. By source, then digest. */
  missing(): readonly MissingPage[]
  /** Sources of which a page that the run rests on is gone, by their id. */
  goneOf(run: string): readonly string[]
  /** Each pull that a packed run rests on, once; by source, then run. */
  pulls(): readonly PackedPull[]
  judged(): readonly JudgedRun[]
  /** Kinds of which the answers of this listing of the source told, once the answers were read; empty where none did. */
  kindsAt(source: string, listing: string): ReadonlySet<Kind>
  /** Where each record of the run asked for stands, once its answers were read; to be asked for once. */
  places(inputs: Pick<RunInputs, 'run' | 'pulls' | 'carried' | 'house'>): ReadonlyMap<RecordRef, Place>
}

/** A file of the packet and the place in it: an RFC 6901 pointer, or `#row=n` of a table (RFC 7111). */
export interface Place {
  readonly file: string
  readonly pointer: string
}

interface Noted {
  readonly source: string
  readonly kind: string
  readonly sha256: string
  readonly timeZone: string
  /** The same bytes may have answered several calls. */
  readonly pages: PageInput[]
}

/**
 * @param runIds sequence → run
 * @param placed the run whose records are to be found in their answers
 */
export function rawPages(
  { store, connectors }: { readonly store: Pick<Store, 'page'> } & Pick<PacketParts, 'connectors'>,
  runIds: ReadonlyMap<number, string>,
  placed: string,
): RawPages {
  const noted = new Map<string, Noted>()
  const secrets = new Map<string, PageInput & { readonly source: string }>()
  const fates = new Map<string, Kept>()
  const items = new Map<PageInput, number>()
  const pulls = new Map<string, PackedPull>()
  const judged: JudgedRun[] = []
  const kinds = new Map<string, Set<Kind>>()
  /** What the run whose records are placed rests on, and what was found in each of its answers. */
  let rests: readonly Pick<PastPull, 'source' | 'pages' | 'earlier'>[] = []
  const found = new Map<PageInput, readonly (readonly [RecordRef, string])[]>()
  /** Run → source → digests. */
  const restsOn = new Map<string, Map<string, ReadonlySet<string>>>()
  /** Run → sources with readings whose pull is no longer kept. */
  const lostIn = new Map<string, readonly string[]>()

  function note(page: PageInput, source: string, kind: string, timeZone: string): void {
    const id = idOf(source, page.sha256)
    if (page.secret) {
      fates.set(id, 'secret')
      secrets.set(id, page)
      return
    }
    const known = noted.get(id)
    if (known === undefined) noted.set(id, { source, kind, sha256: page.sha256, timeZone, pages: [page] })
    else known.pages.push(page)
  }
  return {
    add({ run, settings, sources, pulls: rested, results }) {
      judged.push({
        run: run.id,
        sequence: run.sequence,
        results: results.map(({ open: _, statusOf: __, ...result }) => result),
      })
      const { timeZone } = settings.organization
      const bySource = new Map<string, ReadonlySet<string>>()
      restsOn.set(run.id, bySource)
      lostIn.set(run.id, lostOf(sources, rested))
      for (const pull of rested) {
        const { source, kind, pages, earlier } = pull
        const name = `${source}\0${pull.run}`
        if (!pulls.has(name)) {
          pulls.set(name, { run: runIds.get(pull.run) ?? '', pull })
          for (const page of pages) note(page, source, kind, timeZone)
        }
        for (const page of earlier) note(page, source, kind, timeZone)
        bySource.set(source, new Set([...pages, ...earlier].map(({ sha256 }) => sha256)))
      }
      if (run.id !== placed) return
      rests = rested.map(({ source, run: made, earlier }) => {
        // Another packed run may rest on the same pull, and its pages are noted once.
        const { pages } = pulls.get(`${source}\0${made}`)!.pull
        return { source, pages, earlier }
      })
      for (const { pages, earlier } of rests) for (const page of [...pages, ...earlier]) found.set(page, [])
    },
    async *files() {
      for (const page of [...noted.values()].sort(inOrder)) {
        const id = idOf(page.source, page.sha256)
        const body = await store.page(page.sha256)
        fates.set(id, body === null ? 'gone' : 'yes')
        if (body === null) continue
        count(page, body)
        yield { path: rawPath(page.source, page.sha256), content: bytesOf(body) }
      }
    },
    kept: (page, source) => fates.get(idOf(source, page.sha256)) ?? 'gone',
    items: (page) => items.get(page) ?? null,
    missing() {
      const gone = [...noted.values()].filter(({ source, sha256 }) => fates.get(idOf(source, sha256)) === 'gone')
      return [
        ...gone.map(({ source, sha256, pages }) => ({
          source,
          sha256,
          request: pages[0]!.request,
          because: 'gone' as const,
        })),
        ...[...secrets.values()].map(({ source, sha256, request }) => ({
          source,
          sha256,
          request,
          because: 'secret' as const,
        })),
      ].sort(inOrder)
    },
    goneOf: (run) =>
      [
        ...(lostIn.get(run) ?? []),
        ...[...(restsOn.get(run) ?? [])]
          .filter(([source, digests]) => [...digests].some((sha256) => fates.get(idOf(source, sha256)) === 'gone'))
          .map(([source]) => source),
      ]
        .filter((source, at, all) => all.indexOf(source) === at)
        .sort(byText),
    pulls: () => [...pulls.values()].sort((a, b) => byText(a.pull.source, b.pull.source) || a.pull.run - b.pull.run),
    judged: () => judged,
    kindsAt: (source, listing) => kinds.get(`${source}\0${listing}`) ?? NO_KINDS,
    places(inputs) {
      const places = placesOf(inputs, rests, found)
      found.clear()
      return places
    },
  }

  function noteKinds(source: string, place: string, records: readonly AnyRecord[]): void {
    const listing = `${source}\0${listingOf(place)}`
    for (const { kind } of records) {
      const own = kinds.get(listing)
      if (own === undefined) kinds.set(listing, new Set([kind]))
      else own.add(kind)
    }
  }

  function count({ source, kind, timeZone, pages }: Noted, body: Uint8Array): void {
    const connector = connectors.find(({ id }) => id === kind)
    if (connector === undefined) return
    for (const page of pages) {
      const { records } = connector.read({ ...page, body }, { timeZone })
      items.set(page, records.length)
      noteKinds(source, page.place, records)
      if (!found.has(page)) continue
      const pointers = pointersIn({ headers: page.headers, body }, records)
      found.set(
        page,
        records.map((record, at) => [refOf(record), pointers[at]!]),
      )
    }
  }
}

/** As records are made of pages (derived-records.ts): within a pull the last says it, of earlier pulls the first. */
function placesOf(
  { run, pulls, carried, house }: Parameters<RawPages['places']>[0],
  rests: readonly Pick<PastPull, 'source' | 'pages' | 'earlier'>[],
  found: ReadonlyMap<PageInput, readonly (readonly [RecordRef, string])[]>,
): ReadonlyMap<RecordRef, Place> {
  const places = new Map<RecordRef, Place>()
  const inputs = inputsPath(run.id)
  const among = (records: readonly AnyRecord[], list: string): void => {
    for (const [at, record] of records.entries()) places.set(refOf(record), { file: inputs, pointer: `${list}/${at}` })
  }
  among(carried, '/carried')
  among(house, '/house')
  for (const [at, { source, withheld, records }] of pulls.entries()) {
    if (records !== null) {
      among(records, `/pulls/${at}/records`)
      continue
    }
    const { pages = [], earlier = [] } = rests.find((one) => one.source === source) ?? {}
    for (const page of pages) {
      const file = rawPath(source, page.sha256)
      for (const [ref, pointer] of found.get(page) ?? []) places.set(ref, { file, pointer })
    }
    among(withheld, `/pulls/${at}/withheld`)
    for (const page of earlier) {
      const file = rawPath(source, page.sha256)
      for (const [ref, pointer] of found.get(page) ?? []) if (!places.has(ref)) places.set(ref, { file, pointer })
    }
  }
  return places
}

const NO_KINDS: ReadonlySet<Kind> = new Set()

function lostOf(sources: PastRun['sources'], pulls: PastRun['pulls']): string[] {
  return sources.flatMap(({ id, collectedAt }) => {
    const pull = pulls.find(({ source }) => source === id)
    const lost = pull === undefined ? collectedAt !== null : pull.lost.length > 0
    return lost ? [id] : []
  })
}

function idOf(source: string, sha256: string): string {
  return `${source}\0${sha256}`
}

function inOrder(a: Pick<MissingPage, 'source' | 'sha256'>, b: Pick<MissingPage, 'source' | 'sha256'>): number {
  return byText(a.source, b.source) || byText(a.sha256, b.sha256)
}
