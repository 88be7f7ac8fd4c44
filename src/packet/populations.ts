/** What every packed run knew, by kind: one row a record, one column a field. */
import { byText, type JsonValue } from '../domain/json.ts'
import { type AnyRecord, isOurs, type Kind } from '../domain/record.ts'
import type { Instant } from '../domain/time.ts'
import { canonicalJson } from '../lib/canonical-json.ts'
import type { CsvValue } from '../lib/csv.ts'

export interface Population {
  readonly run: string
  readonly at: Instant
  readonly records: readonly AnyRecord[]
}

const HEAD = ['run', 'at', 'source', 'key'] as const

/** What no vendor said stands in the run's inputs. */
export function isPopulation(kind: Kind): boolean {
  return !isOurs(kind)
}

/** Every field that a record of the kind has, by name; `unread` last, for it speaks of the others. */
export function populationColumns(populations: readonly Population[]): string[] {
  const fields = new Set<string>()
  for (const { records } of populations) for (const record of records) for (const name in record) fields.add(name)
  for (const name of ['kind', 'source', 'key', 'unread']) fields.delete(name)
  return [...HEAD, ...[...fields].sort(byText), 'unread']
}

export function* populationRows(populations: readonly Population[], columns: readonly string[]): Generator<CsvValue[]> {
  const fields = columns.slice(HEAD.length)
  for (const { run, at, records } of populations) {
    // However a store hands them over.
    for (const record of records.toSorted((a, b) => byText(a.source, b.source) || byText(a.key, b.key))) {
      const values = record as unknown as Readonly<Record<string, JsonValue | undefined>>
      yield [run, at, record.source, record.key, ...fields.map((name) => cellOf(values[name]))]
    }
  }
}

function cellOf(value: JsonValue | undefined): CsvValue {
  if (value === undefined || value === null) return null
  if (typeof value !== 'object') return value
  // A vendor's order of names is lost where records are taken as sealed.
  return Array.isArray(value) && value.length === 0 ? null : canonicalJson(value)
}
