/**
 * Where the rows of `events/` say that they come from: the vendor's second is made again from the log's answer, the roster's
 * word from the file that first had it, and each trace leads to the pull and the answers that show it.
 */
import { meaningOf } from '../domain/audit.ts'
import { foldLogin } from '../domain/match.ts'
import { eventsPath, PACKET, pullPath } from '../domain/packet.ts'
import type { Bounds } from '../domain/period.ts'
import { type AnyRecord, type AuditEvent, type Kind, refOf } from '../domain/record.ts'
import type { ReadingOf } from '../period/index.ts'
import { LOG, type Traces } from './around.ts'
import { broken, NOT_AS_SEALED } from './broken.ts'
import type { LedgerPast } from './past.ts'
import type { EventRow, LeaverRow } from './verify-events.ts'

/** Path in `inputs/pulls` → the accepted pull that a run at hand made. */
export function readingsIn({ runs }: Pick<LedgerPast, 'runs'>): ReadonlyMap<string, ReadingOf> {
  const readings = new Map<string, ReadingOf>()
  for (const { id: run, sequence, sources } of runs) {
    for (const { id: source, status, pull } of sources) {
      if (pull === null || (status !== 'complete' && status !== 'stale')) continue
      readings.set(pullPath(run, source), { source, sequence })
    }
  }
  return readings
}

/** The reading that a row names; null where it names none. */
export function readingOf(
  where: string,
  path: string,
  source: string | null,
  readings: ReturnType<typeof readingsIn>,
): ReadingOf | null {
  if (path === '') return null
  const reading = readings.get(path)
  if (reading === undefined || (source !== null && reading.source !== source)) {
    return broken(where, `it names ${path}, which no sealed pull is`, NOT_AS_SEALED)
  }
  return reading
}

interface Cited {
  readonly events: readonly EventRow[]
  readonly leavers: readonly LeaverRow[]
}

/** What the answers of one pull say of the log's events and of who leaves, by the rows that name it. */
export function requireCited(
  path: string,
  records: ReadonlyMap<string, AnyRecord>,
  endedAt: string,
  { events, leavers }: Cited,
): void {
  const told = new Map<string, AuditEvent>()
  const people = new Map<string, Extract<AnyRecord, { kind: 'person' }>>()
  for (const record of records.values()) {
    if (record.kind === 'audit') told.set(refOf(record), record)
    if (record.kind === 'person') people.set(record.email, record)
  }
  for (const row of events) {
    if (row.vendorPull === path) requireTold(eventsPath(row.kind), row, told.get(row.auditEvent), row)
  }
  for (const row of leavers) {
    if (row.vendorPull === path) requireTold(PACKET.leavers, row, told.get(row.auditEvent), null)
    if (row.rosterPull !== path) continue
    if (row.rosterSaidAt !== endedAt) broken(PACKET.leavers, `${path} was not read when it is said`, NOT_AS_SEALED)
    const { endDate = null, status = 'left' } = people.get(row.person) ?? {}
    if ((endDate === null && status !== 'left') || (endDate !== null && endDate !== row.endDate)) {
      broken(PACKET.leavers, `the roster in ${path} does not say that ${row.person} leaves`, NOT_AS_SEALED)
    }
  }
}

function requireTold(
  where: string,
  { vendorTime, actor, auditEvent }: Pick<EventRow, 'vendorTime' | 'actor' | 'auditEvent'>,
  event: AuditEvent | undefined,
  about: EventRow | null,
): void {
  const meaning = event === undefined ? null : meaningOf(event)
  if (event === undefined || meaning === null || (about !== null && !isAbout(meaning, about))) {
    broken(where, `the log that it names does not tell of it (${auditEvent})`, NOT_AS_SEALED)
  }
  if (event.at !== vendorTime) broken(where, `${auditEvent} is of another moment`, NOT_AS_SEALED, event.at, vendorTime)
  const by = meaning.by.name ?? meaning.by.id ?? ''
  if (by !== actor) broken(where, `${auditEvent} was somebody else's doing`, NOT_AS_SEALED, by, actor)
}

/** A policy is the tailnet's own; what lies before the first run is named as the log names it. */
function isAbout(
  { targetId, target }: { readonly targetId: string | null; readonly target: string | null },
  { recordKind, key, label }: EventRow,
): boolean {
  if (recordKind === 'policy') return true
  const names = [targetId, target === null ? null : foldLogin(target)]
  return names.includes(key) || names.includes(foldLogin(label)) || target === key
}

/** How many rows name a second of the vendor's, and of how many the log's answer is at hand. */
export interface Seconds {
  readonly all: number
  readonly shown: number
}

export function secondsIn({ events, leavers }: Cited, isShown: (path: string) => boolean): Seconds {
  const cited = [...events, ...leavers].filter(({ vendorTime }) => vendorTime !== '')
  return { all: cited.length, shown: cited.filter(({ vendorPull }) => isShown(vendorPull)).length }
}

/** The readings behind each row, in the order of the rows. */
export interface Behind {
  readonly events: readonly (ReadingOf | null)[]
  readonly leavers: readonly {
    readonly removal: Bounds
    readonly log: ReadingOf | null
    readonly roster: ReadingOf | null
  }[]
}

export function requireTraces({ events, leavers }: Cited, behind: Behind, traces: Traces): void {
  const require = (
    where: string,
    said: readonly [string, string],
    reading: { readonly source: string; readonly sequence: number | null } | null,
    kind: Kind,
  ): void => {
    const made = traces(reading?.source ?? '', reading?.sequence ?? null, kind).map((part) => part ?? '')
    if (made.join('\0') === said.join('\0')) return
    broken(where, 'it leads to other files than those that show it', NOT_AS_SEALED, made, said)
  }
  for (const [at, row] of events.entries()) {
    require(eventsPath(row.kind), [row.vendorPull, row.vendorRaw], behind.events[at]!, LOG)
  }
  for (const [at, row] of leavers.entries()) {
    const { removal, log, roster } = behind.leavers[at]!
    const { system: source } = row
    const of = (sequence: number | null) => ({ source, sequence })
    require(PACKET.leavers, [row.rosterPull, row.rosterRaw], roster, 'person')
    require(PACKET.leavers, [row.withAccessPull, row.withAccessRaw], of(removal.runAfter), 'account')
    require(PACKET.leavers, [row.withoutPull, row.withoutRaw], of(removal.runBefore), 'account')
    require(PACKET.leavers, [row.vendorPull, row.vendorRaw], log, LOG)
  }
}
