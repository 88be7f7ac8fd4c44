/**
 * RFC 8785 (JCS): one text for one value, to digest. Numbers and strings as ECMAScript writes them (sections 3.2.2.2 and
 * 3.2.2.3), names in the order of their UTF-16 code units (section 3.2.3), no white space.
 */

/**
 * Throws TypeError for what JSON cannot say: undefined, NaN, infinities, bigints, lone surrogates, anything but plain objects.
 *
 * @param apart names of the outermost object that the text leaves out: to copy an object without them costs more than to
 * write it
 */
export function canonicalJson(value: unknown, apart: readonly string[] = NOTHING): string {
  switch (typeof value) {
    case 'string':
      return quoted(value)
    case 'number':
      if (!Number.isFinite(value)) throw new TypeError(`${value} has no canonical JSON`)
      return String(value)
    case 'boolean':
      return value ? 'true' : 'false'
    case 'object':
      if (value === null) return 'null'
      return Array.isArray(value) ? ofArray(value) : ofObject(value as Record<string, unknown>, apart)
    default:
      throw new TypeError(`a value of type ${typeof value} has no canonical JSON`)
  }
}

/** Above this: a text grown by so many steps is gone through once more, step by step, to be digested. */
const MANY = 64

function ofArray(values: readonly unknown[]): string {
  if (values.length > MANY) return ofMany(values)
  let text = '['
  for (let at = 0; at < values.length; at++) {
    if (at > 0) text += ','
    text += canonicalJson(values[at])
  }
  return `${text}]`
}

function ofMany(values: readonly unknown[]): string {
  const parts: string[] = []
  for (let from = 0; from < values.length; from += CHUNK) {
    const chunk = values.slice(from, from + CHUNK)
    parts.push(written(chunk) ?? chunk.map((value) => canonicalJson(value)).join())
  }
  return `[${parts.join()}]`
}
/** Values written at once. */
const CHUNK = 256

/**
 * By the engine's own writer, from copies whose names are in order: half the time for the request log of 10,000 calls.
 * Null where it would not write the same, or where `canonicalJson` refuses.
 */
function written(values: readonly unknown[]): string | null {
  const copies: unknown[] = []
  for (let at = 0; at < values.length; at++) {
    const copy = inOrderOfNames(values[at])
    if (copy === undefined) return null
    copies.push(copy)
  }
  const text = JSON.stringify(copies)
  // So it writes a lone surrogate.
  return text.includes('\\ud') ? null : text.slice(1, -1)
}

/** Undefined where there is none. */
function inOrderOfNames(value: unknown): unknown {
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) return value
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined
  if (typeof value !== 'object') return undefined
  if (Array.isArray(value)) {
    const copies: unknown[] = []
    for (let at = 0; at < value.length; at++) {
      const copy = inOrderOfNames(value[at])
      if (copy === undefined) return undefined
      copies.push(copy)
    }
    return copies
  }
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) return undefined
  const order = inOrder(Object.keys(value), NOTHING)
  if (order.blank === undefined) order.blank = blankOf(order)
  const { sorted, blank } = order
  if (blank === null) return undefined
  const copy = { ...blank }
  for (let at = 0; at < sorted.length; at++) {
    const name = sorted[at]!
    const inner = (value as Record<string, unknown>)[name]
    if (typeof inner === 'string') copy[name] = inner
    else {
      const own = inOrderOfNames(inner)
      if (own === undefined) return undefined
      copy[name] = own
    }
  }
  return copy
}

const NOTHING: readonly string[] = []

function ofObject(value: Record<string, unknown>, apart: readonly string[]): string {
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) {
    throw new TypeError(`an object of class ${value.constructor?.name} has no canonical JSON`)
  }
  const { sorted, labels } = inOrder(Object.keys(value), apart)
  let text = '{'
  for (let at = 0; at < sorted.length; at++) text += labels[at]! + canonicalJson(value[sorted[at]!])
  return `${text}}`
}

interface Order {
  readonly names: readonly string[]
  readonly apart: readonly string[]
  readonly sorted: readonly string[]
  /** Each name as it stands in the text, with its comma and colon. */
  readonly labels: readonly string[]
  /** The names without values, to be copied, once asked for; null where an object would not keep them in order. */
  blank?: Record<string, unknown> | null
}

/**
 * The order found for the last object with so many names: records of one kind come in thousands and have the same names
 * in the same order. To compare those costs a fraction of sorting them.
 */
const LAST_ORDER: Order[] = []
/** Objects with more names are maps of somebody's own, and none is like the next. */
const MOST_NAMES = 64

function inOrder(names: readonly string[], apart: readonly string[]): Order {
  const last = LAST_ORDER[names.length]
  if (last !== undefined && last.apart === apart && areEqual(names, last.names)) return last
  const sorted = names.filter((name) => !apart.includes(name)).sort()
  const labels = sorted.map((name, at) => `${at === 0 ? '' : ','}${quoted(name)}:`)
  const order: Order = { names, apart, sorted, labels }
  if (names.length <= MOST_NAMES) LAST_ORDER[names.length] = order
  return order
}

/** Names that are whole numbers an object puts first. Made by the parser, "__proto__" is a name like others. */
function blankOf({ sorted, labels }: Order): Record<string, unknown> | null {
  if (sorted.some((name) => /^\d+$/.test(name))) return null
  return JSON.parse(`{${labels.map((label) => `${label}null`).join('')}}`) as Record<string, unknown>
}

function areEqual(some: readonly string[], others: readonly string[]): boolean {
  for (let at = 0; at < some.length; at++) if (some[at] !== others[at]) return false
  return true
}

/** Printable ASCII without quote and backslash: nearly every string of a record, and the same inside the quotes. */
const PLAIN = /^[ !#-[\]-~]*$/

function quoted(text: string): string {
  if (PLAIN.test(text)) return `"${text}"`
  // JSON.stringify would write a lone surrogate as an escape, which I-JSON and so RFC 8785 forbids.
  if (!text.isWellFormed()) throw new TypeError('a string with a lone surrogate has no canonical JSON')
  return JSON.stringify(text)
}
