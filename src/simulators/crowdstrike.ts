/**
 * CrowdStrike Falcon over the world's hosts and assessments: tokens that end after half an hour, page tokens that end
 * after two minutes, limits that are refused and not cut down, a 308 for a tenant of another cloud.
 */
import { bearerOf, json, wholeNumber } from './answer.ts'
import type { CrowdStrikeWorld, Simulator, SimulatorOptions } from './simulator.ts'

type Row = Record<string, unknown>

const CLIENT_ID = '0123456789abcdef0123456789abcdef'
const CLIENT_SECRET = 'simulatedFalconSecret0123456789abcdefghi'
const TOKEN_SECONDS = 1799
const PAGE_TOKEN_MS = 120_000
const TRACE = '00000000-1111-4222-8333-444444444444'

export const HOSTS_READ = 'Hosts: Read'
export const ZTA_READ = 'Zero Trust Assessment: Read'

export interface CrowdStrikeSimulatorOptions extends SimulatorOptions<CrowdStrikeWorld> {
  /** Another cloud that the tenant lives in: every call is answered with 308 to it. */
  home?: { region: string; origin: string }
}

interface Answered {
  status: number
  body: unknown
}

export function crowdstrikeSimulator(options: CrowdStrikeSimulatorOptions): Simulator {
  const { world, home } = options
  const now = () => options.now().getTime()
  const grants = options.grants ?? [HOSTS_READ, ZTA_READ]
  const tokens = new Map<string, number>()
  const pageTokens = new Map<string, { at: number; until: number }>()
  const budgets = { tenant: budget(6000, now), stranger: budget(15, now), token: budget(300, now) }
  let issued = 0

  async function token(request: Request): Promise<Response> {
    if (budgets.token.spend()) return rateLimited(budgets.token)
    const form = new URLSearchParams(await request.text())
    const id = form.get('client_id') ?? ''
    if (id !== CLIENT_ID) {
      return refusal(400, `Failed to generate access token for clientID=${id}.`, 'csam', budgets.token)
    }
    const child = form.get('member_cid')
    if (form.get('client_secret') !== CLIENT_SECRET || (child !== null && child !== world.cid)) {
      return refusal(403, 'Failed to issue access token - Not Authorized', 'csam', budgets.token)
    }
    issued += 1
    const value = `simulated.falcon.token-${issued}`
    tokens.set(value, now() + TOKEN_SECONDS * 1000)
    const answer = { access_token: value, expires_in: TOKEN_SECONDS, token_type: 'bearer' }
    return json(201, answer, headersOf(budgets.token))
  }

  /** A page token names a place in one listing and lives for two minutes from its making. */
  function handOut(listing: string, at: number): string {
    for (const [value, { until }] of pageTokens) if (until < now()) pageTokens.delete(value)
    const value = btoa(`${listing}/${at}/${now()}`)
    pageTokens.set(value, { at, until: now() + PAGE_TOKEN_MS })
    return value
  }
  function placeOf(value: string | null): number | null {
    if (value === null || value === '') return 0
    const known = pageTokens.get(value)
    return known === undefined || known.until < now() ? null : known.at
  }

  function scores(query: URLSearchParams): Answered {
    const within = scoreFilter(query.get('filter'))
    if (within === null) return failed(400, 'invalid filter: a filter on score is required')
    const limit = wholeNumber(query.get('limit'), 100, 1, 1000)
    if (limit === null) return failed(400, 'limit must be between 1 and 1000')
    const start = placeOf(query.get('after'))
    if (start === null) return failed(404, "Search context expired, 'after' key no longer valid")
    const found = world.assessments.flatMap((row) => {
      const score = (row['assessment'] as Row | null | undefined)?.['overall']
      return typeof score === 'number' && within(score) ? [{ aid: row['aid'], score }] : []
    })
    const resources = found.slice(start, start + limit)
    const more = start + resources.length < found.length
    const after = more ? handOut('scores', start + limit) : ''
    return { status: 200, body: envelope(resources, { limit, total: found.length, after }, null) }
  }

  function combined(rows: readonly Row[], listing: string, query: URLSearchParams): Answered {
    const limit = wholeNumber(query.get('limit'), 100, 1, 10_000)
    if (limit === null) return failed(400, 'limit must be between 1 and 10000')
    if (query.has('filter')) return failed(400, 'invalid filter: this simulator knows none for hosts')
    const start = placeOf(query.get('offset'))
    if (start === null) return failed(404, "Search context expired, 'offset' key no longer valid")
    const wanted = query.get('fields')?.split(',') ?? null
    const resources = rows.slice(start, start + limit).map((row) => (wanted === null ? row : only(row, wanted)))
    const more = start + resources.length < rows.length
    const next = more ? { next: handOut(listing, start + limit) } : {}
    return { status: 200, body: envelope(resources, { total: rows.length, limit, offset: '', ...next }, []) }
  }

  /** The token stays, also on the last real page; only one call later does it end. */
  function scroll(query: URLSearchParams): Answered {
    const limit = wholeNumber(query.get('limit'), 100, 1, 10_000)
    if (limit === null) return failed(400, 'limit must be between 1 and 10000')
    const given = query.get('offset')
    const start = placeOf(given)
    if (start === null) return failed(404, 'Search context expired, offset no longer valid')
    if (start >= world.hosts.length) return { status: 200, body: envelope([], { total: 0, offset: '' }, []) }
    const ids = world.hosts.slice(start, start + limit).map((row) => row['device_id'])
    const offset = given === null || given === '' ? handOut('scroll', 0) : given
    pageTokens.set(offset, { at: start + limit, until: now() + PAGE_TOKEN_MS })
    // The real one is in nanoseconds, beyond what a number holds exactly.
    const expiresAt = (now() + PAGE_TOKEN_MS) * 1_000_000
    return { status: 200, body: envelope(ids, { total: world.hosts.length, offset, expires_at: expiresAt }, []) }
  }

  function details(ids: readonly string[], most: number): Answered {
    if (ids.length === 0 || ids.length > most) return failed(400, `number of ids must be between 1 and ${most}`)
    const byId = new Map([...world.hosts, ...world.hidden].map((row) => [row['device_id'], row]))
    const resources = ids.flatMap((id) => byId.get(id) ?? [])
    return { status: 200, body: envelope(resources, null, []) }
  }

  function assessments(ids: readonly string[]): Answered {
    if (ids.length === 0) return failed(400, 'ids is required')
    const asked = new Set<unknown>(ids)
    const resources = world.assessments.filter((row) => asked.has(row['aid']))
    return { status: 200, body: envelope(resources, null, []) }
  }

  async function data(request: Request, url: URL): Promise<Answered | 'forbidden' | null> {
    const { pathname, searchParams: query } = url
    const scope = pathname.startsWith('/zero-trust-assessment/') ? ZTA_READ : HOSTS_READ
    const allowed = grants.includes(scope)
    switch (`${request.method} ${pathname}`) {
      case 'GET /zero-trust-assessment/queries/assessments/v1':
        return allowed ? scores(query) : 'forbidden'
      case 'GET /zero-trust-assessment/entities/assessments/v1':
        return allowed ? assessments(query.getAll('ids')) : 'forbidden'
      case 'GET /devices/combined/devices/v1':
        return allowed ? combined(world.hosts, 'hosts', query) : 'forbidden'
      case 'GET /devices/combined/devices-hidden/v1':
        return allowed ? combined(world.hidden, 'hidden', query) : 'forbidden'
      case 'GET /devices/queries/devices-scroll/v1':
        return allowed ? scroll(query) : 'forbidden'
      case 'GET /devices/entities/devices/v2':
        return allowed ? details(query.getAll('ids'), 100) : 'forbidden'
      case 'POST /devices/entities/devices/v2': {
        const body = (await request.json().catch(() => null)) as { ids?: string[] } | null
        return allowed ? details(body?.ids ?? [], 5000) : 'forbidden'
      }
      default:
        return null
    }
  }

  return {
    id: 'crowdstrike',
    credentials: [{ clientId: CLIENT_ID, clientSecret: CLIENT_SECRET }],
    endpoints: {
      token: { method: 'POST', path: /^\/oauth2\/token$/ },
      scores: { method: 'GET', path: /^\/zero-trust-assessment\/queries\/assessments\/v1$/ },
      hosts: { method: 'GET', path: /^\/devices\/combined\/devices\/v1$/ },
      hidden: { method: 'GET', path: /^\/devices\/combined\/devices-hidden\/v1$/ },
      scroll: { method: 'GET', path: /^\/devices\/queries\/devices-scroll\/v1$/ },
      details: { method: 'POST', path: /^\/devices\/entities\/devices\/v2$/ },
    },
    async fetch(request) {
      const url = new URL(request.url)
      if (home !== undefined) {
        const location = `${home.origin}${url.pathname}${url.search}`
        return new Response(null, {
          status: 308,
          headers: { location, 'x-cs-region': home.region, 'x-cs-traceid': TRACE },
        })
      }
      if (url.pathname === '/oauth2/token' && request.method === 'POST') return token(request)
      const until = tokens.get(bearerOf(request, 'Bearer') ?? '')
      if (until === undefined || until <= now()) {
        if (budgets.stranger.spend()) return rateLimited(budgets.stranger)
        return refusal(401, 'access denied, invalid bearer token', 'crowdstrike-api-gateway', budgets.stranger)
      }
      if (budgets.tenant.spend()) return rateLimited(budgets.tenant)
      const answer = await data(request, url)
      if (answer === 'forbidden') {
        return refusal(403, 'access denied, authorization failed', 'crowdstrike-api-gateway', budgets.tenant)
      }
      if (answer === null) return refusal(404, 'Not Found', 'crowdstrike-api-gateway', budgets.tenant)
      return json(answer.status, answer.body, headersOf(budgets.tenant))
    },
  }
}

interface Budget {
  readonly limit: number
  readonly left: () => number
  /** Epoch second of the next minute. */
  readonly again: () => number
  /** Takes one call; true when there is none left. */
  readonly spend: () => boolean
}

/** So many calls in each minute of the clock. */
function budget(limit: number, now: () => number): Budget {
  let minute = 0
  let used = 0
  const turn = () => {
    const current = Math.floor(now() / 60_000)
    if (current !== minute) [minute, used] = [current, 0]
  }
  return {
    limit,
    left: () => Math.max(0, limit - used),
    again: () => (minute + 1) * 60,
    spend() {
      turn()
      used += 1
      return used > limit
    },
  }
}

function headersOf(from: Budget): Record<string, string> {
  return {
    'x-cs-region': 'us-1',
    'x-cs-traceid': TRACE,
    'x-ratelimit-limit': String(from.limit),
    'x-ratelimit-remaining': String(from.left()),
  }
}

function rateLimited(from: Budget): Response {
  const body = envelope(undefined, null, [{ code: 429, message: 'API rate limit exceeded.' }])
  return json(429, body, { ...headersOf(from), 'x-ratelimit-retryafter': String(from.again()) })
}

function refusal(status: number, message: string, by: string, from: Budget): Response {
  const meta = { query_time: 2.1e-7, powered_by: by, trace_id: TRACE }
  return json(status, { meta, errors: [{ code: status, message }] }, headersOf(from))
}

function failed(status: number, message: string): Answered {
  return { status, body: envelope([], null, [{ code: status, message }]) }
}

function envelope(resources: readonly unknown[] | undefined, pagination: Row | null, errors: readonly Row[] | null) {
  const meta = {
    query_time: 0.01,
    ...(pagination === null ? {} : { pagination }),
    powered_by: 'device-api',
    trace_id: TRACE,
  }
  return { meta, ...(resources === undefined ? {} : { resources }), errors }
}

function only(row: Row, names: readonly string[]): Row {
  return Object.fromEntries(names.flatMap((name) => (Object.hasOwn(row, name) ? [[name, row[name]]] : [])))
}

/** `score:<=100`, `score:>=40+score:<70`; null for anything else. */
function scoreFilter(filter: string | null): ((score: number) => boolean) | null {
  if (filter === null) return null
  const rules = filter.split('+').map((part) => /^score:(<=|>=|<|>)?(\d{1,3})$/.exec(part))
  if (rules.some((rule) => rule === null)) return null
  return (score) =>
    rules.every((rule) => {
      const bound = Number(rule![2])
      switch (rule![1]) {
        case '<=':
          return score <= bound
        case '>=':
          return score >= bound
        case '<':
          return score < bound
        case '>':
          return score > bound
        default:
          return score === bound
      }
    })
}
