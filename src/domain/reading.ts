/**
 * Reads single fields of what a vendor sent. A field that is absent, null or says "none" gives null; one that is there
 * but of another type gives null as well and its name is noted in `unread`. Nothing is ever coerced: "True" is no
 * boolean and "12" no number (vendors/sentinelone.md, trap 7). So one bad field is one unknown, never a lost record.
 */
import { AppError } from './error.ts'
import { type Instant, instant, millis } from './time.ts'

/** The readers over one row; `what` names it in errors: "sentinelone: agent". Throws `schema_mismatch` for a row that is no object. */
export function fields(row: unknown, what = 'row'): Fields {
  if (!isObject(row)) throw new AppError('schema_mismatch', `${what} is ${nameOf(row)}, not an object.`)
  return new Fields(row, what, '', [])
}

export class Fields {
  /** Names of fields that were sent but could not be read; nested ones as "status.lastSync". Complete once all were asked for. */
  readonly unread: readonly string[]
  private readonly row: Readonly<Record<string, unknown>>
  private readonly what: string
  private readonly prefix: string
  private readonly noted: string[]

  constructor(row: Readonly<Record<string, unknown>>, what: string, prefix: string, noted: string[]) {
    this.row = row
    this.what = what
    this.prefix = prefix
    this.noted = noted
    this.unread = noted
  }

  /** What tells this row from all others. A row without it cannot be a record, so the page is refused. */
  id(name: string): string {
    const value = this.sent(name)
    if (typeof value === 'string' && value !== '') return value
    throw new AppError('schema_mismatch', `${this.what} has ${nameOf(value)} as ${this.prefix}${name}, not an id.`)
  }

  has(name: string): boolean {
    return this.sent(name) !== null
  }

  /** As sent, the empty text included. */
  text(name: string): string | null {
    const value = this.sent(name)
    return value === null || typeof value === 'string' ? value : this.cannotRead(name)
  }

  /** A text where an empty or blank one means "none". */
  filled(name: string): string | null {
    const value = this.text(name)
    return value === null || value.trim() === '' ? null : value
  }

  /** Something opaque that is only handed back, such as a cursor: a text, or a number as text. Empty means none. */
  token(name: string): string | null {
    const value = this.sent(name)
    return typeof value === 'number' ? String(value) : this.filled(name)
  }

  flag(name: string): boolean | null {
    const value = this.sent(name)
    return value === null || typeof value === 'boolean' ? value : this.cannotRead(name)
  }

  /** A flag that is also seen as the number 0 or 1. */
  flagOrBit(name: string): boolean | null {
    const value = this.sent(name)
    return value === 0 || value === 1 ? value === 1 : this.flag(name)
  }

  number(name: string): number | null {
    const value = this.sent(name)
    return value === null || (typeof value === 'number' && Number.isFinite(value)) ? value : this.cannotRead(name)
  }

  /** The empty text and the zero time `0001-01-01T00:00:00Z` of Go programs mean "none". */
  instant(name: string): Instant | null {
    const value = this.sent(name)
    if (value === null || value === '' || (typeof value === 'string' && value.startsWith('0001-01-01'))) return null
    return instant(value) ?? this.cannotRead(name)
  }

  /** A list of texts; one element that is none makes the whole list unreadable. */
  list(name: string): readonly string[] | null {
    const value = this.sent(name)
    if (value === null) return null
    if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value
    return this.cannotRead(name)
  }

  /** The rows of an answer. Without them nothing was read, so anything but a list throws `schema_mismatch`. */
  rows(name: string): readonly unknown[] {
    const value = this.sent(name)
    if (Array.isArray(value)) return value
    throw new AppError('schema_mismatch', `${this.what} has ${nameOf(value)} as ${this.prefix}${name}, not a list.`)
  }

  /** For envelopes, on which the completeness of a reading rests: throws `schema_mismatch` for what could not be read. */
  mustBeRead(): void {
    if (this.unread.length === 0) return
    throw new AppError('schema_mismatch', `${this.what} has a value of another type as ${this.unread.join(', ')}.`)
  }

  /** The readers over an object inside this one. */
  within(name: string): Fields | null {
    const value = this.sent(name)
    if (value === null) return null
    return isObject(value) ? new Fields(value, this.what, `${this.prefix}${name}.`, this.noted) : this.cannotRead(name)
  }

  /** Own properties only: a vendor's "constructor" is a field like others. */
  private sent(name: string): unknown {
    return Object.hasOwn(this.row, name) ? (this.row[name] ?? null) : null
  }

  private cannotRead(name: string): null {
    const path = `${this.prefix}${name}`
    if (!this.noted.includes(path)) this.noted.push(path)
    return null
  }
}

/**
 * The JSON of an answer; throws `not_json` where it is none, also where it is cut short or not UTF-8. `request` names
 * it: "sentinelone: GET /web/api/v2.1/agents". The parser's own message quotes the body and is left out.
 */
export function jsonOf(body: Uint8Array, request: string): unknown {
  try {
    const text = UTF8.decode(body)
    return mayHoldHalf(text) ? JSON.parse(text, wellFormed) : JSON.parse(text)
  } catch {
    const html = body[0] === '<'.charCodeAt(0)
    throw new AppError(
      'not_json',
      `${request} answered ${body.length} bytes that are ${html ? 'a web page' : 'not JSON or were cut short'}.`,
    )
  }
}

/**
 * As `jsonOf`, for a body that is read twice: by the walk, which looks for the next page, and right after by whoever reads
 * the records of the same page. The second finds it parsed.
 */
export function sharedJsonOf(body: Uint8Array, request: string): unknown {
  const parsed = walked.get(body)
  if (parsed !== undefined) {
    walked.delete(body)
    return parsed
  }
  const value = jsonOf(body, request)
  walked.set(body, value)
  return value
}

const walked = new WeakMap<Uint8Array, unknown>()

const UTF8 = new TextDecoder('utf-8', { fatal: true })

/**
 * A name that was cut in the middle of an emoji arrives as half a surrogate pair, which has no canonical form (RFC 8785):
 * it reads as U+FFFD, so that one odd host name cannot stop a seal.
 */
const mayHoldHalf = (text: string): boolean => text.includes('\\ud') || text.includes('\\uD')

function wellFormed(_key: string, value: unknown): unknown {
  if (typeof value === 'string') return value.toWellFormed()
  if (!isObject(value) || Object.keys(value).every((key) => key.isWellFormed())) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key.toWellFormed(), item]))
}

/** The server's clock (its `Date`) minus ours, milliseconds; null where it sent none. */
export function clockSkewMs(headers: Readonly<Record<string, string>>, now: Instant): number | null {
  const theirs = Date.parse(headers['date'] ?? '')
  return Number.isNaN(theirs) ? null : theirs - millis(now)
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function nameOf(value: unknown): string {
  if (value === null || value === undefined) return 'nothing'
  return Array.isArray(value) ? 'a list' : value === '' ? 'an empty text' : `a ${typeof value}`
}
