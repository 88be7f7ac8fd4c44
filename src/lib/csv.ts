/**
 * RFC 4180 tables that a spreadsheet opens without running anything: every text field quoted, and one that a spreadsheet
 * would take for a formula led by an apostrophe (ASVS 1.2.10). Only here: stored evidence keeps its letters.
 */

export type CsvValue = string | number | boolean | null

/** So that Excel reads UTF-8. */
export const BYTE_ORDER_MARK = '\uFEFF'

/** What starts a formula, or starts one once the spreadsheet has dropped the character. */
const FORMULA_START = /^[=+\-@\t\r\0]/

/** One row with its line end, CRLF. Null is an empty field, unquoted; numbers and booleans are written bare. */
export function csvLine(values: readonly CsvValue[]): string {
  // A row of one empty field would be an empty line, which readers skip.
  if (values.length === 1 && values[0] === null) return '""\r\n'
  return `${values.map(field).join(',')}\r\n`
}

/** The whole table, in pieces: byte order mark, header, one piece a row. Refuses a row of another length. */
export function* csvTable(
  header: readonly string[],
  rows: Iterable<readonly CsvValue[]>,
): Generator<string, undefined, undefined> {
  yield BYTE_ORDER_MARK + csvLine(header)
  for (const row of rows) {
    if (row.length !== header.length)
      throw new RangeError(`a row of ${row.length} fields under ${header.length} headings`)
    yield csvLine(row)
  }
}

/** What was written: a cell that came back without the apostrophe that the writer put before a formula. */
export function unguarded(cell: string): string {
  return cell.startsWith("'") && FORMULA_START.test(cell.slice(1)) ? cell.slice(1) : cell
}

function field(value: CsvValue): string {
  if (value === null) return ''
  if (typeof value !== 'string') return String(value)
  const safe = FORMULA_START.test(value) ? `'${value}` : value
  // A lone surrogate cannot be written as UTF-8; U+FEFF would be taken for a second byte order mark only at the start.
  return `"${safe.toWellFormed().replaceAll('"', '""')}"`
}
