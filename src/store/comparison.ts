/**
 * Which records of a new reading say what the newest run says of them. To compare two records field by field costs a
 * fifth of what the canonical form and its digest cost, and nearly all of them say the same at every pull.
 */
import { volatileFields } from '../domain/digests.ts'
import { byText, type JsonValue } from '../domain/json.ts'
import type { AnyRecord } from '../domain/record.ts'
import { turn } from './pack.ts'

/** Records compared between two turns of the event loop. */
const CHUNK = 5_000

/** Keys with such a character have another order in the database, which compares UTF-8, than here. */
const BEYOND_ONE_UNIT = /[\ud800-\udfff]/

/** Records of one kind of one source, in order of the keys. */
export interface Listed {
  readonly source: string
  readonly kind: string
  readonly sorted: readonly AnyRecord[]
}

export interface ComparedPopulation extends Listed {
  /** Of each of them the place, in order of the keys, of the known record that says the same; -1 where none does. */
  readonly places: Int32Array
  /** How many were known. */
  readonly known: number
  /** Of those known that are not there any more. */
  readonly gone: readonly string[]
}

export function slot({ source, kind }: Pick<Listed, 'source' | 'kind'>): string {
  return `${source}\0${kind}`
}

/** By slot, in the order in which they come. */
export function listed(records: readonly AnyRecord[]): Map<string, Listed> {
  return new Map([...bySlot(records)].map(([name, list]) => [name, listOf(list.sort(byKey))]))
}

function listOf(sorted: readonly AnyRecord[]): Listed {
  const { source, kind } = sorted[0]!
  return { source, kind, sorted }
}

function bySlot(records: readonly AnyRecord[]): Map<string, AnyRecord[]> {
  const lists = new Map<string, AnyRecord[]>()
  let [source, kind, list]: [string | null, string | null, AnyRecord[]] = [null, null, []]
  for (const record of records) {
    // Most are of the kind of the one before.
    if (source !== record.source || kind !== record.kind) {
      ;({ source, kind } = record)
      const name = slot(record)
      list = lists.get(name) ?? []
      lists.set(name, list)
    }
    list.push(record)
  }
  return lists
}

/** @param known each kind of a source in order of the keys; null where one cannot be compared, two of one key in it */
export async function comparisonOf(
  known: readonly AnyRecord[],
  now: ReadonlyMap<string, Listed>,
): Promise<ReadonlyMap<string, ComparedPopulation> | null> {
  const before = bySlot(known)
  const populations = new Map<string, ComparedPopulation>()
  for (const [name, list] of now) {
    const population = await compared(before.get(name) ?? [], list)
    if (population === null) return null
    populations.set(name, population)
  }
  return populations
}

async function compared(known: readonly AnyRecord[], list: Listed): Promise<ComparedPopulation | null> {
  const { kind, sorted } = list
  const apart = volatileFields(kind)
  if (known.some(({ key }) => BEYOND_ONE_UNIT.test(key))) return null
  const places = new Int32Array(sorted.length).fill(-1)
  const gone: string[] = []
  let next = 0
  let last: string | null = null
  for (let at = 0; at < sorted.length; at++) {
    if (at % CHUNK === 0) await turn()
    const now = sorted[at]!
    if (now.key === last) return null
    last = now.key
    while (next < known.length && byText(known[next]!.key, last) < 0) gone.push(known[next++]!.key)
    const before = known[next]
    if (before?.key !== last) continue
    if (saysTheSame(before as unknown as Plain, now as unknown as Plain, apart)) places[at] = next
    next++
  }
  while (next < known.length) gone.push(known[next++]!.key)
  return { ...list, places, known: known.length, gone }
}

type Plain = Readonly<Record<string, JsonValue>>

/**
 * Whether the canonical forms are the same, the fields named aside. Most fields are equal, so that which of them are
 * aside is asked only of those that are not.
 */
function saysTheSame(some: Plain, other: Plain, apart: readonly string[]): boolean {
  let names = 0
  for (const name in some) {
    names++
    const value = some[name]
    const otherValue = other[name]
    if (value === otherValue || areEqual(value, otherValue)) continue
    if (!apart.includes(name)) return false
    // A field aside that only one of them has must not make up for one that only the other has.
    if (otherValue === undefined) return false
  }
  for (const _ in other) names--
  return names === 0
}

/** Of values that JSON can say. */
function areEqual(some: JsonValue | undefined, other: JsonValue | undefined): boolean {
  if (some === other) return true
  if (typeof some !== 'object' || typeof other !== 'object' || some === null || other === null) return false
  if (!Array.isArray(some)) return !Array.isArray(other) && saysTheSame(some as Plain, other as Plain, NONE)
  if (!Array.isArray(other) || some.length !== other.length) return false
  for (let at = 0; at < some.length; at++) if (!areEqual(some[at], other[at])) return false
  return true
}
const NONE: readonly string[] = []

export function byKey(a: AnyRecord, b: AnyRecord): number {
  return byText(a.key, b.key)
}
