/** What Tailscale's API is asked, how one signs in, and what it answers with: https://tailscale.com/api. */
import { type Answer, type Call, type Page, pageOf, type Tools } from '../../domain/connector.ts'
import { AppError } from '../../domain/error.ts'
import { fields, jsonOf } from '../../domain/reading.ts'
import type { Kind } from '../../domain/record.ts'
import { withRemedy } from '../../domain/remedy.ts'
import { type Instant, instant } from '../../domain/time.ts'
import { sha256 } from '../../lib/digest.ts'
import type { Config } from './config.ts'
import { AUDIT_SCOPE, DEVICES_SCOPE, FAMILY_SCOPE, INVITES_SCOPE, LOG_STREAM_SCOPE } from './scopes.ts'

export interface Resource {
  /** Below `/api/v2/tailnet/{tailnet}/`, query included. */
  readonly path: string
  /** The path without what differs from pull to pull, where something does. */
  readonly place?: string
  readonly kinds: readonly Kind[]
  /** Shown where the whole resource is refused. */
  readonly scope: string
  /** The answer holds links that let anybody in. */
  readonly secret?: true
  readonly accept?: string
}

/** The list that comes first and the one that attributes hang on. Without `fields=all` serial numbers stay out. */
export const DEVICES: Resource = { path: 'devices?fields=all', kinds: ['device', 'attributes'], scope: DEVICES_SCOPE }
/** Without `type=all` shared-in users stay out. */
export const USERS: Resource = { path: 'users?type=all', kinds: ['account'], scope: 'users:read' }
export const INTEGRATIONS: Resource = {
  path: 'posture/integrations',
  kinds: ['integration'],
  scope: 'feature_settings:read',
}
export const SETTINGS: Resource = { path: 'settings', kinds: ['setting'], scope: 'feature_settings:read' }
/** Without `all=true` the list holds a part that depends on the kind of token. */
export const KEYS: Resource = { path: 'keys?all=true', kinds: ['key'], scope: Object.values(FAMILY_SCOPE).join(' ') }
/** Any Accept but JSON gives the text with its comments. */
export const POLICY: Resource = {
  path: 'acl',
  kinds: ['policy'],
  scope: 'policy_file:read',
  accept: 'application/hujson',
}
export const WEBHOOKS: Resource = { path: 'webhooks', kinds: ['webhook'], scope: 'webhooks:read' }
export const CONTACTS: Resource = { path: 'contacts', kinds: ['contact'], scope: 'account_settings:read' }
export const INVITES: Resource = { path: 'user-invites', kinds: ['invite'], scope: INVITES_SCOPE, secret: true }
export const LOG_TYPES = ['configuration', 'network'] as const

export function logStream(type: string, status: boolean): Resource {
  return {
    path: `logging/${type}/stream${status ? '/status' : ''}`,
    kinds: ['logstream'],
    scope: LOG_STREAM_SCOPE,
  }
}

const AUDIT_PATH = 'logging/configuration'

/** A stretch of the configuration audit log, both ends included: all of it in one answer. */
export interface Stretch {
  readonly from: Instant
  readonly to: Instant
}

export function auditLog({ from, to }: Stretch): Resource {
  return {
    path: `${AUDIT_PATH}?start=${from}&end=${to}`,
    place: AUDIT_PATH,
    kinds: ['audit', 'auditlog'],
    scope: AUDIT_SCOPE,
  }
}

/** The stretch that a path asks for; null where it asks for something else. */
function stretchOf(path: string): Stretch | null {
  const [asked, query] = path.split('?', 2)
  if (asked !== AUDIT_PATH) return null
  const wanted = new URLSearchParams(query)
  const [from, to] = [instant(wanted.get('start')), instant(wanted.get('end'))]
  return from === null || to === null ? null : { from, to }
}

/** Everything but logs, in the order of the pages. */
export const LISTS: readonly Resource[] = [
  DEVICES,
  USERS,
  INTEGRATIONS,
  SETTINGS,
  KEYS,
  POLICY,
  WEBHOOKS,
  CONTACTS,
  INVITES,
]

/** The page of an OAuth token answer from which the token was cut: what the client was granted. */
export const TOKEN_PLACE = 'token scopes'
const TOKEN_PATH = '/api/v2/oauth/token'
export const TOKEN_REQUEST = `POST ${TOKEN_PATH}`

/** What a request asked for; null for one that is not ours. */
export type Asked =
  | { readonly of: 'token' }
  /** The credential asks for itself. */
  | { readonly of: 'own key'; readonly id: string }
  | { readonly of: 'attributes'; readonly device: string }
  | { readonly of: 'audit log'; readonly stretch: Stretch; readonly resource: Resource }
  | { readonly of: 'resource'; readonly path: string; readonly resource: Resource }

const PATH = /\/api\/v2\/(?:tailnet\/[^/]+\/(.+)|device\/([^/]+)\/attributes)$/

export function askedBy(page: Pick<Page, 'place' | 'request'>): Asked | null {
  if (page.place === TOKEN_PLACE) return { of: 'token' }
  const match = PATH.exec(page.request)
  if (match?.[2] !== undefined) return { of: 'attributes', device: decodeURIComponent(match[2]) }
  const own = /^keys\/([^/?]+)$/.exec(match?.[1] ?? '')
  if (own !== null) return { of: 'own key', id: decodeURIComponent(own[1]!) }
  const path = match?.[1]
  const stretch = stretchOf(path ?? '')
  if (stretch !== null) return { of: 'audit log', stretch, resource: auditLog(stretch) }
  const resource = RESOURCES.find((one) => one.path === path)
  return resource === undefined ? null : { of: 'resource', path: resource.path, resource }
}

const RESOURCES: readonly Resource[] = [
  ...LISTS,
  ...LOG_TYPES.flatMap((type) => [logStream(type, false), logStream(type, true)]),
]

/**
 * Below the tailnet: every credential may read itself. The id is the middle of `tskey-api-<id>-<secret>`, or the OAuth
 * client's own; null for a token of another form.
 */
export function ownKeyPath({ credential }: Config): string | null {
  const id = 'apiToken' in credential ? /^tskey-api-([^-]+)-/.exec(credential.apiToken)?.[1] : credential.clientId
  return id === undefined ? null : `keys/${encodeURIComponent(id)}`
}

/** A signed-in caller of one tailnet. */
export interface Session {
  /** What the token answer granted; null for an API access token, and where the answer does not say. */
  readonly scopes: readonly string[] | null
  /** The token answer without the token; null for an API access token. */
  readonly tokenPage: ((context: { source: string }) => Page) | null
  get(path: string, options?: Partial<Call>): Promise<Answer>
  /** Asks for a resource; a refusal that blinds comes back as an answer. */
  ask(resource: Resource): Promise<Answer>
  /** A page of an answer to `get`. */
  page(context: { source: string }, path: string, answer: Answer): Page
  /** A page of an answer to `ask`. */
  resourcePage(context: { source: string }, resource: Resource, answer: Answer): Page
  /** "/api/v2/tailnet/-/users" */
  inTailnet(path: string): string
}

/** 404 is also how the vendor says "no access" (users), and 403 how it says "not in this plan". */
const REFUSALS = [403, 404]
/** 100,000 devices; a list of 20,000 measured 23 MB. */
const MAX_LIST_BYTES = 128 * 2 ** 20

export async function signIn(config: Config, tools: Tools): Promise<Session> {
  const { credential } = config
  const token = 'apiToken' in credential ? null : await mint(config, tools)
  const authorization = `Bearer ${'apiToken' in credential ? credential.apiToken : token!.accessToken}`
  const prefix = new URL(config.baseUrl).pathname.replace(/\/$/, '')
  const remedies = { auth_failed: remedyOf401(config) }

  const get: Session['get'] = (path, options = {}) =>
    withRemedy(
      tools.request({
        contentType: 'json',
        maxBytes: MAX_LIST_BYTES,
        ...options,
        method: 'GET',
        url: urlOf(config, path),
        headers: { authorization, accept: options.headers?.['accept'] ?? 'application/json' },
        place: options.place ?? `GET ${prefix}${path}`,
      }),
      remedies,
    )
  const inTailnet = (path: string): string => `/api/v2/tailnet/${encodeURIComponent(config.tailnet)}/${path}`
  const placeOf = ({ path, place = path }: Resource): string => `GET ${prefix}${inTailnet(place)}`
  return {
    scopes: token?.scopes ?? null,
    tokenPage: token?.page ?? null,
    get,
    inTailnet,
    ask: (resource) =>
      get(inTailnet(resource.path), {
        accept: REFUSALS,
        place: placeOf(resource),
        ...(resource.accept === undefined ? {} : { headers: { accept: resource.accept } }),
      }),
    page(context, path, answer) {
      const request = `GET ${prefix}${path}`
      return pageOf(context, { place: request, request }, answer)
    },
    resourcePage(context, resource, answer) {
      // A refusal decides something and holds no invite: its bytes are kept like others.
      const secret = resource.secret === true && answer.status === 200
      const request = `GET ${prefix}${inTailnet(resource.path)}`
      return pageOf(context, { place: placeOf(resource), request, secret }, answer)
    },
  }
}

function urlOf(config: Config, path: string): URL {
  return new URL(`${config.baseUrl}${path}`)
}

interface Token {
  readonly accessToken: string
  readonly scopes: readonly string[] | null
  readonly page: (context: { source: string }) => Page
}

/** Once a pull: every mint is an event in the tailnet's audit log, and a token outlives any pull (3600 s). */
async function mint(config: Config, tools: Tools): Promise<Token> {
  const { clientId, clientSecret } = config.credential as { clientId: string; clientSecret: string }
  const form = { grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret }
  const answer = await withRemedy(
    tools.request({
      method: 'POST',
      url: urlOf(config, TOKEN_PATH),
      headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
      body: new URLSearchParams(form).toString(),
      place: TOKEN_REQUEST,
      contentType: 'json',
      // A token too many does no harm.
      tries: 4,
      confidential: true,
    }),
    { auth_failed: WRONG_CLIENT, forbidden: WRONG_CLIENT },
  )
  const row = fields(tokenJson(answer), `tailscale: the answer of ${TOKEN_REQUEST}`)
  const accessToken = row.id('access_token')
  const scope = row.text('scope')
  // The token goes no further: what is kept is what it may see.
  const body = new TextEncoder().encode(JSON.stringify({ scope }))
  const kept = { ...answer, body, sha256: sha256(body) }
  return {
    accessToken,
    scopes: scope === null ? null : scopesOf(scope),
    page: (context) => pageOf(context, { place: TOKEN_PLACE, request: TOKEN_REQUEST }, kept),
  }
}

/** An unreadable token answer may hold the token: nothing of it is quoted. */
function tokenJson(answer: Answer): unknown {
  try {
    return jsonOf(answer.body, TOKEN_REQUEST)
  } catch {
    throw new AppError('not_json', `tailscale: ${TOKEN_REQUEST}: the answer is not JSON or was cut short.`)
  }
}

export function scopesOf(scope: string): string[] {
  return scope.split(' ').filter((one) => one !== '')
}

const WRONG_CLIENT =
  'The OAuth client id or secret is wrong, or the client was revoked: copy both again from Settings > Trust credentials.'
const WRONG_TOKEN =
  'The API access token is wrong, expired or revoked: make a new one at Settings > Keys. It starts with tskey-api-; an auth key (tskey-auth-) enrols devices and is no API credential.'

function remedyOf401(config: Config): string {
  return 'apiToken' in config.credential ? WRONG_TOKEN : 'The token of the OAuth client was refused: was it revoked?'
}

/** `/api/v2/device/{nodeId}/attributes` */
export function attributesPath(device: string): string {
  return `/api/v2/device/${encodeURIComponent(device)}/attributes`
}
