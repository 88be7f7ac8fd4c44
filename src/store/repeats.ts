/**
 * What many records of a population have in common, kept once: versions, owners, moments of one reading, lists without
 * entries. Read from rows each record has a copy of its own, which over 20,000 devices is 8 of 52 MB.
 */
import type { JsonValue } from '../domain/json.ts'

/** One place in the rows: a field, or one within it. */
interface Column {
  /** Null: its values hardly repeat, and are let through. */
  texts: Map<string, string> | null
  seen: number
  readonly inside: Column[]
}

/** The parser keeps texts up to this length once by itself (V8, kMaxInternalizedStringValueLength). */
const KEPT_BY_PARSER = 10
/** So many different ones are remembered before it is asked whether they repeat at all. */
const TRIED = 1_000
const NOTHING: JsonValue[] = []
Object.freeze(NOTHING)

/** @returns gives each row back with its repeated values replaced, in place */
export function repeats(): <T extends JsonValue[]>(row: T) => T {
  const columns: Column[] = []
  return (row) => {
    replace(row, columns)
    return row
  }
}

function replace(row: JsonValue[], columns: Column[]): void {
  for (let at = 0; at < row.length; at++) {
    const value = row[at]!
    if (typeof value === 'string') {
      if (value.length > KEPT_BY_PARSER) row[at] = once(value, columnAt(columns, at))
    } else if (Array.isArray(value)) {
      if (value.length === 0) row[at] = NOTHING
      else replace(value, columnAt(columns, at).inside)
    }
  }
}

function columnAt(columns: Column[], at: number): Column {
  while (columns.length <= at) columns.push({ texts: new Map(), seen: 0, inside: [] })
  return columns[at]!
}

function once(text: string, column: Column): string {
  const { texts } = column
  if (texts === null) return text
  column.seen++
  const known = texts.get(text)
  if (known !== undefined) return known
  texts.set(text, text)
  if (texts.size >= TRIED && texts.size > column.seen / 2) column.texts = null
  return text
}
