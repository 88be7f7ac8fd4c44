/** One try of one call: sends it, reads the answer within its limits, judges it, notes it. */
import type { Connections } from './connections.ts'
import { sha256 } from './digest.ts'
import type { GuardedClientOptions, HttpAnswer, HttpCall, HttpNote } from './http-call.ts'
import { Exchange, type Outgoing, type Seen } from './http-exchange.ts'
import {
  type Failure,
  failureOfContentType,
  failureOfError,
  failureOfPart,
  failureOfRedirect,
  failureOfStatus,
  INTERRUPTED,
  OUT_OF_TIME,
  tooSlow,
} from './http-failure.ts'
import { clampWait, isRetriedStatus } from './retry.ts'
import { vendorMessage } from './vendor-message.ts'

export interface TryOptions extends Pick<GuardedClientOptions, 'clock' | 'limits' | 'signal' | 'note' | 'userAgent'> {
  /**
   * What is under way: ended when the signal is aborted. One listener for all, as what a call hangs on a signal by
   * AbortSignal.any stays until a collection.
   */
  readonly underWay: Set<Exchange>
  /** Of the source: no call goes to another. */
  readonly host: string
}

const MAX_BYTES = 256 * 2 ** 20
/** Of an answer that is not kept: enough for its message and its digest. */
const MAX_REFUSAL_BYTES = 2 ** 20

/** What one try came to: an answer, or why there is none and what came instead. */
export type Try =
  | { readonly answer: HttpAnswer }
  | {
      readonly answer: null
      readonly failure: Failure
      /** 0 when nothing came. */
      readonly status: number
      readonly headers: Readonly<Record<string, string>>
      /** The vendor's own. */
      readonly words: string | null
    }

export function oneTry(lines: Connections, options: TryOptions, call: HttpCall): Promise<Try> {
  const { clock, limits, signal, underWay } = options
  return lines.use(async (client, peer) => {
    const startedAt = clock.now().toISOString()
    const start = clock.monotonic()
    const limitMs = Math.min(limits.requestMs, limits.deadlineAt - start)
    const exchange = new Exchange((seen) => boundOf(call, seen))
    let late = false
    const timeout = setTimeout(() => {
      late = true
      exchange.stop()
    }, clampWait(limitMs))
    underWay.add(exchange)
    // The wait for a connection may have been long.
    if (signal.aborted) exchange.stop()
    let failure: Failure | null
    try {
      await exchange.over(client, outgoing(call, options.userAgent))
      failure = judged(call, exchange)
    } catch (error) {
      failure = whyThrown(error)
    } finally {
      clearTimeout(timeout)
      underWay.delete(exchange)
    }
    const { status, headers, body } = exchange
    const digest = body === null || call.confidential === true ? null : sha256(body)
    const durationMs = Math.round(clock.monotonic() - start)
    options.note(
      noteOf(call, exchange, { ...peer, host: options.host, startedAt, durationMs, sha256: digest }, failure),
    )
    if (failure !== null) return { answer: null, failure, status, headers, words: wordsOf(exchange) }
    const receivedAt = clock.now().toISOString()
    return { answer: { status, headers, body: body!, sha256: digest ?? sha256(body!), receivedAt } }

    function whyThrown(error: unknown): Failure {
      if (signal.aborted) return clock.monotonic() >= limits.deadlineAt ? OUT_OF_TIME : INTERRUPTED
      if (late) return limitMs < limits.requestMs ? OUT_OF_TIME : tooSlow(limits.requestMs)
      // What the status and the headers say comes before how the body ended.
      const known =
        (exchange.status === 0 ? null : judged(call, exchange)) ?? failureOfError(error, exchange.status !== 0)
      if (known === null) throw error
      return known
    }
  })
}

/** Not the caller's to say: by `host` undici also chooses whose certificate it takes. */
const OWN_HEADERS = new Set(['accept-encoding', 'host', 'user-agent'])

function outgoing(call: HttpCall, userAgent: string): Outgoing {
  const headers = ['accept-encoding', 'identity', 'user-agent', userAgent]
  for (const name of Object.keys(call.headers)) {
    const lower = name.toLowerCase()
    if (!OWN_HEADERS.has(lower)) headers.push(lower, call.headers[name]!)
  }
  return { method: call.method, path: `${call.url.pathname}${call.url.search}`, headers, body: call.body ?? null }
}

function boundOf(call: HttpCall, seen: Seen): number {
  const maxBytes = call.maxBytes ?? MAX_BYTES
  const usable = !isRefusal(call, seen.status) && contentFailure(call, seen) === null
  return usable ? maxBytes : Math.min(maxBytes, MAX_REFUSAL_BYTES)
}

function isRefusal(call: HttpCall, status: number): boolean {
  return status !== 0 && (status < 200 || status > 299) && call.accept?.includes(status) !== true
}

function judged(call: HttpCall, seen: Seen): Failure | null {
  if (!isRefusal(call, seen.status)) return partialFailure(call, seen.status) ?? contentFailure(call, seen)
  if (seen.status >= 300 && seen.status < 400) return failureOfRedirect(seen.status, seen.headers, call.url)
  return failureOfStatus(seen.status, isRetriedStatus(seen.status))
}

/** A 2xx that is no whole answer: a part of it (206), or none where one was asked for (204, 205). */
function partialFailure(call: HttpCall, status: number): Failure | null {
  if (status === 206) return failureOfPart(status, 'with a part of the answer')
  return (status === 204 || status === 205) && call.contentType !== null
    ? failureOfPart(status, 'without a body')
    : null
}

function contentFailure(call: HttpCall, seen: Seen): Failure | null {
  const wanted = call.contentType === undefined ? 'json' : call.contentType
  if (wanted === null || seen.status > 299) return null
  const contentType = seen.headers['content-type']
  return contentType?.toLowerCase().includes(wanted.toLowerCase()) ? null : failureOfContentType(contentType, wanted)
}

/** Of a refusal; of a page that came in place of data its title. A redirect's words would name the place it leads to. */
function wordsOf(seen: Seen): string | null {
  const contentType = seen.headers['content-type'] ?? ''
  if (seen.body === null || (seen.status < 400 && !(seen.status < 300 && contentType.includes('html')))) return null
  return vendorMessage(seen.body, contentType)
}

const REQUEST_IDS = ['x-request-id', 'x-cs-traceid', 'x-kong-request-id']

function noteOf(
  call: HttpCall,
  seen: Seen,
  known: Pick<HttpNote, 'host' | 'address' | 'certificate' | 'startedAt' | 'durationMs' | 'sha256'>,
  failure: Failure | null,
): HttpNote {
  return {
    place: call.place,
    request: `${call.method} ${call.url.pathname}${call.url.search}`,
    host: known.host,
    address: known.address,
    certificate: known.certificate,
    startedAt: known.startedAt,
    durationMs: known.durationMs,
    status: seen.status,
    bytes: seen.body?.length ?? 0,
    sha256: known.sha256,
    date: seen.headers['date'] ?? null,
    requestId: requestIdOf(seen.headers),
    error: failure?.code ?? null,
  }
}

function requestIdOf(headers: Seen['headers']): string | null {
  for (const name of REQUEST_IDS) {
    const id = headers[name]
    if (id !== undefined) return id
  }
  return null
}
