/** How a run left things, as far as the next one tells the outside what is otherwise. */
import type { Status, Subject, UnknownReason } from './finding.ts'
import type { Settings } from './settings.ts'
import type { SourceState } from './snapshot.ts'
import type { Instant } from './time.ts'

/** What a check judged last over one system: the engine's answers in its place are passed over. */
export interface JudgedLast {
  readonly check: string
  readonly system: string | null
  readonly ref: string
  readonly status: Status
  readonly unknownReason: UnknownReason | null
  /** False: the newest run has no answer of it at all, not even the engine's. */
  readonly asked: boolean
}

/** A subject of a check over a system. */
export interface Failure {
  readonly check: string
  readonly system: string | null
  readonly subject: Pick<Subject, 'source' | 'kind' | 'key'>
}

/** One that fails, or is unknown since it failed: it has not passed in between. */
export interface StandingFailure extends Failure {
  readonly since: Instant
}

export interface Standing {
  readonly at: Instant
  readonly settings: Settings
  readonly sources: readonly SourceState[]
  readonly judged: readonly JudgedLast[]
  readonly failing: readonly StandingFailure[]
}

export function resultPlace({ check, system }: Pick<Failure, 'check' | 'system'>): string {
  return `${check}\0${system ?? ''}`
}

export function failurePlace(failure: Failure): string {
  const { source, kind, key } = failure.subject
  return `${resultPlace(failure)}\0${source}\0${kind}\0${key}`
}
