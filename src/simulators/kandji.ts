/**
 * Kandji (Iru) over the world's devices: permissions one endpoint at a time, a bare array beside the Prism envelope, limits
 * that are cut down without a word, and the gateway's rate headers counting down.
 */
import { bearerOf, json, wholeNumber } from './answer.ts'
import type { KandjiWorld, Simulator, SimulatorOptions } from './simulator.ts'

type Row = Record<string, unknown>

const TOKEN = '00000000-5eed-4000-8000-0123456789ab'
const PRISM = '/api/v1/prism/device_information'
const FILEVAULT = '/api/v1/prism/filevault'
const COUNT = '/api/v1/prism/count'
const DEVICES = '/api/v1/devices'
/** What a token may see, by endpoint, as the console's check boxes have it. */
export const PRISM_GRANT = 'prism/device_information'
export const FILEVAULT_GRANT = 'prism/filevault'
export const DEVICES_GRANT = 'devices'

const MOST_ROWS = 300
const PER_HOUR = 10_000
const PER_SECOND = 50

export interface KandjiSimulatorOptions extends SimulatorOptions<KandjiWorld> {
  /** Prism pages by cursor, as it does for some categories, rather than by offset. */
  cursors?: boolean
  /** Most rows of one answer, whatever is asked for. */
  mostRows?: number
}

export function kandjiSimulator(options: KandjiSimulatorOptions): Simulator {
  const { world, cursors = false, mostRows = MOST_ROWS } = options
  const grants = options.grants ?? [PRISM_GRANT, FILEVAULT_GRANT, DEVICES_GRANT]
  const spend = rates(() => options.now().getTime())
  const sorted = sorter()

  /** A limit that is too high is cut down; whether the real one refuses is not known. */
  function slice(rows: readonly Row[], query: URLSearchParams, otherwise: number, sorting: string | null) {
    const limit = wholeNumber(query.get('limit'), otherwise, 1, 1_000_000)
    const offset = wholeNumber(query.get('offset'), 0, 0, 100_000_000)
    if (limit === null || offset === null) return null
    const most = Math.min(limit, mostRows)
    return { limit: most, offset, rows: sorted(rows, sorting).slice(offset, offset + most) }
  }

  function prism(all: readonly Row[], query: URLSearchParams): Answered {
    const cursor = query.get('cursor')
    const at = cursor === null || cursor === '' ? null : offsetIn(cursor)
    if (at === null && cursor) return { status: 400, body: { error: 'Bad Request' } }
    if (at !== null) query.set('offset', String(at))
    const page = slice(all, query, 25, query.get('sort_by'))
    if (page === null) return { status: 400, body: { error: 'Bad Request' } }
    const end = page.offset + page.rows.length
    const next = cursors && end < all.length ? btoa(`o=${end}`) : null
    const { offset, limit, rows } = page
    return { status: 200, body: { offset: at === null ? offset : null, limit, total: null, data: rows, cursor: next } }
  }

  function devices(query: URLSearchParams): Answered {
    const serial = query.get('serial_number')
    // Like the real filter: any part of the number matches.
    const found =
      serial === null ? world.devices : world.devices.filter((row) => text(row['serial_number']).includes(serial))
    const page = slice(found, query, MOST_ROWS, query.get('ordering'))
    return page === null ? { status: 400, body: { error: 'Bad Request' } } : { status: 200, body: page.rows }
  }

  function answer(method: string, pathname: string, query: URLSearchParams): Answered {
    const forbidden = { status: 403, body: { detail: 'You do not have permission to perform this action.' } }
    switch (`${method} ${pathname}`) {
      case `GET ${PRISM}`:
        return grants.includes(PRISM_GRANT) ? prism(world.prism, query) : forbidden
      case `GET ${FILEVAULT}`:
        return grants.includes(FILEVAULT_GRANT) ? prism(world.filevault, query) : forbidden
      case `GET ${COUNT}`:
        if (!grants.includes(PRISM_GRANT)) return forbidden
        return query.get('category') === 'device_information'
          ? { status: 200, body: { count: world.prism.length, approximate: false } }
          : { status: 400, body: { error: 'Bad Request' } }
      case `GET ${DEVICES}`:
        return grants.includes(DEVICES_GRANT) ? devices(query) : forbidden
      default: {
        const id = new RegExp(`^${DEVICES}/([^/]+)/details$`).exec(pathname)?.[1]
        if (method !== 'GET' || id === undefined) {
          return { status: 404, body: { message: 'no Route matched with those values', request_id: 'simulated' } }
        }
        if (!grants.includes(DEVICES_GRANT)) return forbidden
        const device = world.devices.find((row) => row['device_id'] === id)
        return device === undefined
          ? { status: 404, body: { detail: 'Not found.' } }
          : { status: 200, body: details(device) }
      }
    }
  }

  return {
    id: 'kandji',
    credentials: [{ apiToken: TOKEN }],
    endpoints: {
      prism: { method: 'GET', path: /^\/api\/v1\/prism\/device_information$/ },
      filevault: { method: 'GET', path: /^\/api\/v1\/prism\/filevault$/ },
      count: { method: 'GET', path: /^\/api\/v1\/prism\/count$/ },
      devices: { method: 'GET', path: /^\/api\/v1\/devices$/ },
      details: { method: 'GET', path: /^\/api\/v1\/devices\/[^/]+\/details$/ },
    },
    fetch(request) {
      const { pathname, searchParams } = new URL(request.url)
      const { headers, exceeded } = spend()
      if (exceeded)
        return json(
          429,
          { message: 'API rate limit exceeded' },
          { ...headers, 'retry-after': headers['ratelimit-reset']! },
        )
      if (bearerOf(request, 'Bearer') !== TOKEN) return json(401, { detail: 'Invalid token.' }, headers)
      const { status, body } = answer(request.method, pathname, searchParams)
      return json(status, body, headers)
    },
  }
}

interface Answered {
  status: number
  body: unknown
}

/** The gateway's two allowances: each second and each hour of the clock. */
function rates(now: () => number): () => { headers: Record<string, string>; exceeded: boolean } {
  let [hour, usedThisHour, second, usedThisSecond] = [0, 0, 0, 0]
  return () => {
    const at = now()
    if (Math.floor(at / 3_600_000) !== hour) [hour, usedThisHour] = [Math.floor(at / 3_600_000), 0]
    if (Math.floor(at / 1000) !== second) [second, usedThisSecond] = [Math.floor(at / 1000), 0]
    usedThisHour += 1
    usedThisSecond += 1
    const left = { hour: Math.max(0, PER_HOUR - usedThisHour), second: Math.max(0, PER_SECOND - usedThisSecond) }
    const overHour = usedThisHour > PER_HOUR
    return {
      exceeded: overHour || usedThisSecond > PER_SECOND,
      headers: {
        'ratelimit-limit': String(PER_SECOND),
        'ratelimit-remaining': String(left.second),
        'ratelimit-reset': String(overHour ? Math.ceil(((hour + 1) * 3_600_000 - at) / 1000) : 1),
        'x-ratelimit-limit-hour': String(PER_HOUR),
        'x-ratelimit-remaining-hour': String(left.hour),
        'x-ratelimit-limit-second': String(PER_SECOND),
        'x-ratelimit-remaining-second': String(left.second),
        via: 'kong/3.2.2',
      },
    }
  }
}

/**
 * Rows by one field, `-` in front for descending; rows of equal value keep their order. The last order is kept while
 * the rows and their values are the same, since a walk asks for it once a page.
 */
function sorter(): (rows: readonly Row[], by: string | null) => readonly Row[] {
  let last: { by: string; seen: readonly { row: Row; value: unknown }[]; sorted: readonly Row[] } | null = null
  return (rows, by) => {
    if (by === null || by === '') return rows
    const [name, order] = by.startsWith('-') ? [by.slice(1), -1] : [by, 1]
    const known = last
    if (
      known?.by === by &&
      known.seen.length === rows.length &&
      known.seen.every(({ row, value }, at) => row === rows[at] && row[name] === value)
    ) {
      return known.sorted
    }
    const seen = rows.map((row) => ({ row, value: row[name] }))
    const compare = (a: string, b: string) => order * (a < b ? -1 : a > b ? 1 : 0)
    const sorted = seen.toSorted((a, b) => compare(text(a.value), text(b.value))).map(({ row }) => row)
    last = { by, seen, sorted }
    return sorted
  }
}

function offsetIn(cursor: string): number | null {
  try {
    return wholeNumber(atob(cursor).replace(/^o=/, ''), 0, 0, 100_000_000)
  } catch {
    return null
  }
}

/** Booleans are words here, unlike everywhere else. */
function details(device: Row): Row {
  const word = (flag: unknown) => (flag === true ? 'True' : 'False')
  return {
    general: {
      device_id: device['device_id'],
      device_name: device['device_name'],
      platform: device['platform'],
      os_version: device['os_version'],
      assigned_user: device['user'],
      blueprint_name: device['blueprint_name'],
    },
    mdm: { mdm_enabled: word(device['mdm_enabled']), last_check_in: device['last_check_in'] },
    kandji_agent: { agent_installed: word(device['agent_installed']), agent_version: device['agent_version'] },
    hardware_overview: { serial_number: device['serial_number'] },
    tags: device['tags'],
  }
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
