/** Tables of a packet read back: with the very headings that they should have, in the form in which they are written. */
import { parse } from 'csv-parse/sync'
import { DEMO_COLUMN } from '../domain/packet.ts'
import { unguarded } from '../lib/csv.ts'
import { broken, NOT_AS_SEALED } from './broken.ts'
import type { PacketFiles } from './verify-files.ts'

export type Row<Column extends string> = Readonly<Record<Column, string>>

/** Rows by column, each cell the text that was written; a missing table breaks the packet. */
export async function tableIn<const Column extends string>(
  files: PacketFiles,
  path: string,
  columns: readonly Column[],
  demo: boolean,
): Promise<Row<Column>[]> {
  const [head = [], ...rows] = cellsOf(await files.text(path), path)
  const expected = demo ? [...columns, DEMO_COLUMN] : columns
  if (head.join('\0') !== expected.join('\0')) broken(path, 'it has other columns', NOT_AS_SEALED, expected, head)
  return rows.map(
    (cells) => Object.fromEntries(columns.map((name, at) => [name, unguarded(cells[at]!)])) as Row<Column>,
  )
}

function cellsOf(text: string, path: string): string[][] {
  try {
    return parse(text, { bom: true, record_delimiter: '\r\n' }) as string[][]
  } catch {
    return broken(path, 'it is no table', NOT_AS_SEALED)
  }
}
