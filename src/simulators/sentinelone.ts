/**
 * SentinelOne's Management API v2.1 over the world's agents. Refuses what the console refuses: another word than
 * `ApiToken`, a limit above 1000, an expired token. Cursors name the last row given, so rows may come and go meanwhile.
 */
import { bearerOf, json, wholeNumber } from './answer.ts'
import type { SentinelOneWorld, Simulator, SimulatorOptions } from './simulator.ts'

type Row = Record<string, unknown>

const ROOT = '/web/api/v2.1'
const TOKEN = 'simulated-sentinelone-token-0123456789abcdef'

const sortable: Record<string, (row: Row) => string> = {
  // Ids are numbers of up to 19 digits sent as text; padded they sort as text.
  id: (row) => String(row['id']).padStart(20, '0'),
  updatedAt: (row) => String(row['updatedAt'] ?? ''),
  lastActiveDate: (row) => String(row['lastActiveDate'] ?? ''),
}

export function sentineloneSimulator(options: SimulatorOptions<SentinelOneWorld>): Simulator {
  const { world, now } = options
  const viewer = (options.grants ?? ['Viewer']).includes('Viewer')

  const expired = () => world.token.expiresAt !== undefined && Date.parse(world.token.expiresAt) <= now().getTime()

  function agents(query: URLSearchParams): Response {
    const limit = wholeNumber(query.get('limit'), 10, 1, 1000)
    if (limit === null) return refusal(400, 4000040, 'Validation Error', 'limit: value out of range')
    const skip = wholeNumber(query.get('skip'), 0, 0, 1000)
    if (skip === null) return refusal(400, 4000040, 'Validation Error', 'skip: value out of range')
    const sortBy = query.get('sortBy') ?? 'id'
    const keyOf = sortable[sortBy]
    if (keyOf === undefined) return refusal(400, 4000040, 'Validation Error', 'sortBy: not a valid choice')
    const order = query.get('sortOrder') === 'desc' ? -1 : 1

    const listed = selected(world.agents, query)
    if (query.get('countOnly')?.toLowerCase() === 'true') {
      return json(200, { data: [], pagination: { nextCursor: null, totalItems: listed.length } })
    }
    const after = cursorPlace(query.get('cursor'))
    if (after === null) return refusal(400, 4000010, 'Validation Error', 'cursor: invalid value')
    const placed = listed.map((row) => ({ row, at: `${keyOf(row)}/${sortable['id']!(row)}` }))
    placed.sort((a, b) => order * (a.at < b.at ? -1 : a.at > b.at ? 1 : 0))
    const found = after === undefined ? skip : placed.findIndex(({ at }) => (order === 1 ? at > after : at < after))
    const start = found === -1 ? placed.length : found
    const shown = placed.slice(start, start + limit)
    const last = shown.at(-1)
    return json(200, {
      data: shown.map(({ row }) => row),
      pagination: {
        nextCursor: last !== undefined && start + shown.length < placed.length ? cursorAfter(last.at) : null,
        totalItems: query.get('skipCount')?.toLowerCase() === 'true' ? 0 : listed.length,
      },
    })
  }

  async function tokenDetails(request: Request): Promise<Response> {
    const body = (await request.json().catch(() => null)) as { data?: { apiToken?: unknown } } | null
    if (body?.data?.apiToken !== TOKEN) {
      return refusal(400, 4000010, 'Validation Error', 'apiToken: invalid token')
    }
    return json(200, { data: world.token })
  }

  return {
    id: 'sentinelone',
    credentials: [{ apiToken: TOKEN }],
    endpoints: {
      agents: { method: 'GET', path: /^\/web\/api\/v2\.1\/agents$/ },
      count: { method: 'GET', path: /^\/web\/api\/v2\.1\/agents\/count$/ },
      token: { method: 'POST', path: /^\/web\/api\/v2\.1\/users\/api-token-details$/ },
    },
    fetch(request) {
      const { pathname, searchParams } = new URL(request.url)
      if (bearerOf(request, 'ApiToken') !== TOKEN || expired()) {
        return refusal(401, 4010010, 'Authentication Failed', null)
      }
      const call = `${request.method} ${pathname}`
      if (call === `POST ${ROOT}/users/api-token-details`) return tokenDetails(request)
      if (call !== `GET ${ROOT}/agents` && call !== `GET ${ROOT}/agents/count`) {
        return refusal(404, 4040010, 'Resource Not Found', null)
      }
      if (!viewer) return refusal(403, 4030010, 'Insufficient permissions', 'Action is not allowed to site users')
      if (pathname.endsWith('/count'))
        return json(200, { data: { total: selected(world.agents, searchParams).length } })
      return agents(searchParams)
    },
  }
}

/** Decommissioned and uninstalled agents are left out unless asked for. */
function selected(agents: readonly Row[], query: URLSearchParams): Row[] {
  const wanted = (name: string) => new Set((query.get(name) ?? 'False').toLowerCase().split(','))
  const decommissioned = wanted('isDecommissioned')
  const uninstalled = wanted('isUninstalled')
  return agents.filter(
    (agent) =>
      decommissioned.has(String(agent['isDecommissioned'] ?? false).toLowerCase()) &&
      uninstalled.has(String(agent['isUninstalled'] ?? false).toLowerCase()),
  )
}

/** Base64, and percent-encoded on top: rapid7's client un-quotes it before use. */
function cursorAfter(place: string): string {
  return encodeURIComponent(btoa(`after:${place}`))
}

/** Undefined on the first page, null for a cursor that is none of ours. */
function cursorPlace(cursor: string | null): string | null | undefined {
  if (cursor === null) return undefined
  try {
    const text = atob(cursor)
    return text.startsWith('after:') ? text.slice('after:'.length) : null
  } catch {
    return null
  }
}

function refusal(status: number, code: number, title: string, detail: string | null): Response {
  return json(status, { errors: [{ code, detail, title }] })
}
