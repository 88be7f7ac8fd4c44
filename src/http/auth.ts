/**
 * Who may come in. Until accounts exist there is one way: a one-time link, used up by its button (opening it is not
 * enough, because mail scanners open links), gives a session that is the admin's. Links and sessions are kept by digest.
 */
import type { Context, MiddlewareHandler } from 'hono'
import { getCookie, setCookie } from 'hono/cookie'
import { HOUR, plus } from '../domain/time.ts'
import type { HttpParts } from './parts.ts'

const SESSIONS = 'session'
const LINKS = 'link'
const SESSION_LENGTH_MS = 12 * HOUR

function secure(parts: HttpParts): boolean {
  return parts.publicUrl?.protocol === 'https:'
}

/** Over plain http on loopback a cookie can be neither Secure nor `__Host-`. */
function cookieName(parts: HttpParts): string {
  return secure(parts) ? '__Host-exhibit' : 'exhibit'
}

/** Uses the link up and opens a session; false when it was used before, is too old or never was. */
export async function enter(c: Context, token: string, parts: HttpParts): Promise<boolean> {
  const now = parts.now()
  if ((await parts.facts.take(LINKS, parts.digest(token), now)) === null) return false
  const session = parts.newToken()
  await parts.facts.put(SESSIONS, parts.digest(session), { since: now }, plus(now, SESSION_LENGTH_MS))
  setCookie(c, cookieName(parts), session, {
    httpOnly: true,
    sameSite: 'Lax',
    secure: secure(parts),
    path: '/',
    maxAge: SESSION_LENGTH_MS / 1000,
  })
  return true
}

/** Ends the session of this request. */
export async function leave(c: Context, parts: HttpParts): Promise<void> {
  const session = getCookie(c, cookieName(parts))
  if (session !== undefined) await parts.facts.take(SESSIONS, parts.digest(session), parts.now())
  setCookie(c, cookieName(parts), '', { httpOnly: true, sameSite: 'Lax', secure: secure(parts), path: '/', maxAge: 0 })
}

/** Whether the link would still work; does not use it up. */
export async function linkIsGood(token: string, parts: HttpParts): Promise<boolean> {
  return (await parts.facts.get(LINKS, parts.digest(token), parts.now())) !== null
}

export async function signedIn(c: Context, parts: HttpParts): Promise<boolean> {
  const session = getCookie(c, cookieName(parts))
  return session !== undefined && (await parts.facts.get(SESSIONS, parts.digest(session), parts.now())) !== null
}

const SAFE = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * Another site must not act through a visitor's cookie: an unsafe method needs `Sec-Fetch-Site: same-origin` or, from
 * clients that do not send it, an `Origin` that is our own.
 */
export function sameOriginOnly(): MiddlewareHandler {
  return async (c, next) => {
    if (!SAFE.has(c.req.method)) {
      const site = c.req.header('sec-fetch-site')
      const origin = c.req.header('origin')
      const own = URL.parse(origin ?? '')?.host === c.req.header('host')
      if (site === undefined ? !own : site !== 'same-origin')
        return c.text('Refused: the request came from another site.', 403)
    }
    return next()
  }
}

const LOOPBACK = /^(localhost|127(?:\.\d{1,3}){3}|\[::1\])(:\d+)?$/i

/** A request whose `Host` is not ours comes from a page that had its name pointed at us. */
export function ownHostOnly(parts: HttpParts): MiddlewareHandler {
  return async (c, next) => {
    const host = c.req.header('host') ?? ''
    if (!LOOPBACK.test(host) && host.toLowerCase() !== parts.publicUrl?.host) {
      return c.text('Refused: this address is not configured. Set server.publicUrl to the URL that people use.', 421)
    }
    return next()
  }
}
