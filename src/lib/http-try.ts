/** One try of one call: sends it, reads the answer within its limits, judges it, notes it. */
import type { Client } from 'undici'
import { readBody } from './body.ts'
import type { Connections, Peer } from './connections.ts'
import { sha256 } from './digest.ts'
import type { GuardedClientOptions, HttpAnswer, HttpCall, HttpNote } from './http-call.ts'
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

export type TryOptions = Pick<GuardedClientOptions, 'clock' | 'limits' | 'signal' | 'note' | 'userAgent'>

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

export async function oneTry(lines: Connections, options: TryOptions, call: HttpCall): Promise<Try> {
  const { clock, limits, signal } = options
  return lines.use(async (client, peer) => {
    const startedAt = clock.now().toISOString()
    const start = clock.monotonic()
    const timer = new AbortController()
    const stop = (): void => timer.abort()
    const limitMs = Math.min(limits.requestMs, limits.deadlineAt - start)
    const timeout = setTimeout(stop, clampWait(limitMs))
    // Not AbortSignal.any: what it hangs on the pull's signal stays until a collection, for each of 20,000 calls.
    signal.addEventListener('abort', stop)
    if (signal.aborted) stop()
    const seen: Seen = { status: 0, headers: {}, body: null }
    let failure: Failure | null
    try {
      await exchange(client, options, call, timer.signal, seen)
      failure = judged(call, seen)
    } catch (error) {
      failure = whyThrown(error)
    } finally {
      clearTimeout(timeout)
      signal.removeEventListener('abort', stop)
    }
    const digest = seen.body === null || call.confidential === true ? null : sha256(seen.body)
    options.note(noteOf(call, seen, { ...peer }, startedAt, clock.monotonic() - start, digest, failure))
    const { status, headers, body } = seen
    if (failure !== null) return { answer: null, failure, status, headers, words: wordsOf(seen) }
    const whole = body!
    const receivedAt = clock.now().toISOString()
    return { answer: { status, headers, body: whole, sha256: digest ?? sha256(whole), receivedAt } }

    function whyThrown(error: unknown): Failure {
      if (signal.aborted) return clock.monotonic() >= limits.deadlineAt ? OUT_OF_TIME : INTERRUPTED
      if (timer.signal.aborted) return limitMs < limits.requestMs ? OUT_OF_TIME : tooSlow(limits.requestMs)
      // What the status and the headers say comes before how the body ended.
      const known = (seen.status === 0 ? null : judged(call, seen)) ?? failureOfError(error, seen.status !== 0)
      if (known === null) throw error
      return known
    }
  })
}

/** What came of an answer, filled in as it arrives. */
interface Seen {
  status: number
  headers: Readonly<Record<string, string>>
  /** Null while it is not here whole. */
  body: Uint8Array | null
}

async function exchange(
  client: Client,
  options: TryOptions,
  call: HttpCall,
  signal: AbortSignal,
  seen: Seen,
): Promise<void> {
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(call.headers)) headers[name.toLowerCase()] = value
  const response = await client.request({
    method: call.method,
    path: `${call.url.pathname}${call.url.search}`,
    headers: { ...headers, 'accept-encoding': 'identity', 'user-agent': options.userAgent },
    body: call.body ?? null,
    signal,
  })
  seen.status = response.statusCode
  seen.headers = flat(response.headers)
  const usable = !isRefusal(call, seen.status) && contentFailure(call, seen) === null
  const maxBytes = call.maxBytes ?? MAX_BYTES
  seen.body = await readBody(response.body, seen.headers, usable ? maxBytes : Math.min(maxBytes, MAX_REFUSAL_BYTES))
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

function flat(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> {
  const one: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined && name !== '__proto__') one[name] = Array.isArray(value) ? value.join(', ') : value
  }
  return one
}

const REQUEST_IDS = ['x-request-id', 'x-cs-traceid', 'x-kong-request-id']

function noteOf(
  call: HttpCall,
  seen: Seen,
  peer: Peer,
  startedAt: string,
  durationMs: number,
  digest: string | null,
  failure: Failure | null,
): HttpNote {
  return {
    place: call.place,
    request: `${call.method} ${call.url.pathname}${call.url.search}`,
    host: call.url.host,
    address: peer.address,
    certificate: peer.certificate,
    startedAt,
    durationMs: Math.round(durationMs),
    status: seen.status,
    bytes: seen.body?.length ?? 0,
    sha256: digest,
    date: seen.headers['date'] ?? null,
    requestId: REQUEST_IDS.map((name) => seen.headers[name]).find((id) => id !== undefined) ?? null,
    error: failure?.code ?? null,
  }
}
