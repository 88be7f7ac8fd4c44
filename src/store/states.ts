/**
 * What the records of one population were at any run. A record's frame is a whole state, kept with the record itself
 * while it is in service; later states are versions that tell how they differ from it, and where they do too much, or
 * after some weeks, the next state is a new frame and the old one a version. So one seek per record finds any state
 * (stack.md section 6: a range over from and to makes SQLite scan the whole history).
 */
import type Database from 'better-sqlite3'
import type { JsonValue } from '../domain/json.ts'
import { applied } from './difference.ts'
import { decode, type Shapes, type Values } from './encode.ts'
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

const asIs = (values: Values): Values => values

/** Null: absent. */
export type State = Record<string, JsonValue> | null

export interface Change {
  readonly key: string
  readonly run: number
  readonly state: State
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

  return {
    shapeOf,
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
