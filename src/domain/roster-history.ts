/**
 * What the roster said of people before (ID-24). A leaver's deadline rests on the end date alone: whoever vanishes without
 * one, or has it moved when it is over, has no deadline that anybody could be late for.
 */
import { byText, type JsonValue } from './json.ts'
import { foldLogin } from './match.ts'
import type { Carried, Person } from './record.ts'
import type { Snapshot } from './snapshot.ts'
import { between, DAY, type Instant, plus } from './time.ts'

export interface Fault {
  /** `moved`: the earlier date was over already; `late`: the date was told long after it. */
  readonly what: 'moved' | 'late'
  readonly from: string | null
  readonly to: string | null
  /** The readings before and after. */
  readonly seenAfter: Instant
  readonly seenBefore: Instant
}

/** A person as last known. */
export interface Known {
  readonly status: Person['status']
  readonly endDate: string | null
  readonly endsAt: Instant | null
  /** When the roster first said that the person has left; null: it does not. */
  readonly leftAt: Instant | null
  readonly fault: Fault | null
  /** The readings that last had the person and first had not; null while the roster has the person. */
  readonly vanished: { readonly seenAfter: Instant; readonly seenBefore: Instant } | null
}

/** A file that is written once a day may drop somebody in the afternoon of the last day. */
const LAST_DAY = DAY

export function knownOf(
  snapshot: Snapshot,
  check: string,
  { source, key }: Pick<Person, 'source' | 'key'>,
): Known | null {
  const body = snapshot.one('carried', source, keyOf(check, key))?.body
  return (body as Known | undefined) ?? null
}

export interface Vanished {
  readonly source: string
  readonly key: string
  readonly known: Known
}

/** Who was in the roster, is not any more, and had not ended by then or had had the end moved. */
export function vanishedFrom(snapshot: Snapshot, check: string): Vanished[] {
  return snapshot.of('carried').flatMap((record) => {
    const known = record.check === check ? (record.body as unknown as Known) : null
    if (known?.vanished == null) return []
    return [{ source: record.source, key: record.key.slice(keyOf(check, '').length), known }]
  })
}

export function carryRoster(snapshot: Snapshot, check: string, graceMs: number): Carried[] {
  const readings = new Map(snapshot.sources.map(({ id, collectedAt }) => [id, collectedAt ?? snapshot.at]))
  const people = snapshot.of('person')
  const here = new Set(people.map(({ source, key }) => `${source}\n${key}`))
  // Who is known by another address now has not gone.
  const aliases = new Set(people.flatMap((person) => person.aliases.map(foldLogin)))
  const records: Carried[] = []
  for (const source of new Set([...people.map((person) => person.source), ...sourcesOf(snapshot, check)])) {
    const readAt = readings.get(source)
    if (readAt === undefined) continue // it has left the configuration, and its people with it
    const before = snapshot.one('carried', source, markerOf(check))
    const readBefore = typeof before?.body['readAt'] === 'string' ? before.body['readAt'] : null
    records.push(carried(source, markerOf(check), check, { readAt }))
    for (const person of people) {
      if (person.source !== source) continue
      const known = knownOf(snapshot, check, person)
      records.push(
        carried(source, keyOf(check, person.key), check, next(person, known, { readAt, readBefore, graceMs })),
      )
    }
    for (const { key, known } of leftOut(snapshot, check, source, here)) {
      if (aliases.has(key)) continue
      const vanished = known.vanished ?? { seenAfter: readBefore ?? readAt, seenBefore: readAt }
      const ended = known.endsAt !== null && known.endsAt <= plus(snapshot.at, LAST_DAY)
      // A date that was moved stays a fault when the row goes after it.
      if (!ended || known.fault !== null)
        records.push(carried(source, keyOf(check, key), check, { ...known, vanished }))
    }
  }
  return records
}

function sourcesOf(snapshot: Snapshot, check: string): string[] {
  const own = snapshot.of('carried').filter((record) => record.check === check)
  return [...new Set(own.map(({ source }) => source))].sort(byText)
}

function leftOut(snapshot: Snapshot, check: string, source: string, here: ReadonlySet<string>) {
  const start = keyOf(check, '')
  return snapshot.of('carried').flatMap((record) => {
    if (record.check !== check || record.source !== source || !record.key.startsWith(start)) return []
    const key = record.key.slice(start.length)
    return here.has(`${source}\n${key}`) ? [] : [{ key, known: record.body as unknown as Known }]
  })
}

interface Reading {
  readonly readAt: Instant
  readonly readBefore: Instant | null
  readonly graceMs: number
}

function next(person: Person, known: Known | null, reading: Reading): Known {
  const { status, endDate, endsAt } = person
  const left = status === 'left' || (endsAt !== null && endsAt <= reading.readAt)
  const leftAt = left ? (known?.leftAt ?? reading.readAt) : null
  return {
    status,
    endDate,
    endsAt,
    leftAt,
    fault: known === null ? null : faultOf(person, known, reading),
    vanished: null,
  }
}

function faultOf(person: Person, known: Known, { readAt, readBefore, graceMs }: Reading): Fault | null {
  const { endDate, endsAt } = person
  const before = known.fault
  if (endDate === known.endDate || readBefore === null) return before
  if (before?.what === 'moved' && endDate === before.from) return null // put back
  const change = { to: endDate, seenAfter: readBefore, seenBefore: readAt }
  // Only where the reading that still had the date was after its end is it certain that it was moved afterwards.
  if (known.endsAt !== null && known.endsAt <= readBefore) {
    if (isBack(person, known)) return before
    return { what: 'moved', from: before?.what === 'moved' ? before.from : known.endDate, ...change }
  }
  const saidAt = known.leftAt !== null && known.leftAt < readAt ? known.leftAt : readAt
  if (endsAt !== null && between(endsAt, saidAt) > graceMs) return { what: 'late', from: known.endDate, ...change }
  return before?.what === 'moved' ? { ...before, to: endDate } : before
}

/** Employed once more from a day after the end: another employment, not another end of the first. */
function isBack({ status, startDate, endDate }: Person, known: Known): boolean {
  const later = startDate !== null && known.endDate !== null && startDate > known.endDate
  return later && status === 'active' && (endDate === null || endDate >= startDate)
}

function markerOf(check: string): string {
  return check
}

function keyOf(check: string, person: string): string {
  return `${check}/${person}`
}

function carried(source: string, key: string, check: string, body: object): Carried {
  return { kind: 'carried', source, key, unread: [], check, body: body as Readonly<Record<string, JsonValue>> }
}
