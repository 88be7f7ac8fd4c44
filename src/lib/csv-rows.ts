/** Reading a CSV that people wrote: rows with the lines that they begin at, blank ones left out. */
import { type CsvError, parse } from 'csv-parse/sync'

export interface CsvRow {
  readonly cells: readonly string[]
  /** Where the row starts; a quoted cell may hold line breaks. */
  readonly line: number
}

export interface CsvReading {
  readonly delimiter?: string
  /** More is a quote that was never closed. */
  readonly maxRowBytes: number
  /** What is thrown where a row cannot be read: the parser's own messages quote the cell. */
  refused(line: number | undefined, code: string): Error
}

/** Rows that are not blank; spreadsheets like to append lines of nothing but commas. */
export function csvRows(text: string, { delimiter = ',', maxRowBytes, refused }: CsvReading): CsvRow[] {
  let rows: { record: string[]; info: { lines: number } }[]
  try {
    // With `info` each row comes as { record, info }, which the package's types do not say.
    rows = parse(text, {
      info: true,
      delimiter,
      relax_column_count: true,
      skip_empty_lines: true,
      record_delimiter: ['\r\n', '\n', '\r'],
      max_record_size: maxRowBytes,
    }) as unknown as typeof rows
  } catch (error) {
    const { code, lines } = error as CsvError & { lines?: number }
    if (code === undefined) throw error
    throw refused(lines, code)
  }
  return rows
    .map(({ record, info }) => ({ cells: record, line: info.lines - breaksIn(record) }))
    .filter(({ cells }) => cells.some((cell) => cell.trim() !== ''))
}

function breaksIn(cells: readonly string[]): number {
  return cells.reduce((sum, cell) => sum + (cell.match(/\r\n|\r|\n/g)?.length ?? 0), 0)
}
