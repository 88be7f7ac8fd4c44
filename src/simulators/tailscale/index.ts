/**
 * Tailscale's control API over a world in its own shapes. Read live at each request, so a world may change between two
 * pulls. Which facts it is built after: https://tailscale.com/api.
 */
import type { Simulator, SimulatorOptions, TailscaleWorld } from '../simulator.ts'
import { API_TOKEN, CLIENT_ID, CLIENT_SECRET, gate, type Holder, holds, LEAST_PRIVILEGE } from './access.ts'
import * as answers from './answers.ts'
import { auditLogOf } from './audit-log.ts'

interface Asked {
  readonly url: URL
  readonly accept: string
  /** What the path's own groups matched, after the tailnet. */
  readonly part: string
  readonly holder: Holder
}

interface Route {
  readonly path: RegExp
  /** One of them is enough; none: any credential. */
  readonly scopes: readonly string[]
  readonly answer: (asked: Asked) => Response
}

const inTailnet = (rest: string): RegExp => new RegExp(`^/api/v2/tailnet/([^/]+)/${rest}$`)
const TOKEN_PATH = /^\/api\/v2\/oauth\/token$/

export function tailscaleSimulator(options: SimulatorOptions<TailscaleWorld>): Simulator {
  const { world, now } = options
  const door = gate(options.grants ?? LEAST_PRIVILEGE, now)
  const findDevice = answers.deviceFinder(world)
  const auditLog = auditLogOf(world, now)

  const send = (status: number, body: string, headers: Record<string, unknown>): Response =>
    new Response(body, { status, headers: { ...(headers as Record<string, string>), date: now().toUTCString() } })
  const json = (value: unknown, status = 200): Response =>
    send(status, JSON.stringify(value), { 'content-type': 'application/json' })
  const refuse = (status: number, message: string): Response => json({ message }, status)
  const notFound = (): Response => refuse(404, 'not found')

  const routes: Record<string, Route> = {
    devices: {
      path: inTailnet('devices'),
      scopes: ['devices:core:read'],
      answer: ({ url }) => json(answers.devices(world, url.searchParams)),
    },
    users: {
      path: inTailnet('users'),
      scopes: ['users:read'],
      answer: ({ url }) => json(answers.users(world, url.searchParams)),
    },
    attributes: {
      path: /^\/api\/v2\/device\/([^/]+)\/attributes$/,
      scopes: ['devices:posture_attributes:read'],
      answer({ part }) {
        const device = findDevice(part)
        return device === null ? notFound() : json(answers.attributes(world, device))
      },
    },
    integrations: {
      path: inTailnet('posture/integrations'),
      scopes: ['feature_settings:read'],
      answer: () => json({ integrations: world.integrations }),
    },
    settings: {
      path: inTailnet('settings'),
      scopes: answers.SETTINGS_SCOPES,
      answer: ({ holder }) => json(answers.settings(world, holder)),
    },
    keys: {
      path: inTailnet('keys'),
      scopes: answers.KEY_SCOPES,
      answer: ({ url, holder }) => json(answers.keys(world, url.searchParams, holder, now())),
    },
    key: {
      path: inTailnet('keys/([^/]+)'),
      scopes: [],
      answer({ part, holder }) {
        const key = answers.key(world, part, holder, door, now())
        return key === null ? notFound() : json(key)
      },
    },
    policy: {
      path: inTailnet('acl'),
      scopes: ['policy_file:read'],
      answer({ url, accept }) {
        const { headers, body } = answers.policy(world, url.searchParams, accept)
        return send(200, body, headers)
      },
    },
    logStream: {
      path: inTailnet('logging/(configuration|network)/stream'),
      scopes: ['log_streaming:read'],
      answer: ({ part }) => logStream(part, 'stream'),
    },
    logStreamStatus: {
      path: inTailnet('logging/(configuration|network)/stream/status'),
      scopes: ['log_streaming:read'],
      answer: ({ part }) => logStream(part, 'status'),
    },
    webhooks: {
      path: inTailnet('webhooks'),
      scopes: ['webhooks:read'],
      answer: () => json({ webhooks: world.webhooks }),
    },
    contacts: {
      path: inTailnet('contacts'),
      scopes: ['account_settings:read'],
      answer: () => json(world.contacts),
    },
    auditLog: {
      path: inTailnet('logging/configuration'),
      scopes: ['logs:configuration:read'],
      answer({ url }) {
        const found = auditLog.answer(url.searchParams)
        return found === null ? refuse(400, 'start and end are required, as RFC 3339 times') : json(found)
      },
    },
    // Tailscale publishes no scope for open invites.
    userInvites: { path: inTailnet('user-invites'), scopes: [], answer: () => json(world.userInvites) },
  }

  function logStream(type: string, which: 'stream' | 'status'): Response {
    const found = world.logStreams[type as keyof TailscaleWorld['logStreams']]
    return found === null ? notFound() : json(found[which])
  }

  async function token(request: Request): Promise<Response> {
    const form = new URLSearchParams(await request.text())
    const minted = door.mint(form, request.headers.get('authorization'))
    // The ordinary body, not that of RFC 6749 section 5.2.
    if (minted === 'refused') return refuse(401, 'API token invalid')
    if (minted === 'bad-request') return refuse(400, 'bad request')
    auditLog.minted(minted)
    return json(minted)
  }

  function get(request: Request, url: URL): Response {
    const holder = door.holderOf(request.headers.get('authorization'))
    if (holder === null) return refuse(401, 'API token invalid')
    for (const { path, scopes, answer } of Object.values(routes)) {
      const match = path.exec(url.pathname)
      if (match === null) continue
      const parts = match.slice(1).map(decoded)
      const tailnet = url.pathname.startsWith('/api/v2/tailnet/') ? parts.shift() : '-'
      if (!['-', world.tailnetId, world.legacyName].includes(tailnet!)) return notFound()
      if (scopes.length > 0 && !scopes.some((scope) => holds(holder.scopes, scope))) {
        return refuse(403, 'calling actor does not have enough permissions to perform this function')
      }
      return answer({ url, holder, accept: request.headers.get('accept') ?? '', part: parts[0] ?? '' })
    }
    return notFound()
  }

  return {
    id: 'tailscale',
    credentials: [{ clientId: CLIENT_ID, clientSecret: CLIENT_SECRET }, { apiToken: API_TOKEN }],
    endpoints: {
      token: { method: 'POST', path: TOKEN_PATH },
      ...Object.fromEntries(Object.entries(routes).map(([name, { path }]) => [name, { method: 'GET', path }])),
    },
    fetch(request) {
      const url = new URL(request.url)
      if (request.method === 'POST' && TOKEN_PATH.test(url.pathname)) return token(request)
      return request.method === 'GET' ? get(request, url) : notFound()
    },
  }
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}
