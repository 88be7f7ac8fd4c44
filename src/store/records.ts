/**
 * Records as versions: a row when the body changed, a row without a body when the record went away. A population is one
 * kind of one source; its state at any run is one seek per record (stack.md section 6: a range over from and to makes
 * SQLite scan the whole history).
 */
import type Database from 'better-sqlite3'
import { type Columns, columnsOf, volatileFields } from '../domain/digests.ts'
import { byText, type JsonValue } from '../domain/json.ts'
import type { AnyRecord, Kind } from '../domain/record.ts'
import { columnsDigest, recordDigest } from './digest.ts'
import { decode, type Encoded, type Shape, Shapes, set } from './encode.ts'
import { damaged } from './failure.ts'
import { digestBytes, turn } from './pack.ts'
import { packColumns, unpackColumns } from './volatile.ts'

/** Records compared between two turns of the event loop. */
const CHUNK = 2_000

/** Stands where a source has no volatile values, or none any more. */
const NOTHING_VOLATILE = ''

/** Kinds that stand beside the sources: a seal brings them whole. */
const BESIDE: ReadonlySet<string> = new Set<Kind>(['carried', 'integrity', 'anchor'])

interface Population {
  readonly id: number
  readonly source: string
  readonly kind: string
}
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

type CurrentRow = [id: number, key: string, shape: number, body: string, digest: string]
type VersionRow = [key: string, shape: number, body: string]
interface VolatileRow {
  readonly run: number
  readonly digest: string
  readonly body: Buffer
}

const POPULATIONS = 'select id, source, kind from population'
const ADD_POPULATION = 'insert into population (source, kind) values (?, ?)'
const ALL_SHAPES = 'select id, kind, fields from shape'
const ONE_SHAPE = 'select id, kind, fields from shape where id = ?'
const SAME_SHAPE = 'select id from shape where kind = ? and fields = ?'
const ADD_SHAPE = 'insert into shape (kind, fields) values (?, ?)'
// As text: 80,000 small buffers cost twice the rest of the query.
const CURRENT = `select t.id, t.key, v.shape, v.body, hex(v.digest) from thing t
  join version v on v.thing = t.id and v.run = (select max(run) from version where thing = t.id)
  where t.population = ? and t.gone is null and t.id > ? order by t.id limit ?`
const DIGESTS = `select t.key, hex(v.digest) from thing t
  join version v on v.thing = t.id and v.run = (select max(run) from version where thing = t.id)
  where t.population = ? and t.gone is null`
const ALIVE = `select t.key, v.shape, v.body from thing t
  join version v on v.thing = t.id and v.run = (select max(run) from version where thing = t.id)
  where t.population = ? and t.gone is null`
const AT_RUN = `select t.key, v.shape, v.body from thing t
  join version v on v.thing = t.id and v.run = (select max(run) from version where thing = t.id and run <= @run)
  where t.population = @population and t.born <= @run and (t.gone is null or t.gone > @run) and v.shape is not null`
const THING = 'select id from thing where population = ? and key = ?'
const ADD_THING = 'insert into thing (population, key, born) values (?, ?, ?)'
const BACK = 'update thing set gone = null where id = ? and gone is not null'
const GONE = 'update thing set gone = ? where id = ?'
const ADD_VERSION = 'insert into version (thing, run, shape, body, digest) values (?, ?, ?, ?, ?)'
const ADD_VOLATILE = 'insert into volatile (source, run, digest, body) values (?, ?, ?, ?)'
const VOLATILE_AT = 'select run, digest, body from volatile where source = ? and run <= ? order by run desc limit 1'

export function recordStore(db: Database.Database) {
  const populationRows = db.prepare<[], Population>(POPULATIONS)
  const addPopulation = db.prepare<[string, string]>(ADD_POPULATION)
  const oneShape = db.prepare<[number], { id: number; kind: string; fields: string }>(ONE_SHAPE)
  const sameShape = db.prepare<[string, string], { id: number }>(SAME_SHAPE)
  const addShape = db.prepare<[string, string]>(ADD_SHAPE)
  const current = db.prepare<[number, number, number], CurrentRow>(CURRENT).raw()
  const currentDigests = db.prepare<[number], [string, string]>(DIGESTS).raw()
  const alive = db.prepare<[number], VersionRow>(ALIVE).raw()
  const versionsAt = db.prepare<[{ population: number; run: number }], VersionRow>(AT_RUN).raw()
  const thing = db.prepare<[number, string], { id: number }>(THING)
  const addThing = db.prepare<[number, string, number]>(ADD_THING)
  const back = db.prepare<[number]>(BACK)
  const gone = db.prepare<[number, number]>(GONE)
  const addVersion = db.prepare<[number, number, number | null, string | null, Buffer | null]>(ADD_VERSION)
  const addVolatile = db.prepare<[string, number, string, Buffer]>(ADD_VOLATILE)
  const volatileAt = db.prepare<[string, number], VolatileRow>(VOLATILE_AT)

  const shapes = new Shapes()
  for (const row of db.prepare<[], { id: number; kind: string; fields: string }>(ALL_SHAPES).all()) {
    shapes.add(row.id, row.kind, row.fields)
  }

  function shapeOf(id: number): Shape {
    const known = shapes.byId(id)
    if (known !== undefined) return known
    const row = oneShape.get(id)
    if (row === undefined) throw damaged(`the shape ${id} of records is gone`)
    return shapes.add(row.id, row.kind, row.fields)
  }

  function populations(): Population[] {
    return populationRows.all()
  }

  /** What changes when these become the records of one kind of one source. Reads in parts, writes nothing. */
  async function planPopulation(source: string, kind: string, records: readonly AnyRecord[]): Promise<PopulationPlan> {
    const population = populations().find((row) => row.source === source && row.kind === kind)?.id ?? null
    const waiting = new Map(records.map((record) => [record.key, record]))
    if (waiting.size < records.length) throw new TypeError(`two records of ${source}/${kind} have one key`)
    const changes: Change[] = []
    const leavers: number[] = []
    const digests: [key: string, digest: string][] = []
    for (let last = 0; population !== null; ) {
      const rows = current.all(population, last, CHUNK)
      for (const [id, key, shape, body, digest] of rows) {
        const record = waiting.get(key)
        if (record === undefined) leavers.push(id)
        else {
          waiting.delete(key)
          const change = changeOf(id, record, { shape, body, digest })
          if (change !== null) changes.push(change)
          digests.push([key, change?.digest ?? digest])
        }
      }
      if (rows.length < CHUNK) break
      last = rows.at(-1)![0]
      await turn()
    }
    let count = 0
    for (const [key, record] of waiting) {
      const known = population === null ? null : (thing.get(population, key)?.id ?? null)
      const digest = recordDigest(record)
      changes.push({ thing: known, key, digest, ...shapes.encode(record) })
      digests.push([key, digest])
      if (++count % CHUNK === 0) await turn()
    }
    return { source, kind, changes, gone: leavers, digests: inKeyOrder(digests) }
  }

  function changeOf(
    id: number,
    record: AnyRecord,
    known: { shape: number; body: string; digest: string },
  ): Change | null {
    const encoded = shapes.encode(record)
    if (encoded.shape.id === known.shape && encoded.body === known.body) return null
    // The vendor may have told the same in another order.
    const digest = recordDigest(record)
    return digest === known.digest.toLowerCase() ? null : { thing: id, key: record.key, digest, ...encoded }
  }

  /** Plans for every kind that the records have or that is there now; `beside` for carried and integrity records. */
  async function planAll(
    records: readonly AnyRecord[],
    known: readonly { source: string; kind: string }[],
  ): Promise<PopulationPlan[]> {
    const groups = new Map<string, { source: string; kind: string; records: AnyRecord[] }>()
    const group = (source: string, kind: string): AnyRecord[] => {
      const name = `${source}\0${kind}`
      const found = groups.get(name) ?? { source, kind, records: [] }
      groups.set(name, found)
      return found.records
    }
    for (const { source, kind } of known) group(source, kind)
    for (const record of records) group(record.source, record.kind).push(record)
    const plans: PopulationPlan[] = []
    for (const { source, kind, records } of groups.values()) plans.push(await planPopulation(source, kind, records))
    return plans
  }

  /** @returns the shapes that got a number, which a rollback takes back */
  function write(plan: PopulationPlan, run: number, numbered: Shape[]): void {
    if (plan.changes.length === 0 && plan.gone.length === 0) return
    const known = populations().find((row) => row.source === plan.source && row.kind === plan.kind)?.id
    const population = known ?? Number(addPopulation.run(plan.source, plan.kind).lastInsertRowid)
    for (const { thing, key, shape, body, digest } of plan.changes) {
      if (thing !== null) back.run(thing)
      const id = thing ?? Number(addThing.run(population, key, run).lastInsertRowid)
      addVersion.run(id, run, numberOf(shape, numbered), body, digestBytes(digest))
    }
    for (const id of plan.gone) {
      gone.run(run, id)
      addVersion.run(id, run, null, null, null)
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
    const { id, source, kind } = population
    const rows = newest ? alive.all(id) : versionsAt.all({ population: id, run })
    rows.sort(([a], [b]) => byText(a, b))
    const columns = volatileFields(kind).map((field) => [field, volatile?.[kind]?.[field] ?? []] as const)
    for (const [field, values] of columns) {
      if (values.length !== rows.length) {
        throw damaged(`the ${field} values of ${source}/${kind} in run ${run} do not fit its ${rows.length} records`)
      }
    }
    return rows.map(([key, shape, body], index) => {
      const record = decode(shapeOf(shape), source, key, body)
      for (const [field, values] of columns) set(record, field, values[index]!)
      return record as unknown as AnyRecord
    })
  }

  function* recordsAt(run: number, newest: boolean, wanted: (population: Population) => boolean): Generator<AnyRecord> {
    const columns = new Map<string, Columns | null>()
    for (const population of populations()) {
      if (!wanted(population)) continue
      const { source } = population
      if (!columns.has(source)) {
        const row = volatileAt.get(source, run)
        const what = `the volatile values of ${source} in run ${row?.run}`
        columns.set(source, row === undefined ? null : unpackColumns(row.body, what))
      }
      yield* rebuild(population, run, newest, columns.get(source) ?? null)
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
    /** The digests of a source that was not read in this run. */
    async digestsOf(source: string) {
      const found: { source: string; kind: string; digests: Buffer }[] = []
      for (const { id, kind } of populations().filter((row) => row.source === source && !BESIDE.has(row.kind))) {
        found.push({ source, kind, digests: inKeyOrder(currentDigests.all(id)) })
        await turn()
      }
      return found
    },
    volatileDigest(source: string, run: number): string | null {
      const digest = volatileAt.get(source, run)?.digest ?? NOTHING_VOLATILE
      return digest === NOTHING_VOLATILE ? null : digest
    },
    /** Whether the packed values still give the digest that stands beside them. */
    volatileHolds(source: string, run: number, digest: string): boolean {
      const row = volatileAt.get(source, run)
      if (row === undefined) return false
      const columns = unpackColumns(row.body, `the volatile values of ${source} in run ${run}`)
      return (digest === NOTHING_VOLATILE ? NOTHING_VOLATILE : columnsDigest(columns)) === digest
    },
    /** Everything a snapshot holds: the sources named, and what stands beside them. */
    snapshotAt: (run: number, newest: boolean, sources: ReadonlySet<string>): Generator<AnyRecord> =>
      recordsAt(run, newest, ({ source, kind }) => BESIDE.has(kind) || sources.has(source)),
    ofSource: (source: string, run: number): Generator<AnyRecord> =>
      recordsAt(run, true, (row) => row.source === source && !BESIDE.has(row.kind)),
    beside: (run: number): Generator<AnyRecord> => recordsAt(run, true, ({ kind }) => BESIDE.has(kind)),
    /** What any run left for the next. */
    carriedAt: (run: number): Generator<AnyRecord> => recordsAt(run, false, ({ kind }) => kind === 'carried'),
    /** A stored version as its digest covers it. */
    versionOf(source: string, key: string, shape: number, body: string): Record<string, JsonValue> {
      return decode(shapeOf(shape), source, key, body)
    },
  }
}

export type RecordStore = ReturnType<typeof recordStore>

function inKeyOrder(digests: [key: string, hex: string][]): Buffer {
  digests.sort(([a], [b]) => byText(a, b))
  return Buffer.from(digests.map(([, hex]) => hex).join(''), 'hex')
}
