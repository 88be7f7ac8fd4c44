/** One person who left, on a page: what they could still reach, for how long, and whether anybody saw them do it. */
import type { LeaverClock } from './period.ts'
import type { Answer } from './policy-selector.ts'
import type { Kind } from './record.ts'
import type { Instant } from './time.ts'

export interface LeaverPage {
  readonly person: string
  readonly name: string | null
  /** Up to when it is told. */
  readonly until: Instant
  /** Of the newest departure, by system. */
  readonly systems: readonly LeaverExposure[]
}

export interface LeaverExposure {
  readonly clock: LeaverClock
  /** From when on nothing should have been seen: the end, or the roster's first word of it. */
  readonly since: Instant
  /** Accounts, devices and keys that were theirs while access was there. */
  readonly things: readonly Observed[]
  readonly reach: Reach
}

export interface Observed {
  readonly kind: Kind
  readonly key: string
  readonly label: string
  /** When it was seen last, as the readings from the end on tell it; null: none of them saw it after the end. */
  readonly seenAt: Instant | null
  /** True where the vendor tells of no use at all: keys. */
  readonly untold: boolean
  /** Status of an account, whether a key still works; null where there is none to tell. */
  readonly standing: string | null
  /** Of the reading that says so. */
  readonly run: number
}

/** By the policy of the last reading with access. */
export interface Reach {
  /** Selectors, as check POS-10 names them; empty: every target counts. */
  readonly targets: readonly string[]
  readonly rules: readonly ReachingRule[]
  /** Why nothing can be said; null where it can. */
  readonly problem: string | null
  readonly run: number | null
}

export interface ReachingRule {
  /** "acls[3]" */
  readonly rule: string
  readonly line: number
  readonly text: string
  /** `unknown`: a selector of it could not be resolved. */
  readonly lets: Exclude<Answer, 'no'>
  /** Of the targets; all that the rule names where none are. */
  readonly reaches: readonly string[]
  readonly postures: readonly string[]
}

/** 0: everything ended in time, or was never there · 1: late, or still there · 2: nobody can say. */
export function leaverExit({ systems }: LeaverPage): 0 | 1 | 2 {
  const bad = ({ clock: { clock, removal, accounts } }: LeaverExposure): boolean =>
    clock === 'breached' || (accounts.length > 0 && removal.before === null)
  if (systems.some(bad)) return 1
  return systems.length > 0 && systems.every(({ clock: { clock } }) => clock === 'within' || clock === 'no_access')
    ? 0
    : 2
}
