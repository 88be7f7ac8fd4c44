/** The reading itself, byte by byte; `hujson.ts` is the door. */

/** Line and column count from 1, columns in bytes, the offset in bytes from 0. */
export interface Place {
  readonly offset: number
  readonly line: number
  readonly column: number
}
interface Span extends Place {
  /** Offset behind the last byte. */
  readonly end: number
}
export interface HuString extends Span {
  readonly type: 'string'
  readonly value: string
}
export interface HuNumber extends Span {
  readonly type: 'number'
  /** May be infinite ("1e400") or rounded (18 digits); the source text is exact. */
  readonly value: number
}
export interface HuBoolean extends Span {
  readonly type: 'boolean'
  readonly value: boolean
}
export interface HuNull extends Span {
  readonly type: 'null'
  readonly value: null
}
export interface HuArray extends Span {
  readonly type: 'array'
  readonly items: readonly HuNode[]
}
export interface HuObject extends Span {
  readonly type: 'object'
  /** Of a name written twice, the last. */
  readonly members: ReadonlyMap<string, HuMember>
}
export interface HuMember {
  readonly name: HuString
  readonly value: HuNode
}
export type HuNode = HuString | HuNumber | HuBoolean | HuNull | HuArray | HuObject

/** A name that an object holds twice: the reference reader accepts it, in a policy it is a mistake. */
export interface Duplicate {
  readonly name: string
  readonly first: Place
  readonly second: Place
}

export interface Cut {
  readonly from: number
  readonly to: number
  /** `bare comma`: a trailing comma that follows its value without a gap. */
  readonly what: 'gap' | 'comma' | 'bare comma'
}
/** Far above any policy and far below what the call stack holds. */
export const MAX_DEPTH = 1000
/** Characters of a wrong literal that a message quotes. */
const QUOTED = 60

export const TAB = 0x09
export const LF = 0x0a
export const CR = 0x0d
export const SPACE = 0x20
const QUOTE = 0x22
const STAR = 0x2a
const COMMA = 0x2c
const SLASH = 0x2f
const COLON = 0x3a
const BACKSLASH = 0x5c
const OPEN_ARRAY = 0x5b
const CLOSE_ARRAY = 0x5d
const OPEN_OBJECT = 0x7b
const CLOSE_OBJECT = 0x7d

const NUMBER = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?$/
const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const lenient = new TextDecoder('utf-8', { ignoreBOM: true })

export class Unreadable extends Error {
  readonly offset: number
  constructor(offset: number, message: string) {
    super(message)
    this.offset = offset
  }
}

export class Reader {
  readonly cuts: Cut[] = []
  readonly duplicates: Duplicate[] = []
  readonly #bytes: Uint8Array
  #at = 0
  #line = 1
  #lineStart = 0
  #depth = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  document(): HuNode {
    this.#gap()
    const value = this.#value()
    this.#gap()
    if (this.#at < this.#bytes.length) this.#unexpected('after top-level value')
    return value
  }

  #value(): HuNode {
    const byte = this.#bytes[this.#at]
    if (byte === undefined) throw new Unreadable(this.#at, 'parsing value: unexpected EOF')
    if (byte === OPEN_OBJECT) return this.#nested(() => this.#object())
    if (byte === OPEN_ARRAY) return this.#nested(() => this.#array())
    if (byte === QUOTE) return this.#string()
    if (startsLiteral(byte)) return this.#literal()
    return this.#unexpected('at start of value')
  }

  #nested<T>(read: () => T): T {
    if (this.#depth === MAX_DEPTH) throw new Unreadable(this.#at, `nested deeper than ${MAX_DEPTH} levels`)
    this.#depth += 1
    const value = read()
    this.#depth -= 1
    return value
  }

  #array(): HuArray {
    const place = this.#place()
    const items: HuNode[] = []
    this.#at += 1
    this.#gap()
    while (this.#bytes[this.#at] !== CLOSE_ARRAY) {
      items.push(this.#value())
      this.#separator(CLOSE_ARRAY, 'array')
    }
    this.#at += 1
    return { type: 'array', items, ...place, end: this.#at }
  }

  #object(): HuObject {
    const place = this.#place()
    const members = new Map<string, HuMember>()
    const firsts = new Map<string, Place>()
    this.#at += 1
    this.#gap()
    while (this.#bytes[this.#at] !== CLOSE_OBJECT) {
      const name = this.#name()
      const first = firsts.get(name.value)
      if (first === undefined) firsts.set(name.value, name)
      else this.duplicates.push({ name: name.value, first, second: name })
      members.set(name.value, { name, value: this.#value() })
      this.#separator(CLOSE_OBJECT, 'object')
    }
    this.#at += 1
    return { type: 'object', members, ...place, end: this.#at }
  }

  /** A name and its colon. */
  #name(): HuString {
    const byte = this.#bytes[this.#at]
    if (byte === undefined) throw new Unreadable(this.#at, 'parsing value: unexpected EOF')
    if (byte !== QUOTE) this.#unexpected(startsValue(byte) ? 'at start of object name' : 'at start of value')
    const name = this.#string()
    this.#gap()
    if (this.#at === this.#bytes.length) throw new Unreadable(this.#at, 'parsing object after name: unexpected EOF')
    if (this.#bytes[this.#at] !== COLON) this.#unexpected('after object name')
    this.#at += 1
    this.#gap()
    return name
  }

  /** What follows a value: a comma, which may be the last thing before the end, or the end itself. */
  #separator(close: number, what: 'array' | 'object'): void {
    const from = this.#at
    this.#gap()
    const byte = this.#bytes[this.#at]
    if (byte === close) return
    if (byte === undefined) throw new Unreadable(this.#at, `parsing ${what} after value: unexpected EOF`)
    const end = String.fromCharCode(close)
    if (byte !== COMMA) this.#unexpected(`after ${what} value (expecting ',' or '${end}')`)
    const comma = this.#at
    this.#at += 1
    this.#gap()
    if (this.#bytes[this.#at] !== close) return
    this.cuts.push({ from: comma, to: comma + 1, what: comma === from ? 'bare comma' : 'comma' })
  }

  #string(): HuString {
    const place = this.#place()
    let escaped = false
    let at = this.#at + 1
    for (; ; at++) {
      const byte = this.#bytes[at]
      if (byte === undefined) throw new Unreadable(place.offset, 'parsing string: unexpected EOF')
      if (byte === QUOTE) break
      if (byte === BACKSLASH) {
        escaped = true
        at += 1
      }
    }
    const end = at + 1
    const text = this.#text(place.offset, end, 'string')
    const value = stringValue(text, escaped)
    if (value === null) throw new Unreadable(place.offset, `invalid literal: ${cut(text)}`)
    this.#at = end
    return { type: 'string', value, ...place, end }
  }

  #literal(): HuNode {
    const place = this.#place()
    let end = this.#at
    while (continuesLiteral(this.#bytes[end])) end += 1
    const text = lenient.decode(this.#bytes.subarray(place.offset, end))
    this.#at = end
    if (text === 'null') return { type: 'null', value: null, ...place, end }
    if (text === 'true' || text === 'false') return { type: 'boolean', value: text === 'true', ...place, end }
    if (NUMBER.test(text)) return { type: 'number', value: Number(text), ...place, end }
    throw new Unreadable(place.offset, `invalid literal: ${cut(text)}`)
  }

  /** Whitespace and comments. */
  #gap(): void {
    const from = this.#at
    for (;;) {
      const byte = this.#bytes[this.#at]
      if (byte === LF) this.#newLine(this.#at + 1)
      else if (byte === SPACE || byte === TAB || byte === CR) this.#at += 1
      else if (byte === SLASH && this.#bytes[this.#at + 1] === SLASH) this.#lineComment()
      else if (byte === SLASH && this.#bytes[this.#at + 1] === STAR) this.#blockComment()
      else break
    }
    if (this.#at > from) this.cuts.push({ from, to: this.#at, what: 'gap' })
  }

  #newLine(start: number): void {
    this.#at = start
    this.#line += 1
    this.#lineStart = start
  }

  /** Ends at a line feed only; the end of the file inside it is an error, as in the reference. */
  #lineComment(): void {
    const end = this.#bytes.indexOf(LF, this.#at)
    if (end === -1) throw new Unreadable(this.#at, 'parsing comment: unexpected EOF')
    this.#text(this.#at, end, 'comment')
    this.#newLine(end + 1)
  }

  #blockComment(): void {
    const from = this.#at
    let star = this.#bytes.indexOf(STAR, from + 2)
    while (star !== -1 && this.#bytes[star + 1] !== SLASH) star = this.#bytes.indexOf(STAR, star + 1)
    if (star === -1) throw new Unreadable(from, 'parsing comment: unexpected EOF')
    this.#text(from, star, 'comment')
    for (let line = this.#bytes.indexOf(LF, from); line !== -1 && line < star; ) {
      this.#newLine(line + 1)
      line = this.#bytes.indexOf(LF, line + 1)
    }
    this.#at = star + 2
  }

  #text(from: number, to: number, what: 'comment' | 'string'): string {
    try {
      return strict.decode(this.#bytes.subarray(from, to))
    } catch {
      throw new Unreadable(from, `invalid UTF-8 in ${what}`)
    }
  }

  #place(): Place {
    return { offset: this.#at, line: this.#line, column: this.#at - this.#lineStart + 1 }
  }

  #unexpected(where: string): never {
    const rune = String.fromCodePoint(lenient.decode(this.#bytes.subarray(this.#at, this.#at + 4)).codePointAt(0)!)
    throw new Unreadable(this.#at, `invalid character ${quoted(rune)} ${where}`)
  }
}

/** Null: no JSON string. A lone surrogate becomes U+FFFD, as in Tailscale's own decoder; canonical JSON has none. */
function stringValue(text: string, escaped: boolean): string | null {
  if (!escaped && !/[\0-\x1f]/.test(text)) return text.slice(1, -1)
  try {
    return (JSON.parse(text) as string).toWellFormed()
  } catch {
    return null
  }
}

function startsValue(byte: number): boolean {
  return byte === OPEN_OBJECT || byte === OPEN_ARRAY || startsLiteral(byte)
}

function startsLiteral(byte: number): boolean {
  return byte === 0x2d || isAlphanumeric(byte)
}

function continuesLiteral(byte: number | undefined): boolean {
  return byte !== undefined && (byte === 0x2b || byte === 0x2d || byte === 0x2e || isAlphanumeric(byte))
}

function isAlphanumeric(byte: number): boolean {
  return (byte >= 0x30 && byte <= 0x39) || (byte >= 0x41 && byte <= 0x5a) || (byte >= 0x61 && byte <= 0x7a)
}

function cut(text: string): string {
  return text.length > QUOTED ? `${text.slice(0, QUOTED)}…` : text
}

/** A character in single quotes; one that nobody could see, by its number. */
function quoted(rune: string): string {
  if (rune === "'" || rune === '\\') return `'\\${rune}'`
  if (!/[\p{C}\p{Z}]/u.test(rune) || rune === ' ') return `'${rune}'`
  const hex = rune.codePointAt(0)!.toString(16)
  return hex.length > 4 ? `'\\U${hex.padStart(8, '0')}'` : `'\\u${hex.padStart(4, '0')}'`
}
