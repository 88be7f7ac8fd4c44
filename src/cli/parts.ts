/** What commands are handed: `main.ts` makes each part on first use. */
import type { Check } from '../domain/check.ts'
import type { Connector, Probe } from '../domain/connector.ts'
import type { LeaverPage } from '../domain/leaver-page.ts'
import type { LedgerKey } from '../domain/ledger.ts'
import type { Output } from '../domain/output.ts'
import type { Rederived, ReperformRange } from '../domain/reperform.ts'
import type { Report } from '../domain/report.ts'
import type { WholeSample } from '../domain/sample.ts'
import type { ExportAct, PeriodEvidence, ReportEvidence, Sealing } from '../domain/sealing.ts'
import type { Settings } from '../domain/settings.ts'
import type { SourceState } from '../domain/snapshot.ts'
import type { Copied, RunSummary, SealedPull } from '../domain/store.ts'
import type { Instant } from '../domain/time.ts'
import type { Verification } from '../domain/verification.ts'
import type { KeyParts } from './key.ts'
import type { RestoreParts } from './restore.ts'
import type { Reviews } from './review.ts'
import type { Samples } from './sample.ts'
import type { Terminal } from './terminal.ts'
import type { WebhookParts, Webhooks } from './webhook.ts'

export interface SyncRequest {
  sources: readonly string[] | null
  accept: { source: string; because: string; by: string } | null
  /** Given by an auditor; sealed with the run. */
  nonce?: string
}

export interface SyncOutcome {
  run: RunSummary
  pulls: readonly SealedPull[]
  sources: readonly SourceState[]
}

export interface HandedPacket {
  /** Of its period. */
  readonly last: RunSummary
  /** Of the key that signs it. */
  readonly fingerprint: string
  readonly bytes: AsyncIterable<Uint8Array>
  /** SHA-256, once the bytes are read. */
  manifestDigest(): string
}

/** An opened installation: configuration and database. */
export interface Installation {
  readonly sources: readonly {
    id: string
    kind: string
    connector: Connector
    /** Where requests go, if it is no host that the vendor publishes. */
    strangeHost: string | null
    /** Where requests go; null for files. */
    baseUrl: string | null
  }[]
  readonly checks: readonly Check[]
  /** As configured now; a sealed run has its own. */
  readonly settings: Settings
  readonly software: string
  /** Sections of the file that this release does not act on. */
  readonly waiting: readonly string[]
  sync(
    request: SyncRequest,
    progress: (source: string, done: number, total: number | null, what: string) => void,
  ): Promise<SyncOutcome>
  report(asOf: Instant | 'latest'): Promise<Report>
  /** Sealed runs, in sequence. */
  runsIn(range: ReperformRange): Promise<readonly RunSummary[]>
  /** Makes one of them again from what is stored. */
  reperform(run: RunSummary): Promise<Rederived>
  /** The state at the last run of a period, and what the period adds to it. */
  periodReport(period: { from: Instant; to: Instant }): Promise<{ report: Report; period: PeriodEvidence }>
  /** The page of somebody who left; throws AppError `usage` where nobody of that name has. */
  leaver(asked: string, asOf: Instant | 'latest'): Promise<LeaverPage>
  /** In one of the formats; of a period also with what stood in it and was closed. */
  rendered(output: Output, report: Report, period: PeriodEvidence | null): Promise<Iterable<string>>
  /** The audit packet of a period, and the state at further moments. */
  packet(request: {
    from: Instant
    to: Instant
    at: readonly Instant[]
    samples: readonly WholeSample[]
  }): Promise<HandedPacket>
  /** How a run stands in the ledger; null before the first. */
  sealing(run: RunSummary | null): Promise<Sealing | null>
  /** Seals in the ledger that evidence was handed out. */
  exported(act: ExportAct): Promise<void>
  /** A few calls to one source; nothing is kept. */
  probe(source: string): Promise<Probe>
  /** The newest checkpoint's note, null before the first; and the keys that came without a hand-over. */
  ledger(): Promise<{ note: string | null; lost: readonly LedgerKey[] }>
  /** Goes on under a new key. */
  rotate(): Promise<{ note: string; key: LedgerKey }>
  /** The request log of a source's newest attempt, or of that in the run given. */
  lastPull(source: string, runId?: string): Promise<Omit<SealedPull, 'records'> | null>
  /** Copies the database while others go on. */
  backup(file: string, progress: (done: number, total: number) => void): Promise<Copied>
  /** A fresh one-time sign-in link. */
  link(): Promise<string>
  readonly samples: Samples
  readonly reviews: Reviews
  readonly webhooks: Webhooks
  readonly apiKeys: Awaited<ReturnType<KeyParts['open']>>['apiKeys']
  close(): Promise<void>
}

export interface ServeOptions {
  host: string | null
  port: number | null
}

export interface CliParts {
  readonly version: string
  readonly terminal: Terminal
  readonly outputs: readonly Output[]
  now(): Instant
  /** Who acts, for acts that are recorded: the login of the operating system. */
  actor(): string
  configExists(file: string): boolean
  /** Verifies a packet file by itself, and by what was handed over outside it. */
  verify(
    request: {
      file: string
      fingerprint: string | null
      checkpoint: string | null
      /** Whether every passing verdict is to be turned: of one check or subject, or, null, of all. */
      challenge: { only: string | null } | null
    },
    progress: (what: string) => void,
  ): Promise<Verification>
  open(file: string): Promise<Installation>
  /** Puts a backup into the data folder that a configuration names. */
  restore: RestoreParts['restore']
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
  /** The starter file and roster, the JSON Schema of the configuration, and what it can be connected to. */
  starter(): Promise<{ config: string; roster: string; schema: string; connectors: readonly Connector[] }>
  webhookSecret: WebhookParts['webhookSecret']
  writeNew(file: string, text: string): boolean
  /** Throws AppError `usage` where it cannot be read. */
  readFile(file: string): Uint8Array
  writeFile(file: string, chunks: Iterable<string> | AsyncIterable<Uint8Array>): Promise<void>
  /** The report as a PDF. */
  pdf(report: Report, evidence: ReportEvidence): AsyncIterable<Uint8Array>
}
