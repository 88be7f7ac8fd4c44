/**
 * Reads one condition of Tailscale's posture language, https://tailscale.com/docs/features/device-posture. Tailscale's
 * own parser is not published: what its page does not show is not guessed but refused, and a condition that cannot be
 * read is never met.
 *
 *   condition = attribute | attribute operator value | attribute ( "IN" | "NOT IN" ) list | attribute ( "IS" | "NOT" ) "SET"
 */

export type Literal = string | number | boolean
export type Operator = '==' | '!=' | '<' | '<=' | '>' | '>=' | 'IN' | 'NOT IN' | 'IS SET' | 'NOT SET'

export interface Condition {
  /** As written, trimmed. */
  readonly text: string
  readonly attribute: string
  readonly operator: Operator
  /** One value; several for lists; none for IS SET and NOT SET. */
  readonly values: readonly Literal[]
  /** Orders an attribute that Tailscale's page does not name as orderable: Tailscale itself may refuse the condition. */
  readonly mayBeRejected: boolean
}
export interface ParseProblem {
  readonly text: string
  /** What is wrong and what was expected. */
  readonly problem: string
}

/** Attributes that hold versions; `documented`: their order is part of the documented language. */
export const VERSION_ATTRIBUTES: ReadonlyMap<string, { readonly documented: boolean }> = new Map([
  ['node:osVersion', { documented: true }],
  ['node:tsVersion', { documented: true }],
  ['sentinelOne:agentVersion', { documented: false }],
])

export function isProblem<T extends object>(read: T | ParseProblem): read is ParseProblem {
  return 'problem' in read
}

export function parseCondition(source: string): Condition | ParseProblem {
  const text = source.replace(/^[ \t\r\n]+/, '').replace(/(?<![ \t\r\n])[ \t\r\n]+$/, '')
  const attributeEnd = endOfAttribute(text)
  if (attributeEnd === 0) return { text, problem: 'expected an attribute such as node:os at the start' }
  const attribute = text.slice(0, attributeEnd)
  // The policy of a new tailnet holds the bare condition "node:tsAutoUpdate".
  if (attributeEnd === text.length) return { text, attribute, operator: '==', values: [true], mayBeRejected: false }
  const rest = parseComparison(text, attributeEnd)
  if (isProblem(rest)) return rest
  const { operator, values } = rest
  const mayBeRejected = isOrdering(operator) && VERSION_ATTRIBUTES.get(attribute)?.documented === false
  return { text, attribute, operator, values, mayBeRejected }
}

export function isOrdering(operator: Operator): operator is '<' | '<=' | '>' | '>=' {
  return operator === '<' || operator === '<=' || operator === '>' || operator === '>='
}

const PLAIN_ATTRIBUTE = /[A-Za-z0-9_]+:[A-Za-z0-9_:]+/y
const FLEET = 'fleetPolicy:'
/** Names of Fleet's policies are free text; these characters would make it unclear where they end. */
const NOT_IN_FLEET_NAME = /[=<>!'"[\]\0-\x1f]/
const COMPARISON_AHEAD =
  /[ \t\r\n]+(?:(?:==|!=|<=|>=|<|>)(?=[ \t\r\n])|(?:NOT[ \t\r\n]+)?IN[ \t\r\n]+\[|(?:IS|NOT)[ \t\r\n]+SET$)/iy

function endOfAttribute(text: string): number {
  if (text.startsWith(FLEET)) return endOfFleetPolicy(text)
  PLAIN_ATTRIBUTE.lastIndex = 0
  return PLAIN_ATTRIBUTE.test(text) ? PLAIN_ATTRIBUTE.lastIndex : 0
}

function endOfFleetPolicy(text: string): number {
  let at = FLEET.length
  for (; at < text.length; at++) {
    const character = text[at]!
    if (/[ \t\r\n]/.test(character) && !/[ \t\r\n]/.test(text[at - 1]!)) {
      COMPARISON_AHEAD.lastIndex = at
      if (COMPARISON_AHEAD.test(text)) break
    }
    if (NOT_IN_FLEET_NAME.test(character)) return 0
  }
  return at > FLEET.length ? at : 0
}

const SPACE = /[ \t\r\n]+/y
const OPTIONAL_SPACE = /[ \t\r\n]*/y
const SYMBOL = /==|!=|<=|>=|<|>/y
const KEYWORD = /(IS|NOT)[ \t\r\n]+SET(?![A-Za-z0-9_])|(?:(NOT)[ \t\r\n]+)?IN(?![A-Za-z0-9_])/iy
const STRING = /'[^'\\\0-\x1f]*'|"[^"\\\0-\x1f]*"/y
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?![A-Za-z0-9_.])/y
const BOOLEAN = /(?:true|false)(?![A-Za-z0-9_])/y

interface Comparison {
  readonly operator: Operator
  readonly values: readonly Literal[]
}

function parseComparison(text: string, from: number): Comparison | ParseProblem {
  const cursor = new Cursor(text, from)
  const expected = (what: string): ParseProblem => ({ text, problem: `expected ${what} at character ${cursor.at + 1}` })
  if (cursor.take(SPACE) === null) return expected('a space behind the attribute')
  const operator = operatorAt(cursor)
  if (operator === null) return expected('one of == != < <= > >= IN, NOT IN, IS SET, NOT SET')
  let values: readonly Literal[] = []
  if (operator !== 'IS SET' && operator !== 'NOT SET') {
    if (cursor.take(SPACE) === null) return expected(`a space behind ${operator}`)
    const read = operator === 'IN' || operator === 'NOT IN' ? listAt(cursor) : single(scalarAt(cursor))
    if (typeof read === 'string') return expected(read)
    values = read
  }
  return cursor.done() ? { operator, values } : expected('the end of the condition')
}

function operatorAt(cursor: Cursor): Operator | null {
  const symbol = cursor.take(SYMBOL)
  if (symbol !== null) return symbol[0] as Operator
  const keyword = cursor.take(KEYWORD)
  if (keyword === null) return null
  if (keyword[1] !== undefined) return keyword[1].toUpperCase() === 'IS' ? 'IS SET' : 'NOT SET'
  return keyword[2] === undefined ? 'IN' : 'NOT IN'
}

/** The values, or what was expected. One trailing comma is allowed, as in the policy file around it. */
function listAt(cursor: Cursor): readonly Literal[] | string {
  if (!cursor.skip('[')) return 'a list in [ ]'
  const values: Literal[] = []
  for (;;) {
    cursor.take(OPTIONAL_SPACE)
    if (cursor.skip(']')) return values
    const value = scalarAt(cursor)
    if (value === null) return SCALAR
    values.push(value)
    cursor.take(OPTIONAL_SPACE)
    if (cursor.skip(']')) return values
    if (!cursor.skip(',')) return "',' or ']'"
  }
}

const SCALAR = "true, false, a number of at most 15 digits or a text in ' ' without backslash"

function single(value: Literal | null): readonly Literal[] | string {
  return value === null ? SCALAR : [value]
}

function scalarAt(cursor: Cursor): Literal | null {
  const string = cursor.take(STRING)
  if (string !== null) return string[0].slice(1, -1)
  const boolean = cursor.take(BOOLEAN)
  if (boolean !== null) return boolean[0] === 'true'
  const number = cursor.take(NUMBER)
  // Beyond 15 digits two different numbers can read as the same one, and "==" would match what it does not say.
  if (number === null || number[0].replace(/[-.]/g, '').length > 15) return null
  const value = Number(number[0])
  return value === 0 ? 0 : value // never -0, which canonical JSON does not know
}

class Cursor {
  at: number
  readonly #text: string
  constructor(text: string, from: number) {
    this.#text = text
    this.at = from
  }
  take(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.at
    const match = pattern.exec(this.#text)
    if (match !== null) this.at = pattern.lastIndex
    return match
  }
  skip(character: string): boolean {
    if (this.#text[this.at] !== character) return false
    this.at += 1
    return true
  }
  done(): boolean {
    return this.at === this.#text.length
  }
}
