import { describe, expect, test } from 'vitest'
import { sentineloneSimulator } from '../../src/simulators/sentinelone.ts'
import type { SentinelOneWorld } from '../../src/simulators/simulator.ts'

interface Body {
  data: { id: string }[]
  pagination: { nextCursor: string | null; totalItems: number }
  errors: { code: number; title: string }[]
}

const NOW = new Date('2026-11-20T09:00:00Z')

function simulated(world: Partial<SentinelOneWorld> = {}, grants?: string[]) {
  const simulator = sentineloneSimulator({
    world: { agents: agents(25), token: {}, ...world },
    now: () => NOW,
    ...(grants === undefined ? {} : { grants }),
  })
  const token = simulator.credentials[0]!['apiToken']!
  const ask = async (path: string, init: RequestInit = {}) => {
    const headers = { authorization: `ApiToken ${token}`, ...init.headers }
    const response = await simulator.fetch(new Request(`http://console.test/web/api/v2.1${path}`, { ...init, headers }))
    return {
      status: response.status,
      type: response.headers.get('content-type'),
      body: (await response.json()) as Body,
    }
  }
  return { token, ask }
}

function agents(count: number) {
  return Array.from({ length: count }, (_, n) => ({
    id: String(1000 + n),
    isDecommissioned: n % 5 === 4,
    isUninstalled: n === 0,
    updatedAt: `2026-11-20T08:${String(59 - n).padStart(2, '0')}:00Z`,
  }))
}

const idsOf = (body: Pick<Body, 'data'>) => body.data.map(({ id }) => Number(id) - 1000)

describe('authorization', () => {
  test.each([
    ['no header', {}],
    ['another word', { authorization: 'Bearer simulated-sentinelone-token-0123456789abcdef' }],
    ['another token', { authorization: 'ApiToken x' }],
    ['words behind it', { authorization: 'ApiToken simulated-sentinelone-token-0123456789abcdef x' }],
  ])('refuses %s', async (_name, headers) => {
    const { ask } = simulated()
    const { status, body } = await ask('/agents', { headers: { authorization: '', ...headers } })
    expect({ status, body }).toEqual({
      status: 401,
      body: { errors: [{ code: 4010010, detail: null, title: 'Authentication Failed' }] },
    })
  })

  test('refuses a token that has expired', async () => {
    expect((await simulated({ token: { expiresAt: '2026-11-20T09:00:00Z' } }).ask('/agents')).status).toBe(401)
    expect((await simulated({ token: { expiresAt: '2026-11-20T09:00:01Z' } }).ask('/agents')).status).toBe(200)
  })

  test('refuses agents without the role', async () => {
    const { status, body } = await simulated({}, []).ask('/agents')
    expect({ status, code: body.errors[0]!.code }).toEqual({ status: 403, code: 4030010 })
  })
})

describe('agents', () => {
  test('gives ten rows unless told otherwise, and leaves out who has gone', async () => {
    const { body, type } = await simulated().ask('/agents')
    expect(type).toBe('application/json')
    expect(idsOf(body)).toEqual([1, 2, 3, 5, 6, 7, 8, 10, 11, 12])
    expect(body.pagination.totalItems).toBe(19)
  })

  test.each([
    ['isDecommissioned=True', 5],
    ['isDecommissioned=True,False', 24],
    ['isUninstalled=True', 1],
    ['isDecommissioned=True,False&isUninstalled=True,False', 25],
  ])('counts by %s', async (filter, count) => {
    const { ask } = simulated()
    expect((await ask(`/agents?${filter}`)).body.pagination.totalItems).toBe(count)
    expect((await ask(`/agents?countOnly=true&${filter}`)).body).toMatchObject({
      data: [],
      pagination: { totalItems: count },
    })
    expect((await ask(`/agents/count?${filter}`)).body).toEqual({ data: { total: count } })
  })

  test.each(['limit=1001', 'limit=0', 'limit=ten', 'skip=1001', 'cursor=nonsense', 'sortBy=serialNumber'])(
    'refuses %s',
    async (query) => {
      const { status, body } = await simulated().ask(`/agents?${query}`)
      expect(status).toBe(400)
      expect(body.errors[0]!.title).toBe('Validation Error')
    },
  )

  test('walks by a percent-encoded cursor, in the order asked for, while rows come and go', async () => {
    const world = { agents: agents(25) }
    const { ask } = simulated(world)
    const first = (await ask('/agents?limit=10&sortBy=updatedAt')).body
    world.agents.push({ id: '999', isDecommissioned: false, isUninstalled: false, updatedAt: '2026-11-20T08:00:00Z' })
    world.agents.shift()
    const cursor = first.pagination.nextCursor
    expect(cursor).toContain('%')
    const second = (await ask(`/agents?limit=10&sortBy=updatedAt&cursor=${cursor}`)).body
    expect([...idsOf(first), ...idsOf(second)]).toEqual([
      23, 22, 21, 20, 18, 17, 16, 15, 13, 12, 11, 10, 8, 7, 6, 5, 3, 2, 1,
    ])
    expect(second.pagination.nextCursor).toBeNull()
  })

  test('sorts downwards, skips, and hides its count when told to', async () => {
    const { body } = await simulated().ask('/agents?limit=3&skip=2&sortOrder=desc&skipCount=true')
    expect(idsOf(body)).toEqual([21, 20, 18])
    expect(body.pagination.totalItems).toBe(0)
  })
})

test('tells when the token ends, to who holds it', async () => {
  const details = { createdAt: '2026-01-01T00:00:00Z', expiresAt: '2027-01-01T00:00:00Z' }
  const { ask, token } = simulated({ token: details })
  const post = (apiToken: string) =>
    ask('/users/api-token-details', { method: 'POST', body: JSON.stringify({ data: { apiToken } }) })
  expect(await post(token)).toMatchObject({ status: 200, body: { data: details } })
  expect(await post('other')).toMatchObject({ status: 400 })
})

test('knows no other path', async () => {
  expect((await simulated().ask('/threats')).status).toBe(404)
})
