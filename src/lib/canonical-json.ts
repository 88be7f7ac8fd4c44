/**
 * RFC 8785 (JCS): one text for one value, to digest. Numbers and strings as ECMAScript writes them (sections 3.2.2.2 and
 * 3.2.2.3), names in the order of their UTF-16 code units (section 3.2.3), no white space.
 */

/** Throws TypeError for what JSON cannot say: undefined, NaN, infinities, bigints, lone surrogates, anything but plain objects. */
export function canonicalJson(value: unknown): string {
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
      return Array.isArray(value) ? ofArray(value) : ofObject(value as Record<string, unknown>)
    default:
      throw new TypeError(`a value of type ${typeof value} has no canonical JSON`)
  }
}

function ofArray(values: readonly unknown[]): string {
  let text = '['
  for (let at = 0; at < values.length; at++) {
    if (at > 0) text += ','
    text += canonicalJson(values[at])
  }
  return `${text}]`
}

function ofObject(value: Record<string, unknown>): string {
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) {
    throw new TypeError(`an object of class ${value.constructor?.name} has no canonical JSON`)
  }
  let text = '{'
  for (const name of Object.keys(value).sort()) {
    if (text.length > 1) text += ','
    text += `${quoted(name)}:${canonicalJson(value[name])}`
  }
  return `${text}}`
}

/** Printable ASCII without quote and backslash: nearly every string of a record, and the same inside the quotes. */
const PLAIN = /^[ !#-[\]-~]*$/

function quoted(text: string): string {
  if (PLAIN.test(text)) return `"${text}"`
  // JSON.stringify would write a lone surrogate as an escape, which I-JSON and so RFC 8785 forbids.
  if (!text.isWellFormed()) throw new TypeError('a string with a lone surrogate has no canonical JSON')
  return JSON.stringify(text)
}
