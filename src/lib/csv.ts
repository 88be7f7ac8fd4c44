/**
 * RFC 4180 tables that a spreadsheet opens without running anything: every text field quoted, and one that a spreadsheet
 * would take for a formula led by an apostrophe (ASVS 1.2.10). Only here: stored evidence keeps its letters.
 */

export type CsvValue = string | number | boolean | null

/** So that Excel reads UTF-8. */
export const BYTE_ORDER_MARK = '\uFEFF'

/** What starts a formula, or starts one once the spreadsheet has dropped the character. */
const FORMULA_STARTS = '=+-@\t\r\0'

/** The whole table, in pieces: byte order mark, header, one piece a row. Refuses a row of another length. */
export function* csvTable(
  header: readonly string[],
  rows: Iterable<readonly CsvValue[]>,
): Generator<string, undefined, undefined> {
  const line = csvLines(header.length)
  yield BYTE_ORDER_MARK + line(header)
  for (const row of rows) {
    if (row.length !== header.length)
      throw new RangeError(`a row of ${row.length} fields under ${header.length} headings`)
    yield line(row)
  }
}

/**
 * Writes the rows of one table: each with its line end, CRLF. Null is an empty field, unquoted; numbers and booleans are
 * written bare. Of a million rows most columns say for long what they said a row before: that is not written anew.
 */
export function csvLines(columns: number): (values: readonly CsvValue[]) => string {
  const before: CsvValue[] = new Array(columns).fill(null)
  const written: string[] = new Array(columns).fill('')
  return (values) => {
    // A row of one empty field would be an empty line, which readers skip.
    if (columns === 1 && values[0] === null) return '""\r\n'
    let line = ''
    for (let column = 0; column < columns; column++) {
      const value = values[column]!
      if (value !== before[column]) {
        before[column] = value
        written[column] = field(value)
      }
      if (column > 0) line += ','
      line += written[column]
    }
    return `${line}\r\n`
  }
}

/** What was written: a cell that came back without the apostrophe that the writer put before a formula. */
export function unguarded(cell: string): string {
  return cell.startsWith("'") && startsFormula(cell.slice(1)) ? cell.slice(1) : cell
}

function field(value: CsvValue): string {
  if (value === null) return ''
  if (typeof value !== 'string') return String(value)
  const guard = startsFormula(value) ? "'" : ''
  // A lone surrogate cannot be written as UTF-8; U+FEFF would be taken for a second byte order mark only at the start.
  const sound = value.toWellFormed()
  return `"${guard}${sound.includes('"') ? sound.replaceAll('"', '""') : sound}"`
}

function startsFormula(text: string): boolean {
  return text !== '' && FORMULA_STARTS.includes(text[0]!)
}
