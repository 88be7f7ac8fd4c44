/** How a run stands in the ledger, and how the ledger stands outside: what makes a report more than the word of its maker. */
import type { FailureAges } from './failure-ages.ts'
import type { UnknownReason } from './finding.ts'
import type { Focus } from './focus.ts'
import type { Checkpoint, Stamp } from './ledger.ts'
import type { LeaverClock, PeriodResult } from './period.ts'
import type { Kind } from './record.ts'
import type { RunSummary, SealedPull } from './store.ts'
import type { Instant } from './time.ts'

export interface Sealing {
  readonly run: RunSummary
  /** Index of the run's leaf. */
  readonly leaf: number
  /** The first that covers the run. */
  readonly checkpoint: Omit<Checkpoint, 'note'>
  /** Of the key that signed it: SHA-256 of the public key's SubjectPublicKeyInfo, hex. */
  readonly fingerprint: string
  /** The first outside stamp that covers the run; null: it is not anchored. */
  readonly stamp: Omit<Stamp, 'reply'> | null
  /** The newest outside stamp from before the run; null where one covers it, and where there is none. */
  readonly stampBefore: Omit<Stamp, 'reply'> | null
  /** Given by an auditor before the run began; absent or null where nobody gave one. */
  readonly nonce?: string | null
  /** Of a packet's report: SHA-256 of the packet's manifest without the report's own line, which cannot be in it. */
  readonly manifest?: string | null
}

/** Longer without a run than the sealed schedule allows: one that comes up to an interval late may have waited its turn. */
export const INTERVALS_ALLOWED = 2

export interface Gap {
  readonly from: Instant
  readonly to: Instant
  readonly cause: string
}

/** How much of a period a source was read for, or a check judged for. */
export interface Coverage {
  readonly what: 'source' | 'check'
  readonly id: string
  readonly system: string | null
  /** Of the period, 0 to 1. */
  readonly share: number
  readonly gaps: readonly Gap[]
  /**
   * Of a tailnet that is read by OAuth client: how many pulls the vendor's own log confirms by a token that it minted for
   * us, `of` those accepted in the period. Absent or null: nobody outside tells of our pulls.
   */
  readonly confirmed?: { readonly pulls: number; readonly of: number } | null
}

/** What failed of one check over one system at any time of a period. */
export interface PeriodFailures {
  /** Null where the check is no longer asked. */
  readonly ref: string | null
  readonly check: string
  readonly system: string | null
  /** Subjects that failed at any time. */
  readonly subjects: number
  /** Failures first seen in the period. */
  readonly began: number
  /** Failures that stood at its end. */
  readonly open: number
  /** The longest that one stood, within the period. */
  readonly longestMs: number
}

/** Subjects of a check that were unknown at any time of a period, for one reason. */
export interface PeriodUnknowns {
  readonly check: string
  readonly system: string | null
  readonly reason: UnknownReason
  readonly subjects: number
}

/** The runs of a period, as their leaves tell them. */
export interface PeriodRuns {
  readonly count: number
  readonly first: Instant
  readonly last: Instant
  /** Half of the runs came sooner after the one before them; null of a single run. */
  readonly everyMs: number | null
  /** Between which two of them the longest time lies; null of a single run. */
  readonly longest: { readonly from: Instant; readonly to: Instant } | null
  /** Of each source that was tried: runs whose pull of it was not accepted. */
  readonly failed: readonly { readonly source: string; readonly runs: number }[]
  /** Who put settings in force, up to the last run; a run itself names nobody. */
  readonly settingsBy: readonly { readonly by: string; readonly at: Instant }[]
  /** Null where no outside authority stamped any of them. */
  readonly stamped: PeriodStamps | null
}

/** The outside stamps that cover runs of a period: of each run the first. */
export interface PeriodStamps {
  readonly count: number
  readonly authorities: readonly string[]
  readonly first: Instant
  readonly last: Instant
  /** Runs that one of them covers. */
  readonly runs: number
  /** The longest from a run to the stamp that covers it. */
  readonly slowestMs: number
}

export interface PeriodEvidence {
  readonly from: Instant
  readonly to: Instant
  /** Up to when it is told: its end, or its last run while it is not over. */
  readonly until: Instant
  readonly of: readonly Coverage[]
  readonly failures: readonly PeriodFailures[]
  readonly unknowns?: readonly PeriodUnknowns[]
  /** What stood open at its end, by age. */
  readonly ages?: FailureAges | null
  /** Checks and the organisation's controls as tests of their own over the period (checks.md section 1, rule 13). */
  readonly results?: readonly PeriodResult[] | null
  /** The joiner/leaver ledger's clocks. */
  readonly leavers?: readonly LeaverClock[] | null
  readonly runs?: PeriodRuns | null
  /** Of people, accounts, devices and agents: those that existed at any time, and those there at its end. */
  readonly populations?: readonly { readonly kind: Kind; readonly all: number; readonly atEnd: number }[] | null
}

/** What a report tells beside its results. */
export interface ReportEvidence {
  /** The request log of a source's newest attempt, or of that in the run given; null where there is none. */
  lastPull(source: string, runId?: string): Promise<Omit<SealedPull, 'records'> | null>
  /** Null before the first run. */
  readonly sealing: Sealing | null
  /** Null for a state at one moment. */
  readonly coverage: PeriodEvidence | null
  /** A part that it is about, of which alone report and coverage tell; absent: everything. */
  readonly focus?: Focus
}

/** Evidence that was handed out, as the ledger tells it. */
export interface ExportAct {
  readonly what: 'packet' | 'report' | 'results'
  /** "pdf", "json", "csv", "zip" */
  readonly format: string
  readonly by: string
  readonly run: string
  /** SHA-256 of the file; of a packet that of its manifest. */
  readonly digest: string
  /** Null for a state at one moment. */
  readonly period: { readonly from: Instant; readonly to: Instant } | null
}
