/**
 * What a period tells beside the state at its end (checks.md section 1, rules 5 and 13): who and what came, went and
 * changed, between which two pulls and, where the vendor's audit log says it, at which second and by whom.
 */
import type { Kind } from './record.ts'
import type { Instant } from './time.ts'

/** The two accepted pulls of a source that something happened between. */
export interface Bounds {
  /** Beginning (`collectedAt`) of the last pull that still showed what was before; null: none, it is of before our first run. */
  readonly after: Instant | null
  /** End of the run (`snapshotAt`) whose pull first showed what is now; null: none yet. */
  readonly before: Instant | null
  /** Sequence of the runs that made those pulls. */
  readonly runAfter: number | null
  readonly runBefore: number | null
}

/** What the vendor's own log says of it. */
export interface Witness {
  readonly at: Instant
  readonly actor: string | null
  readonly actorType: string | null
  /** Record reference of the audit event. */
  readonly event: string
}

export type EventKind =
  | 'joiner'
  | 'leaver'
  | 'role-change'
  | 'status-change'
  | 'new-device'
  | 'gone-device'
  | 'new-key'
  | 'gone-key'
  | 'policy-change'

/** Something that happened, seen as a difference between two accepted pulls. */
export interface Transition {
  readonly kind: EventKind
  readonly source: string
  readonly recordKind: Kind
  readonly key: string
  readonly label: string
  /** "role member → admin", "status active → suspended", "present", "gone": what was and what is, as the vendor writes it. */
  readonly from: string | null
  readonly to: string | null
  readonly bounds: Bounds
  /** Null: the log has nothing of it, or could not be read. */
  readonly witness: Witness | null
  /** It lies before our first run: known from the vendor's log alone. */
  readonly beforeFirstRun: boolean
}

/** `open`: the deadline has not passed; `no_access`: no reading and no event of the log ever had access that could end. */
export type Clock = 'within' | 'breached' | 'not_determinable' | 'open' | 'no_access'

/** Of somebody who left: what came back afterwards. The clock of the end that was stands all the same. */
export interface Returned {
  /** The reading of the roster that has them employed again; null: none does. */
  readonly rosterAt: Instant | null
  /** The first reading that shows access again after none was seen; null: none does. */
  readonly accessAt: Instant | null
}

/** A line of the joiner/leaver ledger: one person who left, over one tailnet. */
export interface LeaverClock {
  readonly system: string
  readonly person: string
  readonly name: string | null
  readonly type: 'employee' | 'contractor' | 'service' | null
  /** End of employment: the roster's date, and the moment that it ends. Null: the roster names none. */
  readonly endDate: string | null
  readonly endsAt: Instant | null
  /** First accepted reading of the roster that named the end, or showed the person as left or no more. */
  readonly rosterSaidAt: Instant
  readonly dueAt: Instant | null
  /** Logins of the accounts that were the person's at any time since the end was known. */
  readonly accounts: readonly string[]
  readonly removal: Bounds
  readonly witness: Witness | null
  readonly clock: Clock
  /** Milliseconds after the deadline, by the vendor's second or else the earlier bound; null unless `breached`. */
  readonly lateMs: number | null
  /** Why it is not determinable; null where it is. */
  readonly why: string | null
  /** Null: neither employment nor access came back. */
  readonly returned: Returned | null
}

/** A check over one system, one of the organisation's controls, or a framework's criterion, tested over a period. */
export interface PeriodResult {
  readonly what: 'check' | 'control' | 'criterion'
  /** Ref of the check, id of the control, the criterion as its framework cites it. */
  readonly ref: string
  /** Of a criterion its framework stands before it: "soc2 CC6.3". */
  readonly id: string
  readonly system: string | null
  /**
   * Subjects that were judged at any time; of ID-02 and ID-18 those who left and had access at any time; of controls and
   * criteria the mapped checks that judged anybody. population = met + deviated + notDeterminable.
   */
  readonly population: number
  /** Those that could be judged: met + deviated. */
  readonly tested: number
  /** Never failed and never unknown. */
  readonly met: number
  /** Failed at some time. */
  readonly deviated: number
  /** Unknown at some time and never seen failing: what nobody saw may have failed. */
  readonly notDeterminable: number
  /** Of those that deviated, accepted by a waiver all the while. */
  readonly waived: number
  /** Longest stretch in which it was not evaluated, milliseconds, and why. */
  readonly longestGapMs: number
  readonly longestGapCause: string | null
  /**
   * How long a failure of the check's severity may stand (`sla`): what came and went in a longer gap nobody saw, and then
   * the check as a whole is not determinable, however many subjects are met. Null of controls and criteria.
   */
  readonly gapLimitMs: number | null
  /** Of the period, 0 to 1. */
  readonly covered: number
  /** "14 leavers: 12 in time, 1 late by 7 h, 1 not determinable" */
  readonly says: string
  /** What the numbers count where that is not plain from the check's own results; to be read beside them. Else null. */
  readonly counts: string | null
  /** Of a control: mapped checks that are met, of how many; never "passed". */
  readonly checks: { readonly met: number; readonly mapped: number } | null
}

/** Everything that existed at any time of the period. */
export interface PeriodSubject {
  readonly kind: Kind
  readonly source: string
  readonly key: string
  readonly label: string
  readonly firstSeen: Instant
  readonly lastSeen: Instant
  /** Of the run whose snapshot last had it. */
  readonly lastRun: number
  /** Whether it was there before the period began, and is there at its end. */
  readonly atBegin: boolean
  readonly atEnd: boolean
  /** Why no check of device trust or identity judges it at its last sight; null where some do. */
  readonly excluded: string | null
}
