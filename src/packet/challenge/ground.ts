/** What a sealed run's verdicts rest on, opened once: every answer with what it was read as, and where each record stands. */
import type { Page, Reading } from '../../domain/connector.ts'
import { byText } from '../../domain/json.ts'
import type { AnyRecord, Kind, RecordRef } from '../../domain/record.ts'
import { isOurs, refOf } from '../../domain/record.ts'
import type { RunInputs, SourceInputs } from '../../domain/reperform.ts'
import type { PageInput } from '../../domain/store.ts'
import { type PageBytes, type Reader, recordsFromPages } from '../derived-records.ts'
import { pointersIn } from '../pointers.ts'
import type { Path } from './answer.ts'

export interface GroundParts {
  pages(sha256: string, source: string): Promise<Uint8Array | null>
  readonly connectors: readonly Reader[]
}

/** One source as it was read. */
export interface SourceGround {
  readonly inputs: SourceInputs
  /** Null where this release cannot read it, or its answers are gone. */
  readonly reader: Reader | null
  readonly records: readonly AnyRecord[]
  readonly readings: ReadonlyMap<PageInput, Reading>
}

export interface Ground {
  readonly inputs: RunInputs
  readonly sources: ReadonlyMap<string, SourceGround>
  /** Records in all. */
  readonly size: number
  record(ref: RecordRef): AnyRecord | null
  /** The answer that a record was made from; null where no bytes tell of it. */
  pageOf(ref: RecordRef): PageInput | null
  bytes(page: PageInput): Promise<Uint8Array | null>
  /** Where in its answer a record stands. */
  placeOf(ref: RecordRef, page: PageInput): Promise<Path>
}

export async function groundOf(inputs: RunInputs, parts: GroundParts): Promise<Ground> {
  const sources = new Map<string, SourceGround>()
  const records = new Map<RecordRef, AnyRecord>()
  const pages = new Map<RecordRef, PageInput>()
  const places = new Map<PageInput, ReadonlyMap<string, Path>>()
  const bytes = (page: PageInput): Promise<Uint8Array | null> => parts.pages(page.sha256, page.source)
  for (const source of inputs.pulls) {
    const ground = await readAgain(source, inputs, parts, bytes)
    sources.set(source.source, ground)
    for (const record of ground.records) records.set(refOf(record), record)
    for (const [page, reading] of ground.readings) {
      // Of two answers about one thing the record names which it was made from.
      for (const record of reading.records) if (records.get(refOf(record)) === record) pages.set(refOf(record), page)
    }
  }
  for (const record of [...inputs.house, ...inputs.carried]) records.set(refOf(record), record)
  return {
    inputs,
    sources,
    size: records.size,
    bytes,
    record: (ref) => records.get(ref) ?? null,
    pageOf: (ref) => pages.get(ref) ?? null,
    async placeOf(ref, page) {
      const record = records.get(ref)!
      // One answer tells of all of it.
      if (WHOLE.has(record.kind)) return []
      let known = places.get(page)
      if (known === undefined) {
        const read = sources.get(page.source)!.readings.get(page)!.records
        known = placesIn(page, await bytes(page), read)
        places.set(page, known)
      }
      return known.get(`${record.kind}\0${record.key}`) ?? []
    },
  }
}

const WHOLE: ReadonlySet<Kind> = new Set<Kind>(['attributes', 'policy', 'setting'])

async function readAgain(
  inputs: SourceInputs,
  { settings }: RunInputs,
  { connectors }: GroundParts,
  bytes: PageBytes,
): Promise<SourceGround> {
  const reader = connectors.find(({ id }) => id === inputs.kind) ?? null
  const asSealed: SourceGround = {
    inputs,
    reader: null,
    records: (inputs.records ?? []).filter(ofSource),
    readings: new Map(),
  }
  if (reader === null) return asSealed
  const readings = new Map<PageInput, Reading>()
  const noted: Reader = {
    ...reader,
    read(page, context) {
      const reading = reader.read(page, context)
      readings.set(inputsOf(page), reading)
      return reading
    },
  }
  const named = new Map<string, PageInput>()
  for (const page of [...inputs.pages, ...inputs.earlier]) named.set(nameOf(page), page)
  const inputsOf = (page: Page): PageInput => named.get(nameOf(page))!
  const { records } = await recordsFromPages(inputs, noted, settings.organization.timeZone, bytes)
  // In the order of a snapshot, which sorts them again for every copy.
  return records === null ? asSealed : { inputs, reader, records: records.toSorted(inOrder), readings }
}

function inOrder(a: AnyRecord, b: AnyRecord): number {
  return byText(a.kind, b.kind) || byText(a.key, b.key)
}

function placesIn(page: PageInput, body: Uint8Array | null, records: readonly AnyRecord[]): ReadonlyMap<string, Path> {
  if (body === null) return new Map()
  const pointers = pointersIn({ ...page, body }, records)
  return new Map(records.map(({ kind, key }, index) => [`${kind}\0${key}`, pathOf(pointers[index]!)]))
}

/** Of a JSON pointer, or of a row of a table, which counts the line of names. */
function pathOf(pointer: string): Path {
  const [, row] = /^#row=(\d+)$/.exec(pointer) ?? []
  if (row !== undefined) return [Number(row) - 2]
  return pointer
    .split('/')
    .slice(1)
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'))
    .map((token) => (/^\d+$/.test(token) ? Number(token) : token))
}

function ofSource({ kind }: AnyRecord): boolean {
  return !isOurs(kind)
}

/** One body may have come at two places, and one place at two times. */
export function nameOf({ place, request, fetchedAt, sha256 }: Omit<PageInput, 'source'>): string {
  return `${place}\0${request}\0${fetchedAt}\0${sha256}`
}
