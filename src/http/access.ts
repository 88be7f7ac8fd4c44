/**
 * Who may call which route: one table, and the guard that reads it. A route without a row is refused, and a test holds the
 * table against the router (promise P23).
 */
import type { Context, MiddlewareHandler } from 'hono'
import { matchedRoutes } from 'hono/route'
import type { Role } from '../domain/api-key.ts'
import { AppError } from '../domain/error.ts'
import { ICON_PATH, SCRIPT_PATH, STYLE_PATH } from './assets.ts'
import { isAtLeast } from './keys.ts'

/** `anyone`; `session`: people who are signed in, never a key; else a key of that role or more, or a session. */
export type Access = 'anyone' | 'session' | Role

export const ACCESS: Readonly<Record<string, Access>> = {
  'GET /healthz': 'anyone',
  'GET /readyz': 'anyone',
  // What its signature is worth is judged there.
  'POST /hooks/tailscale/:source': 'anyone',
  'GET /metrics': 'viewer',
  [`GET ${STYLE_PATH}`]: 'anyone',
  [`GET ${SCRIPT_PATH}`]: 'anyone',
  [`GET ${ICON_PATH}`]: 'anyone',
  'GET /enter/:token': 'anyone',
  'POST /enter': 'anyone',
  'POST /leave': 'anyone',

  'GET /': 'session',
  'GET /checks': 'session',
  'GET /checks/:id': 'session',
  'GET /controls': 'session',
  'GET /design': 'session',
  'GET /devices': 'session',
  'GET /devices/:source/:key': 'session',
  'GET /events': 'session',
  'GET /exports': 'session',
  'GET /exports/:id': 'session',
  'GET /fixes': 'session',
  'GET /keys': 'session',
  'GET /leavers': 'session',
  'GET /log': 'session',
  'GET /people': 'session',
  'GET /people/:source/:key': 'session',
  'GET /periods': 'session',
  'GET /reviews': 'session',
  'GET /samples': 'session',
  'GET /settings': 'session',
  'GET /settings/sealed.json': 'session',
  'GET /sources': 'session',
  'GET /sources/:id': 'session',
  'GET /webhooks': 'session',
  'GET /webhooks/deliveries/:event/:endpoint': 'session',
  'POST /exports/:what': 'session',
  'POST /keys': 'session',
  'POST /keys/:id/revoke': 'session',
  'POST /periods/:id/:what': 'session',
  'POST /pulls': 'session',
  'POST /samples': 'session',
  'POST /samples/:frame/draws': 'session',
  'POST /sources/:id/accept': 'session',
  'POST /webhooks/:endpoint/:act': 'session',
  'POST /webhooks/deliveries/:event/:endpoint/replay': 'session',

  'GET /api/v1/accounts': 'viewer',
  'GET /api/v1/activity': 'viewer',
  'GET /api/v1/agents': 'viewer',
  'GET /api/v1/checks': 'viewer',
  'GET /api/v1/checks/:id': 'viewer',
  'GET /api/v1/controls': 'viewer',
  'GET /api/v1/deliveries': 'viewer',
  'GET /api/v1/deliveries/:event/:endpoint/attempts': 'viewer',
  'GET /api/v1/devices': 'viewer',
  'GET /api/v1/devices/:source/:key': 'viewer',
  'GET /api/v1/events/:id': 'viewer',
  'GET /api/v1/findings': 'viewer',
  'GET /api/v1/openapi.json': 'viewer',
  'GET /api/v1/leavers': 'viewer',
  'GET /api/v1/people': 'viewer',
  'GET /api/v1/periods': 'viewer',
  'GET /api/v1/problems': 'viewer',
  'GET /api/v1/problems/:name': 'viewer',
  'GET /api/v1/results': 'viewer',
  'GET /api/v1/results.csv': 'viewer',
  'GET /api/v1/reviews': 'viewer',
  'GET /api/v1/runs': 'viewer',
  'GET /api/v1/samples': 'viewer',
  'GET /api/v1/sources': 'viewer',
  'GET /api/v1/webhooks': 'viewer',
  'GET /api/v1/jobs': 'auditor',
  'GET /api/v1/jobs/:id': 'auditor',
  'GET /api/v1/jobs/:id/file': 'auditor',
  'POST /api/v1/jobs': 'auditor',
  'POST /api/v1/deliveries/replay': 'compliance',
  'POST /api/v1/pulls': 'compliance',
  'POST /api/v1/webhooks/:id/enable': 'compliance',
  'POST /api/v1/webhooks/:id/test': 'compliance',
}

/** The route that will answer, as the router names it: "GET /devices/:source/:key"; null where none does. */
function routeOf(c: Context): string | null {
  const route = matchedRoutes(c).find(({ method }) => method !== 'ALL')
  return route === undefined ? null : `${route.method} ${route.path}`
}

/** Who asks; `id` is that of one key or one session. A session is the admin's until accounts exist. */
export type Visitor =
  | { readonly by: 'session'; readonly role: 'admin'; readonly id: string; readonly name: string }
  | { readonly by: 'key'; readonly role: Role; readonly id: string; readonly name: string }

/** How visitors are known, and what is said to those who are not let in, with the reason. */
export interface Doors {
  visitor(c: Context): Promise<Visitor | { readonly stranger: string }>
  stranger(c: Context, why: string): Response | Promise<Response>
  /** What is said to a visitor who asks too often; null to all others. */
  tooOften(c: Context, visitor: Visitor): Response | null
  refused(c: Context, why: string): Response
}

export function guard({ visitor, stranger, tooOften, refused }: Doors): MiddlewareHandler {
  return async (c, next) => {
    const route = routeOf(c)
    const access = route === null ? null : ACCESS[route]
    if (access === 'anyone') return next()
    const who = await visitor(c)
    if ('stranger' in who) return stranger(c, who.stranger)
    const limited = tooOften(c, who)
    if (limited !== null) return limited
    if (access === undefined) throw new AppError('internal', `http: ${route} has no row in the table of access`)
    if (access === 'session' && who.by !== 'session')
      return refused(c, 'API keys open the API alone; pages are for people who are signed in.')
    if (access !== null && access !== 'session' && !isAtLeast(who.role, access))
      return refused(c, `${who.name} has the role ${who.role}; this needs ${access}.`)
    c.set('visitor', who)
    return next()
  }
}

/** Who was let in by the guard. */
export function visitorOf(c: Context): Visitor {
  return c.get('visitor')
}

const PATTERNS = Object.keys(ACCESS).map((route) => {
  const [method = '', path = ''] = route.split(' ')
  const pattern = path.replace(/[.]/g, '\\.').replace(/:[a-z]+/g, '[^/]+')
  return { method, pattern: new RegExp(`^${pattern}$`) }
})

/** Methods of the routes that a path has, for `Allow`: empty where there is no such path. */
export function methodsOf(path: string): readonly string[] {
  const methods = PATTERNS.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method)
  return methods.includes('GET') ? [...methods, 'HEAD'] : methods
}
