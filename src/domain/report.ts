/** What people and tools are shown: one run, its results with sentences, aged to the moment asked for. */
import type { Check } from './check.ts'
import type { Facts, Status, Subject, UnknownReason } from './finding.ts'
import type { JsonValue } from './json.ts'
import type { RecordRef } from './record.ts'
import type { Counts } from './result.ts'
import type { Waiver } from './settings.ts'
import type { Snapshot, SourceState } from './snapshot.ts'
import type { RunSummary } from './store.ts'
import type { Instant } from './time.ts'

export type Sla = 'within' | 'breached' | 'not_determinable'

export interface ReportFinding {
  readonly subject: Subject
  readonly status: Status
  readonly unknownReason: UnknownReason | null
  /** One sentence someone can act on. */
  readonly message: string
  readonly notice: string | null
  readonly facts: Facts
  readonly records: readonly RecordRef[]
  readonly waiver: Waiver | null
  /** When the failure or the unknown was first seen; null for the rest. */
  readonly firstSeen: Instant | null
  readonly sla: Sla | null
  /** Until when a failure is within its time; null where no clock runs. */
  readonly dueAt: Instant | null
}

/** In the order of the subjects, each made when it is looked at: a large fleet has a million. */
export interface Findings extends Iterable<ReportFinding> {
  readonly length: number
  at(place: number): ReportFinding | undefined
}

export interface ReportResult {
  readonly check: Check
  readonly version: number
  readonly system: string | null
  readonly status: Status
  readonly unknownReason: UnknownReason | null
  /** Why the engine answered instead of the check. */
  readonly message: string | null
  readonly parameters: Readonly<Record<string, JsonValue>>
  readonly counts: Counts
  /**
   * Every subject once, made while it is read or as a list. Who asks for the `open` ones looks at failures and open
   * questions only: the others may be left out, which costs less.
   */
  findings(which?: 'open'): Iterable<ReportFinding> | Findings
  /** False when this release would judge differently: then only the sealed failures and unknowns are known. */
  readonly complete: boolean
}

export interface DisabledCheck {
  readonly check: Check
  readonly because: string
}

export interface Report {
  readonly organization: { readonly id: string; readonly name: string }
  readonly demo: boolean
  /** Null before the first run. */
  readonly run: RunSummary | null
  readonly snapshotAt: Instant | null
  readonly evaluatedAt: Instant
  readonly software: string
  readonly sources: readonly SourceState[]
  readonly disabled: readonly DisabledCheck[]
  /** By ref, then system. */
  readonly results: readonly ReportResult[]
  /** Null before the first run. */
  readonly snapshot: Snapshot | null
}

/** The exit code of `check`: 1 something fails · 2 nothing fails but something is unknown · 0 good. */
export function exitCodeOf(results: readonly Pick<ReportResult, 'status'>[]): 0 | 1 | 2 {
  if (results.some((result) => result.status === 'fail')) return 1
  return results.some((result) => result.status === 'unknown') ? 2 : 0
}

/** Sources that were not read at a host of their vendor's: every output says so, and their logs confirm nothing from outside. */
export function elsewhere(sources: readonly Pick<SourceState, 'id' | 'notVendorHost'>[]): string[] {
  return sources.filter(({ notVendorHost }) => notVendorHost).map(({ id }) => id)
}

/** "setting.networkFlowLoggingOn" or "attributes": what a source is blind for, in exports. */
export function blindNames(source: Pick<SourceState, 'blind'>): string[] {
  const names = source.blind.flatMap((entry) =>
    entry.fields === null ? [entry.kind] : entry.fields.map((field) => `${entry.kind}.${field}`),
  )
  return [...new Set(names)].sort()
}
