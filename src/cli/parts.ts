/** What commands are handed: `main.ts` makes each part on first use. */
import type { Check } from '../domain/check.ts'
import type { Connector, Probe } from '../domain/connector.ts'
import type { LedgerKey } from '../domain/ledger.ts'
import type { Output } from '../domain/output.ts'
import type { Report } from '../domain/report.ts'
import type { Settings } from '../domain/settings.ts'
import type { SourceState } from '../domain/snapshot.ts'
import type { RunSummary, SealedPull } from '../domain/store.ts'
import type { Instant } from '../domain/time.ts'
import type { Terminal } from './terminal.ts'

export interface SyncRequest {
  sources: readonly string[] | null
  accept: { source: string; because: string; by: string } | null
}

export interface SyncOutcome {
  run: RunSummary
  pulls: readonly SealedPull[]
  sources: readonly SourceState[]
}

/** An opened installation: configuration and database. */
export interface Installation {
  readonly sources: readonly { id: string; kind: string; connector: Connector }[]
  readonly checks: readonly Check[]
  /** As configured now; a sealed run has its own. */
  readonly settings: Settings
  /** Sections of the file that this release does not act on. */
  readonly waiting: readonly string[]
  sync(
    request: SyncRequest,
    progress: (source: string, done: number, total: number | null, what: string) => void,
  ): Promise<SyncOutcome>
  report(asOf: Instant | 'latest'): Promise<Report>
  /** A few calls to one source; nothing is kept. */
  probe(source: string): Promise<Probe>
  /** The newest checkpoint's note, null before the first; and the keys that came without a hand-over. */
  ledger(): Promise<{ note: string | null; lost: readonly LedgerKey[] }>
  /** Goes on under a new key. */
  rotate(): Promise<{ note: string; key: LedgerKey }>
  /** The request log of a source's newest attempt, or of that in the run given. */
  lastPull(source: string, runId?: string): Promise<Omit<SealedPull, 'records'> | null>
  /** A fresh one-time sign-in link. */
  link(): Promise<string>
  close(): Promise<void>
}

export interface ServeOptions {
  host: string | null
  port: number | null
}

export interface CliParts {
  readonly version: string
  readonly terminal: Terminal
  readonly connectors: readonly Connector[]
  readonly checks: readonly Check[]
  readonly outputs: readonly Output[]
  now(): Instant
  /** Who acts, for acts that are recorded: the login of the operating system. */
  actor(): string
  configExists(file: string): boolean
  open(file: string): Promise<Installation>
  /** Runs until the process is asked to stop. */
  serve(file: string, options: ServeOptions): Promise<void>
  demo(options: ServeOptions): Promise<void>
  simulate(options: {
    port: number | null
    devices: number | null
    seed: number
    delayMs: number
    faults: readonly string[]
  }): Promise<void>
  /** The starter file and roster, and the JSON Schema of the configuration. */
  starter(): { config: string; roster: string; schema: string }
  writeNew(file: string, text: string): boolean
  writeFile(file: string, chunks: Iterable<string> | AsyncIterable<Uint8Array>): Promise<void>
  /** The report as a PDF. */
  pdf(report: Report, lastPull: Installation['lastPull']): AsyncIterable<Uint8Array>
}
