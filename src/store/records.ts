/**
 * Records as they change: a version when one says something new or went away, told as the difference from the frame in
 * service (states.ts). Whether a record changed its digest tells, which the snapshot's digest needs in any case.
 */
import type Database from 'better-sqlite3'
import { type Columns, columnsOfSorted, volatileFields } from '../domain/digests.ts'
import { byText } from '../domain/json.ts'
import { type AnyRecord, isOurs } from '../domain/record.ts'
import { byKey, type ComparedPopulation, comparisonOf, type Listed, listed, slot } from './comparison.ts'
import { difference } from './difference.ts'
import { columnsDigest, recordDigest } from './digest.ts'
import { type Shape, Shapes, set } from './encode.ts'
import { damaged } from './failure.ts'
import { turn } from './pack.ts'
import { type Population, stateReader } from './states.ts'
import { packColumns, unpackColumns } from './volatile.ts'

/** Records compared between two turns of the event loop. */
const CHUNK = 2_000
const DIGEST_BYTES = 32

/**
 * A frame serves for so many runs, three weeks of them each quarter of an hour: so long at most what a record once said
 * stands there after all states that said it have been deleted.
 */
const FRAME_RUNS = 2_000

/** Stands where a source has no volatile values, or none any more. */
const NOTHING_VOLATILE = ''

interface Change {
  /** It was never seen before. */
  readonly isNew: boolean
  /** Its place among the records: what it says is packed when it is written, as a first run brings 80,000. */
  readonly at: number
}
/** Who is there, and under which number of ours. */
export interface Roll {
  readonly source: string
  readonly kind: string
  /** In order of the keys. */
  readonly places: readonly { readonly key: string }[]
  readonly ids: Int32Array
}
export interface PopulationPlan {
  readonly source: string
  readonly kind: string
  readonly changes: readonly Change[]
  readonly gone: readonly number[]
  /** All that is there now, in order of the keys. */
  readonly sorted: readonly AnyRecord[]
  readonly digests: Buffer
  /** Zero of what was never seen before, until the seal gives it a number. */
  readonly ids: Int32Array
}
/** Everything that a source holds after an accepted pull. */
export interface SourcePlan {
  readonly populations: readonly PopulationPlan[]
  /** Null where it is as before. */
  readonly volatile: VolatilePlan | null
  /** Null where there are no such values. */
  readonly volatileDigest: string | null
}
export interface VolatilePlan {
  readonly source: string
  readonly digest: string
  readonly body: Buffer
}

type CurrentRow = [id: number, key: string, digest: string]
interface ThingRow {
  readonly id: number
  readonly gone: number | null
  /** Empty once it is gone. */
  readonly digest: string
}
interface FrameRow {
  readonly frame: number
  readonly shape: number
  readonly body: string
}
interface VolatileRow {
  readonly run: number
  readonly digest: string
  readonly body: Buffer
}

const ADD_POPULATION = 'insert into population (source, kind) values (?, ?)'
const SAME_SHAPE = 'select id from shape where kind = ? and fields = ?'
const ADD_SHAPE = 'insert into shape (kind, fields) values (?, ?)'
// As text: 80,000 small buffers cost twice the rest of the query.
const CURRENT = `select id, key, lower(hex(digest)) from thing
  where population = ? and gone is null order by key`
const DIGESTS = `select group_concat(lower(hex(digest)), '' order by key) from thing
  where population = ? and gone is null`
const IDS = `select group_concat(id, ',' order by key) from thing where population = ? and gone is null`
const NEWEST_ID = 'select max(id) from thing'
const THING = 'select id, gone, lower(hex(digest)) as digest from thing where population = ? and key = ?'
const ADD_THING = 'insert into thing (id, population, key, frame, shape, body, digest) values (?, ?, ?, ?, ?, ?, ?)'
const FRAME = 'select frame, shape, body from thing where id = ?'
const SET_FRAME = 'update thing set frame = ?, shape = ?, body = ?, digest = ?, gone = null where id = ?'
const SET_DIGEST = 'update thing set digest = ?, gone = null where id = ?'
const GONE = 'update thing set gone = ?, digest = null where id = ?'
const ADD_VERSION = 'insert into version (thing, run, frame, shape, body) values (?, ?, ?, ?, ?)'
const ADD_VOLATILE = 'insert into volatile (source, run, digest, body) values (?, ?, ?, ?)'
const VOLATILE_AT = 'select run, digest, body from volatile where source = ? and run <= ? order by run desc limit 1'

export function recordStore(db: Database.Database) {
  const addPopulation = db.prepare<[string, string]>(ADD_POPULATION)
  const sameShape = db.prepare<[string, string], { id: number }>(SAME_SHAPE)
  const addShape = db.prepare<[string, string]>(ADD_SHAPE)
  const current = db.prepare<[number], CurrentRow>(CURRENT).raw()
  const digestsIn = db.prepare<[number], string | null>(DIGESTS).pluck()
  const idsIn = db.prepare<[number], string | null>(IDS).pluck()
  const newestId = db.prepare<[], number | null>(NEWEST_ID).pluck()
  const thing = db.prepare<[number, string], ThingRow>(THING)
  const addThing = db.prepare<[number, number, string, number, number, string, Buffer]>(ADD_THING)
  const frameOf = db.prepare<[number], FrameRow>(FRAME)
  const setFrame = db.prepare<[number, number, string, Buffer, number]>(SET_FRAME)
  const setDigest = db.prepare<[Buffer, number]>(SET_DIGEST)
  const gone = db.prepare<[number, number]>(GONE)
  const addVersion = db.prepare<[number, number, number | null, number | null, string | null]>(ADD_VERSION)
  const addVolatile = db.prepare<[string, number, string, Buffer]>(ADD_VOLATILE)
  const volatileAt = db.prepare<[string, number], VolatileRow>(VOLATILE_AT)

  /** The run in which records were read that `ofSource` or `beside` gave. */
  const readIn = new WeakMap<readonly AnyRecord[], number>()

  /** Digests and numbers of all that is there, as our last seal left them: worth nothing once another has sealed. */
  const lastSealed = { run: 0, populations: new Map<string, Pick<PopulationPlan, 'digests' | 'ids'>>() }

  const shapes = new Shapes()
  const states = stateReader(db, shapes)
  const { populations } = states

  /** What changes when these become the records of one kind of one source. Reads in parts, writes nothing. */
  async function planPopulation({ source, kind, sorted }: Listed): Promise<PopulationPlan> {
    refuseTwins(sorted)
    const population = populations().find((row) => row.source === source && row.kind === kind)?.id ?? null
    const find = finderIn(sorted)
    const changes: Change[] = []
    const leavers: number[] = []
    const digests = Buffer.alloc(sorted.length * DIGEST_BYTES)
    const ids = new Int32Array(sorted.length)
    const rows = population === null ? [] : current.all(population)
    for (const [count, [id, key, known]] of rows.entries()) {
      if (count % CHUNK === 0) await turn()
      const at = find(key)
      if (at === undefined) leavers.push(id)
      else {
        ids[at] = id
        if (putDigest(digests, at, sorted[at]!) !== known) changes.push({ isNew: false, at })
      }
    }
    for (const [at, record] of sorted.entries()) {
      if (ids[at] !== 0) continue
      putDigest(digests, at, record)
      const known = population === null ? undefined : thing.get(population, record.key)?.id
      ids[at] = known ?? 0
      changes.push({ isNew: known === undefined, at })
      if (changes.length % CHUNK === 0) await turn()
    }
    return { source, kind, changes, gone: leavers, sorted, digests, ids }
  }

  /** The same where it is known which of the records say what is there. */
  async function planCompared(
    { id, source, kind }: Population,
    { sorted, places, known: count, gone }: ComparedPopulation,
    newest: number,
  ): Promise<PopulationPlan> {
    const known = sealedIn(newest, { id, source, kind })
    if (known.ids.length !== count) return planPopulation({ source, kind, sorted })
    const digests = Buffer.alloc(sorted.length * DIGEST_BYTES)
    const ids = new Int32Array(sorted.length)
    const changes: Change[] = []
    const comers: Change[] = []
    let made = 0
    for (let at = 0; at < sorted.length; at++) {
      const place = places[at]!
      if (place >= 0) {
        const from = at
        while (places[at + 1] === place + at + 1 - from) at++
        const end = place + at + 1 - from
        known.digests.copy(digests, from * DIGEST_BYTES, place * DIGEST_BYTES, end * DIGEST_BYTES)
        ids.set(known.ids.subarray(place, end), from)
        continue
      }
      const record = sorted[at]!
      const digest = putDigest(digests, at, record)
      const row = thing.get(id, record.key)
      ids[at] = row?.id ?? 0
      if (row?.digest === digest) continue
      const change = { isNew: row === undefined, at }
      if (row?.gone === null) changes.push(change)
      else comers.push(change)
      if (++made % CHUNK === 0) await turn()
    }
    const leavers = gone.map((key) => thing.get(id, key)!.id)
    return { source, kind, changes: [...changes, ...comers], gone: leavers, sorted, digests, ids }
  }

  /** Of all that is there, in order of the keys. */
  function sealedIn(newest: number, { id, source, kind }: Population): Pick<PopulationPlan, 'digests' | 'ids'> {
    const last = lastSealed.run === newest ? lastSealed.populations.get(slot({ source, kind })) : undefined
    if (last !== undefined) return last
    const ids = idsIn.get(id) ?? ''
    return {
      digests: Buffer.from(digestsIn.get(id) ?? '', 'hex'),
      ids: Int32Array.from(ids === '' ? [] : ids.split(','), Number),
    }
  }

  /**
   * Plans for every population of these and for those that are there now.
   * @param known what they are compared with; where that is of another run, or something else, every digest is made anew
   */
  async function planAll(
    now: ReadonlyMap<string, Listed>,
    there: readonly Population[],
    newest: number,
    known: readonly AnyRecord[] | null,
  ): Promise<PopulationPlan[]> {
    const comparison = known !== null && readIn.get(known) === newest ? await comparisonOf(known, now) : null
    const before = new Map(there.map((population) => [slot(population), population]))
    const plans: PopulationPlan[] = []
    for (const name of new Set([...before.keys(), ...now.keys()])) {
      const population = before.get(name)
      const compared = comparison?.get(name)
      if (population !== undefined && compared !== undefined) {
        plans.push(await planCompared(population, compared, newest))
      } else plans.push(await planPopulation(now.get(name) ?? { ...population!, sorted: [] }))
    }
    return plans
  }

  /** What moves at nearly every pull. */
  async function planVolatile(source: string, columns: Columns): Promise<Omit<SourcePlan, 'populations'>> {
    await turn()
    const digest = Object.keys(columns).length === 0 ? NOTHING_VOLATILE : columnsDigest(columns)
    await turn()
    const before = volatileAt.get(source, Number.MAX_SAFE_INTEGER)?.digest ?? NOTHING_VOLATILE
    const volatile = digest === before ? null : { source, digest, body: packColumns(columns) }
    return { volatile, volatileDigest: digest === NOTHING_VOLATILE ? null : digest }
  }

  /** @returns the shapes that got a number, which a rollback takes back */
  function write(plan: PopulationPlan, run: number, numbered: Shape[]): void {
    if (plan.changes.length === 0 && plan.gone.length === 0) return
    const known = populations().find((row) => row.source === plan.source && row.kind === plan.kind)?.id
    const population = known ?? Number(addPopulation.run(plan.source, plan.kind).lastInsertRowid)
    for (const { isNew, at } of plan.changes) {
      const thing = plan.ids[at]!
      const record = plan.sorted[at]!
      const digest = plan.digests.subarray(at * DIGEST_BYTES, (at + 1) * DIGEST_BYTES)
      const { shape, body } = shapes.encode(record)
      const number = numberOf(shape, numbered)
      if (isNew) addThing.run(thing, population, record.key, run, number, body, digest)
      else change(thing, run, { shape, number, body, digest })
    }
    for (const id of plan.gone) {
      gone.run(run, id)
      addVersion.run(id, run, null, null, null)
    }
  }

  function change(id: number, run: number, next: { shape: Shape; number: number; body: string; digest: Buffer }): void {
    const { frame, shape, body } = frameOf.get(id)!
    const fits = shape === next.number && run - frame < FRAME_RUNS
    const told = fits ? difference(next.shape, body, next.body) : null
    if (told === null) {
      addVersion.run(id, frame, null, shape, body)
      setFrame.run(run, next.number, next.body, next.digest, id)
    } else {
      addVersion.run(id, run, frame, null, told)
      setDigest.run(next.digest, id)
    }
  }

  function numberOf(shape: Shape, numbered: Shape[]): number {
    if (shape.id !== null) return shape.id
    const id = sameShape.get(shape.kind, shape.text)?.id ?? Number(addShape.run(shape.kind, shape.text).lastInsertRowid)
    shapes.number(shape, id)
    numbered.push(shape)
    return id
  }

  function rebuild(population: Population, run: number, newest: boolean, volatile: Columns | null): AnyRecord[] {
    return completed(population, run, [...states.at(population, run, newest)] as unknown as AnyRecord[], volatile)
  }

  /** In order, with what moves at every pull; the list given. */
  function completed(
    { source, kind }: Population,
    run: number,
    records: AnyRecord[],
    volatile: Columns | null,
  ): AnyRecord[] {
    records.sort(byKey)
    for (const field of volatileFields(kind)) {
      const values = volatile?.[kind]?.[field] ?? []
      if (values.length !== records.length) {
        throw damaged(`the ${field} values of ${source}/${kind} in run ${run} do not fit its ${records.length} records`)
      }
      for (const [index, record] of records.entries()) set(record as never, field, values[index]!)
    }
    return records
  }

  /** A population is read whole: another process may seal between its rows and the frames that they are told against. */
  const whole = db.transaction((read: () => AnyRecord[]) => read())

  /** @param isNewest asked for each population: whoever reads in parts may be overtaken by a seal */
  function* recordsAt(
    run: number,
    isNewest: () => boolean,
    wanted: (population: Population) => boolean,
  ): Generator<AnyRecord> {
    const columns = new Map<string, Columns | null>()
    for (const population of populations()) {
      if (!wanted(population)) continue
      const { source } = population
      if (!columns.has(source)) {
        const row = volatileAt.get(source, run)
        const what = `the volatile values of ${source} in run ${row?.run}`
        columns.set(source, row === undefined ? null : unpackColumns(row.body, what))
      }
      yield* whole(() => rebuild(population, run, isNewest(), columns.get(source) ?? null))
    }
  }

  /** For `planAll`, which compares with it. */
  function readAt(run: number, wanted: (population: Population) => boolean): AnyRecord[] {
    const known = [...recordsAt(run, always, wanted)]
    readIn.set(known, run)
    return known
  }

  /** The same a population at a time, for a connection that stands in one read transaction while others seal. */
  async function* slicesAt(
    run: number,
    newest: boolean,
    wanted: (population: Population) => boolean,
  ): AsyncGenerator<readonly AnyRecord[]> {
    const columns = new Map<string, Columns | null>()
    for (const population of populations().filter(wanted)) {
      const { source } = population
      if (!columns.has(source)) {
        const row = volatileAt.get(source, run)
        const what = `the volatile values of ${source} in run ${row?.run}`
        columns.set(source, row === undefined ? null : unpackColumns(row.body, what))
        await turn()
      }
      const records: AnyRecord[] = []
      for (const state of states.at(population, run, newest)) {
        records.push(state as unknown as AnyRecord)
        if (records.length % CHUNK === 0) await turn()
      }
      await turn()
      yield completed(population, run, records, columns.get(source) ?? null)
    }
  }

  return {
    /**
     * For an accepted pull. Reads in parts, writes nothing, and numbers nothing.
     * @param newest the run that it is compared with
     * @param known what `ofSource` gave
     */
    async planSource(
      source: string,
      records: readonly AnyRecord[],
      newest: number,
      known: readonly AnyRecord[] | null,
    ): Promise<SourcePlan> {
      const now = listed(records)
      const there = populations().filter((row) => row.source === source && !isOurs(row.kind))
      const plans = await planAll(now, there, newest, known)
      await turn()
      const kinds = new Map(now.values().map(({ kind, sorted }) => [kind, sorted]))
      return { populations: plans, ...(await planVolatile(source, columnsOfSorted(kinds))) }
    },
    /** @param known what `beside` gave */
    planBeside: (
      records: readonly AnyRecord[],
      newest: number,
      known: readonly AnyRecord[] | null,
    ): Promise<PopulationPlan[]> =>
      planAll(
        listed(records),
        populations().filter((row) => isOurs(row.kind)),
        newest,
        known,
      ),
    /** Gives what was never seen before its number, as SQLite would: no other seal comes in between. */
    number(plans: readonly PopulationPlan[]): void {
      let last = newestId.get() ?? 0
      for (const { changes, ids } of plans) {
        for (const { isNew, at } of changes) if (isNew) ids[at] = ++last
      }
    },
    write,
    populations,
    isBeside: ({ kind }: Pick<Population, 'kind'>): boolean => isOurs(kind),
    statesAt: states.at,
    statesBetween: states.between,
    /** Every source that ever had records. */
    sources: (): string[] =>
      populations()
        .filter((row) => !isOurs(row.kind))
        .map((row) => row.source),
    writeVolatile({ source, digest, body }: VolatilePlan, run: number): void {
      addVolatile.run(source, run, digest, body)
    },
    forget(numbered: readonly Shape[]): void {
      for (const shape of numbered) shapes.forget(shape)
    },
    /** After the seal of a run. */
    sealed(plans: readonly PopulationPlan[], run: number): void {
      if (lastSealed.run !== run - 1) lastSealed.populations.clear()
      for (const { source, kind, digests, ids } of plans)
        lastSealed.populations.set(slot({ source, kind }), { digests, ids })
      lastSealed.run = run
    },
    /** What is there now, with the digests that stand beside it. */
    async digestsOf(wanted: (population: Population) => boolean) {
      const found: (Roll & { digests: Buffer })[] = []
      for (const { id, source, kind } of populations().filter(wanted)) {
        const rows = current.all(id).sort(([, a], [, b]) => byText(a, b))
        found.push({
          source,
          kind,
          places: rows.map(([, key]) => ({ key })),
          ids: Int32Array.from(rows, ([id]) => id),
          digests: Buffer.from(rows.map(([, , digest]) => digest).join(''), 'hex'),
        })
        await turn()
      }
      return found
    },
    volatileDigest(source: string, run: number): string | null {
      const digest = volatileAt.get(source, run)?.digest ?? NOTHING_VOLATILE
      return digest === NOTHING_VOLATILE ? null : digest
    },
    volatileDigests(sources: Iterable<string>, run: number): Map<string, string> {
      const digests = new Map<string, string>()
      for (const source of sources) {
        const digest = volatileAt.get(source, run)?.digest ?? NOTHING_VOLATILE
        if (digest !== NOTHING_VOLATILE) digests.set(source, digest)
      }
      return digests
    },
    /** Whether the packed values still give the digest that stands beside them. */
    volatileHolds(source: string, run: number): boolean {
      const row = volatileAt.get(source, run)
      if (row?.run !== run) return false
      const { digest } = row
      const columns = unpackColumns(row.body, `the volatile values of ${source} in run ${run}`)
      return (digest === NOTHING_VOLATILE ? NOTHING_VOLATILE : columnsDigest(columns)) === digest
    },
    /** Everything a snapshot holds: the sources named, and what stands beside them. */
    snapshotAt: (run: number, isNewest: () => boolean, sources: ReadonlySet<string>): Generator<AnyRecord> =>
      recordsAt(run, isNewest, ({ source, kind }) => isOurs(kind) || sources.has(source)),
    /** In one read transaction. */
    ofSource: (source: string, run: number): AnyRecord[] =>
      readAt(run, (row) => row.source === source && !isOurs(row.kind)),
    /** In one read transaction. */
    beside: (run: number): AnyRecord[] => readAt(run, ({ kind }) => isOurs(kind)),
    snapshotInSlices: (run: number, newest: boolean, sources: ReadonlySet<string>) =>
      slicesAt(run, newest, ({ source, kind }) => isOurs(kind) || sources.has(source)),
    /** What any run left for the next. */
    carriedAt: (run: number): Generator<AnyRecord> => recordsAt(run, never, ({ kind }) => kind === 'carried'),
  }
}

export type RecordStore = ReturnType<typeof recordStore>

const always = (): boolean => true
const never = (): boolean => false

/** Writes the digest of a record at its place. @returns the same in hex */
function putDigest(digests: Buffer, at: number, record: AnyRecord): string {
  const digest = recordDigest(record)
  digests.write(digest, at * DIGEST_BYTES, 'hex')
  return digest
}

function refuseTwins(sorted: readonly AnyRecord[]): void {
  const twin = sorted.find(({ key }, at) => key === sorted[at + 1]?.key)
  if (twin !== undefined) throw new TypeError(`two records of ${twin.source}/${twin.kind} have one key`)
}

/** Where a key stands among sorted records: asked in nearly the same order, the next place is the answer. */
function finderIn(sorted: readonly AnyRecord[]): (key: string) => number | undefined {
  let places: Map<string, number> | null = null
  let next = 0
  return (key) => {
    if (sorted[next]?.key === key) return next++
    places ??= new Map(sorted.map((record, at) => [record.key, at]))
    const at = places.get(key)
    if (at !== undefined) next = at + 1
    return at
  }
}
