/** What goes into the guarded client and what comes out. */
import type { Lookup } from './connections.ts'
import type { FailureCode } from './http-failure.ts'

export interface HttpCall {
  method: 'GET' | 'POST'
  url: URL
  headers: Record<string, string>
  /** Bytes are sent as they are and looked through for no secret: they must hold none. */
  body?: string | Uint8Array
  place: string
  /** Statuses handed back instead of thrown. */
  accept?: readonly number[]
  /** What the content type of a 2xx answer must contain; "json" by default, `null` takes any. */
  contentType?: string | null
  /** 256 MiB by default. */
  maxBytes?: number
  retryAfter?: (headers: Readonly<Record<string, string>>, nowMs: number, status: number) => number | null
  tries?: number
  confidential?: boolean
}

export interface HttpAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
  readonly sha256: string
  readonly receivedAt: string
}

/** One try, for the request log. */
export interface HttpNote {
  readonly place: string
  readonly request: string
  readonly host: string
  readonly address: string | null
  readonly certificate: string | null
  readonly startedAt: string
  readonly durationMs: number
  readonly status: number
  readonly bytes: number
  readonly sha256: string | null
  readonly date: string | null
  readonly requestId: string | null
  readonly error: FailureCode | null
}

export interface GuardedClientOptions {
  /** Names the source in messages. */
  source: string
  /** Calls to any other origin are refused: credentials stay with the host they were given for. */
  base: URL
  /** CIDRs beside global unicast (network.allow). */
  allow: readonly string[]
  /** `deadlineAt` on the scale of `clock.monotonic`. */
  limits: { requestMs: number; deadlineAt: number }
  requestsPerSecond: number | null
  clock: {
    now(): Date
    /** Milliseconds that only go forward. */
    monotonic(): number
    /** Rejects when the signal is aborted. */
    sleep(ms: number, signal: AbortSignal): Promise<void>
  }
  /** From 0 to 1, for the jitter of our own waits. */
  random(): number
  signal: AbortSignal
  note(note: HttpNote): void
  /** Makes the error that is thrown; the message holds no credential. */
  failure(code: FailureCode, message: string, options: { cause?: unknown; retryAfterMs: number | null }): Error
  userAgent: string
  proxy?: string
  /** PEM. */
  ca?: string
  /** How names become addresses; as the system does it, by default. */
  lookup?: Lookup
}
