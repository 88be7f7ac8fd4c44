/** What pages and API are handed; they read and render, and decide nothing. */
import type { Check } from '../domain/check.ts'
import type { Connector } from '../domain/connector.ts'
import type { Output } from '../domain/output.ts'
import type { Report } from '../domain/report.ts'
import type { FindingInterval, RunSummary, SealedPull, Store } from '../domain/store.ts'
import type { Instant } from '../domain/time.ts'

export interface Activity {
  readonly running: boolean
  readonly startedAt: Instant | null
  readonly progress: readonly { source: string; done: number; total: number | null; what: string }[]
  readonly nextRunAt: Instant | null
  readonly trouble: string | null
}

export interface HttpParts {
  readonly version: string
  readonly demo: boolean
  /** Origin that people reach us at; null on loopback. */
  readonly publicUrl: URL | null
  readonly organization: { readonly id: string; readonly name: string }
  readonly sources: readonly { id: string; kind: string; connector: Connector }[]
  readonly checks: readonly Check[]
  readonly outputs: readonly Output[]
  now(): Instant
  /** Unguessable, URL-safe, at least 128 bits. */
  newToken(): string
  /** SHA-256, hex. */
  digest(text: string): string
  report(asOf: Instant | 'latest'): Promise<Report>
  runs(limit: number): Promise<readonly RunSummary[]>
  lastPull(source: string): Promise<Omit<SealedPull, 'records'> | null>
  /** What was open and is closed by a later run, newest first. */
  closedSince(since: Instant, limit: number): Promise<readonly FindingInterval[]>
  /** Sign-in links (area `link`) and sessions (area `session`), by digest. */
  readonly facts: Pick<Store, 'put' | 'get' | 'take'>
  activity(): Activity
  subscribe(listener: () => void): () => void
  /** Starts a run and returns at once; its end is told by `subscribe`. */
  pull(sources: readonly string[] | null): void
  /** Resolves when the fall was taken; throws AppError `usage` when nothing is held. */
  accept(source: string, because: string, by: string): Promise<void>
  /** Full detail of what a person sees as an internal error; returns the id that both see. */
  trouble(error: unknown): string
}
