/**
 * The fields that move at nearly every pull, of all records of one source in one run: one column a field, in key order
 * of the records alive, compressed. 10,000 random times of a quarter of an hour cost some 16 kB (stack.md section 6).
 */
import { zstdCompressSync } from 'node:zlib'
import type { Columns } from '../domain/digests.ts'
import type { JsonValue } from '../domain/json.ts'
import { damaged } from './failure.ts'
import { unzipSync } from './pack.ts'

/** How one column stands in the packed bytes. */
type Coding =
  /** Values as JSON. */
  | { readonly as: 'json'; readonly values: readonly JsonValue[] }
  /**
   * Instants as whole numbers of `unit` milliseconds, 0 for null, split into `planes` planes of equal bytes. `ages`: the
   * distance to the newest; `steps`: the distance to the neighbour, for readings made one after another.
   */
  | {
      readonly as: 'ages' | 'steps'
      readonly newest: number
      readonly unit: number
      readonly count: number
      readonly planes: number
    }
type Header = Record<string, Record<string, Coding>>

export function packColumns(columns: Columns): Buffer {
  const header: Header = {}
  const planes: Uint8Array[] = []
  for (const [kind, fields] of Object.entries(columns)) {
    header[kind] = {}
    for (const [field, values] of Object.entries(fields)) {
      const { coding, bytes } = packColumn(values)
      header[kind][field] = coding
      if (bytes !== null) planes.push(bytes)
    }
  }
  const text = Buffer.from(JSON.stringify(header))
  const length = Buffer.alloc(4)
  length.writeUInt32LE(text.length)
  return zstdCompressSync(Buffer.concat([length, text, ...planes]))
}

export function unpackColumns(packed: Uint8Array, what: string): Columns {
  const bytes = unzipSync(packed, what)
  try {
    const end = 4 + bytes.readUInt32LE(0)
    const header = JSON.parse(bytes.toString('utf8', 4, end)) as Header
    const columns: Columns = {}
    let at = end
    for (const [kind, fields] of Object.entries(header)) {
      columns[kind] = {}
      for (const [field, coding] of Object.entries(fields)) {
        if (coding.as === 'json') columns[kind][field] = [...coding.values]
        else {
          const length = coding.count * coding.planes
          columns[kind][field] = unpackInstants(coding, bytes.subarray(at, at + length))
          at += length
        }
      }
    }
    return columns
  } catch (cause) {
    throw damaged(`${what} cannot be read`, cause)
  }
}

function packColumn(values: readonly JsonValue[]): { coding: Coding; bytes: Uint8Array | null } {
  const moments = momentsOf(values)
  if (moments === null) return { coding: { as: 'json', values }, bytes: null }
  const newest = moments.reduce<number>((max, at) => (at !== null && at > max ? at : max), Number.MIN_SAFE_INTEGER)
  const unit = moments.every((at) => at === null || (newest - at) % 1000 === 0) ? 1000 : 1
  const ages = moments.map((at) => (at === null ? 0 : (newest - at) / unit + 1))
  const candidates = (['ages', 'steps'] as const).map((as) => {
    const numbers = as === 'ages' ? ages : stepsOf(ages)
    const planes = planesFor(numbers)
    const bytes = split(numbers, planes)
    return { coding: { as, newest, unit, count: numbers.length, planes }, bytes, size: zstdCompressSync(bytes).length }
  })
  return candidates.reduce((best, other) => (other.size < best.size ? other : best))
}

/** The column as milliseconds; null where a value is neither null nor an instant written our way. */
function momentsOf(values: readonly JsonValue[]): (number | null)[] | null {
  const moments: (number | null)[] = []
  let any = false
  for (const value of values) {
    if (value === null) moments.push(null)
    else {
      if (typeof value !== 'string' || !writtenOurWay(value)) return null
      const at = Date.parse(value)
      any = true
      moments.push(at)
    }
  }
  return any ? moments : null
}

/** `Date` reads much that it would not write so; asking it costs ten times the first glance, which nearly always does. */
function writtenOurWay(value: string): boolean {
  if (CERTAIN.test(value)) return true
  const at = value.length === 24 ? Date.parse(value) : Number.NaN
  return !Number.isNaN(at) && new Date(at).toISOString() === value
}
/** Any month has 28 days. */
const CERTAIN = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}Z$/

/** Zigzag: a small step in either direction is a small number. */
function stepsOf(ages: readonly number[]): number[] {
  let last = 0
  return ages.map((age) => {
    const step = age - last
    last = age
    return step >= 0 ? step * 2 : -step * 2 - 1
  })
}

/** Bytes that the largest number needs. */
function planesFor(numbers: readonly number[]): number {
  let planes = 1
  for (const number of numbers) while (number >= 256 ** planes) planes++
  return planes
}

/** All lowest bytes, then all second ones: what is random stays apart from what is nearly constant. */
function split(numbers: readonly number[], planes: number): Uint8Array {
  const bytes = new Uint8Array(numbers.length * planes)
  for (const [index, number] of numbers.entries()) {
    let rest = number
    for (let plane = 0; plane < planes; plane++) {
      bytes[plane * numbers.length + index] = rest % 256
      rest = Math.floor(rest / 256)
    }
  }
  return bytes
}

function unpackInstants(coding: Exclude<Coding, { as: 'json' }>, bytes: Uint8Array): JsonValue[] {
  const { count, planes, newest, unit } = coding
  if (bytes.length !== count * planes) throw new RangeError('the packed column is too short')
  const values: JsonValue[] = []
  let age = 0
  for (let index = 0; index < count; index++) {
    let number = 0
    for (let plane = planes - 1; plane >= 0; plane--) number = number * 256 + bytes[plane * count + index]!
    if (coding.as === 'ages') age = number
    else age += number % 2 === 0 ? number / 2 : -(number + 1) / 2
    values.push(age === 0 ? null : new Date(newest - (age - 1) * unit).toISOString())
  }
  return values
}
