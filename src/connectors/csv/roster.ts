/**
 * The roster file: one row a person. A row that cannot be read refuses the whole file, with every such line named, since a
 * leaver on a line left out would pass for somebody unknown.
 */
import { AppError } from '../../domain/error.ts'
import type { Person } from '../../domain/record.ts'
import { isCivilDate } from '../../domain/time.ts'
import { type CsvRow, csvRows } from '../../lib/csv-rows.ts'
import type { EndOfDay } from './end-of-day.ts'

/** A person has a few hundred bytes; more is a quote that was never closed. */
const MAX_RECORD_BYTES = 65_536
const PROBLEMS_SHOWN = 10

const COLUMNS = [
  'email',
  'name',
  'status',
  'start_date',
  'end_date',
  'department',
  'title',
  'manager',
  'type',
  'mfa',
  'aliases',
] as const
type Column = (typeof COLUMNS)[number]

/** Everyone in the file; throws `schema_mismatch` with line numbers. */
export function peopleIn(body: Uint8Array, source: string, endOfDay: EndOfDay): Person[] {
  const problems = new Problems()
  const [header, ...lines] = linesOf(textOf(body))
  if (header === undefined) throw refused('the file is empty; its first line must name the columns')
  const columns = columnsOf(header.cells, problems)
  problems.refuse()
  const people = new Map<string, { person: Person; line: number }>()
  for (const { cells, line } of lines) {
    if (cells.length !== columns.length) {
      problems.at(line, `has ${cells.length} cells where the first line names ${columns.length} columns`)
      continue
    }
    const person = personOf(new Row(columns, cells, line, problems), source, endOfDay)
    const earlier = people.get(person.key)
    if (earlier !== undefined) problems.at(line, `names ${person.email} again, which line ${earlier.line} has`)
    else people.set(person.key, { person, line })
  }
  problems.refuse()
  return Array.from(people.values(), ({ person }) => person)
}

function textOf(body: Uint8Array): string {
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(body)
  } catch {
    throw refused('the file is not UTF-8; save it as "CSV UTF-8 (comma delimited)"')
  }
  if (text.includes('\0')) throw refused('the file holds NUL characters, so it is no text; save it as CSV again')
  return text
}

function linesOf(text: string): CsvRow[] {
  const refusedAt = (line: number | undefined, code: string): AppError =>
    refused(`line ${line}: ${WHAT_IS_WRONG[code] ?? 'cannot be read as CSV'}`)
  return csvRows(text, { maxRowBytes: MAX_RECORD_BYTES, refused: refusedAt }).map(({ cells, line }) => ({
    cells: cells.map((cell) => cell.trim()),
    line,
  }))
}

const WHAT_IS_WRONG: Readonly<Record<string, string>> = {
  CSV_QUOTE_NOT_CLOSED: 'a quote that was opened before is never closed',
  INVALID_OPENING_QUOTE: 'a quote stands inside a cell that is not quoted; quote the cell and double the quote',
  CSV_INVALID_CLOSING_QUOTE: 'text follows a closing quote; double a quote that belongs to the text',
  CSV_MAX_RECORD_SIZE: `the row has more than ${MAX_RECORD_BYTES} bytes; a quote before it may never be closed`,
}

function columnsOf(header: readonly string[], problems: Problems): string[] {
  const columns = header.map((name) => name.toLowerCase())
  if (!columns.includes('email')) {
    const semicolons = columns.length === 1 && columns[0]!.includes(';')
    const remedy = semicolons ? 'separate the columns with commas, not semicolons' : 'the column email is missing'
    problems.at(1, `names no column email: ${remedy}`)
  }
  columns.forEach((name, at) => {
    if (name === '') problems.at(1, `has no name for column ${at + 1}`)
    else if (columns.indexOf(name) !== at) problems.at(1, `names the column ${quoted(name)} twice`)
  })
  return columns
}

class Row {
  private readonly cells: ReadonlyMap<string, string>
  private readonly line: number
  private readonly problems: Problems

  constructor(columns: readonly string[], cells: readonly string[], line: number, problems: Problems) {
    this.cells = new Map(columns.map((name, at) => [name, cells[at]!]))
    this.line = line
    this.problems = problems
  }

  text(column: Column): string | null {
    return this.cells.get(column) || null
  }

  email(): string {
    const email = this.text('email')
    if (email === null) this.problem('has no email')
    else if (!/^[^\s@]+@[^\s@]+$/.test(email)) this.problem(`has ${quoted(email)} as email`)
    return email ?? ''
  }

  date(column: 'start_date' | 'end_date'): string | null {
    const date = this.text(column)
    if (date === null || (isCivilDate(date) && date >= '1900')) return date
    this.problem(`has ${quoted(date)} as ${column}; write YYYY-MM-DD`)
    return null
  }

  choice<T extends string>(column: Column, choices: readonly T[]): T | null {
    const word = this.text(column)?.toLowerCase()
    if (word === undefined) return null
    const choice = choices.find((known) => known === word)
    if (choice === undefined) this.problem(`has ${quoted(word)} as ${column}; write ${choices.join(', ')} or nothing`)
    return choice ?? null
  }

  list(column: Column): string[] {
    const items = (this.text(column) ?? '').split(';').map((item) => item.trim().toLowerCase())
    return [...new Set(items.filter((item) => item !== ''))]
  }

  extra(): Record<string, string> {
    const own: readonly string[] = COLUMNS
    return Object.fromEntries([...this.cells].filter(([name, cell]) => !own.includes(name) && cell !== ''))
  }

  private problem(what: string): void {
    this.problems.at(this.line, what)
  }
}

function personOf(row: Row, source: string, endOfDay: EndOfDay): Person {
  const email = row.email()
  const endDate = row.date('end_date')
  const mfa = row.choice('mfa', ['true', 'false'])
  return {
    kind: 'person',
    source,
    key: email.toLowerCase(),
    email: email.toLowerCase(),
    name: row.text('name'),
    status: row.choice('status', ['active', 'left']) ?? 'active',
    startDate: row.date('start_date'),
    endDate,
    endsAt: endDate === null ? null : endOfDay(endDate),
    department: row.text('department'),
    title: row.text('title'),
    manager: row.text('manager'),
    type: row.choice('type', ['employee', 'contractor', 'service']),
    mfa: mfa === null ? null : mfa === 'true',
    aliases: row.list('aliases'),
    extra: row.extra(),
    unread: [],
  }
}

/** What is wrong, by line. */
class Problems {
  private readonly found: string[] = []

  at(line: number, what: string): void {
    this.found.push(`line ${line} ${what}`)
  }

  /** Throws one error for all of them. */
  refuse(): void {
    if (this.found.length === 0) return
    const more = this.found.length - PROBLEMS_SHOWN
    throw refused(this.found.slice(0, PROBLEMS_SHOWN).join('; ') + (more > 0 ? `; and ${more} more` : ''))
  }
}

function refused(why: string): AppError {
  return new AppError('schema_mismatch', `csv: the roster was not read: ${why}. Correct the file; none of it was used.`)
}

/** A cell as it is quoted in a message: short, and on one line. */
function quoted(cell: string): string {
  const line = cell.replace(/[\p{Cc}\p{Cf}]+/gu, ' ')
  return `"${line.length > 40 ? `${line.slice(0, 39)}…` : line}"`
}
