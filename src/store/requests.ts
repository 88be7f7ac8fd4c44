/**
 * Pulls: one row each, with the request log and the list of pages in one packed column. What a place answered stands in
 * `answer`, in a row only when it changed; the log names the place, and repeats no digest that stands there.
 */
import type Database from 'better-sqlite3'
import type { Page, RequestNote } from '../domain/connector.ts'
import { AppError, type PullErrorCode } from '../domain/error.ts'
import { byText } from '../domain/json.ts'
import type { AnyRecord } from '../domain/record.ts'
import type { Blindness } from '../domain/snapshot.ts'
import type { PullOutcome, SealedPull } from '../domain/store.ts'
import type { Instant } from '../domain/time.ts'
import { pullDigest } from './digest.ts'
import { damaged } from './failure.ts'
import {
  type NextBytes,
  type PackedInstants,
  type PackedNotes,
  packInstants,
  packNotes,
  packSteps,
  unpackInstants,
  unpackNotes,
  unpackSteps,
} from './log.ts'
import { digestBytes, turn, unzipJsonSync, zipJson } from './pack.ts'

type SealedPage = Omit<Page, 'body'>

export interface Answer {
  readonly place: number
  readonly sha256: string
  readonly request: string
  readonly status: number
  /** JSON, without `date`, which moves each time. */
  readonly headers: string
  readonly secret: boolean
  /** Of the body as received, where a call tells. */
  readonly bytes: number | null
}

interface Log {
  readonly blind: readonly Blindness[]
  readonly fall: SealedPull['fall']
  readonly notVendorHost: boolean
  readonly pages: {
    /** Numbers of places, as steps. */
    readonly places: readonly number[]
    readonly fetchedAt: PackedInstants
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
  readonly answers: readonly WrittenAnswer[]
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
/** Null where it is as the place says. */
interface WrittenAnswer extends Omit<Answer, 'request' | 'headers'> {
  readonly request: string | null
  readonly headers: string | null
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
  bytes: number | null,
]
interface Place {
  readonly name: string
  readonly answer: Answer | null
}
type NewestRow = [
  place: number,
  sha256: string,
  request: string | null,
  status: number,
  headers: string | null,
  secret: number,
  bytes: number | null,
]
/** What answers there mostly say; headers are null before the first. */
type UsualRow = [name: string, id: number, seen: string | null, request: string | null, headers: string | null]
interface Usual {
  readonly id: number
  readonly request: string
  readonly headers: string | null
}

const ADD_PLACE = 'insert into place (source, name, seen, request, headers) values (?, ?, ?, ?, ?)'
const PLACES = 'select name, id, seen, request, headers from place where source = ?'
const USUAL = 'update place set request = ?, headers = ? where id = ?'
/** Once a month: what no pull of the retention time names goes with it. */
const SEE_PLACE = 'update place set seen = ? where id = ?'
/** Names and answers of many places in one question: asked one by one, 16,000 calls held the loop up for 400 ms. */
const ANSWERS = `select place.id, place.name, lower(hex(sha256)), ifnull(answer.request, ifnull(place.request, place.name)), status,
    ifnull(answer.headers, place.headers), secret, bytes
  from json_each(?) wanted join place on place.id = wanted.value
  left join answer on answer.place = place.id
    and answer.run = (select max(run) from answer earlier where earlier.place = place.id and earlier.run <= ?)`
/** The same of the newest, without what is as the place says. */
const NEWEST_ANSWERS = `select place, lower(hex(sha256)), request, status, headers, secret, bytes
  from json_each(?) wanted join answer on answer.place = wanted.value
    and answer.run = (select max(run) from answer newest where newest.place = wanted.value)`
const ADD_ANSWER = `insert into answer (place, run, sha256, request, status, headers, secret, bytes)
  values (?, ?, ?, ?, ?, ?, ?, ?)`
/** Which of these digests are those of pages that are kept: asked one by one it took 60 ms for 10,000. */
const KEPT_OF = 'select value from json_each(?) where exists (select 1 from page where sha256 = unhex(value))'
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

export function pullStore(db: Database.Database) {
  const addPlace = db.prepare<[string, string, string, string | null, string | null]>(ADD_PLACE)
  const placesOfSource = db.prepare<[string], UsualRow>(PLACES).raw()
  const setUsual = db.prepare<[string | null, string, number]>(USUAL)
  const seePlace = db.prepare<[string, number]>(SEE_PLACE)
  const addRepeat = db.prepare<[string, number, Buffer]>(ADD_REPEAT)
  const answersAt = db.prepare<[string, number], PlaceRow>(ANSWERS).raw()
  const newestAnswers = db.prepare<[string], NewestRow>(NEWEST_ANSWERS).raw()
  const addAnswer = db.prepare(ADD_ANSWER)
  const sealPage = db.prepare<[Buffer]>(SEAL_PAGE)
  const keptOf = db.prepare<[string], string>(KEPT_OF).pluck()
  const addPull = db.prepare(ADD_PULL)
  const dropHeld = db.prepare<[string]>(DROP_HELD)
  const newest = db.prepare<[string], PullRow>(NEWEST)
  const ofRun = db.prepare<[string, string], PullRow>(OF_RUN)
  const atRun = db.prepare<[number, string], PullRow>(AT_RUN)
  const restedOn = db.prepare<[string, number], PullRow>(RESTED_ON)
  const acceptedBefore = db.prepare<[string, number], Pick<PullRow, 'run' | 'collected_at' | 'ended_at'>>(
    ACCEPTED_BEFORE,
  )

  /** Numbers for all places of a pull. Harmless before the seal: a place says nothing of what it answered last. */
  const number = db.transaction((pull: SealedPull): Map<string, Usual> => {
    const known = new Map(placesOfSource.all(pull.source).map((row) => [row[0], row]))
    const places = new Map<string, Usual>()
    const month = pull.endedAt.slice(0, 7)
    const add = (name: string, page: SealedPage | null): void => {
      if (places.has(name)) return
      const row = known.get(name)
      if (row !== undefined && (row[2] ?? '') < month) seePlace.run(month, row[1])
      // What is usual there is set once only: answers are told against it.
      const isSet = row !== undefined && (row[4] !== null || page === null)
      const request = isSet ? row[3] : page === null || page.request === name ? null : page.request
      const headers = isSet ? row[4] : page === null ? null : headersOf(page)
      if (row !== undefined && !isSet) setUsual.run(request, headers!, row[1])
      const id = row?.[1] ?? Number(addPlace.run(pull.source, name, month, request, headers).lastInsertRowid)
      places.set(name, { id, request: request ?? name, headers })
    }
    for (const page of pull.pages) add(page.place, page)
    for (const { place } of pull.requests) add(place, null)
    return places
  })

  /**
   * Of a failed pull a body may be missing; on the others verdicts rest, and none may rest on bytes that nobody has (P6).
   * @returns digests of the pages that are kept
   */
  function keptPages(pull: SealedPull): Set<string> {
    const wanted = new Set(pull.pages.filter(({ secret }) => !secret).map(({ sha256 }) => sha256))
    const kept = new Set(keptOf.all(JSON.stringify([...wanted])))
    const lost = pull.pages.find(({ secret, sha256 }) => !secret && !kept.has(sha256))
    if (lost === undefined || pull.outcome === 'failed') return kept
    throw new AppError(
      'internal',
      `store: the pull of ${pull.source} names the answer to "${lost.request}" (${lost.sha256}), which was never kept`,
    )
  }

  async function plan(pull: SealedPull): Promise<PullPlan> {
    const places = number.immediate(pull)
    await turn()
    const kept = keptPages(pull)
    await turn()
    const calls = new Map(pull.requests.map((note) => [note.place, note]))
    const answers = new Map<number, Answer>()
    const again: Record<string, SealedPage> = {}
    for (const [index, page] of pull.pages.entries()) {
      const { id } = places.get(page.place)!
      if (answers.has(id) || !(page.secret || kept.has(page.sha256))) again[index] = page
      else answers.set(id, answerOf(id, page, calls.get(page.place)))
    }
    const { notes, behind } = packNotes(pull.requests, (note) => {
      const { id } = places.get(note.place)!
      return { place: id, answer: answers.get(id) ?? null }
    })
    const fetched = packInstants(
      pull.pages.map(({ fetchedAt }) => fetchedAt),
      pull.pages.map(({ place }) => endOf(calls.get(place))),
    )
    const log: Log = {
      blind: pull.blind,
      fall: pull.fall,
      notVendorHost: pull.notVendorHost,
      pages: {
        places: packSteps(pull.pages.map((page) => places.get(page.place)!.id)),
        fetchedAt: fetched.packed,
        dates: pull.pages.map((page) => page.headers['date'] ?? null),
        again,
      },
      notes,
    }
    await turn()
    const before = new Map(newestAnswers.all(JSON.stringify([...answers.keys()])).map((row) => [row[0], row]))
    const written: WrittenAnswer[] = []
    for (const { place } of pull.pages) {
      const { id, request, headers } = places.get(place)!
      const answer = answers.get(id)
      const row = before.get(id)
      if (answer === undefined || (row !== undefined && says(row, answer, places.get(place)!))) continue
      answers.delete(id)
      written.push({
        ...answer,
        request: answer.request === request ? null : answer.request,
        headers: answer.headers === headers ? null : answer.headers,
      })
    }
    await turn()
    const digest = pullDigest(pull)
    await turn()
    return {
      pull,
      digest,
      answers: written,
      again: Object.values(again),
      log: await packLog(log, [...behind, fetched.bytes]),
      held: pull.outcome === 'held' ? await zipJson(pull.records) : null,
      counts: countsOf(pull.records),
    }
  }

  /** Inside the seal's transaction. */
  function write(plan: PullPlan, run: number): void {
    const { pull } = plan
    const marked = new Set<string>()
    for (const entry of plan.answers) {
      const { place, request, status, headers, secret, bytes } = entry
      const digest = digestBytes(entry.sha256)
      addAnswer.run(place, run, digest, request, status, headers, Number(secret), bytes)
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
    for (const [place, name, sha256, request, status, headers, secret, bytes] of rows) {
      const answer = sha256 === '' ? null : { place, sha256, request, status, headers, secret: secret === 1, bytes }
      places.set(place, { name, answer })
    }
    return places
  }

  function read(row: PullRow): Omit<SealedPull, 'records'> {
    const what = `the request log of ${row.source} in run ${row.run}`
    const { log, next } = openLog(row.log, what)
    const placeIds = unpackSteps(log.pages.places)
    const places = placesOf([...placeIds, ...unpackSteps(log.notes.places)], row.run)
    const nameOf = (id: number): string => places.get(id)?.name ?? ''
    const answerAt = (id: number): Answer | null => places.get(id)?.answer ?? null
    const requests = unpackNotes(log.notes, next, (id) => ({ place: nameOf(id), answer: answerAt(id) }))
    const calls = new Map(requests.map((note) => [note.place, note]))
    const fetchedAt = unpackInstants(
      log.pages.fetchedAt,
      next,
      placeIds.map((id) => endOf(calls.get(nameOf(id)))),
    )
    const pages = placeIds.map((id, index): SealedPage => {
      const again = log.pages.again[index]
      if (again !== undefined) return again
      const entry = answerAt(id)
      if (entry === null) throw damaged(`the answer at "${nameOf(id)}" that ${what} rests on is gone`)
      const date = log.pages.dates[index] ?? null
      const headers = JSON.parse(entry.headers) as Record<string, string>
      return {
        source: row.source,
        sha256: entry.sha256,
        request: entry.request,
        place: nameOf(id),
        status: entry.status,
        headers: date === null ? headers : { ...headers, date },
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
      requests,
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

/** The log, then what stands in bytes of its own. */
async function packLog(log: Log, behind: readonly Uint8Array[]): Promise<Buffer> {
  const zipped = await zipJson(log)
  const length = Buffer.alloc(4)
  length.writeUInt32LE(zipped.length)
  return Buffer.concat([length, zipped, ...behind])
}

function openLog(packed: Buffer, what: string): { log: Log; next: NextBytes } {
  let at = packed.length < 4 ? 0 : 4 + packed.readUInt32LE(0)
  const log = unzipJsonSync<Log>(packed.subarray(4, at), what)
  return {
    log,
    next(length) {
      at += length
      return packed.subarray(at - length, at)
    },
  }
}

/** In milliseconds; null where no call is known, or its beginning not as a moment. */
function endOf(call: RequestNote | undefined): number | null {
  return call === undefined ? null : Math.trunc(Date.parse(call.startedAt) + call.durationMs)
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

function answerOf(place: number, page: SealedPage, call: RequestNote | undefined): Answer {
  const { sha256, request, status, secret } = page
  const bytes = call?.sha256 === sha256 ? call.bytes : null
  return { place, sha256, request, status, headers: headersOf(page), secret, bytes }
}

function headersOf({ headers }: SealedPage): string {
  const list: string[] = []
  for (const name in headers) if (name !== 'date') list.push(`${JSON.stringify(name)}:${JSON.stringify(headers[name])}`)
  return `{${list.join(',')}}`
}

function says([, sha256, request, status, headers, secret, bytes]: NewestRow, answer: Answer, usual: Usual): boolean {
  return (
    sha256 === answer.sha256 &&
    (request ?? usual.request) === answer.request &&
    status === answer.status &&
    (headers ?? usual.headers) === answer.headers &&
    (secret === 1) === answer.secret &&
    bytes === answer.bytes
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
