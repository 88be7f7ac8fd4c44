/** What pages and API are handed; they read and render, and decide nothing. */
import type { ApiKeys } from '../domain/api-key.ts'
import type { Check } from '../domain/check.ts'
import type { Connector } from '../domain/connector.ts'
import type { NamedFocus } from '../domain/focus.ts'
import type { ReviewState } from '../domain/follow-up.ts'
import type { Endpoint, Outbox } from '../domain/outbox.ts'
import type { Output } from '../domain/output.ts'
import type { Report } from '../domain/report.ts'
import type { FrameSpan, SampleKind } from '../domain/sample.ts'
import type { PeriodEvidence } from '../domain/sealing.ts'
import type { FindingInterval, RunSummary, SealedPull, Store } from '../domain/store.ts'
import type { Instant } from '../domain/time.ts'
import type { HookParts } from './hooks.ts'
import type { KeyActs } from './keys.ts'
import type { Metrics } from './metrics.ts'

export interface Activity {
  readonly running: boolean
  readonly startedAt: Instant | null
  readonly progress: readonly { source: string; done: number; total: number | null; what: string }[]
  readonly nextRunAt: Instant | null
  readonly trouble: string | null
}

/** The state at a moment, or a period. */
export type SpanAsked = { readonly asOf: Instant | 'latest' } | { readonly from: Instant; readonly to: Instant }

export type ReportAsked = SpanAsked & {
  readonly kind: 'report'
  /** The part that alone it is about; null: everything. */
  readonly about: NamedFocus | null
  /** `csv`: the table that goes with the short report of a check or control. */
  readonly format: 'pdf' | 'csv'
}

export interface PacketAsked {
  readonly kind: 'packet'
  readonly from: Instant
  readonly to: Instant
  readonly at: readonly Instant[]
  /** Names of draws: the evidence of each row is packed. */
  readonly samples: readonly string[]
}

export type ExportAsked = SpanAsked & {
  readonly kind: 'export'
  /** Id of an output. */
  readonly format: string
}

/** Seals what can be drawn; the file has its keys. */
export interface FrameAsked {
  readonly kind: 'frame'
  readonly of: SampleKind
  /** Null: the state at the newest run. */
  readonly span: FrameSpan | null
}

/** Draws from what was sealed before; the file is what `packet --sample` takes. */
export interface DrawAsked {
  readonly kind: 'sample'
  /** Id of the frame. */
  readonly frame: string
  readonly seed: string
  readonly size: number
}

/** What a file is asked for. */
export type FileAsked = ReportAsked | PacketAsked | ExportAsked | FrameAsked | DrawAsked

export interface Making {
  /** Where the file is written; there is none yet. What is left of a failure is removed by who asked. */
  readonly file: string
  /** Who takes it, for the ledger. */
  readonly by: string
  readonly signal: AbortSignal
  progress(what: string, bytes: number): void
}

export interface MadeFile {
  /** The one run that it rests on; null: it rests on many, or nothing was sealed by then. */
  readonly run: string | null
  /** Of a frame or a draw: its name in the ledger. */
  readonly sealed: string | null
  readonly bytes: number
  /** SHA-256 as the ledger names it: of the file, of a packet that of its manifest. */
  readonly digest: string
}

export interface HttpParts {
  readonly version: string
  readonly demo: boolean
  /** Origin that people reach us at; null on loopback. */
  readonly publicUrl: URL | null
  readonly organization: { readonly id: string; readonly name: string }
  readonly sources: readonly { id: string; kind: string; connector: Connector; baseUrl?: string | null }[]
  readonly checks: readonly Check[]
  readonly outputs: readonly Output[]
  now(): Instant
  /** Unguessable, URL-safe, at least 128 bits. */
  newToken(): string
  /** SHA-256, hex. */
  digest(text: string): string
  /** @param how whether what passes is kept as well */
  report(asOf: Instant | 'latest', how?: { readonly whole: boolean }): Promise<Report>
  runs(limit: number): Promise<readonly RunSummary[]>
  lastPull(source: string): Promise<Omit<SealedPull, 'records'> | null>
  /** What was open and is closed by a later run, newest first. */
  closedSince(since: Instant, limit: number): Promise<readonly FindingInterval[]>
  /** What the API lists without a report. */
  readonly lists: Pick<Store, 'intervals' | 'runsBefore' | 'leavesOf'>
  /** Audit periods that somebody declared, by their beginning. */
  readonly periods: readonly { id: string; title: string | null; from: Instant; to: Instant }[]
  /** Worked out beside the server. Throws AppError `usage` where the period has no run. */
  periodEvidence(period: { from: Instant; to: Instant }): Promise<PeriodEvidence>
  /** Reviews of access with what became of them, in the order in which they were frozen. */
  reviews(): Promise<readonly ReviewState[]>
  /** Sign-in links (area `link`), sessions (`session`) and answers to keep (`answer`), by digest. */
  readonly facts: Pick<Store, 'put' | 'get' | 'take'>
  readonly keys: Pick<ApiKeys, 'keyWithDigest' | 'keyUsed'>
  /** What people do with keys. */
  readonly keyActs: KeyActs
  /** Of the process: what the next run is judged by, and what is kept. */
  readonly configuration: {
    /** Of the settings, as runs seal it. */
    readonly digest: string
    readonly retention: {
      readonly days: number
      readonly raw: 'all' | 'daily'
      readonly hold: boolean
      readonly keepFrom: Instant | null
    }
  }
  readonly webhooks: {
    readonly endpoints: readonly Pick<Endpoint, 'id' | 'url' | 'events'>[]
    readonly outbox: Pick<Outbox, 'endpoints' | 'enable' | 'deliveries' | 'attempts' | 'event' | 'replay'>
    /** Writes a test event for one endpoint down; gives its id. */
    test(endpoint: string): Promise<string>
    /** Something waits that did not wait before. */
    nudge(): void
  }
  /** A folder of this installation alone, for files that are fetched once; emptied at the start. */
  readonly jobs: string
  /** Writes the file and has the ledger tell of it. Throws AppError `usage` where there is nothing of what is asked. */
  make(asked: FileAsked, making: Making): Promise<MadeFile>
  readonly hooks: HookParts
  /** For whoever watches over the service. */
  readonly watch: {
    readonly metrics: Pick<Metrics, 'contentType' | 'text'>
    /** Why nobody should be sent here; null where all is well. Throws where the database cannot be read. */
    ready(): Promise<string | null>
  }
  activity(): Activity
  subscribe(listener: () => void): () => void
  /** Starts a run and returns at once; its end is told by `subscribe`. */
  pull(sources: readonly string[] | null): void
  /** Resolves when the fall was taken; throws AppError `usage` when nothing is held. */
  accept(source: string, because: string, by: string): Promise<void>
  /** Full detail of what a person sees as an internal error; returns the id that both see. */
  trouble(error: unknown): string
}
