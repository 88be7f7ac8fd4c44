/**
 * Whom each check judged, as sets of numbers. A number is that of the record which the finding is about or, where it is
 * about none, one of its own in `stated`. A run adds a row when a set is another than in the run before, and that row
 * tells what came and what went: hundreds of checks judge the same devices, so one joiner is a few dozen bytes.
 */
import type Database from 'better-sqlite3'
import type { JudgedSubjects, SealedResult } from '../domain/store.ts'
import { Attendance, type Attending, flipsOf, type Turn, UNHEARD } from './attendance.ts'
import {
  addComers,
  idOf,
  isStated,
  numberingIn,
  numberOfStated,
  type Population,
  populationOf,
  type Stated,
} from './judged-numbers.ts'
import { type Flip, has, packFlips, unpackFlips } from './members.ts'
import { turn } from './pack.ts'
import type { Roll } from './records.ts'
import { byEngine, type Series, slot } from './results.ts'

interface Row {
  readonly run: number
  readonly body: Buffer
}
interface LastSealed {
  readonly run: number
  readonly attending: ReadonlyMap<string, Attending>
  readonly stated: Map<string, Roll>
}

export interface JudgedPlan {
  /** By `slot` of the series. */
  readonly next: ReadonlyMap<string, Attending>
  readonly turns: readonly { readonly name: string; readonly before: Attending; readonly after: Attending }[]
  readonly comers: readonly Stated[]
  readonly stated: Map<string, Roll>
}

const ROWS = 'select run, body from judged where run <= @upTo and run > @after order by run limit @limit'
const ADD = 'insert into judged (run, body) values (?, ?)'
const ADD_STATED = 'insert into stated (id, source, kind, key) values (?, ?, ?, ?)'
const NEXT = 'select run, body from judged where run > ? order by run limit 1'
const REPLACE = 'update judged set body = ? where run = ?'
const REMOVE = 'delete from judged where run = ?'
const FIRST = 'select min(run) from judged'
const UNTIL = 'update stated set until = ? where id = ?'
const NOTHING_SEALED: LastSealed = { run: -1, attending: new Map(), stated: new Map() }
/** Rows read between two turns of the event loop. */
const AT_ONCE = 1_000

export function judgedStore(db: Database.Database) {
  const rows = db.prepare<[{ upTo: number; after: number; limit: number }], Row>(ROWS)
  const add = db.prepare<[number, Buffer]>(ADD)
  const addStated = db.prepare<[number, string, string, string]>(ADD_STATED)
  const next = db.prepare<[number], Row>(NEXT)
  const replace = db.prepare<[Buffer, number]>(REPLACE)
  const remove = db.prepare<[number]>(REMOVE)
  const first = db.prepare<[], number | null>(FIRST).pluck()
  const setUntil = db.prepare<[number | null, number]>(UNTIL)

  const numbering = numberingIn(db)
  /** As our last seal left it: worth nothing once another has sealed. */
  let lastSealed: LastSealed = NOTHING_SEALED

  /** Every row up to a run, in order; between parts others have their turns. */
  async function* rowsUpTo(upTo: number): AsyncGenerator<readonly Row[]> {
    for (let after = 0; ; ) {
      const part = rows.all({ upTo, after, limit: AT_ONCE })
      yield part
      if (part.length < AT_ONCE) return
      after = part.at(-1)!.run
      await turn()
    }
  }

  async function attendingAfter(run: number, series: readonly Series[]): Promise<ReadonlyMap<string, Attending>> {
    if (lastSealed.run === run) return lastSealed.attending
    const attendance = new Attendance()
    for await (const part of rowsUpTo(run)) for (const row of part) attendance.apply(flipsIn(row))
    return new Map(series.map(({ id, check, system }) => [slot(check, system), attendance.of(id)]))
  }

  /**
   * @param after the newest run
   * @param rolls everything that the run's snapshot holds
   */
  async function plan(
    results: readonly SealedResult[],
    after: number,
    series: readonly Series[],
    rolls: readonly Roll[],
  ): Promise<JudgedPlan> {
    const before = await attendingAfter(after, series)
    const stated = lastSealed.run === after ? lastSealed.stated : new Map<string, Roll>()
    const numbers = numbering(rolls, stated)
    const known = new Map<JudgedSubjects['subjects'], Population>()
    const next = new Map<string, Attending>([...before].map(([name, { members }]) => [name, { members, silent: true }]))
    for (const result of results) {
      const name = slot(result.check, result.system)
      if (result.judged === undefined || byEngine(result)) {
        next.set(name, { members: (before.get(name) ?? UNHEARD).members, silent: true })
        continue
      }
      const { subjects, judged } = result.judged
      let population = known.get(subjects)
      if (population === undefined) {
        population = populationOf(subjects, numbers)
        known.set(subjects, population)
        await turn()
      }
      next.set(name, { members: population.membersOf(judged), silent: false })
    }
    const turns = [...next].map(([name, after]) => ({ name, before: before.get(name) ?? UNHEARD, after }))
    return { next, turns, comers: numbers.comers(), stated }
  }

  /** Inside the seal's transaction. */
  function write({ next, turns, comers }: JudgedPlan, series: ReadonlyMap<string, number>, run: number): void {
    for (const { id, source, kind, key } of comers) addStated.run(id, source, kind, key)
    const flips = flipsOf(turns.map(({ name, ...rest }): Turn => ({ series: series.get(name)!, ...rest })))
    if (flips.length === 0) return
    add.run(run, packFlips(flips))
    const moved = new Set(flips.flatMap(({ numbers }) => numbers.filter(isStated)))
    for (const { id } of comers) moved.delete(numberOfStated(id))
    for (const number of moved) {
      const stays = [...next.values()].some(({ members }) => has(members, number))
      setUntil.run(stays ? null : run, idOf(number))
    }
  }

  /** Inside a transaction: takes rows away from the beginning of the table; the one that then is the first tells all that they told. */
  function fold(runs: readonly number[]): void {
    const last = runs.at(-1)!
    const rest = next.get(last)
    if (rest === undefined) return
    const attendance = new Attendance()
    for (const row of rows.all({ upTo: rest.run, after: 0, limit: runs.length + 1 })) attendance.apply(flipsIn(row))
    replace.run(packFlips(attendance.whole()), rest.run)
    for (const run of runs) remove.run(run)
  }

  return {
    plan,
    write,
    fold,
    /** The first run that it was kept of, or that the retention rule left; null where none is. */
    first: (): number | null => first.get() ?? null,
    sealed({ next, comers, stated }: JudgedPlan, run: number): void {
      addComers(stated, comers)
      lastSealed = { run, attending: next, stated }
    },
    /** After the retention rule has deleted numbers. */
    forget(): void {
      lastSealed = NOTHING_SEALED
    },
    rowsUpTo,
  }
}

export type JudgedStore = ReturnType<typeof judgedStore>

export function flipsIn({ run, body }: Row): Flip[] {
  return unpackFlips(body, `whom the checks judged in run ${run}`)
}
