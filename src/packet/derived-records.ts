/** One source's records, made again from its pages by its connector's own `read`: the way that a pull takes. */
import type { Connector, Page, Reading } from '../domain/connector.ts'
import { AppError } from '../domain/error.ts'
import type { AnyRecord } from '../domain/record.ts'
import type { Difference, SourceInputs, SourceOrigin } from '../domain/reperform.ts'
import type { Blindness } from '../domain/snapshot.ts'
import type { PageInput } from '../domain/store.ts'

/** A page's bytes; null where they are no longer kept. Throws AppError where they are there and damaged. */
export type PageBytes = (page: PageInput) => Promise<Uint8Array | null>

export type Reader = Pick<Connector, 'id' | 'read' | 'rolling' | 'withheld'>

export interface DerivedRecords {
  /** Null where the bytes did not give them. */
  readonly records: readonly AnyRecord[] | null
  readonly blind: readonly Blindness[]
  readonly gone: SourceOrigin['gone']
  /** Pages that are damaged or that the connector cannot read. */
  readonly differences: readonly Difference[]
}

export async function recordsFromPages(
  inputs: SourceInputs,
  reader: Reader,
  timeZone: string,
  bytes: PageBytes,
): Promise<DerivedRecords> {
  const blind: Blindness[] = []
  const gone = new Map<string, PageInput>()
  const differences: Difference[] = []
  const found = new Map<string, AnyRecord>()

  async function readingOf(page: PageInput): Promise<Reading | null> {
    // Its records stand in the inputs.
    if (page.secret) return null
    try {
      const body = await bytes(page)
      if (body !== null) return reader.read({ ...page, body } satisfies Page, { timeZone })
      gone.set(page.sha256, page)
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      differences.push(damagedPage(page, error.message))
    }
    return null
  }

  for (const page of inputs.pages) {
    const reading = await readingOf(page)
    for (const record of reading?.records ?? []) found.set(nameOf(record), record)
    blind.push(...(reading?.blind ?? []))
  }
  for (const record of inputs.withheld) found.set(nameOf(record), record)
  for (const page of inputs.earlier) {
    for (const record of (await readingOf(page))?.records ?? []) {
      if (stillSpoken(record, reader, found)) found.set(nameOf(record), record)
    }
  }
  const whole = gone.size === 0 && differences.length === 0 && inputs.lost.length === 0
  return {
    records: whole ? [...found.values()] : null,
    blind,
    gone: [...gone.values()].map(({ place, sha256 }) => ({ place, sha256 })),
    differences,
  }
}

/** What a pull did not read of its rolling kinds stays from earlier ones, while the device it speaks of exists (pull.ts). */
function stillSpoken(record: AnyRecord, { rolling }: Reader, found: ReadonlyMap<string, AnyRecord>): boolean {
  return rolling.includes(record.kind) && !found.has(nameOf(record)) && found.has(`device\0${record.key}`)
}

function nameOf({ kind, key }: AnyRecord): string {
  return `${kind}\0${key}`
}

function damagedPage(page: PageInput, message: string): Difference {
  return {
    at: 'page',
    subject: `${page.source}: ${page.place}`,
    field: null,
    sealed: page.sha256,
    derived: message,
  }
}
