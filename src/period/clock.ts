/**
 * The clock over the access of somebody who left (checks.md section 1, rule 5): access ended between the last pull that
 * still showed it and the first that did not, so the deadline was kept only if the later of the two is in time, and was
 * missed only if the earlier one is late. Where the vendor's log has the second, it decides, and the pulls must agree.
 */
import type { Bounds, Clock, Witness } from '../domain/period.ts'
import { between, type Instant } from '../domain/time.ts'
import { momentText } from '../domain/words.ts'

export interface ClockAsked {
  /** Until when access had to be gone. */
  readonly dueAt: Instant
  readonly removal: Bounds
  /** When the log says that access ended; null where it does not. */
  readonly witness: Witness | null
  /** What the log says against the pulls; null where it agrees, or says nothing. */
  readonly disagrees: string | null
  /** Up to when is told. */
  readonly until: Instant
  /** What kept the pulls apart around the deadline; null where nothing did. */
  readonly outage: string | null
}

export interface ClockTold {
  readonly clock: Clock
  readonly lateMs: number | null
  readonly why: string | null
}

export function clockOf(asked: ClockAsked): ClockTold {
  const { dueAt, witness, disagrees } = asked
  if (disagrees !== null) return open(disagrees)
  const byPulls = pullsSay(asked)
  if (witness === null) return byPulls ?? (asked.removal.before === null ? stillThere(asked) : undecided(asked))
  const byLog = witness.at <= dueAt ? WITHIN : late(dueAt, witness.at)
  if (byPulls === null || byPulls.clock === byLog.clock) return byLog
  return open(
    `The vendor's log has access end at ${witness.at}, our readings ${byPulls === WITHIN ? 'before' : 'after'} the deadline (${dueAt}): the two clocks are too far apart.`,
  )
}

/** Null where the deadline lies between the two. */
function pullsSay({ dueAt, removal }: ClockAsked): ClockTold | null {
  if (removal.after !== null && removal.after >= dueAt) return late(dueAt, removal.after)
  return removal.before !== null && removal.before <= dueAt ? WITHIN : null
}

const WITHIN: ClockTold = { clock: 'within', lateMs: null, why: null }

function late(dueAt: Instant, at: Instant): ClockTold {
  return { clock: 'breached', lateMs: between(dueAt, at), why: null }
}

export function open(why: string): ClockTold {
  return { clock: 'not_determinable', lateMs: null, why }
}

/** No pull showed it gone, and none after the deadline showed it there. */
function stillThere({ dueAt, until, removal, outage }: ClockAsked): ClockTold {
  if (until < dueAt) return { clock: 'open', lateMs: null, why: null }
  const last = removal.after === null ? 'never' : momentText(removal.after)
  return open(`No reading was accepted after the deadline; the last one is of ${last}${cause(outage)}.`)
}

function undecided({ dueAt, removal, outage }: ClockAsked): ClockTold {
  const before = momentText(removal.before!)
  if (removal.after === null)
    return open(`Access was gone at our first reading (${before}), which came after the deadline.`)
  return open(
    `The deadline (${momentText(dueAt)}) lies between the last reading with access (${momentText(removal.after)}) and the first without (${before})${cause(outage)}, and the vendor's log does not say when access ended.`,
  )
}

function cause(outage: string | null): string {
  return outage === null ? '' : `; in between the source was not read (${outage})`
}
