/** The table that a review goes out as and comes back in: what was frozen, and four columns for whoever decides. */
import { AppError } from '../domain/error.ts'
import { DEMO_COLUMN } from '../domain/packet.ts'
import type { ReviewRow } from '../domain/review.ts'
import { csvTable } from '../lib/csv.ts'
import { type CsvRow, csvRows } from '../lib/csv-rows.ts'
import { didYouMean } from '../lib/nearest.ts'

export const FROZEN_COLUMNS = [
  'account',
  'login',
  'name',
  'person',
  'personStatus',
  'role',
  'status',
  'createdAt',
  'lastSeen',
] as const satisfies readonly (keyof ReviewRow)[]
const COLUMNS = ['review', ...FROZEN_COLUMNS, 'decision', 'new role', 'reason', 'reviewer'] as const
export type SheetColumn = (typeof COLUMNS)[number]

/** A filled row has a few hundred bytes; more is a quote that was never closed. */
const MAX_RECORD_BYTES = 65_536
const PROBLEMS_SHOWN = 20

export function sheetOf(review: string, rows: readonly ReviewRow[], demo: boolean): Iterable<string> {
  const mark = demo ? [true] : []
  const cells = rows.map((row) => [
    review,
    ...FROZEN_COLUMNS.map((column) => row[column]),
    ...[null, null, null, null],
    ...mark,
  ])
  return csvTable(demo ? [...COLUMNS, DEMO_COLUMN] : COLUMNS, cells)
}

export interface SheetRow {
  /** Where the row starts. */
  readonly line: number
  cell(column: SheetColumn): string
}

/** What is wrong with a file, a line each; told in one error. */
export class Problems {
  private readonly found: string[] = []

  at(line: number, what: string): void {
    this.found.push(`line ${line} ${what}`)
  }

  say(what: string): void {
    this.found.push(what)
  }

  refuse(): void {
    if (this.found.length === 0) return
    const more = this.found.length - PROBLEMS_SHOWN
    const shown = this.found.slice(0, PROBLEMS_SHOWN).map((one) => `\n  ${one}`)
    throw refused(`${shown.join('')}${more > 0 ? `\n  and ${more} more` : ''}\n`)
  }
}

/** Every row that is not blank; throws AppError `usage` where the file is no such table. */
export function readSheet(body: Uint8Array): readonly SheetRow[] {
  const [header, ...lines] = linesOf(textOf(body))
  if (header === undefined) throw refused('the file is empty')
  const columns = columnsOf(header.cells)
  const problems = new Problems()
  for (const { cells, line } of lines) {
    if (cells.length !== header.cells.length) {
      problems.at(line, `has ${cells.length} cells where the first line names ${header.cells.length} columns`)
    }
  }
  problems.refuse()
  if (lines.length === 0) throw refused('the file has no row beneath its first line')
  return lines.map(({ cells, line }) => ({ line, cell: (column) => cells[columns.get(column)!]! }))
}

function textOf(body: Uint8Array): string {
  try {
    // The byte order mark, which spreadsheets leave in its place, is taken off.
    return new TextDecoder('utf-8', { fatal: true }).decode(body)
  } catch {
    throw refused('the file is not UTF-8; save it as "CSV UTF-8"')
  }
}

function linesOf(text: string): CsvRow[] {
  return csvRows(text, {
    delimiter: delimiterOf(text),
    maxRowBytes: MAX_RECORD_BYTES,
    refused: (line) =>
      refused(`line ${line} cannot be read as CSV: a quote is not closed, or stands inside a cell without quotes`),
  })
}

/** Spreadsheets write the separator of the country that they are set to; our headings hold none of the three. */
function delimiterOf(text: string): string {
  const [first = ''] = text.split(/[\r\n]/, 1)
  return first.includes(',') ? ',' : first.includes(';') ? ';' : first.includes('\t') ? '\t' : ','
}

function columnsOf(header: readonly string[]): ReadonlyMap<SheetColumn, number> {
  const problems = new Problems()
  const named = new Map<SheetColumn, number>()
  header.forEach((cell, at) => {
    const name = cell.trim().toLowerCase()
    // It says what the table is of, and nothing of anybody's decisions.
    if (name === DEMO_COLUMN) return
    const column = COLUMNS.find((one) => one.toLowerCase() === name)
    if (column === undefined) problems.at(1, `names ${quoted(cell)} as a column: ${didYouMean(name, COLUMNS)}`)
    else if (named.has(column)) problems.at(1, `names the column ${column} twice`)
    else named.set(column, at)
  })
  for (const column of COLUMNS) if (!named.has(column)) problems.at(1, `has no column ${column}`)
  problems.refuse()
  return named
}

export function refused(why: string): AppError {
  const end = why.endsWith('\n') ? '' : '. '
  return new AppError('usage', `review: the file was not taken: ${why}${end}Correct the file; nothing was sealed.`)
}

/** A cell as it is quoted in a message: short, and on one line. */
export function quoted(cell: string): string {
  const line = cell.replace(/[\p{Cc}\p{Cf}]+/gu, ' ')
  return `"${line.length > 40 ? `${line.slice(0, 39)}…` : line}"`
}
