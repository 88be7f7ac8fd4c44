/** Lists over the newest reading, in pages or as a table. */
import { z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { accepts } from 'hono/accepts'
import { byText } from '../../domain/json.ts'
import type { Report } from '../../domain/report.ts'
import { BYTE_ORDER_MARK, type CsvValue, csvLines } from '../../lib/csv.ts'
import type { HttpParts } from '../parts.ts'
import type { Views } from '../view.ts'
import { badCursor, cursorOf } from './cursor.ts'
import { freshened, tagOf } from './etag.ts'
import { sendJson, sendText, TAGGED, UNCHANGED } from './route.ts'
import { FORMAT, HEAD, NextCursor, PAGED, Text } from './shapes.ts'

/** The newest, made once for all who ask, or that of the moment asked for. */
export async function reportOf(
  { asOf }: { readonly asOf?: string | undefined },
  parts: Pick<HttpParts, 'report'>,
  views: Views,
): Promise<Report> {
  return asOf === undefined ? (await views.current()).report : parts.report(asOf)
}

export function headOf(report: Report) {
  return {
    run: report.run?.id ?? null,
    snapshotAt: report.snapshotAt,
    evaluatedAt: report.evaluatedAt,
    demo: report.demo,
  }
}

export type Column<Row> = readonly [name: string, value: (row: Row) => CsvValue]

/** Rows that come in the order of their places, of which no two have the same. */
export interface Placed<Row> {
  readonly rows: readonly Row[]
  /** What it is sorted by, then what names the row: compared one after the other, in byte order. */
  readonly place: (row: Row) => readonly string[]
  /** Greatest first. */
  readonly descending?: boolean
}

/** A list that somebody asks for: which, of what, how much of it. */
export interface Listing<Row> extends Placed<Row> {
  /** What its rows are, in its cursors and in the name of a file. */
  readonly plural: string
  readonly json: (row: Row) => object
  readonly csv?: readonly Column<Row>[]
}

export interface Paged {
  readonly limit: number
  readonly cursor?: string | undefined
  readonly format?: 'json' | 'csv' | undefined
}

const places = cursorOf<readonly string[]>('list', z.array(z.string()).max(4))

/** A page of rows, beside what else an answer says. */
export function itemsSchema<Shape extends z.ZodRawShape>(row: z.ZodType, beside: Shape) {
  return z.object({ ...beside, items: z.array(row), nextCursor: NextCursor })
}

/** A page of a list that rests on a run. */
export function listSchema(row: z.ZodType) {
  return itemsSchema(row, HEAD)
}

/** Query parameters of a list that comes as a table too. */
export const LISTED = { ...PAGED, ...FORMAT } as const
export const TABLE = { 'text/csv': Text } as const
export const LINK = { Link: '`rel="next"`: the next page, where there is one.' } as const

/** What a list over a reading answers that comes as a table too. */
export function tableAnswers(row: z.ZodType, description: string) {
  return {
    200: {
      description,
      schema: listSchema(row),
      others: TABLE,
      headers: { ...TAGGED, ...LINK },
    },
    304: UNCHANGED,
  } as const
}

export function sendList<Row>(
  c: Context,
  asked: Paged,
  { version, report }: { readonly version: string; readonly report: Report },
  listing: Listing<Row>,
): Response {
  const { limit, cursor, format: _, ...filters } = asked
  const marked = { plural: listing.plural, ...filters }
  const after = cursor === undefined ? null : places.read(cursor, marked)
  if (cursor !== undefined && after === null) return badCursor(c)
  const table = listing.csv !== undefined && wantsTable(c, asked)
  const unchanged = freshened(c, tagOf(c, { version, report }, table ? 'csv' : 'json'))
  if (unchanged !== null) return unchanged
  const whole = table && !isPaged(c)
  const { shown, last } = whole ? { shown: listing.rows, last: null } : pageOf(listing, after, limit)
  const nextCursor = last === null ? null : places.write(last, marked)
  linkNext(c, nextCursor)
  if (!table) return sendJson(c, { ...headOf(report), items: shown.map(listing.json), nextCursor })
  return sendTable(c, listing.plural, report, listing.csv!, shown)
}

/** What lies behind a place, which may be that of a row that is gone; `last` is where the next page goes on. */
export function pageOf<Row>(
  placed: Placed<Row>,
  after: readonly string[] | null,
  limit: number,
): { readonly shown: readonly Row[]; readonly last: readonly string[] | null } {
  const start = after === null ? 0 : firstBehind(placed, after)
  const shown = placed.rows.slice(start, start + limit)
  const last = shown.at(-1)
  const more = last !== undefined && start + shown.length < placed.rows.length
  return { shown, last: more ? placed.place(last) : null }
}

export function sendTable<Row>(
  c: Context,
  name: string,
  report: Pick<Report, 'snapshotAt' | 'evaluatedAt' | 'demo'>,
  columns: readonly Column<Row>[],
  rows: Iterable<Row> | AsyncIterable<Row>,
): Response {
  const marked: readonly Column<Row>[] = report.demo ? [...columns, ['demo', () => true]] : columns
  return sendText(c, { type: 'text/csv; charset=utf-8', name: `exhibit-${name}-${stampOf(report)}.csv` }, lines())

  async function* lines(): AsyncGenerator<string> {
    const line = csvLines(marked.length)
    yield BYTE_ORDER_MARK + line(marked.map(([column]) => column))
    for await (const row of rows) yield line(marked.map(([, value]) => value(row)))
  }
}

/** "2026-11-20-09-00": in names of files. */
export function stampOf({ snapshotAt, evaluatedAt }: Pick<Report, 'snapshotAt' | 'evaluatedAt'>): string {
  return (snapshotAt ?? evaluatedAt).slice(0, 16).replace(/[:T]/g, '-')
}

/** Asked for by `format`, or else by the media type that the client likes best. */
export function wantsTable(c: Context, { format }: Pick<Paged, 'format'>): boolean {
  c.header('vary', 'accept')
  if (format !== undefined) return format === 'csv'
  if (c.req.header('accept')?.includes('text/csv') !== true) return false
  const supports = ['application/json', 'text/csv']
  return accepts(c, { header: 'Accept', supports, default: 'application/json' }) === 'text/csv'
}

export function isPaged(c: Context): boolean {
  return c.req.query('limit') !== undefined || c.req.query('cursor') !== undefined
}

/** Points to the next page, where there is one (RFC 8288). */
export function linkNext(c: Context, cursor: string | null): void {
  if (cursor !== null) c.header('link', nextLink(c, cursor))
}

/** The same request with another cursor. */
function nextLink(c: Context, cursor: string): string {
  const { url } = c.req
  const at = url.indexOf('?')
  const kept =
    at < 0
      ? []
      : url
          .slice(at + 1)
          .split('&')
          .filter((pair) => !/^cursor(=|$)/.test(pair))
  const query = [...kept, `cursor=${cursor}`].join('&')
  // What a client may write into an address is more than what may stand between the brackets of a header.
  return `<${c.req.path}?${query.replaceAll(/[^!#-;=?-~]/g, encodeURIComponent)}>; rel="next"`
}

/** By halves. */
function firstBehind<Row>({ rows, place, descending = false }: Placed<Row>, after: readonly string[]): number {
  let low = 0
  let high = rows.length
  while (low < high) {
    const middle = (low + high) >>> 1
    const order = compared(place(rows[middle]!), after)
    if (descending ? order < 0 : order > 0) high = middle
    else low = middle + 1
  }
  return low
}

export function compared(a: readonly string[], b: readonly string[]): number {
  for (let at = 0; at < Math.max(a.length, b.length); at++) {
    const order = byText(a[at] ?? '', b[at] ?? '')
    if (order !== 0) return order
  }
  return 0
}
