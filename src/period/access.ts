/** When the accounts of one person still gave access: between which two pulls it ended, and what the vendor's log says of it. */
import type { Bounds, Witness } from '../domain/period.ts'
import { between, type Instant } from '../domain/time.ts'
import { momentText } from '../domain/words.ts'
import type { Life, Sight } from './lives.ts'
import { endWithin, type LogEvent, SKEW_MS, shuts, witnessOf } from './log.ts'
import { type AcceptedPull, around, type Pulls } from './pulls.ts'

export interface OwnAccount {
  readonly life: Life
  /** What the vendor's log tells of it, by time. */
  readonly events: readonly LogEvent[]
}

export interface Removal {
  readonly bounds: Bounds
  readonly witness: Witness | null
  /** What the log says against the pulls. */
  readonly disagrees: string | null
  /** What the log says of access that came back between two pulls that both show none. */
  readonly reopened: string | null
  /** Whether there was an account at any time. */
  readonly ever: boolean
  /** An account whose status the vendor did not say where it would have decided. */
  readonly unsaid: string | null
}

const NOWHERE: Bounds = { after: null, before: null, runAfter: null, runBefore: null }

const NEVER: Removal = {
  bounds: NOWHERE,
  witness: null,
  disagrees: null,
  reopened: null,
  ever: false,
  unsaid: null,
}

/**
 * Over all accounts: access ended when the last of them ended.
 * @param end sequence from which on the person is employed again
 */
export function accessOf(system: string, accounts: readonly OwnAccount[], end: number, pulls: Pulls): Removal {
  const readings = pulls.of(system, 'account').filter(({ sequence }) => sequence < end)
  const ends = accounts.flatMap((account) => endOf(account, readings, pulls, end === Number.POSITIVE_INFINITY) ?? [])
  const [first] = ends
  if (first === undefined) return NEVER
  let last = first
  for (const one of ends) if (isLater(one.bounds, last.bounds)) last = one
  const same = ends.filter(({ bounds }) => bounds.runBefore === last.bounds.runBefore)
  return {
    bounds: { ...last.bounds, ...lastWithAccess(ends) },
    // Where several went between the same two pulls, the log must tell of each.
    witness: same.every(({ witness }) => witness !== null) ? latest(same.map(({ witness }) => witness!)) : null,
    disagrees: same.find(({ disagrees }) => disagrees !== null)?.disagrees ?? null,
    reopened: ends.find(({ reopened }) => reopened !== null)?.reopened ?? null,
    ever: true,
    unsaid: ends.find(({ unsaid }) => unsaid !== null)?.unsaid ?? null,
  }
}

/** The first reading after a moment that shows access where the one before it showed none; null: there is none. */
export function openedAfter(
  system: string,
  accounts: readonly OwnAccount[],
  since: Instant,
  pulls: Pulls,
): AcceptedPull | null {
  const readings = pulls.of(system, 'account')
  const turns = new Set(accounts.flatMap(({ life }) => life.sights.map(({ from }) => from)))
  let wasOpen = false
  for (const turn of [...turns].sort((a, b) => a - b)) {
    const { before, from } = around(readings, turn)
    const isOpen = accounts.some(({ life }) =>
      opens(life.sights.findLast((sight) => sight.from <= turn)?.sight ?? null),
    )
    // What our first reading shows was there, for all that anybody knows.
    if (isOpen && !wasOpen && before !== null && from !== null && from.endedAt > since) return from
    wasOpen = isOpen
  }
  return null
}

function opens(sight: Sight | null): boolean {
  return sight !== null && sight.status !== 'suspended'
}

function isLater(a: Bounds, b: Bounds): boolean {
  return (a.runBefore ?? Number.POSITIVE_INFINITY) > (b.runBefore ?? Number.POSITIVE_INFINITY)
}

function lastWithAccess(ends: readonly Removal[]): Pick<Bounds, 'after' | 'runAfter'> {
  let found: Pick<Bounds, 'after' | 'runAfter'> = { after: null, runAfter: null }
  for (const { bounds } of ends) {
    if (bounds.after !== null && (found.after === null || bounds.after > found.after))
      found = { after: bounds.after, runAfter: bounds.runAfter }
  }
  return found
}

function latest(witnesses: readonly Witness[]): Witness | null {
  let found: Witness | null = null
  for (const one of witnesses) if (found === null || one.at > found.at) found = one
  return found
}

/**
 * Null where no reading shows the account at all.
 * @param forGood nobody took the person back: nothing may open the account again
 */
function endOf(
  { life, events }: OwnAccount,
  readings: readonly AcceptedPull[],
  pulls: Pulls,
  forGood: boolean,
): Removal | null {
  const last = readings.at(-1)
  if (last === undefined) return null
  const steps = life.sights.filter(({ from }) => from <= last.sequence)
  if (steps.length === 0) return null
  const openAt = steps.findLastIndex(({ sight }) => opens(sight))
  const closing = steps[openAt + 1]
  const bounds =
    closing === undefined ? stillOpen(last) : boundsOf(life.source, openAt < 0, closing.from, readings, pulls)
  const unsaid = steps[openAt]?.sight?.status === null ? steps[openAt]!.sight!.label : null
  const ended = closing === undefined ? null : endWithin(events, bounds)
  return {
    bounds,
    witness: ended === null ? null : witnessOf(ended),
    disagrees: ended === null && unsaid === null ? contradiction(events, bounds) : null,
    reopened: forGood ? reopenedAfter(events, bounds) : null,
    ever: true,
    unsaid,
  }
}

/** What the log lets in again between two readings that both show it shut. */
function reopenedAfter(events: readonly LogEvent[], { before }: Bounds): string | null {
  const again = events.find((event) => before !== null && event.at > before && shuts(event) === false)
  if (again === undefined || between(before!, again.at) <= SKEW_MS) return null
  return `The vendor's log has access come back at ${momentText(again.at)}, which no reading showed.`
}

/** The newest reading still shows it. */
function stillOpen({ collectedAt, sequence }: AcceptedPull): Bounds {
  return { after: collectedAt, before: null, runAfter: sequence, runBefore: null }
}

/** @param never no reading at hand shows it open */
function boundsOf(
  source: string,
  never: boolean,
  sequence: number,
  readings: readonly AcceptedPull[],
  pulls: Pulls,
): Bounds {
  const { before, from } = around(readings, sequence)
  const gone = from ?? before
  const shut = { before: gone?.endedAt ?? null, runBefore: gone?.sequence ?? null }
  if (never) return { after: null, runAfter: null, ...shut }
  return { after: before?.collectedAt ?? pulls.readBefore(source), runAfter: before?.sequence ?? null, ...shut }
}

/**
 * The log has access end where the pulls cannot have it: shut for good before a reading that still shows it open, or after
 * one that shows it gone.
 */
function contradiction(events: readonly LogEvent[], { after, before }: Bounds): string | null {
  const moves = events.filter((event) => shuts(event) !== null)
  const upTo = (at: Instant): LogEvent | undefined => moves.findLast((event) => event.at <= at)
  const last = after === null ? undefined : upTo(after)
  if (last !== undefined && shuts(last) === true && between(last.at, after!) > SKEW_MS) {
    return `The vendor's log has access end at ${momentText(last.at)}, and our reading of ${momentText(after!)} still shows it.`
  }
  const first = before === null ? undefined : moves.find((event) => event.at > before)
  if (first !== undefined && first.what === 'suspended' && between(before!, first.at) > SKEW_MS) {
    return `Our reading of ${momentText(before!)} shows no access, and the vendor's log has it end at ${momentText(first.at)}.`
  }
  return null
}
