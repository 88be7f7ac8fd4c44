/**
 * The fields that move at nearly every pull, of all records of one source in one run: one column a field, in key order
 * of the records alive, each packed by what its values are.
 */
import { zstdCompressSync } from 'node:zlib'
import type { Columns } from '../domain/digests.ts'
import type { JsonValue } from '../domain/json.ts'
import { damaged } from './failure.ts'
import { millisOf } from './moments.ts'
import { bitsOf, type NumbersCoding, packNumbers, sizeOf, unpackNumbers, zigzag } from './numbers.ts'
import { unzipSync } from './pack.ts'

/** How one column stands in the packed bytes. */
type Coding =
  /** Values as JSON. */
  | { readonly as: 'json'; readonly values: readonly JsonValue[] }
  /** As the column of that number: a check-in is told in several fields. */
  | { readonly as: 'same'; readonly column: number }
  /**
   * Instants as whole numbers of `unit` milliseconds, but for those that are null. `ages`: the distance to the newest;
   * `steps`: the distance to the neighbour, for readings made one after another.
   */
  | {
      readonly as: 'ages' | 'steps'
      readonly newest: number
      readonly unit: number
      readonly count: number
      /** Where there are nulls: a bit a value, set where it is none. */
      readonly there: NumbersCoding | null
      readonly numbers: NumbersCoding
    }
  /** A bit a value. */
  | { readonly as: 'booleans'; readonly count: number; readonly numbers: NumbersCoding }
type Header = Record<string, Record<string, Coding>>

interface Packed {
  readonly coding: Coding
  readonly bytes: Uint8Array
}
const NO_BYTES = new Uint8Array()

export function packColumns(columns: Columns): Buffer {
  const header: Header = {}
  const parts: Uint8Array[] = []
  const before: (readonly JsonValue[])[] = []
  for (const [kind, fields] of Object.entries(columns)) {
    header[kind] = {}
    for (const [field, values] of Object.entries(fields)) {
      const column = before.findIndex((other) => areEqual(other, values))
      const { coding, bytes } =
        column === -1 ? packColumn(values) : { coding: { as: 'same', column } as const, bytes: NO_BYTES }
      header[kind][field] = coding
      parts.push(bytes)
      before.push(values)
    }
  }
  const packedHeader = zstdCompressSync(Buffer.from(JSON.stringify(header)))
  const length = Buffer.alloc(4)
  length.writeUInt32LE(packedHeader.length)
  return Buffer.concat([length, packedHeader, ...parts])
}

export function unpackColumns(packed: Buffer, what: string): Columns {
  try {
    const end = 4 + packed.readUInt32LE(0)
    const header = JSON.parse(unzipSync(packed.subarray(4, end), what).toString('utf8')) as Header
    const columns: Columns = {}
    const before: (readonly JsonValue[])[] = []
    let at = end
    const next = (length: number): Uint8Array => {
      at += length
      return packed.subarray(at - length, at)
    }
    for (const [kind, fields] of Object.entries(header)) {
      columns[kind] = {}
      for (const [field, coding] of Object.entries(fields)) {
        const values = coding.as === 'same' ? [...before[coding.column]!] : unpackColumn(coding, next)
        columns[kind][field] = values
        before.push(values)
      }
    }
    if (at !== packed.length) throw new RangeError('the packed columns have another length than they say')
    return columns
  } catch (cause) {
    throw damaged(`${what} cannot be read`, cause)
  }
}

function packColumn(values: readonly JsonValue[]): Packed {
  if (values.length > 0 && values.every((value) => typeof value === 'boolean')) return packBooleans(values)
  const moments = momentsOf(values)
  if (moments === null) return { coding: { as: 'json', values }, bytes: NO_BYTES }
  const known = moments.filter((at) => !Number.isNaN(at))
  const newest = known.reduce((max, at) => Math.max(max, at), Number.MIN_SAFE_INTEGER)
  const unit = known.every((at) => (newest - at) % 1000 === 0) ? 1000 : 1
  const ages = known.map((at) => (newest - at) / unit)
  const there = known.length === moments.length ? null : packBits(Array.from(moments, (at) => !Number.isNaN(at)))
  const steps = stepsOf(ages)
  const as = bitsOf(steps) < bitsOf(ages) ? 'steps' : 'ages'
  const { coding: numbers, bytes } = packNumbers(as === 'steps' ? steps : ages)
  const coding: Coding = { as, newest, unit, count: values.length, there: there?.coding ?? null, numbers }
  return { coding, bytes: there === null ? bytes : Buffer.concat([there.bytes, bytes]) }
}

function packBooleans(values: readonly boolean[]): Packed {
  const { coding: numbers, bytes } = packBits(values)
  return { coding: { as: 'booleans', count: values.length, numbers }, bytes }
}

/** Eight to a byte. */
function packBits(values: readonly boolean[]) {
  const bytes = new Uint8Array(Math.ceil(values.length / 8))
  for (let at = 0; at < values.length; at++) if (values[at] === true) bytes[at >> 3]! |= 1 << (at & 7)
  return packNumbers(bytes, 0)
}

function unpackBits(coding: NumbersCoding, bytes: Uint8Array, count: number): boolean[] {
  const packed = unpackNumbers(coding, bytes)
  if (packed.length !== Math.ceil(count / 8)) throw new RangeError('the packed bits are too few')
  return Array.from({ length: count }, (_, at) => ((packed[at >> 3]! >> (at & 7)) & 1) === 1)
}

/** The column as milliseconds, NaN for null; null where a value is neither null nor an instant written our way. */
function momentsOf(values: readonly JsonValue[]): Float64Array | null {
  const moments = new Float64Array(values.length)
  let any = false
  for (let at = 0; at < values.length; at++) {
    const value = values[at]!
    const millis = value === null ? Number.NaN : typeof value === 'string' ? millisOf(value) : null
    if (millis === null) return null
    if (value !== null) any = true
    moments[at] = millis
  }
  return any ? moments : null
}

function stepsOf(ages: Float64Array): Float64Array {
  return ages.map((age, at) => zigzag(age - (at === 0 ? 0 : ages[at - 1]!)))
}

function unpackColumn(coding: Exclude<Coding, { as: 'same' }>, next: (length: number) => Uint8Array): JsonValue[] {
  if (coding.as === 'json') return [...coding.values]
  if (coding.as === 'booleans') return unpackBits(coding.numbers, next(sizeOf(coding.numbers)), coding.count)
  const { as, newest, unit, count, there, numbers } = coding
  const bits = there === null ? null : unpackBits(there, next(sizeOf(there)), count)
  let age = 0
  const known = unpackNumbers(numbers, next(sizeOf(numbers))).map((number) => {
    if (as === 'ages') age = number
    else age += number % 2 === 0 ? number / 2 : -(number + 1) / 2
    return new Date(newest - age * unit).toISOString()
  })
  if (bits === null) return known
  let at = 0
  return bits.map((there) => (there ? known[at++]! : null))
}

function areEqual(some: readonly JsonValue[], others: readonly JsonValue[]): boolean {
  return some.length === others.length && some.every((value, at) => value === others[at])
}
