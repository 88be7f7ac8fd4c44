/**
 * An answer of a vendor opened so that one value of it can be changed and the rest stays as it was sent: JSON, a policy
 * file, a roster. What is written again holds the same values; blanks and comments may go.
 */
import { parse } from 'csv-parse/sync'
import { parseHuJson, standardize } from '../../domain/hujson.ts'
import { isObject } from '../../domain/reading.ts'

/** A place in an answer: names of members and places in lists. */
export type Path = readonly (string | number)[]
export type Row = Record<string, unknown>

export interface OpenAnswer {
  readonly root: unknown
  /** As people read a place: "users[3].status", "row 5, end_date". */
  name(path: Path): string
  write(): Uint8Array
}

/** Null for bytes in which no value can be pointed at. */
export function openAnswer(body: Uint8Array): OpenAnswer | null {
  const text = textOf(body)
  return text === null ? null : (openJson(text) ?? openPolicy(body) ?? openTable(text))
}

/** What stands at a place; undefined where nothing does. */
export function valueAt(root: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (value, name) => (typeof value === 'object' ? (value as Row | null)?.[name] : undefined),
    root,
  )
}

/** Puts a value at a place, making what leads there; undefined takes the member or row out. */
export function putAt(root: unknown, path: Path, to: unknown): void {
  let parent = root as Row
  for (const [at, name] of path.slice(0, -1).entries()) {
    if (parent[name] === null || typeof parent[name] !== 'object')
      parent[name] = typeof path[at + 1] === 'number' ? [] : {}
    parent = parent[name] as Row
  }
  const last = path.at(-1)!
  if (to !== undefined) parent[last] = to
  else if (Array.isArray(parent)) parent.splice(last as number, 1)
  else delete parent[last]
}

/** "[3].status" for what lies below a root that is a list. */
export function pathText(path: Path): string {
  return path
    .map((name, at) => {
      if (typeof name === 'number') return `[${name}]`
      if (!/^[A-Za-z_$][\w$]*$/.test(name)) return `[${JSON.stringify(name)}]`
      return at === 0 ? name : `.${name}`
    })
    .join('')
}

function textOf(body: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body)
  } catch {
    return null
  }
}

/** JSON.parse would round what is longer; ids of older clients are. */
const LONG_NUMBER = /[:,[]\s*-?\d{16,}\s*[,}\]]/

function openJson(text: string): OpenAnswer | null {
  try {
    return opened(LONG_NUMBER.test(text) ? parseExact(text) : JSON.parse(text))
  } catch {
    return null
  }
}

/** Numbers beyond what a number holds stay the digits that were sent. */
function parseExact(text: string): unknown {
  const { parse: parseJson, rawJSON } = JSON as unknown as {
    parse(text: string, revive: (key: string, value: unknown, context: { source?: string }) => unknown): unknown
    rawJSON(text: string): unknown
  }
  return parseJson(text, (_, value, { source }) =>
    typeof value === 'number' && !Number.isSafeInteger(value) && /^-?\d+$/.test(source ?? '')
      ? rawJSON(source!)
      : value,
  )
}

function openPolicy(body: Uint8Array): OpenAnswer | null {
  const document = parseHuJson(body)
  return document.ok ? opened(JSON.parse(standardize(document))) : null
}

function opened(root: unknown): OpenAnswer | null {
  if (!isObject(root) && !Array.isArray(root)) return null
  return { root, name: pathText, write: () => Buffer.from(JSON.stringify(root)) }
}

/** Rows under the names of the first line, in lower case, as the roster is read; blank ones stay, so that they count. */
function openTable(text: string): OpenAnswer | null {
  let lines: string[][]
  try {
    lines = parse(text, {
      relax_column_count: true,
      bom: true,
      record_delimiter: ['\r\n', '\n', '\r'],
    })
  } catch {
    return null
  }
  const names = lines.shift()?.map((name) => name.trim().toLowerCase()) ?? []
  if (names.length < 2) return null
  const rows = lines.map((cells) => Object.fromEntries(names.map((name, at) => [name, (cells[at] ?? '').trim()])))
  return {
    root: rows,
    name: ([at, name]) => `row ${Number(at) + 2}${name === undefined ? '' : `, ${name}`}`,
    write: () =>
      Buffer.from([names, ...rows.map((row) => names.map((name) => String(row[name] ?? '')))].map(tableLine).join('')),
  }
}

function tableLine(cells: readonly string[]): string {
  return `${cells.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(',')}\n`
}
