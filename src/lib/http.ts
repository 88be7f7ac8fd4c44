/**
 * The one guarded client: everything that leaves for a vendor goes through it. It never follows a redirect (undici and
 * fetch would send `x-api-key`, and on 307 and 308 the whole form with its client secret, to the new host), judges
 * addresses when it connects, bounds time and bytes, retries what is safe to repeat, and notes every try.
 */
import { connections } from './connections.ts'
import type { GuardedClientOptions, HttpAnswer, HttpCall } from './http-call.ts'
import { type Failure, INTERRUPTED, OUT_OF_TIME } from './http-failure.ts'
import { oneTry, type TryOptions } from './http-try.ts'
import { pace } from './pace.ts'
import { redact, secretsOf } from './redact.ts'
import { clampWait, ownWaitMs, retryAfterMs } from './retry.ts'
import { shortened } from './vendor-message.ts'

export type { GuardedClientOptions, HttpAnswer, HttpCall, HttpNote } from './http-call.ts'

export interface GuardedClient {
  request(call: HttpCall): Promise<HttpAnswer>
  close(): Promise<void>
}

const SAFE_TRIES = 4

/** One client for one source and one pull; close it when the pull is over. */
export function guardedClient(options: GuardedClientOptions): GuardedClient {
  const { clock, limits, signal } = options
  if (!/^https?:$/.test(options.base.protocol)) throw new TypeError(`${options.base.protocol} is not spoken here`)
  const lines = connections({
    base: options.base,
    allow: options.allow,
    connectMs: limits.requestMs,
    ...(options.proxy === undefined ? {} : { proxy: options.proxy }),
    ...(options.ca === undefined ? {} : { ca: options.ca }),
    ...(options.lookup === undefined ? {} : { lookup: options.lookup }),
  })
  let closed = false
  const pacing = pace(options.requestsPerSecond, clock.monotonic)
  const trying: TryOptions = { ...options, underWay: new Set(), host: options.base.host }
  const stopAll = (): void => {
    for (const exchange of trying.underWay) exchange.stop()
  }
  signal.addEventListener('abort', stopAll)

  async function request(call: HttpCall): Promise<HttpAnswer> {
    refuseOtherOrigin(call)
    const tries = call.tries ?? (call.method === 'GET' ? SAFE_TRIES : 1)
    for (let n = 1; ; n++) {
      const placeMs = pacing.nextWaitMs()
      refuseLate(call, placeMs, OUT_OF_TIME)
      if (placeMs > 0) await wait(call, placeMs)
      const leftAt = clock.monotonic()
      const made = await oneTry(lines, trying, call)
      if (made.answer !== null) return made.answer
      const { failure } = made
      const asked = failure.again && made.status !== 0 ? askedWait(call, made.status, made.headers) : null
      if (made.status === 429) pacing.slowDown(asked ?? 0, leftAt)
      if (!failure.again || n >= tries) throw thrown(call, failure, made.words, asked)
      const againMs = asked ?? ownWaitMs(n, options.random)
      refuseLate(call, againMs, failure, made.words, asked)
      if (againMs > 0) await wait(call, againMs)
    }
  }

  /** Throws at once when a wait would end after the deadline. */
  function refuseLate(
    call: HttpCall,
    ms: number,
    late: Failure,
    words: string | null = null,
    asked: number | null = null,
  ): void {
    if (signal.aborted || closed) throw thrown(call, stopped())
    if (clock.monotonic() + ms >= limits.deadlineAt) throw thrown(call, late, words, asked)
  }

  async function wait(call: HttpCall, ms: number): Promise<void> {
    await clock.sleep(clampWait(ms), signal).catch((error: unknown) => {
      throw signal.aborted ? thrown(call, stopped()) : error
    })
  }

  function askedWait(call: HttpCall, status: number, headers: HttpAnswer['headers']): number | null {
    const nowMs = clock.now().getTime()
    const asked = call.retryAfter?.(headers, nowMs, status) ?? retryAfterMs(headers, nowMs)
    return asked === null || Number.isNaN(asked) ? null : clampWait(asked)
  }

  const stopped = (): Failure => (clock.monotonic() >= limits.deadlineAt ? OUT_OF_TIME : INTERRUPTED)

  function thrown(call: HttpCall, failure: Failure, words: string | null = null, asked: number | null = null): Error {
    const secrets = secretsOf(call.headers, typeof call.body === 'string' ? call.body : undefined)
    const quoted = words === null ? '' : ` (“${shortened(redact(words, secrets))}”)`
    const what = redact(`${call.method} ${call.url.pathname} ${failure.says}`, secrets)
    const cause = failure.cause === undefined ? {} : { cause: failure.cause }
    return options.failure(failure.code, `${options.source}: ${what}${quoted}; ${failure.remedy}`, {
      ...cause,
      retryAfterMs: asked,
    })
  }

  function refuseOtherOrigin(call: HttpCall): void {
    if (call.url.origin === options.base.origin && call.url.username === '' && call.url.password === '') return
    throw thrown(call, {
      code: 'redirect_refused',
      says: `was not sent: it points to ${call.url.host}`,
      remedy: `credentials go only to ${options.base.host}; check baseUrl`,
      again: false,
    })
  }

  async function close(): Promise<void> {
    closed = true
    signal.removeEventListener('abort', stopAll)
    await lines.close()
  }

  return { request, close }
}
