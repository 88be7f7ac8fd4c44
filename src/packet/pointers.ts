/**
 * Where in the vendor's bytes a record stands: a JSON pointer (RFC 6901) into an answer, a row of a table (RFC 7111). The
 * object that holds the record's key as the value of one of its members is the one that it was made from, in whatever form
 * a vendor wraps its lists; so this knows no vendor, and a new connector has pointers without asking for them.
 */
import { parse } from 'csv-parse/sync'
import type { Page } from '../domain/connector.ts'
import type { AnyRecord, Kind } from '../domain/record.ts'

type Located = Pick<AnyRecord, 'kind' | 'key'>

/** The whole document. */
export const WHOLE = ''

/** Made from an answer as a whole: a count, what was granted, a policy, the stretch that a log was asked for. */
const OF_THE_ANSWER: ReadonlySet<Kind> = new Set<Kind>(['total', 'credential', 'policy', 'auditlog'])
/** Of a list of its own under this name; the thing that it is about stands in the request. */
const BY_NAME: ReadonlyMap<Kind, string> = new Map([['attributes', 'attributes']])

/** One pointer a record, in their order. `WHOLE` where the answer has no narrower place for it. */
export function pointersIn(
  { body, headers }: Pick<Page, 'body' | 'headers'>,
  records: readonly Located[],
): readonly string[] {
  if (records.length === 0) return []
  const text = new TextDecoder().decode(body)
  if (headers['content-type']?.includes('csv') === true) return rowsOf(text, records)
  const root = parsed(text)
  if (!isContainer(root)) return records.map(() => WHOLE)
  const known = records.map((record) => namedIn(root, record))
  const wanted = new Set(records.flatMap(({ key }, at) => (known[at] === null ? [key] : [])))
  const found = foundIn(root, wanted)
  if (found.size < wanted.size && [...wanted].some((key) => !found.has(key) && LONG_NUMBER.test(key))) {
    for (const [key, pointer] of foundIn(exact(text), wanted)) found.set(key, pointer)
  }
  const places = records.map(({ key }, at) => known[at] ?? found.get(key) ?? null)
  return inStep(root, records, places).map((pointer) => pointer ?? WHOLE)
}

/** What stands at a pointer; undefined where there is nothing. */
export function at(root: unknown, pointer: string): unknown {
  let here = root
  for (const token of pointer.split('/').slice(1)) {
    const name = token.replaceAll('~1', '/').replaceAll('~0', '~')
    here = isContainer(here) && Object.hasOwn(here, name) ? (here as Record<string, unknown>)[name] : undefined
  }
  return here
}

/** One file may have both, where two programs wrote it. */
const LINE_ENDS = ['\r\n', '\n', '\r']
const LONG_NUMBER = /^-?\d{16,}$/

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    // A policy is HuJSON, and stands for itself.
    return null
  }
}

/** With every whole number as the digits that were sent: beyond 2^53 they are rounded. */
function exact(text: string): object {
  const parse = JSON.parse as (
    text: string,
    revive: (key: string, value: unknown, context: { source?: string }) => unknown,
  ) => object
  return parse(text, (_, value, { source }) => (typeof value === 'number' ? (source ?? value) : value))
}

/** A field of the answer itself (a setting, a contact), or the whole; null where it is one of a list. */
function namedIn(root: object, { kind, key }: Located): string | null {
  if (OF_THE_ANSWER.has(kind)) return WHOLE
  const name = BY_NAME.get(kind)
  if (name !== undefined) return Object.hasOwn(root, name) ? `/${name}` : WHOLE
  return !Array.isArray(root) && Object.hasOwn(root, key) ? `/${escaped(key)}` : null
}

/** Level by level, in order: the first object with a member whose value is the key. */
function foundIn(root: object, wanted: ReadonlySet<string>): Map<string, string> {
  const found = new Map<string, string>()
  for (const { of, pointer } of levels(root)) {
    if (found.size === wanted.size) break
    if (Array.isArray(of)) continue
    for (const name in of) {
      const value = (of as Record<string, unknown>)[name]
      if (typeof value !== 'string' && typeof value !== 'number') continue
      const key = String(value)
      if (wanted.has(key) && !found.has(key)) found.set(key, pointer)
    }
  }
  return found
}

interface Here {
  readonly of: object
  readonly pointer: string
}

/** Every object and list, those that lie higher first. */
function* levels(root: object): Generator<Here> {
  let level: Here[] = [{ of: root, pointer: '' }]
  while (level.length > 0) {
    yield* level
    const next: Here[] = []
    for (const { of, pointer } of level) {
      for (const name in of) {
        const value = (of as Record<string, unknown>)[name]
        if (isContainer(value)) next.push({ of: value, pointer: `${pointer}/${escaped(name)}` })
      }
    }
    level = next
  }
}

/** Records whose key is made of several members: the rows of the list that has one for each of them. */
function inStep(
  root: object,
  records: readonly Located[],
  places: readonly (string | null)[],
): readonly (string | null)[] {
  const kinds = new Set(records.flatMap(({ kind }, at) => (places[at] === null ? [kind] : [])))
  if (kinds.size === 0) return places
  const made = [...places]
  for (const kind of kinds) {
    const own = records.flatMap((record, at) => (record.kind === kind ? [at] : []))
    if (own.some((at) => places[at] !== null)) continue
    for (const { of, pointer } of levels(root)) {
      if (!Array.isArray(of) || of.length !== own.length || !of.every(isContainer)) continue
      for (const [row, at] of own.entries()) made[at] = `${pointer}/${row}`
      break
    }
  }
  return made
}

/** RFC 7111 section 2.1: rows count from 1, the line of headings among them. The key's column holds most of the keys. */
function rowsOf(text: string, records: readonly Located[]): string[] {
  const table = parse(text, { bom: true, relax_column_count: true, record_delimiter: LINE_ENDS }) as string[][]
  const keys = new Set(records.map(({ key }) => key))
  const columns = (table[0] ?? []).map((_, column) => {
    const rows = new Map<string, number>()
    for (const [row, cells] of table.entries()) {
      const key = spelled(cells[column] ?? '')
      if (row > 0 && keys.has(key) && !rows.has(key)) rows.set(key, row + 1)
    }
    return rows
  })
  let best: ReadonlyMap<string, number> = new Map()
  for (const rows of columns) if (rows.size > best.size) best = rows
  return records.map(({ key }) => (best.has(key) ? `#row=${best.get(key)}` : WHOLE))
}

/** A roster's key is an address in lower case. */
function spelled(cell: string): string {
  return cell.trim().toLowerCase()
}

function isContainer(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

/** RFC 6901 section 3. */
function escaped(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1')
}
