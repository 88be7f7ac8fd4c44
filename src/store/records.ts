/**
 * Records as they change: a version when one says something new or went away, told as the difference from the frame in
 * service (states.ts). Whether a record changed its digest tells, which the snapshot's digest needs in any case.
 */
import type Database from 'better-sqlite3'
import { type Columns, columnsOf, volatileFields } from '../domain/digests.ts'
import { byText } from '../domain/json.ts'
import type { AnyRecord, Kind } from '../domain/record.ts'
import { difference } from './difference.ts'
import { columnsDigest, recordDigest } from './digest.ts'
import { type Encoded, type Shape, Shapes, set } from './encode.ts'
import { damaged } from './failure.ts'
import { digestBytes, turn } from './pack.ts'
import { type Population, stateReader } from './states.ts'
import { packColumns, unpackColumns } from './volatile.ts'

/** Records compared between two turns of the event loop. */
const CHUNK = 2_000

/**
 * A frame serves for so many runs, three weeks of them each quarter of an hour: so long at most what a record once said
 * stands there after all states that said it have been deleted.
 */
const FRAME_RUNS = 2_000

/** Stands where a source has no volatile values, or none any more. */
const NOTHING_VOLATILE = ''

/** Kinds that stand beside the sources: a seal brings them whole. */
const BESIDE: ReadonlySet<string> = new Set<Kind>(['carried', 'integrity', 'anchor'])

interface Change extends Encoded {
  /** Null: never seen before. */
  readonly thing: number | null
  readonly key: string
  /** Hex. */
  readonly digest: string
}
export interface PopulationPlan {
  readonly source: string
  readonly kind: string
  readonly changes: readonly Change[]
  readonly gone: readonly number[]
  /** Of all that is there now, in order of the keys. */
  readonly digests: Buffer
}
export interface VolatilePlan {
  readonly source: string
  readonly digest: string
  readonly body: Buffer
}

type CurrentRow = [id: number, key: string, digest: string]
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
const THING = 'select id from thing where population = ? and key = ?'
const ADD_THING = 'insert into thing (population, key, frame, shape, body, digest) values (?, ?, ?, ?, ?, ?)'
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
  const thing = db.prepare<[number, string], { id: number }>(THING)
  const addThing = db.prepare<[number, string, number, number, string, Buffer]>(ADD_THING)
  const frameOf = db.prepare<[number], FrameRow>(FRAME)
  const setFrame = db.prepare<[number, number, string, Buffer, number]>(SET_FRAME)
  const setDigest = db.prepare<[Buffer, number]>(SET_DIGEST)
  const gone = db.prepare<[number, number]>(GONE)
  const addVersion = db.prepare<[number, number, number | null, number | null, string | null]>(ADD_VERSION)
  const addVolatile = db.prepare<[string, number, string, Buffer]>(ADD_VOLATILE)
  const volatileAt = db.prepare<[string, number], VolatileRow>(VOLATILE_AT)

  const shapes = new Shapes()
  const states = stateReader(db, shapes)
  const { populations } = states

  /** What changes when these become the records of one kind of one source. Reads in parts, writes nothing. */
  async function planPopulation(source: string, kind: string, records: readonly AnyRecord[]): Promise<PopulationPlan> {
    const sorted = [...records].sort(byKey)
    const twice = sorted.some(({ key }, at) => key === sorted[at + 1]?.key)
    if (twice) throw new TypeError(`two records of ${source}/${kind} have one key`)
    const population = populations().find((row) => row.source === source && row.kind === kind)?.id ?? null
    const find = finderIn(sorted)
    const changes: Change[] = []
    const leavers: number[] = []
    const digests: string[] = Array.from(sorted, () => '')
    const rows = population === null ? [] : current.all(population)
    for (const [count, [id, key, known]] of rows.entries()) {
      if (count % CHUNK === 0) await turn()
      const at = find(key)
      if (at === undefined) leavers.push(id)
      else {
        const digest = recordDigest(sorted[at]!)
        digests[at] = digest
        if (digest !== known) changes.push({ thing: id, key, digest, ...shapes.encode(sorted[at]!) })
      }
    }
    for (const [at, record] of sorted.entries()) {
      if (digests[at] !== '') continue
      const known = population === null ? null : (thing.get(population, record.key)?.id ?? null)
      const digest = recordDigest(record)
      digests[at] = digest
      changes.push({ thing: known, key: record.key, digest, ...shapes.encode(record) })
      if (changes.length % CHUNK === 0) await turn()
    }
    return { source, kind, changes, gone: leavers, digests: Buffer.from(digests.join(''), 'hex') }
  }

  /** Plans for every kind that the records have or that is there now; `beside` for carried and integrity records. */
  async function planAll(
    records: readonly AnyRecord[],
    known: readonly { source: string; kind: string }[],
  ): Promise<PopulationPlan[]> {
    const groups = new Map<string, Map<string, AnyRecord[]>>()
    const group = (source: string, kind: string): AnyRecord[] => {
      const kinds = groups.get(source) ?? new Map<string, AnyRecord[]>()
      const list = kinds.get(kind) ?? []
      groups.set(source, kinds.set(kind, list))
      return list
    }
    for (const { source, kind } of known) group(source, kind)
    for (const record of records) group(record.source, record.kind).push(record)
    const plans: PopulationPlan[] = []
    for (const [source, kinds] of groups) {
      for (const [kind, list] of kinds) plans.push(await planPopulation(source, kind, list))
    }
    return plans
  }

  /** @returns the shapes that got a number, which a rollback takes back */
  function write(plan: PopulationPlan, run: number, numbered: Shape[]): void {
    if (plan.changes.length === 0 && plan.gone.length === 0) return
    const known = populations().find((row) => row.source === plan.source && row.kind === plan.kind)?.id
    const population = known ?? Number(addPopulation.run(plan.source, plan.kind).lastInsertRowid)
    for (const { thing, key, shape, body, digest } of plan.changes) {
      const number = numberOf(shape, numbered)
      if (thing === null) addThing.run(population, key, run, number, body, digestBytes(digest))
      else change(thing, run, { shape, number, body, digest: digestBytes(digest) })
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
    const { source, kind } = population
    const records = [...states.at(population, run, newest)] as unknown as AnyRecord[]
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

  return {
    /** For an accepted pull: everything that its source holds now. */
    async planSource(source: string, records: readonly AnyRecord[]) {
      const known = populations().filter((row) => row.source === source && !BESIDE.has(row.kind))
      const plans = await planAll(records, known)
      const columns = columnsOf(records)
      const digest = Object.keys(columns).length === 0 ? NOTHING_VOLATILE : columnsDigest(columns)
      const before = volatileAt.get(source, Number.MAX_SAFE_INTEGER)?.digest ?? NOTHING_VOLATILE
      const volatile = digest === before ? null : { source, digest, body: packColumns(columns) }
      return { plans, volatile, volatileDigest: digest === NOTHING_VOLATILE ? null : digest }
    },
    planBeside: (records: readonly AnyRecord[]): Promise<PopulationPlan[]> =>
      planAll(
        records,
        populations().filter((row) => BESIDE.has(row.kind)),
      ),
    write,
    populations,
    isBeside: ({ kind }: Pick<Population, 'kind'>): boolean => BESIDE.has(kind),
    statesAt: states.at,
    statesBetween: states.between,
    /** Every source that ever had records. */
    sources: (): string[] =>
      populations()
        .filter((row) => !BESIDE.has(row.kind))
        .map((row) => row.source),
    writeVolatile({ source, digest, body }: VolatilePlan, run: number): void {
      addVolatile.run(source, run, digest, body)
    },
    forget(numbered: readonly Shape[]): void {
      for (const shape of numbered) shapes.forget(shape)
    },
    /** The digests that stand beside what is there now. */
    async digestsOf(wanted: (population: Population) => boolean) {
      const found: { source: string; kind: string; digests: Buffer }[] = []
      for (const { id, source, kind } of populations().filter(wanted)) {
        const rows = current.all(id).sort(([, a], [, b]) => byText(a, b))
        found.push({ source, kind, digests: Buffer.from(rows.map(([, , digest]) => digest).join(''), 'hex') })
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
    volatileHolds(source: string, run: number, digest: string): boolean {
      const row = volatileAt.get(source, run)
      if (row === undefined) return false
      const columns = unpackColumns(row.body, `the volatile values of ${source} in run ${run}`)
      return (digest === NOTHING_VOLATILE ? NOTHING_VOLATILE : columnsDigest(columns)) === digest
    },
    /** Everything a snapshot holds: the sources named, and what stands beside them. */
    snapshotAt: (run: number, isNewest: () => boolean, sources: ReadonlySet<string>): Generator<AnyRecord> =>
      recordsAt(run, isNewest, ({ source, kind }) => BESIDE.has(kind) || sources.has(source)),
    ofSource: (source: string, run: number): Generator<AnyRecord> =>
      recordsAt(run, always, (row) => row.source === source && !BESIDE.has(row.kind)),
    beside: (run: number): Generator<AnyRecord> => recordsAt(run, always, ({ kind }) => BESIDE.has(kind)),
    /** What any run left for the next. */
    carriedAt: (run: number): Generator<AnyRecord> => recordsAt(run, never, ({ kind }) => kind === 'carried'),
  }
}

export type RecordStore = ReturnType<typeof recordStore>

const always = (): boolean => true
const never = (): boolean => false

function byKey(a: AnyRecord, b: AnyRecord): number {
  return byText(a.key, b.key)
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
