/** When to ask again, and after how long. */

/** setTimeout fires after 1 ms for anything longer. */
export const LONGEST_WAIT_MS = 2 ** 31 - 1

/** 413 because a vendor that limits how much it hands out may say so and name a Retry-After. */
const RETRIED = new Set([408, 413, 429, 500, 502, 503, 504])
export const isRetriedStatus = (status: number): boolean => RETRIED.has(status)

/** Our own wait before try `n + 1` (n from 1): 0.5 s, 1 s, 2 s … with up to half of it on top, so that sources spread. */
export function ownWaitMs(n: number, random: () => number): number {
  return clampWait(500 * 2 ** (n - 1) * (1 + random() / 2))
}

export function clampWait(ms: number): number {
  return Math.min(Math.max(0, Math.ceil(ms)), LONGEST_WAIT_MS)
}

/** IMF-fixdate, RFC 850 and asctime dates (RFC 9110 section 5.6.7); Date.parse alone takes "2" for a year. */
const HTTP_DATE = /^(Mon|Tues?|Wed(nes)?|Thu(rs)?|Fri|Sat(ur)?|Sun)(day)?,? [\w: -]{15,40}$/

/**
 * Milliseconds that a Retry-After asks for (RFC 9110 section 10.2.3): seconds, or a date read against the server's own
 * `Date`, so that neither clock has to be right. Null when it cannot be read.
 */
export function retryAfterMs(headers: Readonly<Record<string, string>>, nowMs: number): number | null {
  const text = headers['retry-after']?.trim()
  if (text === undefined) return null
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1000
  const until = httpDate(text)
  if (until === null) return null
  return Math.max(0, until - (httpDate(headers['date'] ?? '') ?? nowMs))
}

function httpDate(text: string): number | null {
  if (!HTTP_DATE.test(text)) return null
  // asctime dates name no zone and mean UTC.
  const at = Date.parse(text.endsWith('GMT') ? text : `${text} GMT`)
  return Number.isNaN(at) ? null : at
}
