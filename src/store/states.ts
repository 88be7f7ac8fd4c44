/**
 * What the records of one population were at any run. A record's frame is a whole state, kept with the record itself
 * while it is in service; later states are versions that tell how they differ from it, and where they do too much, or
 * after some weeks, the next state is a new frame and the old one a version. So one seek per record finds any state
 * (stack.md section 6: a range over from and to makes SQLite scan the whole history).
 */
import type Database from 'better-sqlite3'
import { volatileFields } from '../domain/digests.ts'
import type { JsonValue } from '../domain/json.ts'
import { applied } from './difference.ts'
import { decode, type Shapes, set, type Values } from './encode.ts'
import { damaged } from './failure.ts'
import { repeats } from './repeats.ts'
import { scanning } from './scan.ts'

export interface Population {
  readonly id: number
  readonly source: string
  readonly kind: string
}

/** A record's frame, and the version asked for; without one the last three are null. */
type ThingRow = [
  id: number,
  key: string,
  frame: number,
  shape: number,
  body: string,
  run: number | null,
  against: number | null,
  versionShape: number | null,
  told: string | null,
]
type FrameRow = [shape: number | null, body: string | null]
/** A record's frame, as it stands with the record. */
type LifeRow = [id: number, key: string, frame: number, shape: number, body: string]
type VersionRow = [run: number, against: number | null, shape: number | null, told: string | null]

const asIs = (values: Values): Values => values

/** Null: absent. */
export type State = Record<string, JsonValue> | null

export interface Change {
  readonly key: string
  readonly run: number
  readonly state: State
}

/** Which of the records of a population, and the runs between which they are asked for. */
export interface Stretch {
  readonly from: number
  readonly to: number
  /** A key that all wanted sort after; '' before the first. */
  readonly after: string
  readonly limit: number
}

const POPULATIONS = 'select id, source, kind from population'
const ALL_SHAPES = 'select id, kind, fields from shape'
const ONE_SHAPE = 'select id, kind, fields from shape where id = ?'
const COLUMNS = 't.id, t.key, t.frame, t.shape, t.body, v.run, v.frame, v.shape, v.body'
// By key, which is nearly the order wanted, out of the index that holds nobody who is gone.
const ALIVE = `select ${COLUMNS} from thing t
  left join version v on v.thing = t.id and v.run = (select max(run) from version where thing = t.id)
  where t.population = @population and t.gone is null order by t.key`
const AT_RUN = `select ${COLUMNS} from thing t
  left join version v on v.thing = t.id and v.run = (select max(run) from version where thing = t.id and run <= @run)
  where t.population = @population and (t.frame <= @run or v.run is not null) and (t.gone is null or t.gone > @run)
  order by t.key`
const VERSIONS_BETWEEN = `select ${COLUMNS} from thing t
  join version v on v.thing = t.id and v.run > @from and v.run <= @to where t.population = @population`
const FRAMES_BETWEEN = `select t.id, t.key, t.frame, t.shape, t.body, null, null, null, null from thing t
  where t.population = @population and t.frame > @from and t.frame <= @to`
// Who was gone by the first run of the stretch and never came back said nothing in it.
const LIVES = `select id, key, frame, shape, body from thing
  where population = @population and key > @after and (gone is null or gone > @from) order by key limit @limit`
const LIFE = 'select id, key, frame, shape, body from thing where population = ? and key = ?'
const VERSIONS_OF = `select run, frame, shape, body from version
  where thing = @thing and run <= @to
    and run >= ifnull((select max(run) from version where thing = @thing and run <= @from), 0) order by run`
const FRAME = 'select shape, body from version where thing = ? and run = ?'

type ShapeRow = { readonly id: number; readonly kind: string; readonly fields: string }

export function stateReader(db: Database.Database, shapes: Shapes) {
  const populationRows = db.prepare<[], Population>(POPULATIONS)
  const oneShape = db.prepare<[number], ShapeRow>(ONE_SHAPE)
  const alive = db.prepare<[{ population: number }], ThingRow>(ALIVE).raw()
  const atRun = db.prepare<[{ population: number; run: number }], ThingRow>(AT_RUN).raw()
  const between = { population: 0, from: 0, to: 0 }
  const versionsBetween = db.prepare<[typeof between], ThingRow>(VERSIONS_BETWEEN).raw()
  const framesBetween = db.prepare<[typeof between], ThingRow>(FRAMES_BETWEEN).raw()
  const livesIn = db.prepare<[Stretch & { population: number }], LifeRow>(LIVES).raw()
  const lifeOf = db.prepare<[number, string], LifeRow>(LIFE).raw()
  const versionsOf = db.prepare<[{ thing: number; from: number; to: number }], VersionRow>(VERSIONS_OF).raw()
  const frameRow = db.prepare<[number, number], FrameRow>(FRAME).raw()
  for (const { id, kind, fields } of db.prepare<[], ShapeRow>(ALL_SHAPES).all()) shapes.add(id, kind, fields)

  function shapeOf(id: number) {
    const known = shapes.byId(id)
    if (known !== undefined) return known
    const row = oneShape.get(id)
    if (row === undefined) throw damaged(`the shape ${id} of records is gone`)
    return shapes.add(row.id, row.kind, row.fields)
  }

  function framed({ source }: Population, [, key, , shape, body]: ThingRow, kept = asIs): State {
    return decode(shapeOf(shape), source, key, kept(JSON.parse(body) as Values))
  }

  function versionOf({ source, kind }: Population, row: ThingRow, kept = asIs): State {
    const [id, key, frame, shape, body, run, against, versionShape, told] = row
    if (told === null) return null
    const state = (of: number, values: Values): State => decode(shapeOf(of), source, key, kept(values))
    if (against === null) return state(versionShape!, JSON.parse(told) as Values)
    if (against === frame) return state(shape, applied(body, told))
    const [retiredShape, retired] = frameRow.get(id, against) ?? [null, null]
    if (retiredShape === null || retired === null) {
      throw damaged(`what ${source}/${kind}/${key} of run ${run} is told against is gone`)
    }
    return state(retiredShape, applied(retired, told))
  }

  /** The state in force at the first run of the stretch, and each later one; an absence only where something was before. */
  function told(population: Population, row: LifeRow, from: number, to: number): Change[] {
    const [thing, key, frame] = row
    const found: Change[] = versionsOf.all({ thing, from, to }).map((version) => ({
      key,
      run: version[0],
      state: versionOf(population, [...row, ...version]),
    }))
    if (frame <= to) {
      const place = found.findIndex(({ run }) => run > frame)
      const serving = { key, run: frame, state: framed(population, [...row, null, null, null, null]) }
      found.splice(place < 0 ? found.length : place, 0, serving)
    }
    const first = Math.max(
      found.findLastIndex(({ run }) => run <= from),
      0,
    )
    return found.slice(found[first]?.state === null ? first + 1 : first)
  }

  /** What moves at every pull is told of no state. */
  function still({ kind }: Population, changes: Change[]): Change[] {
    for (const { state } of changes)
      if (state !== null) for (const field of volatileFields(kind)) set(state, field, null)
    return changes
  }

  return {
    shapeOf,
    /** Of as many records as the stretch has room for, by key, then run; `next`: the key to go on after, null at the end. */
    lives(population: Population, stretch: Stretch): { changes: Change[]; next: string | null } {
      const rows = livesIn.all({ ...stretch, population: population.id })
      const changes = rows.flatMap((row) => still(population, told(population, row, stretch.from, stretch.to)))
      return { changes, next: rows.length < stretch.limit ? null : rows.at(-1)![1] }
    },
    /** Of one record. */
    life(population: Population, key: string, from: number, to: number): Change[] {
      const row = lifeOf.get(population.id, key)
      return row === undefined ? [] : still(population, told(population, row, from, to))
    },
    populations: (): Population[] => populationRows.all(),
    /** Of all that was there in that run, nearly in the order of the keys. */
    *at(population: Population, run: number, newest: boolean): Generator<Exclude<State, null>> {
      const { id } = population
      const kept = repeats()
      const done = scanning(db)
      try {
        for (const row of newest ? alive.all({ population: id }) : atRun.all({ population: id, run })) {
          const [, , frame, , , version] = row
          // The frame in service is a state by itself from its run on, until a version follows.
          const serves = frame <= run && (version === null || version < frame)
          const state = serves ? framed(population, row, kept) : versionOf(population, row, kept)
          if (state !== null) yield state
        }
      } finally {
        done()
      }
    },
    /** Every change after one run, up to another. */
    *between(population: Population, from: number, to: number): Generator<Change> {
      const span = { population: population.id, from, to }
      for (const row of versionsBetween.all(span)) {
        yield { key: row[1], run: row[5]!, state: versionOf(population, row) }
      }
      for (const row of framesBetween.all(span)) {
        yield { key: row[1], run: row[2], state: framed(population, row) }
      }
    },
  }
}
