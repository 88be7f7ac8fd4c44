/**
 * Faults inside an answer's JSON, for every envelope that the vendors use: `{users: […]}`, `{data: […], pagination}`,
 * `{meta, resources: […], errors}` and bare arrays.
 */

export type JsonFault =
  /** Keys that nobody knows yet, at the top and in every item: must change nothing. */
  | { kind: 'extra_fields' }
  | { kind: 'json_null' }
  | { kind: 'json_string' }
  /** An array where an object was due, and the other way round. */
  | { kind: 'json_array_instead' }
  | { kind: 'empty_list' }
  /** Leaves out this share of the list, from its end. */
  | { kind: 'shrink_list'; share: number }
  | { kind: 'duplicate_rows' }
  /** The first answer's cursor again and again; where the API pages by offset, its first page again. */
  | { kind: 'repeat_cursor' }
  /** A field of every item, or of the object itself where there is no list; "a.b" reaches inside. */
  | { kind: 'drop_field'; field: string }
  | { kind: 'null_field'; field: string }
  | { kind: 'mistype_field'; field: string }
  /** `__proto__` and `constructor` as keys, at the top and in every item. */
  | { kind: 'proto_pollution' }

const KINDS: ReadonlySet<string> = new Set<JsonFault['kind']>([
  'extra_fields',
  'json_null',
  'json_string',
  'json_array_instead',
  'empty_list',
  'shrink_list',
  'duplicate_rows',
  'repeat_cursor',
  'drop_field',
  'null_field',
  'mistype_field',
  'proto_pollution',
])

export function isJsonFault<F extends { kind: string }>(fault: F): fault is Extract<F, JsonFault> {
  return KINDS.has(fault.kind)
}

type Json = Record<string, unknown>

/** The text with the fault in it; null where it is no JSON, as a policy file is. */
export function spoiled(fault: JsonFault, memory: Map<string, unknown>, text: string): string | null {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return null
  }
  if (fault.kind === 'proto_pollution') return polluted(value)
  return JSON.stringify(changed(fault, memory, value))
}

function changed(fault: Exclude<JsonFault, { kind: 'proto_pollution' }>, memory: Map<string, unknown>, value: unknown) {
  switch (fault.kind) {
    case 'json_null':
      return null
    case 'json_string':
      return 'simulated'
    case 'json_array_instead':
      return Array.isArray(value) ? { items: value } : [value]
    case 'extra_fields':
      return withFields(value, () => ({ simulatedField: { added: ['later'] }, simulated_flag: true }))
    case 'empty_list':
      return withList(value, () => [])
    case 'shrink_list':
      return withList(value, (list) => list.slice(0, Math.round(list.length * (1 - fault.share))))
    case 'duplicate_rows':
      return withList(value, (list) => list.flatMap((item, at) => (at % 2 === 0 ? [item, item] : [item])))
    case 'repeat_cursor':
      return repeated(memory, value)
    default:
      return withItems(value, (item) => withField(item, fault.field.split('.'), fault.kind))
  }
}

/** Names under which vendors put their list, before any other array of the envelope (CrowdStrike has `errors` too). */
const LIST_NAMES = ['data', 'resources', 'results']

function listName(envelope: Json): string | null {
  const names = [...LIST_NAMES, ...Object.keys(envelope)]
  return names.find((name) => Object.hasOwn(envelope, name) && Array.isArray(envelope[name])) ?? null
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function withList(value: unknown, change: (list: unknown[]) => unknown[]): unknown {
  if (Array.isArray(value)) return change(value)
  const name = isObject(value) ? listName(value) : null
  return name === null ? value : { ...(value as Json), [name]: change((value as Json)[name] as unknown[]) }
}

function withItems(value: unknown, change: (item: Json) => Json): unknown {
  const one = (item: unknown): unknown => (isObject(item) ? change(item) : item)
  const hasList = Array.isArray(value) || (isObject(value) && listName(value) !== null)
  return hasList ? withList(value, (list) => list.map(one)) : one(value)
}

function withFields(value: unknown, fields: () => Json): unknown {
  const inside = withList(value, (list) => list.map((item) => (isObject(item) ? { ...item, ...fields() } : item)))
  return isObject(inside) ? { ...inside, ...fields() } : inside
}

function withField(
  item: Json,
  [name = '', ...inner]: readonly string[],
  how: 'drop_field' | 'null_field' | 'mistype_field',
): Json {
  if (!Object.hasOwn(item, name)) return item
  const value = item[name]
  if (inner.length > 0) return isObject(value) ? { ...item, [name]: withField(value, inner, how) } : item
  if (how === 'null_field') return { ...item, [name]: null }
  if (how === 'mistype_field') return { ...item, [name]: mistyped(value) }
  const { [name]: _dropped, ...rest } = item
  return rest
}

/** A value of another type than any reader could take for the old one. */
function mistyped(value: unknown): unknown {
  if (typeof value === 'string') return { simulated: 1 }
  if (Array.isArray(value)) return 'simulated'
  return typeof value === 'object' ? 17 : ['simulated']
}

/** Where the vendors put their cursor: SentinelOne, CrowdStrike, Kandji. */
const CURSORS = [
  ['pagination', 'nextCursor'],
  ['meta', 'pagination', 'after'],
  ['meta', 'pagination', 'next'],
  ['meta', 'pagination', 'offset'],
  ['cursor'],
  ['next'],
]

function repeated(memory: Map<string, unknown>, value: unknown): unknown {
  if (!memory.has('answer')) {
    memory.set('answer', value)
    memory.set('path', CURSORS.find((path) => hasCursor(at(value, path))) ?? null)
    return value
  }
  const path = memory.get('path') as string[] | null
  const first = memory.get('answer')
  return path === null ? first : put(value, path, at(first, path))
}

const hasCursor = (cursor: unknown): boolean => typeof cursor === 'string' && cursor !== ''

function at(value: unknown, [name, ...inner]: readonly string[]): unknown {
  if (name === undefined) return value
  return isObject(value) && Object.hasOwn(value, name) ? at(value[name], inner) : undefined
}

function put(value: unknown, [name, ...inner]: readonly string[], to: unknown): unknown {
  if (name === undefined) return to
  return isObject(value) ? { ...value, [name]: put(value[name], inner, to) } : value
}

const POISON = '"__proto__":{"role":"owner","polluted":true},"constructor":{"prototype":{"polluted":true}}'

/** As text, because an object literal cannot hold a key `__proto__`. */
function polluted(value: unknown): string {
  const mark = 'simulated:poison'
  const marked = JSON.stringify(withFields(value, () => ({ [mark]: 0 })))
  return marked.replaceAll(`"${mark}":0`, POISON)
}
