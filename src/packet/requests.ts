/** What was asked of whom: every call that the packed runs rest on, and a line for each other pull of the period. */
import { COLUMNS } from '../domain/packet.ts'
import type { PageInput, PastPull } from '../domain/store.ts'
import type { CsvValue } from '../lib/csv.ts'
import type { RunInLeaf } from './past.ts'

/** A pull that packed runs rest on, with the run that made it. */
export interface PackedPull {
  readonly run: string
  readonly pull: Pick<PastPull, 'source' | 'kind' | 'run' | 'outcome' | 'digest' | 'requests' | 'pages' | 'endedAt'>
}

export type Kept = 'yes' | 'secret' | 'gone'

/** What became of the pages, by `pageId`. */
export interface PageFates {
  kept(page: Pick<PageInput, 'sha256' | 'secret'>, source: string): Kept
  /** Records that were read from it; null where its bytes are not there to read. */
  items(page: PageInput): number | null
}

type Row = Readonly<Partial<Record<(typeof COLUMNS.requests)[number], CsvValue>>>

export function* requestRows(
  pulls: readonly PackedPull[],
  runs: readonly RunInLeaf[],
  fates: PageFates,
): Generator<CsvValue[]> {
  for (const row of rows(pulls, runs, fates)) yield COLUMNS.requests.map((column) => row[column] ?? null)
}

function* rows(pulls: readonly PackedPull[], runs: readonly RunInLeaf[], fates: PageFates): Generator<Row> {
  const packed = new Set<string>()
  for (const one of pulls) {
    packed.add(`${one.pull.run}\0${one.pull.source}`)
    yield* callsOf(one, fates)
  }
  for (const { id, sequence, sources } of runs) {
    for (const { id: source, status, collectedAt, error, pull } of sources) {
      if (pull === null || packed.has(`${sequence}\0${source}`)) continue
      const startedAt = status === 'complete' ? collectedAt : null
      yield { source, run: id, sequence, outcome: status, pull, startedAt, error }
    }
  }
}

function* callsOf({ run, pull }: PackedPull, fates: PageFates): Generator<Row> {
  const { source, outcome, digest, requests, pages } = pull
  const head: Row = { source, run, sequence: pull.run, outcome, pull: digest }
  const byAnswer = new Map<string, PageInput>()
  for (const page of pages) byAnswer.set(answerId(page), page)
  for (const note of requests) {
    const page = note.sha256 === null ? undefined : byAnswer.get(answerId({ ...note, sha256: note.sha256 }))
    yield {
      ...head,
      ...partsOf(note.request),
      place: note.place,
      host: note.host,
      address: note.address,
      certificate: note.certificate,
      startedAt: note.startedAt,
      durationMs: note.durationMs,
      status: note.status,
      items: page === undefined ? null : fates.items(page),
      bytes: note.bytes,
      sha256: note.sha256,
      // An answer that was asked for again, or that held a token, is in the log alone.
      kept: page === undefined ? 'no' : fates.kept(page, source),
      date: note.date,
      requestId: note.requestId,
      error: note.error,
    }
  }
  // A file is read without a call.
  for (const page of requests.length === 0 ? pages : []) {
    const { place, status, sha256, fetchedAt } = page
    const kept = fates.kept(page, source)
    const items = fates.items(page)
    yield { ...head, method: 'FILE', path: page.request, place, startedAt: fetchedAt, status, items, sha256, kept }
  }
}

function answerId({ place, request, sha256 }: Pick<PageInput, 'place' | 'request' | 'sha256'>): string {
  return `${place}\0${request}\0${sha256}`
}

/** "GET /api/v2/tailnet/-/users?type=all" */
function partsOf(request: string): Pick<Row, 'method' | 'path' | 'parameters'> {
  const [, method = '', target = ''] = /^(\S+) (.*)$/s.exec(request) ?? [null, '', request]
  const question = target.indexOf('?')
  return question === -1
    ? { method, path: target, parameters: '' }
    : { method, path: target.slice(0, question), parameters: target.slice(question + 1) }
}
