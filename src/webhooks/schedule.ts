/**
 * When an attempt is made again, and when an endpoint is left alone: pure. The waits are those of Standard Webhooks 1.0
 * ("Operational considerations"), 75 h 35 min in all.
 */
import type { Settled } from '../domain/outbox.ts'
import { between, DAY, HOUR, type Instant, MINUTE, plus, SECOND } from '../domain/time.ts'
import { retryAfterMs } from '../lib/retry.ts'

/** Before each attempt, counted from the end of the one before. */
export const WAITS_MS = [
  0,
  5 * SECOND,
  5 * MINUTE,
  30 * MINUTE,
  2 * HOUR,
  5 * HOUR,
  10 * HOUR,
  14 * HOUR,
  20 * HOUR,
  24 * HOUR,
] as const
/** Events that failed together must not come back together. */
const JITTER = 0.2
const LONGEST_WAIT_MS = DAY
const NOTHING_BUT_FAILURES_MS = 5 * DAY
const GONE = 410
/** Statuses with which a receiver may name a time (RFC 9110 section 10.2.3, RFC 6585 section 4). */
const NAMES_A_TIME = new Set([429, 503])
/** Statuses that ask for fewer at a time. */
const OVERLOADED = new Set([429, 502, 503, 504])

/** What an attempt met. */
export interface Met {
  /** Null where no answer came. */
  readonly status: number | null
  readonly headers: Readonly<Record<string, string>>
}

export interface Circumstances {
  /** Made before this one. */
  readonly attempts: number
  readonly endedAt: Instant
  /** Since when the endpoint gave nothing but failures, this one aside. */
  readonly failingSince: Instant | null
  /** From 0 to 1. */
  random(): number
}

/** A redirect is a failure too: it is never followed. */
export function isSuccess({ status }: Met): boolean {
  return status !== null && status >= 200 && status <= 299
}

export function isOverloaded({ status }: Met): boolean {
  return status !== null && OVERLOADED.has(status)
}

export function whatNext(met: Met, circumstances: Circumstances): Pick<Settled, 'next' | 'disable'> {
  if (isSuccess(met)) return { next: { state: 'delivered' }, disable: null }
  const disable = whyDisabled(met, circumstances)
  const waitMs = disable === null ? waitAfter(met, circumstances) : null
  if (waitMs === null) return { next: { state: 'dead' }, disable }
  return { next: { state: 'waiting', dueAt: plus(circumstances.endedAt, waitMs) }, disable: null }
}

function whyDisabled({ status }: Met, { failingSince, endedAt }: Circumstances): string | null {
  if (status === GONE) return 'it answered 410 (Gone)'
  if (failingSince === null || between(failingSince, endedAt) < NOTHING_BUT_FAILURES_MS) return null
  return `it has given nothing but failures since ${failingSince}`
}

/** Null when the last attempt was made. */
function waitAfter(met: Met, { attempts, endedAt, random }: Circumstances): number | null {
  const scheduled = WAITS_MS[attempts + 1]
  if (scheduled === undefined) return null
  const own = Math.round(scheduled * (1 - JITTER + 2 * JITTER * random()))
  const asked =
    met.status !== null && NAMES_A_TIME.has(met.status) ? retryAfterMs(met.headers, Date.parse(endedAt)) : null
  if (asked === null) return own
  // Never earlier than asked; later by as much as ours would vary, or all would come at the second that was named.
  return Math.max(own, Math.min(Math.round(asked * (1 + JITTER * random())), LONGEST_WAIT_MS))
}
