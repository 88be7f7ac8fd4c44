/**
 * A copy of what a run rests on, in which values can be changed: in the vendor's answers, which are then read anew by their
 * connector; in what stands beside them (settings, source states, our own records). Judged by the engine as a run is.
 */
import type { Check } from '../../domain/check.ts'
import { AppError, isPullErrorCode } from '../../domain/error.ts'
import { carryForward, evaluateAgain } from '../../domain/evaluate.ts'
import { type AnyRecord, type Carried, type RecordRef, refOf } from '../../domain/record.ts'
import type { SourceInputs } from '../../domain/reperform.ts'
import type { CheckResult } from '../../domain/result.ts'
import type { Settings } from '../../domain/settings.ts'
import { makeSnapshot, recarried, type SourceState } from '../../domain/snapshot.ts'
import type { PageInput } from '../../domain/store.ts'
import { DAY, instant, plus } from '../../domain/time.ts'
import { recordsFromPages } from '../derived-records.ts'
import { type OpenAnswer, openAnswer, type Path, pathText, putAt, type Row, valueAt } from './answer.ts'
import { type Ground, nameOf, type SourceGround } from './ground.ts'

/** What the engine calls a source whose reading is not whole. */
const BROKEN_OFF = { code: 'truncated', message: 'an answer of this reading is missing' } as const
/** How long what is changed is made to stand already, for checks that wait before they fail: longer than any of them waits. */
const STOOD_MS = 400 * DAY

/** A row of an answer, or a record whose answer is not kept. */
export interface ChangeableRow {
  readonly record: AnyRecord
  readonly value: Row
  get(path: Path): unknown
  /** Undefined takes the member out. Gives what was done in words; null where nothing differs. */
  set(path: Path, to: unknown): string | null
  remove(): string
}

export class Copy {
  readonly ground: Ground
  readonly #open = new Map<PageInput, OpenAnswer | null>()
  readonly #changed = new Set<PageInput>()
  readonly #statuses = new Map<PageInput, number>()
  readonly #left = new Set<PageInput>()
  readonly #records = new Map<RecordRef, AnyRecord | null>()
  /** What was done to a place, for subjects that share it. */
  readonly #said = new Map<string, string>()
  readonly #states = new Map<string, Partial<SourceState>>()
  #settings: Settings
  #stood = false
  #nextRun = false

  constructor(ground: Ground) {
    this.ground = ground
    this.#settings = ground.inputs.settings
  }

  get settings(): Settings {
    return this.#settings
  }

  configure(settings: Settings): void {
    this.#settings = settings
  }

  state(source: string, over: Partial<SourceState>): void {
    this.#states.set(source, { ...this.#states.get(source), ...over })
  }

  /** As if what is changed had been so for long. */
  stood(): void {
    this.#stood = true
  }

  /** As if the next run saw what is changed: it read anew, and knows what this one saw. */
  inNextRun(): void {
    if (this.#nextRun) return
    this.#nextRun = true
    for (const { id, collectedAt } of this.ground.inputs.sources) {
      if (collectedAt !== null) this.state(id, { collectedAt: plus(collectedAt, 1) })
    }
  }

  /** As if no run before had noted it; null where none had. */
  forget(ref: RecordRef): string | null {
    if (!this.#before().some((record) => refOf(record) === ref)) return null
    this.#records.set(ref, null)
    return 'what an earlier run noted of it forgotten'
  }

  /** Null for what is neither in an answer nor a record of this run. */
  async row(ref: RecordRef): Promise<ChangeableRow | null> {
    const record = this.ground.record(ref)
    const page = this.ground.pageOf(ref)
    if (record === null) return null
    if (page === null) return this.#ownRow(record)
    const answer = await this.answer(page)
    const place = await this.ground.placeOf(ref, page)
    const value = answer === null ? undefined : valueAt(answer.root, place)
    if (answer === null || value === null || typeof value !== 'object') return null
    return {
      record,
      value: value as Row,
      get: (path) => valueAt(value, path),
      set: (path, to) => this.put(page, [...place, ...path], to),
      remove: () => {
        // Taken out for good, it would move those behind it, and their places are known.
        this.#records.set(ref, null)
        return `${answer.name(place)} taken out`
      },
    }
  }

  /** The opened answer; null where it is gone or holds nothing to be pointed at. */
  async answer(page: PageInput): Promise<OpenAnswer | null> {
    let answer = this.#open.get(page)
    if (answer === undefined) {
      const body = await this.ground.bytes(page)
      answer = body === null ? null : openAnswer(body)
      this.#open.set(page, answer)
    }
    return answer
  }

  /** Changes an opened answer. */
  put(page: PageInput, path: Path, to: unknown): string | null {
    const answer = this.#open.get(page)!
    const from = valueAt(answer.root, path)
    const name = answer.name(path)
    const place = `${nameOf(page)}\0${name}`
    if (JSON.stringify(from) === JSON.stringify(to)) return this.#said.get(place) ?? null
    const said = `${name} ${shown(from)} → ${shown(to)}`
    putAt(answer.root, path, to)
    this.#changed.add(page)
    this.#said.set(place, said)
    return said
  }

  /** The answer comes with another status. */
  answered(page: PageInput, status: number): string {
    this.#statuses.set(page, status)
    return `${page.place} answered ${status} instead of ${page.status}`
  }

  /** The reading goes on without this answer, as if it had not been asked for. */
  leaveOut(page: PageInput): void {
    this.#left.add(page)
  }

  /** An answer of the walk never came, so the reading is not complete and nothing may rest on it. */
  breakOff(source: string): string {
    const last = this.ground.sources.get(source)?.inputs.pages.at(-1)
    this.state(source, { status: 'failed', error: BROKEN_OFF })
    return `${last === undefined ? 'the reading' : `the answer to ${last.place}`} of ${source} gone: the reading is not complete`
  }

  async judge(check: Check, system: string | null, asked: readonly Check[]): Promise<CheckResult> {
    const { inputs } = this.ground
    const records: AnyRecord[] = []
    const seen = new Map<string, Partial<SourceState>>()
    for (const [id, source] of this.ground.sources) {
      const found = await this.#recordsOf(source)
      if ('error' in found) seen.set(id, { status: 'failed', error: found.error })
      else {
        for (const record of found.records) records.push(record)
        if (found.blind !== null) seen.set(id, { blind: found.blind })
      }
    }
    const before = this.#before().filter((record) => this.#records.get(refOf(record)) !== null)
    const house = inputs.house.filter((record) => this.#records.get(refOf(record)) !== null)
    const snapshot = makeSnapshot({
      runId: '',
      sequence: inputs.run.sequence,
      at: inputs.run.snapshotAt,
      sources: inputs.sources.map((state) => ({ ...state, ...seen.get(state.id), ...this.#states.get(state.id) })),
      settings: this.#settings,
      records: [...records, ...before, ...house.map((record) => this.#records.get(refOf(record)) ?? record)],
    })
    if (check.carry === null) return evaluateAgain(recarried(snapshot, inputs.carried), asked, check, system)
    const others = inputs.carried.filter((record) => record.check !== check.id)
    let own = carryForward(snapshot, [check])
    if (this.#stood) {
      const then = [...before.filter((record) => record.check !== check.id), ...own.map(longSince)]
      own = carryForward(recarried(snapshot, then), [check])
    }
    return evaluateAgain(recarried(snapshot, [...others, ...own]), asked, check, system)
  }

  #before(): readonly Carried[] {
    const { carried, carriedBefore } = this.ground.inputs
    return this.#nextRun ? carried : (carriedBefore ?? carried)
  }

  #ownRow(record: AnyRecord): ChangeableRow {
    const ref = refOf(record)
    const value = structuredClone(this.#records.get(ref) ?? record) as unknown as Row
    return {
      record,
      value,
      get: (path) => valueAt(value, path),
      set: (path, to) => {
        const from = valueAt(value, path)
        // A record holds no undefined: what is taken out was never said.
        const given = to ?? null
        const place = `${ref}\0${pathText(path)}`
        if (JSON.stringify(from) === JSON.stringify(given)) return this.#said.get(place) ?? null
        const said = `${pathText(path)} of the record ${shown(from)} → ${shown(given)}`
        putAt(value, path, given)
        this.#records.set(ref, value as unknown as AnyRecord)
        this.#said.set(place, said)
        return said
      },
      remove: () => {
        this.#records.set(ref, null)
        return 'the record taken out'
      },
    }
  }

  async #recordsOf(source: SourceGround) {
    const { inputs, reader } = source
    const pages = [...inputs.pages, ...inputs.earlier]
    const touched = pages.some((page) => this.#changed.has(page) || this.#statuses.has(page) || this.#left.has(page))
    if (!touched || reader === null) return { records: this.#replaced(source.records), blind: null }
    return this.#readAnew(source, inputs)
  }

  /** By the way that a pull's answers take; those that nobody touched are not read twice. */
  async #readAnew({ reader, readings }: SourceGround, inputs: SourceInputs) {
    let refused: SourceState['error'] = null
    const byName = new Map([...readings.keys()].map((page) => [nameOf(page), page]))
    const own: NonNullable<SourceGround['reader']> = {
      ...reader!,
      read: (page, context) => {
        const known = byName.get(nameOf(page))!
        if (!this.#changed.has(known) && !this.#statuses.has(known)) return readings.get(known)!
        try {
          const status = this.#statuses.get(known) ?? page.status
          return reader!.read({ ...page, status }, context)
        } catch (error) {
          if (error instanceof AppError && isPullErrorCode(error.code))
            refused = { code: error.code, message: error.message }
          throw error
        }
      },
    }
    const kept = (list: readonly PageInput[]): PageInput[] => list.filter((page) => !this.#left.has(page))
    const derived = await recordsFromPages(
      { ...inputs, pages: kept(inputs.pages), earlier: kept(inputs.earlier) },
      own,
      this.#settings.organization.timeZone,
      async (page) => {
        if (this.#changed.has(page)) return this.#open.get(page)!.write()
        return this.#statuses.has(page) ? this.ground.bytes(page) : NO_BYTES
      },
    )
    if (derived.records === null) return { error: refused ?? BROKEN_OFF }
    return { records: this.#replaced(derived.records), blind: derived.blind }
  }

  #replaced(records: readonly AnyRecord[]): readonly AnyRecord[] {
    if (this.#records.size === 0) return records
    return records.flatMap((record) => {
      const other = this.#records.get(refOf(record))
      return other === undefined ? [record] : other === null ? [] : [other]
    })
  }
}

const NO_BYTES = new Uint8Array()

/** First seen long ago instead of when it was. */
function longSince(record: Carried): Carried {
  return { ...record, body: earlier(record.body) as Carried['body'] }
}

function earlier(value: unknown): unknown {
  if (typeof value === 'string') return instant(value) === value ? plus(value, -STOOD_MS) : value
  if (Array.isArray(value)) return value.map(earlier)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, earlier(member)]))
}

const SHOWN_MAX = 120

export function shown(value: unknown): string {
  if (value === undefined) return 'nothing'
  const text = JSON.stringify(value)
  return text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX - 1)}…` : text
}
