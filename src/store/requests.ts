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
import { atOnce, inTurns, type Steps } from '../lib/steps.ts'
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
import { millisOf } from './moments.ts'
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
  /** With what they answer from this run on. */
  readonly places: ReadonlyMap<string, PullPlace>
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
/** A place of a pull, and what it answered last; null before the first time. */
interface PullPlace {
  readonly id: number
  /** Of the pull that named it last. */
  readonly seen: string
  /** What it mostly says. */
  readonly request: string
  readonly headers: string | null
  readonly answer: Answer | null
}

const PLACES_A_STEP = 4_000

const ADD_PLACE = 'insert into place (source, name, seen, request, headers) values (?, ?, ?, ?, ?)'
const PLACES = `select place.name, place.id, place.seen, place.request, place.headers
  from json_each(@names) wanted join place on place.source = @source and place.name = wanted.value`
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
  const placesNamed = db.prepare<[{ source: string; names: string }], UsualRow>(PLACES).raw()
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

  /**
   * The places of each source's last pull, as our last seal left them: worth nothing once another has sealed, or rows
   * were deleted.
   */
  const lastSealed = { run: 0, places: new Map<string, ReadonlyMap<string, PullPlace>>() }

  /** All places of a pull, with numbers. Harmless before the seal: a place says nothing of what it answered last. */
  function placesIn(pull: SealedPull, newest: number): Map<string, PullPlace> {
    const month = pull.endedAt.slice(0, 7)
    const known = lastSealed.run === newest ? lastSealed.places.get(pull.source) : undefined
    const places = new Map<string, PullPlace>()
    const others = new Map<string, SealedPage | null>()
    const add = (name: string, page: SealedPage | null): void => {
      if (places.has(name) || others.has(name)) return
      const place = known?.get(name)
      if (place?.seen === month && (page === null || place.headers !== null)) places.set(name, place)
      else others.set(name, page)
    }
    for (const page of pull.pages) add(page.place, page)
    for (const { place } of pull.requests) add(place, null)
    if (others.size === 0) return places
    const numbered = number.immediate(pull.source, month, others)
    const rows = newestAnswers.all(JSON.stringify([...numbered.values()].map(({ id }) => id)))
    const answers = new Map(rows.map((row) => [row[0], row]))
    for (const [name, place] of numbered) places.set(name, { ...place, answer: answerIn(answers.get(place.id), place) })
    return places
  }

  const number = db.transaction(
    (source: string, month: string, wanted: ReadonlyMap<string, SealedPage | null>): Map<string, PullPlace> => {
      const names = JSON.stringify([...wanted.keys()])
      const known = new Map(placesNamed.all({ source, names }).map((row) => [row[0], row]))
      const places = new Map<string, PullPlace>()
      for (const [name, page] of wanted) {
        const row = known.get(name)
        if (row !== undefined && (row[2] ?? '') < month) seePlace.run(month, row[1])
        // What is usual there is set once only: answers are told against it.
        const isSet = row !== undefined && (row[4] !== null || page === null)
        const request = isSet ? row[3] : page === null || page.request === name ? null : page.request
        const headers = isSet ? row[4] : page === null ? null : headersOf(page)
        if (row !== undefined && !isSet) setUsual.run(request, headers!, row[1])
        const id = row?.[1] ?? Number(addPlace.run(source, name, month, request, headers).lastInsertRowid)
        places.set(name, { id, seen: month, request: request ?? name, headers, answer: null })
      }
      return places
    },
  )

  /**
   * Of a failed pull a body may be missing; on the others verdicts rest, and none may rest on bytes that nobody has (P6).
   * The page of a place's newest answer is kept, as its seal saw to it.
   */
  function keptPages(pull: SealedPull, places: ReadonlyMap<string, PullPlace>): (page: SealedPage) => boolean {
    const isAsBefore = ({ place, sha256 }: SealedPage): boolean => places.get(place)!.answer?.sha256 === sha256
    const wanted = new Set(pull.pages.filter((page) => !page.secret && !isAsBefore(page)).map(({ sha256 }) => sha256))
    const kept = new Set(wanted.size === 0 ? [] : keptOf.all(JSON.stringify([...wanted])))
    const lost = pull.pages.find(({ secret, sha256 }) => !secret && wanted.has(sha256) && !kept.has(sha256))
    if (lost === undefined || pull.outcome === 'failed') return (page) => kept.has(page.sha256) || isAsBefore(page)
    throw new AppError(
      'internal',
      `store: the pull of ${pull.source} names the answer to "${lost.request}" (${lost.sha256}), which was never kept`,
    )
  }

  /** @param newest the run that it follows */
  async function plan(pull: SealedPull, newest: number): Promise<PullPlan> {
    const places = placesIn(pull, newest)
    await turn()
    const isKept = keptPages(pull, places)
    await turn()
    const calls = new Map(pull.requests.map((note) => [note.place, note]))
    const answers = new Map<number, Answer>()
    const again: Record<string, SealedPage> = {}
    for (const [index, page] of pull.pages.entries()) {
      const { id } = places.get(page.place)!
      if (answers.has(id) || !(page.secret || isKept(page))) again[index] = page
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
    const written: WrittenAnswer[] = []
    for (const { place } of pull.pages) {
      const { id, request, headers, answer: before } = places.get(place)!
      const answer = answers.get(id)
      if (answer === undefined || (before !== null && saysTheSame(before, answer))) continue
      answers.delete(id)
      places.set(place, { ...places.get(place)!, answer })
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
      places,
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

  /** Each place by its number, with what it had answered by that run: a later seal changes nothing of it. */
  function* placesOf(ids: readonly number[], run: number): Steps<Map<number, Place>> {
    const places = new Map<number, Place>()
    const wanted = [...new Set(ids)]
    for (let from = 0; from < wanted.length; from += PLACES_A_STEP) {
      const rows = answersAt.all(JSON.stringify(wanted.slice(from, from + PLACES_A_STEP)), run)
      for (const [place, name, sha256, request, status, headers, secret, bytes] of rows) {
        const answer = sha256 === '' ? null : { place, sha256, request, status, headers, secret: secret === 1, bytes }
        places.set(place, { name, answer })
      }
      yield
    }
    return places
  }

  /** In steps: the log of 20,000 calls took 140 ms, and pages show it. */
  function* reading(row: PullRow): Steps<Omit<SealedPull, 'records'>> {
    const what = `the request log of ${row.source} in run ${row.run}`
    const { log, next } = openLog(row.log, what)
    const placeIds = unpackSteps(log.pages.places)
    yield
    const places = yield* placesOf([...placeIds, ...unpackSteps(log.notes.places)], row.run)
    const nameOf = (id: number): string => places.get(id)?.name ?? ''
    const answerAt = (id: number): Answer | null => places.get(id)?.answer ?? null
    const requests = unpackNotes(log.notes, next, (id) => ({ place: nameOf(id), answer: answerAt(id) }))
    yield
    const calls = new Map(requests.map((note) => [note.place, note]))
    const fetchedAt = unpackInstants(
      log.pages.fetchedAt,
      next,
      placeIds.map((id) => endOf(calls.get(nameOf(id)))),
    )
    yield
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
    /** After the seal of a run. */
    sealed(plans: readonly PullPlan[], run: number): void {
      if (lastSealed.run !== run - 1) lastSealed.places.clear()
      for (const { pull, places } of plans) lastSealed.places.set(pull.source, places)
      lastSealed.run = run
    },
    /** After rows were deleted. */
    forget: (): void => lastSealed.places.clear(),
    async newest(source: string): Promise<Omit<SealedPull, 'records'> | null> {
      const row = newest.get(source)
      return row === undefined ? null : inTurns(reading(row))
    },
    async ofRun(source: string, runId: string): Promise<Omit<SealedPull, 'records'> | null> {
      const row = ofRun.get(source, runId)
      return row === undefined ? null : inTurns(reading(row))
    },
    /** With its digest as sealed. */
    atRun(run: number, source: string): { pull: Omit<SealedPull, 'records'>; digest: string } | null {
      const row = atRun.get(run, source)
      return row === undefined ? null : { pull: atOnce(reading(row)), digest: row.digest }
    },
    /** The accepted pull that the records of a source rested on in that run; null before the first. */
    restedOn(source: string, run: number): { run: number; pull: Omit<SealedPull, 'records'>; digest: string } | null {
      const row = restedOn.get(source, run)
      return row === undefined ? null : { run: row.run, pull: atOnce(reading(row)), digest: row.digest }
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
        const pages = atOnce(reading(atRun.get(run, source)!)).pages.filter(({ fetchedAt }) => wanted.has(fetchedAt))
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
      return { ...atOnce(reading(row)), records }
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
  return call === undefined
    ? null
    : Math.trunc((millisOf(call.startedAt) ?? Date.parse(call.startedAt)) + call.durationMs)
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

function answerIn(row: NewestRow | undefined, usual: Pick<PullPlace, 'request' | 'headers'>): Answer | null {
  if (row === undefined) return null
  const [place, sha256, request, status, headers, secret, bytes] = row
  return {
    place,
    sha256,
    request: request ?? usual.request,
    status,
    headers: headers ?? usual.headers ?? '',
    secret: secret === 1,
    bytes,
  }
}

function saysTheSame(some: Answer, other: Answer): boolean {
  return (
    some.sha256 === other.sha256 &&
    some.request === other.request &&
    some.status === other.status &&
    some.headers === other.headers &&
    some.secret === other.secret &&
    some.bytes === other.bytes
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
