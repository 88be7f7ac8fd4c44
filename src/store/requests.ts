/**
 * Pulls: one row each, with the request log and the list of pages in one packed column. What a place answered stands in
 * `answer`, in a row only when it changed; the log names the place, and repeats no digest that stands there.
 */
import type Database from 'better-sqlite3'
import type { Page } from '../domain/connector.ts'
import { AppError, type PullErrorCode } from '../domain/error.ts'
import { byText } from '../domain/json.ts'
import type { AnyRecord } from '../domain/record.ts'
import type { Blindness } from '../domain/snapshot.ts'
import type { PullOutcome, SealedPull } from '../domain/store.ts'
import type { Instant } from '../domain/time.ts'
import { pullDigest } from './digest.ts'
import { damaged } from './failure.ts'
import {
  type PackedNotes,
  packInstants,
  packNotes,
  packNumbers,
  unpackInstants,
  unpackNotes,
  unpackNumbers,
} from './log.ts'
import { digestBytes, turn, unzipJsonSync, zipJson } from './pack.ts'

type SealedPage = Omit<Page, 'body'>

export interface Answer {
  readonly place: number
  readonly sha256: string
  readonly request: string
  readonly status: number
  /** Without `date`, which moves each time. */
  readonly headers: Readonly<Record<string, string>>
  readonly secret: boolean
}

interface Log {
  readonly blind: readonly Blindness[]
  readonly fall: SealedPull['fall']
  readonly notVendorHost: boolean
  readonly pages: {
    /** Numbers of places, as steps. */
    readonly places: readonly number[]
    readonly fetchedAt: readonly (number | string)[]
    readonly dates: readonly (string | null)[]
    /** Whole, by position: pages whose place stood in this pull before, and those whose body a failed pull did not keep. */
    readonly again: Readonly<Record<string, SealedPage>>
  }
  readonly notes: PackedNotes
}

/** A pull ready to be written. */
export interface PullPlan {
  readonly pull: SealedPull
  readonly digest: string
  readonly answers: readonly Answer[]
  /** Pages that the log holds whole. */
  readonly again: readonly SealedPage[]
  readonly log: Buffer
  readonly held: Buffer | null
  readonly counts: Readonly<Record<string, number>>
}

interface PullRow {
  readonly run: number
  readonly source: string
  readonly kind: string
  readonly outcome: PullOutcome
  readonly collected_at: Instant
  readonly ended_at: Instant
  readonly error_code: PullErrorCode | null
  readonly error_message: string | null
  readonly config_digest: string
  readonly digest: string
  readonly log: Buffer
  readonly held: Buffer | null
}
/** As a list and with the digest as text, for speed. The digest is empty and the rest null where a place had no answer yet. */
type PlaceRow = [
  place: number,
  name: string,
  sha256: string,
  request: string,
  status: number,
  headers: string,
  secret: number,
]
interface Place {
  readonly name: string
  readonly answer: Answer | null
}

const ADD_PLACE = 'insert or ignore into place (source, name, seen) values (?, ?, ?)'
const PLACE = 'select id, seen from place where source = ? and name = ?'
/** Once a month: what no pull of the retention time names goes with it. */
const SEE_PLACE = 'update place set seen = ? where id = ?'
/** Names and answers of many places in one question: asked one by one, 16,000 calls held the loop up for 400 ms. */
const ANSWERS = `select place.id, place.name, lower(hex(sha256)), request, status, headers, secret
  from json_each(?) wanted join place on place.id = wanted.value
  left join answer on answer.place = place.id
    and answer.run = (select max(run) from answer earlier where earlier.place = place.id and earlier.run <= ?)`
const ADD_ANSWER = `insert into answer (place, run, sha256, request, status, headers, secret)
  values (?, ?, ?, ?, ?, ?, ?)`
const ADD_REPEAT = 'insert or ignore into repeat (source, run, sha256) values (?, ?, ?)'
const SEAL_PAGE = 'update page set sealed = 1 where sha256 = ?'
const ADD_PULL = `insert into pull (source, run, kind, outcome, collected_at, ended_at, error_code, error_message,
    config_digest, counts, fell, digest, log, held)
  values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
const DROP_HELD = 'update pull set held = null where source = ? and held is not null'
const NEWEST = 'select * from pull where source = ? order by run desc limit 1'
const OF_RUN = 'select * from pull where source = ? and run = (select sequence from run where id = ?)'
const AT_RUN = 'select * from pull where run = ? and source = ?'
const RESTED_ON = `select * from pull where source = ? and outcome = 'complete' and run <= ? order by run desc limit 1`
const ACCEPTED_BEFORE = `select run, collected_at, ended_at from pull
  where source = ? and outcome = 'complete' and run < ? order by run desc`
const KEPT = 'select 1 from page where sha256 = ?'
const UP_TO = 9_007_199_254_740_991

export function pullStore(db: Database.Database) {
  const addPlace = db.prepare<[string, string, string]>(ADD_PLACE)
  const place = db.prepare<[string, string], { id: number; seen: string | null }>(PLACE)
  const seePlace = db.prepare<[string, number]>(SEE_PLACE)
  const addRepeat = db.prepare<[string, number, Buffer]>(ADD_REPEAT)
  const answersAt = db.prepare<[string, number], PlaceRow>(ANSWERS).raw()
  const addAnswer = db.prepare<[number, number, Buffer, string, number, string, number]>(ADD_ANSWER)
  const sealPage = db.prepare<[Buffer]>(SEAL_PAGE)
  const kept = db.prepare<[Buffer]>(KEPT)
  const addPull = db.prepare(ADD_PULL)
  const dropHeld = db.prepare<[string]>(DROP_HELD)
  const newest = db.prepare<[string], PullRow>(NEWEST)
  const ofRun = db.prepare<[string, string], PullRow>(OF_RUN)
  const atRun = db.prepare<[number, string], PullRow>(AT_RUN)
  const restedOn = db.prepare<[string, number], PullRow>(RESTED_ON)
  const acceptedBefore = db.prepare<[string, number], Pick<PullRow, 'run' | 'collected_at' | 'ended_at'>>(
    ACCEPTED_BEFORE,
  )

  /** Numbers for all places of a pull. Harmless before the seal: a place says nothing of what it answered. */
  const number = db.transaction((pull: SealedPull): Map<string, number> => {
    const ids = new Map<string, number>()
    const month = pull.endedAt.slice(0, 7)
    for (const { place: name } of [...pull.pages, ...pull.requests]) {
      if (ids.has(name)) continue
      const found = place.get(pull.source, name)
      if (found !== undefined && (found.seen ?? '') < month) seePlace.run(month, found.id)
      ids.set(name, found?.id ?? Number(addPlace.run(pull.source, name, month).lastInsertRowid))
    }
    return ids
  })

  /**
   * Of a failed pull a body may be missing; on the others verdicts rest, and none may rest on bytes that nobody has (P6).
   * @param found digests of this pull that were looked up before: thousands of devices answer alike
   */
  function isKept(pull: SealedPull, page: SealedPage, found: Set<string>): boolean {
    if (page.secret || found.has(page.sha256)) return true
    if (kept.get(digestBytes(page.sha256)) !== undefined) {
      found.add(page.sha256)
      return true
    }
    if (pull.outcome === 'failed') return false
    throw new AppError(
      'internal',
      `store: the pull of ${pull.source} names the answer to "${page.request}" (${page.sha256}), which was never kept`,
    )
  }

  async function plan(pull: SealedPull): Promise<PullPlan> {
    const places = number.immediate(pull)
    const answers = new Map<number, Answer>()
    const again: Record<string, SealedPage> = {}
    const found = new Set<string>()
    for (const [index, page] of pull.pages.entries()) {
      const id = places.get(page.place)!
      if (answers.has(id) || !isKept(pull, page, found)) again[index] = page
      else answers.set(id, answerOf(id, page))
    }
    const log: Log = {
      blind: pull.blind,
      fall: pull.fall,
      notVendorHost: pull.notVendorHost,
      pages: {
        places: packNumbers(pull.pages.map((page) => places.get(page.place)!)),
        fetchedAt: packInstants(pull.pages.map((page) => page.fetchedAt)),
        dates: pull.pages.map((page) => page.headers['date'] ?? null),
        again,
      },
      notes: packNotes(pull.requests, (note) => ({
        place: places.get(note.place)!,
        answer: answers.get(places.get(note.place)!) ?? null,
      })),
    }
    await turn()
    const before = placesOf([...answers.keys()], UP_TO)
    await turn()
    const digest = pullDigest(pull)
    await turn()
    return {
      pull,
      digest,
      answers: [...answers.values()].filter((entry) => changed(before.get(entry.place)?.answer ?? null, entry)),
      again: Object.values(again),
      log: await zipJson(log),
      held: pull.outcome === 'held' ? await zipJson(pull.records) : null,
      counts: countsOf(pull.records),
    }
  }

  /** Inside the seal's transaction. */
  function write(plan: PullPlan, run: number): void {
    const { pull } = plan
    const marked = new Set<string>()
    for (const entry of plan.answers) {
      const digest = digestBytes(entry.sha256)
      const headers = JSON.stringify(entry.headers)
      addAnswer.run(entry.place, run, digest, entry.request, entry.status, headers, Number(entry.secret))
      // Thousands of devices answer alike.
      if (!marked.has(entry.sha256)) sealPage.run(digest)
      marked.add(entry.sha256)
    }
    for (const page of plan.again) {
      if (page.secret) continue
      addRepeat.run(pull.source, run, digestBytes(page.sha256))
      sealPage.run(digestBytes(page.sha256))
    }
    dropHeld.run(pull.source)
    addPull.run(
      pull.source,
      run,
      pull.kind,
      pull.outcome,
      pull.collectedAt,
      pull.endedAt,
      pull.error?.code ?? null,
      pull.error?.message ?? null,
      pull.configDigest,
      JSON.stringify(plan.counts),
      Number(pull.outcome === 'complete' && pull.fall !== null),
      plan.digest,
      plan.log,
      plan.held,
    )
  }

  /** Each place by its number, with what it had answered by that run. */
  function placesOf(ids: readonly number[], run: number): Map<number, Place> {
    const places = new Map<number, Place>()
    const rows = answersAt.all(JSON.stringify([...new Set(ids)]), run)
    for (const [place, name, sha256, request, status, headers, secret] of rows) {
      const answer =
        sha256 === ''
          ? null
          : { place, sha256, request, status, headers: JSON.parse(headers) as Answer['headers'], secret: secret === 1 }
      places.set(place, { name, answer })
    }
    return places
  }

  function read(row: PullRow): Omit<SealedPull, 'records'> {
    const what = `the request log of ${row.source} in run ${row.run}`
    const log = unzipJsonSync<Log>(row.log, what)
    const placeIds = unpackNumbers(log.pages.places)
    const places = placesOf([...placeIds, ...unpackNumbers(log.notes.places)], row.run)
    const nameOf = (id: number): string => places.get(id)?.name ?? ''
    const answerAt = (id: number): Answer | null => places.get(id)?.answer ?? null
    const fetchedAt = unpackInstants(log.pages.fetchedAt)
    const pages = placeIds.map((id, index): SealedPage => {
      const again = log.pages.again[index]
      if (again !== undefined) return again
      const entry = answerAt(id)
      if (entry === null) throw damaged(`the answer at "${nameOf(id)}" that ${what} rests on is gone`)
      const date = log.pages.dates[index] ?? null
      return {
        source: row.source,
        sha256: entry.sha256,
        request: entry.request,
        place: nameOf(id),
        status: entry.status,
        headers: date === null ? entry.headers : { ...entry.headers, date },
        secret: entry.secret,
        fetchedAt: fetchedAt[index]!,
      }
    })
    return {
      source: row.source,
      kind: row.kind,
      outcome: row.outcome,
      collectedAt: row.collected_at,
      endedAt: row.ended_at,
      requests: unpackNotes(log.notes, (id) => ({ place: nameOf(id), answer: answerAt(id) })),
      pages,
      blind: log.blind,
      error: row.error_code === null ? null : { code: row.error_code, message: row.error_message ?? '' },
      notVendorHost: log.notVendorHost,
      configDigest: row.config_digest,
      fall: log.fall,
    }
  }

  return {
    plan,
    write,
    newest(source: string): Omit<SealedPull, 'records'> | null {
      const row = newest.get(source)
      return row === undefined ? null : read(row)
    },
    ofRun(source: string, runId: string): Omit<SealedPull, 'records'> | null {
      const row = ofRun.get(source, runId)
      return row === undefined ? null : read(row)
    },
    /** With its digest as sealed. */
    atRun(run: number, source: string): { pull: Omit<SealedPull, 'records'>; digest: string } | null {
      const row = atRun.get(run, source)
      return row === undefined ? null : { pull: read(row), digest: row.digest }
    },
    /** The accepted pull that the records of a source rested on in that run; null before the first. */
    restedOn(source: string, run: number): { run: number; pull: Omit<SealedPull, 'records'>; digest: string } | null {
      const row = restedOn.get(source, run)
      return row === undefined ? null : { run: row.run, pull: read(row), digest: row.digest }
    },
    /**
     * Pages that were read at these moments by accepted pulls before that run, newest pull first. A moment names its pull:
     * one run has one clock, and where clocks were set back the newer reading had replaced the older.
     */
    pagesReadAt(
      source: string,
      before: number,
      moments: ReadonlySet<Instant>,
    ): { pages: SealedPage[]; lost: Instant[] } {
      const wanted = new Set(moments)
      const sorted = [...moments].sort(byText)
      const found: SealedPage[] = []
      for (const { run, collected_at, ended_at } of acceptedBefore.all(source, before)) {
        if (wanted.size === 0) break
        const first = sorted[firstFrom(sorted, collected_at)]
        if (first === undefined || first > ended_at) continue
        const pages = read(atRun.get(run, source)!).pages.filter(({ fetchedAt }) => wanted.has(fetchedAt))
        for (const { fetchedAt } of pages) wanted.delete(fetchedAt)
        found.push(...pages)
      }
      return { pages: found, lost: [...wanted] }
    },
    /** The newest pull, where it is held. */
    held(source: string): SealedPull | null {
      const row = newest.get(source)
      if (row === undefined || row.outcome !== 'held' || row.held === null) return null
      const records = unzipJsonSync<AnyRecord[]>(row.held, `the held pull of ${source}`)
      return { ...read(row), records }
    },
  }
}

export type PullStore = ReturnType<typeof pullStore>

/** Digests of the pages that a packed log holds whole. */
export function repeatedIn(log: Buffer, what: string): Buffer[] {
  const { again } = unzipJsonSync<Log>(log, what).pages
  return Object.values(again)
    .filter(({ secret }) => !secret)
    .map(({ sha256 }) => digestBytes(sha256))
}

/** The index of the first of sorted moments that is not before this one. */
function firstFrom(sorted: readonly Instant[], at: Instant): number {
  let [low, high] = [0, sorted.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (sorted[middle]! < at) low = middle + 1
    else high = middle
  }
  return low
}

function answerOf(place: number, page: SealedPage): Answer {
  const { date: _, ...headers } = page.headers
  return {
    place,
    sha256: page.sha256,
    request: page.request,
    status: page.status,
    headers,
    secret: page.secret,
  }
}

function changed(before: Answer | null, answer: Answer): boolean {
  return (
    before === null ||
    before.sha256 !== answer.sha256 ||
    before.request !== answer.request ||
    before.status !== answer.status ||
    JSON.stringify(before.headers) !== JSON.stringify(answer.headers) ||
    before.secret !== answer.secret
  )
}

/** Ephemeral devices aside: they come and go by design, and a guard against falls must not count them. */
function countsOf(records: readonly AnyRecord[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const record of records) {
    if (record.kind === 'device' && record.isEphemeral === true) continue
    counts[record.kind] = (counts[record.kind] ?? 0) + 1
  }
  return counts
}
