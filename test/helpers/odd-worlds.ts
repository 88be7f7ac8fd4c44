/**
 * The small tailnet with one value of one record in another state, for every value of every record: gone, unreadable,
 * turned round, of yesterday, of ten years ahead, hostile. What a check answers to none of them it hardly can.
 */
import type { AnyRecord, Kind } from '../../src/domain/record.ts'
import { HEALTHY, withRecords } from './small-tailnet.ts'

/** Never null by their types: without them there is no record. */
const ALWAYS_THERE = new Set([
  'kind',
  'source',
  'key',
  'unread',
  'email',
  'login',
  'text',
  'what',
  'readAt',
  'value of total',
])

/** Connectors leave out an empty one. */
const NAMES = new Set(['email', 'login', 'name', 'hostname', 'provider', 'url', 'description', 'role', 'lastError'])

/** Another text each check takes for another thing: nothing, a look-alike, a word of the language, a state, a moment. */
const TEXTS = ['', '__proto__', 'a\u202eb', 'left', 'suspended', 'shared', 'auth', 'linux', 'gone@example.com']
/** Connectors hand on no moment that is none. */
const MOMENT = /^\d{4}-\d\d-\d\dT/
const MOMENTS = ['2020-01-01T00:00:00.000Z', '2031-01-01T00:00:00.000Z', '9999-12-31T23:59:59.999Z']
const LISTS: readonly (readonly string[])[] = [
  [],
  ['tag:production'],
  ['__proto__'],
  ['0.0.0.0/0', '::/0'],
  ['all'],
  ['userCreated'],
]
const NUMBERS = [0, 1, -1, 5, 1e12]

function others(value: unknown): readonly unknown[] {
  if (typeof value === 'boolean') return [!value, null]
  if (typeof value === 'number') return [...NUMBERS, null]
  if (typeof value === 'string') return [...(MOMENT.test(value) ? MOMENTS : TEXTS), null]
  if (Array.isArray(value)) return LISTS
  return []
}

/** What a sum type of the vendor allows anywhere: a setting, an attribute, a value of an EDR. */
const ANY = [null, true, false, 0, 2, 'x', '__proto__']

function* changes(record: AnyRecord): Generator<AnyRecord> {
  for (const [name, value] of Object.entries(record)) {
    if (['kind', 'source', 'key', 'unread'].includes(name)) continue
    const states = record.kind === 'setting' ? ANY : others(value)
    for (const state of states) {
      if (state === null && (ALWAYS_THERE.has(name) || record.kind === 'total')) continue
      if (state === '' && NAMES.has(name)) continue
      yield { ...record, [name]: state } as AnyRecord
    }
    yield* unread(record, name, value)
    if (value === null || typeof value !== 'object' || Array.isArray(value)) continue
    for (const part of Object.keys(value))
      for (const state of ANY) yield { ...record, [name]: { ...value, [part]: state } } as AnyRecord
  }
}

/** As a connector leaves a value that it could not read: nothing of it, and its name. */
function* unread(record: AnyRecord, name: string, value: unknown): Generator<AnyRecord> {
  if (ALWAYS_THERE.has(name)) return
  if (Array.isArray(value)) yield { ...record, [name]: [], unread: [name] } as AnyRecord
  else if (value === null || typeof value !== 'object') yield { ...record, [name]: null, unread: [name] } as AnyRecord
}

export interface OddWorld {
  readonly name: string
  readonly records: readonly AnyRecord[]
  /** What is odd or gone in it; null where everything may be. */
  readonly kind: Kind | null
}

export function* oddWorlds(): Generator<OddWorld> {
  yield { name: 'all is well', records: HEALTHY, kind: null }
  yield { name: 'nothing at all', records: [], kind: null }
  for (const record of HEALTHY) {
    yield {
      name: `without ${record.kind} ${record.key}`,
      records: HEALTHY.filter((one) => one !== record),
      kind: record.kind,
    }
    for (const changed of changes(record)) {
      const name = `${record.kind} ${record.key} as ${JSON.stringify(changed).slice(0, 300)}`
      yield { name, records: withRecords(changed), kind: record.kind }
    }
  }
}
