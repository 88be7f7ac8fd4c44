/**
 * Records as compact arrays: the names of the fields stand once in a numbered shape, the values in their order in each
 * version. Source, kind and key stand beside the version, volatile fields in the run's packed column (volatile.ts).
 *
 * Order is kept as the record has it, so that what a check lists from a rebuilt record it lists in the same order as from
 * the record as it was read.
 */
import { volatileFields } from '../domain/digests.ts'
import type { JsonValue } from '../domain/json.ts'
import type { AnyRecord } from '../domain/record.ts'
import { damaged } from './failure.ts'

/** A field's name or, for a plain object such as `values`, the name with those inside. */
type Field = string | readonly [name: string, inside: readonly string[]]

export interface Shape {
  /** Null until it has a row. */
  id: number | null
  readonly kind: string
  readonly fields: readonly Field[]
  /** The fields as stored. */
  readonly text: string
}

export interface Encoded {
  readonly shape: Shape
  readonly body: string
}

/** The values of a record in the order of its shape. */
export type Values = JsonValue[]
type Plain = Readonly<Record<string, JsonValue>>

/** Kept apart from every version: they name the row or move at every pull. */
export function apartOf(kind: string): ReadonlySet<string> {
  let apart = APART.get(kind)
  if (apart === undefined) {
    apart = new Set(['kind', 'source', 'key', ...volatileFields(kind)])
    APART.set(kind, apart)
  }
  return apart
}
const APART = new Map<string, ReadonlySet<string>>()

/** All shapes that the database knows, and those of records about to be written. */
export class Shapes {
  readonly #byText = new Map<string, Shape>()
  readonly #byId = new Map<number, Shape>()
  /** The shape of the last record of a kind: nearly always that of the next one too. */
  readonly #last = new Map<string, Shape>()

  add(id: number, kind: string, text: string): Shape {
    const shape: Shape = { id, kind, text, fields: JSON.parse(text) as Field[] }
    this.#byText.set(slot(kind, text), shape)
    this.#byId.set(id, shape)
    return shape
  }

  /** After its row was written; with a transaction rolled back, `forget` undoes it. */
  number(shape: Shape, id: number): void {
    shape.id = id
    this.#byId.set(id, shape)
  }

  forget(shape: Shape): void {
    if (shape.id !== null) this.#byId.delete(shape.id)
    shape.id = null
  }

  byId(id: number): Shape | undefined {
    return this.#byId.get(id)
  }

  encode(record: AnyRecord): Encoded {
    const plain = record as unknown as Plain
    const last = this.#last.get(record.kind)
    const values = last === undefined ? null : fill(last, plain)
    if (last !== undefined && values !== null) return { shape: last, body: JSON.stringify(values) }
    const shape = this.#shapeOf(plain, record.kind)
    this.#last.set(record.kind, shape)
    return { shape, body: JSON.stringify(fill(shape, plain)) }
  }

  #shapeOf(record: Plain, kind: string): Shape {
    const apart = apartOf(kind)
    const fields: Field[] = []
    for (const [name, value] of Object.entries(record)) {
      if (!apart.has(name)) fields.push(nests(kind, value) ? [name, Object.keys(value)] : name)
    }
    const text = JSON.stringify(fields)
    const known = this.#byText.get(slot(kind, text))
    if (known !== undefined) return known
    const shape: Shape = { id: null, kind, fields, text }
    this.#byText.set(slot(kind, text), shape)
    return shape
  }
}

function slot(kind: string, text: string): string {
  return `${kind}\0${text}`
}

/** A carried record's body is a check's own and may be keyed by devices: its names would make a shape each time. */
function nests(kind: string, value: JsonValue | undefined): value is Plain {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && kind !== 'carried'
}

/** The record's values in the order of the shape; null when it has another shape. */
function fill(shape: Shape, record: Plain): Values | null {
  const apart = apartOf(shape.kind)
  const values: Values = []
  let at = 0
  for (const name in record) {
    if (apart.has(name)) continue
    const field = shape.fields[at++]
    if (field === undefined) return null
    const value = record[name]!
    if (typeof field === 'string') {
      if (field !== name || nests(shape.kind, value)) return null
      values.push(value)
    } else {
      if (field[0] !== name || !nests(shape.kind, value)) return null
      const inside = fillInside(field[1], value)
      if (inside === null) return null
      values.push(inside)
    }
  }
  return at === shape.fields.length ? values : null
}

function fillInside(names: readonly string[], object: Plain): Values | null {
  const values: Values = []
  let at = 0
  for (const name in object) {
    if (names[at++] !== name) return null
    values.push(object[name]!)
  }
  return at === names.length ? values : null
}

/** The record as it was, without its volatile fields. */
export function decode(shape: Shape, source: string, key: string, values: Values): Record<string, JsonValue> {
  if (!Array.isArray(values) || values.length !== shape.fields.length) {
    throw damaged(`the version of ${source}/${shape.kind}/${key} does not fit its shape`)
  }
  const { whole, inside } = blanksOf(shape)
  const record: Record<string, JsonValue> = { ...whole, kind: shape.kind, source, key }
  for (let at = 0; at < values.length; at++) {
    const field = shape.fields[at]!
    if (typeof field === 'string') {
      record[field] = values[at]!
      continue
    }
    const [name, names] = field
    const part: Record<string, JsonValue> = { ...inside[at] }
    const within = values[at] as Values
    for (let each = 0; each < names.length; each++) part[names[each]!] = within[each]!
    record[name] = part
  }
  return record
}

/** All names of a shape without values, to be copied: an object that grows name by name costs three times the memory. */
interface Blanks {
  readonly whole: Record<string, JsonValue>
  /** By the field's place; of fields that are no objects null. */
  readonly inside: readonly (Record<string, JsonValue> | null)[]
}

const BLANKS = new WeakMap<Shape, Blanks>()

function blanksOf(shape: Shape): Blanks {
  let blanks = BLANKS.get(shape)
  if (blanks === undefined) {
    const names = shape.fields.map((field) => (typeof field === 'string' ? field : field[0]))
    blanks = {
      whole: blank(['kind', 'source', 'key', ...names]),
      inside: shape.fields.map((field) => (typeof field === 'string' ? null : blank(field[1]))),
    }
    BLANKS.set(shape, blanks)
  }
  return blanks
}

/** By the parser, which makes "__proto__" a name like others, and so it stays when the object is copied and filled. */
function blank(names: readonly string[]): Record<string, JsonValue> {
  return JSON.parse(`{${names.map((name) => `${JSON.stringify(name)}:null`).join()}}`) as Record<string, JsonValue>
}

/** A vendor's key may be "__proto__", which an assignment would take for the prototype. */
export function set(object: Record<string, JsonValue>, name: string, value: JsonValue): void {
  if (name === '__proto__') {
    Object.defineProperty(object, name, { value, enumerable: true, writable: true, configurable: true })
  } else object[name] = value
}
