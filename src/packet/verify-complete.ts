/**
 * That nothing is left out of `events/`: each packed pull has whole listings, and whatever differs between one and the next
 * has come about by something that is told. What came and went again in between stays the word of who wrote the packet.
 */

import { eventsPath } from '../domain/packet.ts'
import type { EventKind, Transition } from '../domain/period.ts'
import type { Account, AnyRecord, Device, Kind } from '../domain/record.ts'
import type { Blindness } from '../domain/snapshot.ts'
import { broken, NOT_AS_SEALED } from './broken.ts'
import type { LedgerPast } from './past.ts'
import type { VerifiedRun } from './verify-runs.ts'

/** Things whose every coming and going is told. */
type Told = 'account' | 'device'
const TOLD: Readonly<Record<Told, { readonly came: EventKind; readonly went: EventKind }>> = {
  account: { came: 'joiner', went: 'leaver' },
  device: { came: 'new-device', went: 'gone-device' },
}

/** What a pull shows of one kind. */
interface Shown {
  readonly sequence: number
  readonly things: ReadonlyMap<string, AnyRecord>
}

export interface PullShown {
  readonly source: string
  readonly sequence: number
  readonly shows: readonly Kind[]
  readonly blind: readonly Blindness[]
  readonly records: Iterable<AnyRecord>
}

type ToldEvent = Pick<Transition, 'kind' | 'source' | 'bounds'> & { readonly key: string }

/** To be given pulls in their order. */
export function completeness(events: readonly ToldEvent[]): (pull: PullShown) => void {
  const told = new Map<string, number[]>()
  for (const { kind, source, key, bounds } of events) {
    const name = `${kind}\0${source}\0${key}`
    told.set(name, [...(told.get(name) ?? []), bounds.runBefore ?? 0])
  }
  const last = new Map<string, Shown>()

  return ({ source, sequence, shows, blind, records }) => {
    const things = new Map<Told, Map<string, AnyRecord>>()
    for (const kind of Object.keys(TOLD) as Told[]) {
      if (shows.includes(kind) && !blind.some((one) => one.kind === kind)) things.set(kind, new Map())
    }
    for (const record of records) if (isLasting(record)) things.get(record.kind as Told)?.set(record.key, record)
    for (const [kind, own] of things) {
      const name = `${source}\0${kind}`
      const before = last.get(name)
      last.set(name, { sequence, things: own })
      if (before !== undefined) requireTold(kind, before, { sequence, things: own })
    }

    function requireTold(kind: Told, before: Shown, now: Shown): void {
      const isTold = (event: EventKind, key: string): boolean =>
        (told.get(`${event}\0${source}\0${key}`) ?? []).some((at) => before.sequence < at && at <= now.sequence)
      const missing = (event: EventKind, key: string): void => {
        if (isTold(event, key)) return
        const where = `between runs ${before.sequence} and ${now.sequence}`
        broken(eventsPath(event), `it does not tell of ${source}/${kind}/${key} ${where}`, NOT_AS_SEALED)
      }
      for (const [key, record] of now.things) {
        const earlier = before.things.get(key)
        if (earlier === undefined) missing(TOLD[kind].came, key)
        else if (kind === 'account') {
          for (const event of changesOf(earlier as Account, record as Account)) {
            // Who was gone in between and came back is told as that.
            if (!isTold(TOLD[kind].came, key)) missing(event, key)
          }
        }
      }
      for (const key of before.things.keys()) if (!now.things.has(key)) missing(TOLD[kind].went, key)
    }
  }
}

/** Ephemeral devices come and go by themselves. */
function isLasting(record: AnyRecord): boolean {
  return record.kind !== 'device' || (record as Device).isEphemeral !== true
}

function changesOf(before: Account, now: Account): EventKind[] {
  const found: EventKind[] = []
  if (before.role !== now.role) found.push('role-change')
  if (standing(before) !== standing(now)) found.push('status-change')
  return found
}

/** Idle is active, seen long ago: nobody did anything. */
function standing({ status }: Account): string | null {
  return status === 'idle' ? 'active' : status
}

/** What the runs of the period that are packed whole read themselves. */
export function shownBy(
  runs: readonly Pick<VerifiedRun, 'packed' | 'inputs'>[],
  records: ReadonlyMap<string, (kind: Kind) => readonly AnyRecord[]>,
  past: Pick<LedgerPast, 'runs'>,
): PullShown[] {
  const first = past.runs[0]?.sequence ?? 0
  const shows = Object.keys(TOLD) as Told[]
  return runs.flatMap(({ packed: { run, sequence }, inputs }) => {
    const of = records.get(run)
    if (of === undefined || sequence < first) return []
    return inputs.pulls.flatMap(({ source, run: made, pull }): PullShown[] => {
      // What rests on an earlier pull shows how it was then.
      if (made !== sequence || pull === null) return []
      const own = shows.flatMap((kind) => of(kind).filter((record) => record.source === source))
      return [{ source, sequence, shows, blind: pull.blind, records: own }]
    })
  })
}
