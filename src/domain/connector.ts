/** What a connector is, and everything of the outside world that it may touch. */
import type { PullErrorCode } from './error.ts'
import type { AnyRecord, Device, Kind } from './record.ts'
import type { Blindness } from './snapshot.ts'
import type { Instant } from './time.ts'

/** One answer as it came: what the auditor sees and what every record is made from, today or at any replay. */
export interface Page {
  readonly source: string
  /** SHA-256 of the body, hex. */
  readonly sha256: string
  /** "GET /api/v2/tailnet/-/users?type=all", never with credentials. */
  readonly request: string
  /**
   * The place that this answer has in every pull: the request, or the page of a walk ("agents page 3") where the
   * request carries a cursor. Answers at one place are compared and compressed against each other.
   */
  readonly place: string
  /** A refusal that decides something is a page too. 200 for a file. */
  readonly status: number
  /** content-type, etag, date; `modified-at` of a file. Lower-case names. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
  /** Holds invite links or the like: its digest and records are kept, the body is not. */
  readonly secret: boolean
  readonly fetchedAt: Instant
}

/** One call of a pull, for the request log. */
export interface RequestNote {
  readonly place: string
  readonly request: string
  readonly host: string
  /** The address that was connected to; null when none was reached. */
  readonly address: string | null
  /** SHA-256 of the server's TLS certificate, hex; null over plain http and for files. */
  readonly certificate: string | null
  readonly startedAt: Instant
  readonly durationMs: number
  /** 0 when no answer came. */
  readonly status: number
  readonly bytes: number
  readonly sha256: string | null
  /** The vendor's own `Date` header. */
  readonly date: string | null
  readonly requestId: string | null
  /** Why the call gave no usable answer. */
  readonly error: PullErrorCode | null
}

export interface Call {
  method: 'GET' | 'POST'
  /** Absolute; its origin must be that of the source. */
  url: URL
  /** Credentials go here, never into the URL. */
  headers: Record<string, string>
  /** A form or JSON text. */
  body?: string | Uint8Array
  place: string
  /** Statuses that the caller wants to see instead of an error: refusals that blind. */
  accept?: readonly number[]
  /** What the answer's content type must contain; `null` takes any. Checked for accepted 2xx answers. */
  contentType?: string | null
  /** Opened bytes that one answer may have. */
  maxBytes?: number
  /** Milliseconds to wait before asking again, by the vendor's own header or rule for this status; null where it says nothing. */
  retryAfter?: (headers: Readonly<Record<string, string>>, nowMs: number, status: number) => number | null
  /** Tries in all; defaults to 4 for GET and to 1 for a method that is not safe to repeat. */
  tries?: number
  /** The answer holds a credential (a token): its body is neither noted by digest nor kept. */
  confidential?: boolean
}

export interface Answer {
  readonly status: number
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
  readonly sha256: string
  readonly receivedAt: Instant
}

/**
 * The one way out: no redirects, addresses judged at connect time, limits, retries, the request log.
 * Throws AppError with a pull error code for every answer that is neither 2xx nor in `accept`.
 */
export type GuardedRequest = (call: Call) => Promise<Answer>

export interface Tools {
  request: GuardedRequest
  /** Reads a file of the operator; throws `file_unreadable`. */
  readFile(path: string): Promise<{ body: Uint8Array; modifiedAt: Instant }>
  /** The run's clock. */
  now(): Instant
  sleep(ms: number): Promise<void>
  /** Aborted at the pull's deadline and on shutdown. */
  signal: AbortSignal
  /** How far a long walk is. */
  progress(done: number, total: number | null, what: string): void
}

/** What a pull must know of earlier pulls and of the organisation. */
export interface PullContext {
  readonly source: string
  /** Device key → when its posture attributes were last read. */
  readonly readings: ReadonlyMap<string, Instant>
  /** Whether a device's attributes are wanted (deviceTrust.scope). */
  readonly inScope: (device: Device) => boolean
  /** Milliseconds that the attribute calls may take: half the source's interval. */
  readonly attributeBudgetMs: number
  /** End of the stretch of the audit log that the last accepted pull read; null before the first: then as far back as it goes. */
  readonly auditedTo: Instant | null
  /** An early pull must be quick: attributes read since then are not read again. Absent: every device's turn comes. */
  readonly attributesSince?: Instant
}

/** What `read` must know beside the page; part of the sealed settings. */
export interface ReadContext {
  /** IANA zone in which a bare roster date ends. */
  readonly timeZone: string
}

export interface Reading {
  readonly records: readonly AnyRecord[]
  readonly blind: readonly Blindness[]
}

/** A scope or permission, and what it reveals. */
export interface Access {
  readonly scope: string
  readonly title: string
  readonly reveals: readonly { readonly kind: Kind; readonly fields?: readonly string[] }[]
}

export interface ProbedAccess {
  readonly scope: string
  readonly state: 'present' | 'missing' | 'unknown'
  /** "GET … answered 403" */
  readonly detail: string
}

export interface Probe {
  readonly access: readonly ProbedAccess[]
  /** Null: the vendor publishes none. */
  readonly expiresAt: Instant | null
  /** "never expires", "expiry not published by the vendor", the key's description …; null for a file, which needs none. */
  readonly credential: string | null
  /** The vendor's Date header minus our clock, milliseconds; null when no answer had one. */
  readonly clockSkewMs: number | null
}

export interface Connector<Config = unknown> {
  /** Folder name and `kind` in the configuration. */
  readonly id: string
  /** As people know it: "SentinelOne". */
  readonly title: string
  readonly provides: readonly Kind[]
  /** Kinds of which a pull may read a part: what it did not read stays from earlier pulls while its thing exists. */
  readonly rolling: readonly Kind[]
  /** Kinds that are read from `secret` pages alone: no kept byte gives them again. */
  readonly withheld?: readonly Kind[]
  readonly access: readonly Access[]
  /** How to make a credential with the least rights: printed by `init` and `doctor`, a line each. */
  readonly setUp: readonly string[]
  /** Checks and completes the source's section; throws a ZodError. */
  readonly config: { parse(input: unknown): Config; jsonSchema(): object }
  /** The host that requests go to; null for files. */
  baseUrl(config: Config): URL | null
  /** Whether the vendor publishes this host as its own. */
  isVendorHost(url: URL): boolean
  /**
   * Yields every page of one complete reading, in order, and throws AppError at the first thing that makes the reading
   * incomplete. The token calls of the credential are not pages.
   */
  pages(config: Config, tools: Tools, context: PullContext): AsyncIterable<Page>
  /** Pure: what the page says. */
  read(page: Page, context: ReadContext): Reading
  /** A few cheap calls for `doctor`; throws AppError when nothing can be reached or the credential is refused. */
  probe(config: Config, tools: Tools): Promise<Probe>
}

/** Makes a page of an answer. */
export function pageOf(
  context: { source: string },
  call: { place: string; request: string; secret?: boolean },
  answer: Answer,
): Page {
  const headers: Record<string, string> = {}
  for (const name of ['content-type', 'etag', 'date']) {
    const value = answer.headers[name]
    if (value !== undefined) headers[name] = value
  }
  return {
    source: context.source,
    sha256: answer.sha256,
    request: call.request,
    place: call.place,
    status: answer.status,
    headers,
    body: answer.body,
    secret: call.secret ?? false,
    fetchedAt: answer.receivedAt,
  }
}
