/**
 * Who may come in. People, until accounts exist, by a one-time link: its button uses it up (opening it is not enough,
 * because mail scanners open links) and gives a session that is the admin's. Machines by an API key, which opens the API
 * alone. Links, sessions and keys are kept by digest.
 */
import type { Context, MiddlewareHandler } from 'hono'
import { getCookie, setCookie } from 'hono/cookie'
import { HOUR, plus } from '../domain/time.ts'
import type { Visitor } from './access.ts'
import { usesOf, type Verified, verifyKey } from './keys.ts'
import type { HttpParts } from './parts.ts'
import { PROBLEMS, problem } from './problems.ts'

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

const SIGN_IN = 'Open a sign-in link first: "exhibit link" prints one. Machines send an API key.'
/** What the holder of such a key is told; of one that fits nothing no more than that. */
const REFUSED: Readonly<Record<Exclude<Verified['state'], 'good'>, string>> = {
  malformed: 'That is no API key; send one whole, as "Authorization: Bearer exk_…".',
  unknown: 'There is no such API key.',
  expired: 'The API key has ended; make another with "exhibit key create".',
  revoked: 'The API key was revoked; make another with "exhibit key create".',
}
/** RFC 6750 section 2.1; what other schemes send is for a proxy before us, whatever follows them. */
const BEARER = /^bearer(?: +(\S+))?\s*$/i

/** What a request brings as a key; null where it brings none, and "" where it is none. */
function keyOf(c: Context): string | null {
  const authorization = c.req.header('authorization')
  if (authorization === undefined || !/^bearer\b/i.test(authorization)) return null
  return BEARER.exec(authorization)?.[1] ?? ''
}

export function isWithKey(c: Context): boolean {
  return keyOf(c) !== null
}

/** A request that brings a key is judged by that alone: a cookie beside it counts for nothing. */
export function doorkeeper(parts: HttpParts): (c: Context) => Promise<Visitor | { readonly stranger: string }> {
  const used = usesOf(parts.keys, parts.trouble)
  return async (c) => {
    const text = keyOf(c)
    if (text === null) {
      const id = await sessionOf(c, parts)
      return id === null
        ? { stranger: SIGN_IN }
        : { by: 'session', role: 'admin', id, name: 'admin (signed in by link)' }
    }
    const now = parts.now()
    const verified = await verifyKey(text, parts.keys, now)
    if (verified.state !== 'good') return { stranger: REFUSED[verified.state] }
    const { key } = verified
    used(key, now)
    return { by: 'key', role: key.role, id: key.id, name: `key ${key.id} (${key.name})` }
  }
}

/** The digest of a session that lasts; null where there is none. */
async function sessionOf(c: Context, parts: HttpParts): Promise<string | null> {
  const session = getCookie(c, cookieName(parts))
  if (session === undefined) return null
  const id = parts.digest(session)
  return (await parts.facts.get(SESSIONS, id, parts.now())) === null ? null : id
}

const SAFE = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * Another site must not act through a visitor's cookie: an unsafe method needs `Sec-Fetch-Site: same-origin` or, from
 * clients that do not send it, an `Origin` that is our own. With a key no cookie counts, and no browser sends one to us for
 * another site: that would need our leave (CORS), which nobody gets.
 */
export function sameOriginOnly(): MiddlewareHandler {
  return async (c, next) => {
    if (!SAFE.has(c.req.method) && !isWithKey(c)) {
      const site = c.req.header('sec-fetch-site')
      const origin = c.req.header('origin')
      const own = URL.parse(origin ?? '')?.host === c.req.header('host')
      if (site === undefined ? !own : site !== 'same-origin')
        return c.req.path.startsWith('/api/')
          ? problem(c, 'other-site')
          : c.text(PROBLEMS['other-site'].title, PROBLEMS['other-site'].status)
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
