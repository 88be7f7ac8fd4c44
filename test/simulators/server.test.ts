import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { AppError } from '../../src/domain/error.ts'
import { type Fault, Faults } from '../../src/simulators/faults.ts'
import { type Served, type SimulatorServer, serveSimulator } from '../../src/simulators/server.ts'
import { type TestTools, testTools } from '../helpers/tools.ts'

const rows = [
  { id: '1', name: 'ada', os: { version: '26.1' } },
  { id: '2', name: 'bob', os: { version: '15.7' } },
]
const bodies: Record<string, unknown> = {
  '/users': { users: rows },
  '/agents': { data: rows, pagination: { nextCursor: 'c2', totalItems: 4 } },
  '/agents/2': { data: rows, pagination: { nextCursor: null, totalItems: 4 } },
  '/hosts': { meta: { pagination: { after: 'a2' } }, resources: rows, errors: [] },
  '/devices': rows,
  '/settings': { on: true, os: { version: '1' } },
}
const vendor: Served = {
  endpoints: {
    agents: { method: 'GET', path: /^\/agents/ },
    token: { method: 'POST', path: /^\/token$/ },
  },
  async fetch(request) {
    const { pathname } = new URL(request.url)
    if (request.method === 'POST') return Response.json({ got: await request.text() }, { status: 201 })
    if (pathname === '/policy')
      return new Response('// hujson\n{}', { headers: { 'content-type': 'application/hujson' } })
    const body = bodies[pathname]
    return body === undefined ? Response.json({ message: 'not found' }, { status: 404 }) : Response.json(body)
  },
}

let server: SimulatorServer
let tools: TestTools

beforeEach(async () => {
  server = await serveSimulator(vendor)
  tools = testTools({ base: server.url, source: 'edr' })
})
afterEach(async () => {
  await tools.close()
  await server.close()
})

async function get(path: string, call: { tries?: number; maxBytes?: number } = {}): Promise<unknown> {
  const url = new URL(path, server.url)
  const answer = await tools.request({ method: 'GET', url, headers: {}, place: path, tries: 1, ...call })
  return JSON.parse(Buffer.from(answer.body).toString('utf8'))
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'answered',
    (error: unknown) => (error instanceof AppError ? error.code : `not an AppError: ${error}`),
  )
}

test('answers as the simulator does, and lists the calls', async () => {
  expect(await get('/users')).toEqual({ users: rows })
  const posted = await tools.request({
    method: 'POST',
    url: new URL('/token', server.url),
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: 'client_id=k&client_secret=s',
    place: 'token',
  })
  expect(posted.status).toBe(201)
  expect(JSON.parse(Buffer.from(posted.body).toString())).toEqual({ got: 'client_id=k&client_secret=s' })
  expect(server.requests.map(({ method, path }) => `${method} ${path}`)).toEqual(['GET /users', 'POST /token'])
})

test('thousands of small answers come over few connections', async () => {
  for (let round = 0; round < 20; round++) await Promise.all(Array.from({ length: 100 }, () => get('/users')))
  expect(server.requests).toHaveLength(2000)
})

const broken: [Fault, string][] = [
  [{ kind: 'status', status: 401 }, 'auth_failed'],
  [{ kind: 'status', status: 403 }, 'forbidden'],
  [{ kind: 'status', status: 404 }, 'not_found'],
  [{ kind: 'status', status: 410 }, 'http_error'],
  [{ kind: 'status', status: 418, body: 'short and stout' }, 'http_error'],
  [{ kind: 'status', status: 429, headers: { 'retry-after': '3' } }, 'rate_limited'],
  [{ kind: 'status', status: 500 }, 'server_error'],
  [{ kind: 'status', status: 503, body: '' }, 'server_error'],
  [{ kind: 'html200' }, 'wrong_content_type'],
  [{ kind: 'html502' }, 'server_error'],
  [{ kind: 'wrong_content_type' }, 'wrong_content_type'],
  [{ kind: 'truncated' }, 'truncated'],
  [{ kind: 'reset' }, 'network'],
  [{ kind: 'reset_mid_body' }, 'truncated'],
  [{ kind: 'redirect', location: 'http://127.0.0.1:1/elsewhere' }, 'redirect_refused'],
  [{ kind: 'redirect', status: 308, location: 'https://api.us-2.example.com/' }, 'redirect_refused'],
  [{ kind: 'encoding_chain' }, 'wrong_content_type'],
  [{ kind: 'gzip_bomb', bytes: 3 * 2 ** 20 }, 'too_large'],
  [{ kind: 'huge', bytes: 2 ** 20 }, 'too_large'],
]
test.each(broken)('%j gives %s', async (fault, code) => {
  server.faults.add(fault)
  expect(await codeOf(get('/agents', { maxBytes: 2 ** 20 }))).toBe(code)
  expect(server.faults.struck).toBe(1)
  expect(tools.notes.map((note) => note.error)).toEqual([code])
  server.faults.clear()
  expect(await get('/agents')).toEqual(bodies['/agents'])
})

test.each<Fault>([{ kind: 'hang' }, { kind: 'slow_body', everyMs: 20 }])('%j ends at the time limit', async (fault) => {
  const impatient = testTools({ base: server.url, requestMs: 150 })
  server.faults.add(fault)
  const url = new URL('/agents', server.url)
  expect(await codeOf(impatient.request({ method: 'GET', url, headers: {}, place: 'agents', tries: 1 }))).toBe(
    'timeout',
  )
  await impatient.close()
})

test.each<Fault>([
  { kind: 'gzip' },
  { kind: 'brotli' },
  { kind: 'slow_body', everyMs: 0 },
  { kind: 'gzip_bomb', bytes: 2 ** 20 },
  { kind: 'huge', bytes: 2 ** 20 },
])('%j still gives the same data where the limits allow it', async (fault) => {
  server.faults.add(fault)
  expect(await get('/users')).toEqual({ users: rows })
})

const kept = (count: number, key = 'data') => expect.objectContaining({ [key]: rows.slice(0, count) })
const changed: [string, Fault, unknown][] = [
  ['/agents', { kind: 'json_null' }, null],
  ['/agents', { kind: 'json_string' }, 'simulated'],
  ['/agents', { kind: 'json_array_instead' }, [bodies['/agents']]],
  ['/devices', { kind: 'json_array_instead' }, { items: rows }],
  ['/agents', { kind: 'empty_list' }, kept(0)],
  ['/hosts', { kind: 'empty_list' }, kept(0, 'resources')],
  ['/users', { kind: 'empty_list' }, { users: [] }],
  ['/devices', { kind: 'empty_list' }, []],
  ['/agents', { kind: 'shrink_list', share: 0.5 }, kept(1)],
  ['/devices', { kind: 'duplicate_rows' }, [rows[0], rows[0], rows[1]]],
  ['/users', { kind: 'drop_field', field: 'name' }, { users: rows.map(({ name: _, ...rest }) => rest) }],
  ['/devices', { kind: 'null_field', field: 'os.version' }, rows.map((row) => ({ ...row, os: { version: null } }))],
  ['/hosts', { kind: 'mistype_field', field: 'id' }, kept(0, 'errors')],
  ['/devices', { kind: 'mistype_field', field: 'id' }, rows.map((row) => ({ ...row, id: { simulated: 1 } }))],
  ['/settings', { kind: 'drop_field', field: 'on' }, { os: { version: '1' } }],
  ['/settings', { kind: 'null_field', field: 'absent' }, bodies['/settings']],
]
test.each(changed)('%s with %j', async (path, fault, want) => {
  server.faults.add(fault)
  expect(await get(path)).toEqual(want)
})

test('extra fields leave the known ones alone', async () => {
  server.faults.add({ kind: 'extra_fields' })
  const { users, ...rest } = (await get('/users')) as { users: object[] }
  expect(users).toEqual(rows.map((row) => expect.objectContaining(row)))
  expect(Object.keys(users[0]!)).toHaveLength(Object.keys(rows[0]!).length + 2)
  expect(Object.keys(rest)).toHaveLength(2)
})

test('poisoned keys arrive as own properties and change no prototype', async () => {
  server.faults.add({ kind: 'proto_pollution' })
  const body = (await get('/users')) as { users: object[] }
  expect(Object.hasOwn(body, '__proto__')).toBe(true)
  expect(Object.hasOwn(body.users[0]!, '__proto__')).toBe(true)
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
})

test.each<Fault>([{ kind: 'half_json' }, { kind: 'empty_body' }])('%j is an answer that is no JSON', async (fault) => {
  server.faults.add(fault)
  await expect(get('/users')).rejects.toThrow(SyntaxError)
})

test('a repeated cursor comes back on later pages, and an offset walk gets its first page again', async () => {
  server.faults.add({ kind: 'repeat_cursor', endpoint: 'agents' })
  await get('/agents')
  expect(await get('/agents/2')).toMatchObject({ pagination: { nextCursor: 'c2' } })
  server.faults.clear()
  server.faults.add({ kind: 'repeat_cursor' })
  await get('/devices')
  expect(await get('/users')).toEqual(rows)
})

test('a text that is no JSON stays as it is under a fault of JSON', async () => {
  server.faults.add({ kind: 'empty_list' })
  const url = new URL('/policy', server.url)
  const answer = await tools.request({ method: 'GET', url, headers: {}, place: 'policy', contentType: null })
  expect(Buffer.from(answer.body).toString()).toBe('// hujson\n{}')
})

describe('where and when a fault strikes', () => {
  test('at its endpoint only, by name or by pattern', async () => {
    server.faults.add({ kind: 'status', status: 500, endpoint: 'agents' })
    server.faults.add({ kind: 'status', status: 403, endpoint: /^\/hosts$/ })
    expect(await codeOf(get('/agents/2'))).toBe('server_error')
    expect(await codeOf(get('/hosts'))).toBe('forbidden')
    expect(await codeOf(get('/users'))).toBe('answered')
  })

  test('after so many calls, so many times', async () => {
    server.faults.add({ kind: 'status', status: 500, after: 1, times: 2 })
    const codes = []
    for (let call = 0; call < 4; call++) codes.push(await codeOf(get('/users')))
    expect(codes).toEqual(['answered', 'server_error', 'server_error', 'answered'])
  })

  test('until it is switched off', async () => {
    const off = server.faults.add({ kind: 'status', status: 500 })
    expect(await codeOf(get('/users'))).toBe('server_error')
    off()
    expect(await codeOf(get('/users'))).toBe('answered')
  })

  test('a name that no endpoint has is an error of the test that wrote it', () => {
    const faults = new Faults([{ kind: 'hang', endpoint: 'agnets' }])
    expect(() => faults.strike(vendor, 'GET', '/agents')).toThrow('no endpoint "agnets"')
  })
})

test('a simulator that breaks answers 500, and close ends a hanging call', async () => {
  const lines: string[] = []
  const bad = await serveSimulator(
    { endpoints: {}, fetch: () => Promise.reject(new Error('bug')) },
    { log: (line) => lines.push(line), faults: [{ kind: 'hang', endpoint: /never/ }], delayMs: 1 },
  )
  const own = testTools({ base: bad.url })
  const url = new URL('/x', bad.url)
  expect(await codeOf(own.request({ method: 'GET', url, headers: {}, place: 'x', tries: 1 }))).toBe('server_error')
  expect(lines).toEqual(['GET /x broke: Error: bug'])
  await own.close()
  await bad.close()
})
