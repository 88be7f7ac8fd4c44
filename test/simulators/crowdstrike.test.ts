import { describe, expect, test } from 'vitest'
import { type CrowdStrikeSimulatorOptions, crowdstrikeSimulator } from '../../src/simulators/crowdstrike.ts'

interface Answer {
  status: number
  headers: Headers
  // The shapes are what these tests look at.
  body: { meta: { pagination: Record<string, unknown> }; resources: unknown[]; errors: { message: string }[] | null }
}

const host = (n: number) => ({ device_id: `h${n}`, serial_number: `S${n}`, hostname: `H-${n}` })

function simulated(over: Partial<CrowdStrikeSimulatorOptions> = {}) {
  const clock = { ms: Date.parse('2026-11-20T09:00:00Z') }
  const world = {
    cid: 'c1d',
    hosts: Array.from({ length: 250 }, (_, n) => host(n)),
    hidden: [host(900)],
    assessments: [
      { aid: 'h0', system_serial_number: 'S0', assessment: { overall: 100 } },
      { aid: 'h1', system_serial_number: '', assessment: { overall: 19 } },
      { aid: 'h2', system_serial_number: 'S2', assessment: null },
    ],
  }
  const simulator = crowdstrikeSimulator({ world, now: () => new Date(clock.ms), ...over })
  const { clientId, clientSecret } = simulator.credentials[0]!
  const send = async (path: string, init: RequestInit): Promise<Answer> => {
    const response = await simulator.fetch(new Request(`http://falcon.test${path}`, init))
    const text = await response.text()
    return { status: response.status, headers: response.headers, body: text === '' ? null : JSON.parse(text) }
  }
  const form = (fields: Record<string, string>) =>
    send('/oauth2/token', { method: 'POST', body: new URLSearchParams(fields) })
  let bearer = ''
  return {
    clock,
    form,
    credential: { client_id: clientId!, client_secret: clientSecret! },
    send,
    async signIn() {
      const { body } = await form({ client_id: clientId!, client_secret: clientSecret! })
      bearer = (body as unknown as { access_token: string }).access_token
    },
    ask: (path: string, init: RequestInit = {}) =>
      send(path, { ...init, headers: { authorization: `Bearer ${bearer}` } }),
  }
}

async function signedIn(over: Partial<CrowdStrikeSimulatorOptions> = {}) {
  const falcon = simulated(over)
  await falcon.signIn()
  return falcon
}

const ZTA = '/zero-trust-assessment/queries/assessments/v1'
const COMBINED = '/devices/combined/devices/v1'
const SCROLL = '/devices/queries/devices-scroll/v1'

describe('the token', () => {
  test('is a 201 that lives half an hour', async () => {
    const falcon = await signedIn()
    falcon.clock.ms += 1_798_000
    expect((await falcon.ask(COMBINED)).status).toBe(200)
    falcon.clock.ms += 1000
    const { status, headers, body } = await falcon.ask(COMBINED)
    expect({ status, limit: headers.get('x-ratelimit-limit'), says: body.errors![0]!.message }).toEqual({
      status: 401,
      limit: '15',
      says: 'access denied, invalid bearer token',
    })
  })

  test('is refused in the vendor’s words', async () => {
    const { form, credential } = simulated()
    expect(await form({ ...credential, client_id: 'nobody' })).toMatchObject({
      status: 400,
      body: { errors: [{ message: 'Failed to generate access token for clientID=nobody.' }] },
    })
    expect(await form({ ...credential, client_secret: 'x' })).toMatchObject({ status: 403 })
    expect(await form({ ...credential, member_cid: 'other' })).toMatchObject({ status: 403 })
    expect(await form({ ...credential, member_cid: 'c1d' })).toMatchObject({ status: 201, body: { expires_in: 1799 } })
  })
})

test('a tenant of another cloud is pointed there on every call, without a body', async () => {
  const { send } = simulated({ home: { region: 'us-2', origin: 'https://api.us-2.crowdstrike.com' } })
  for (const path of ['/oauth2/token', COMBINED]) {
    const { status, headers, body } = await send(path, { method: path === COMBINED ? 'GET' : 'POST' })
    expect({ status, to: headers.get('location'), region: headers.get('x-cs-region'), body }).toEqual({
      status: 308,
      to: `https://api.us-2.crowdstrike.com${path}`,
      region: 'us-2',
      body: null,
    })
  }
})

test('strangers have 15 calls a minute, and are then told when to come again', async () => {
  const { send, clock } = simulated()
  const statuses: number[] = []
  for (let n = 0; n < 16; n++) statuses.push((await send(COMBINED, {})).status)
  expect(statuses).toEqual([...Array(15).fill(401), 429])
  expect((await send(COMBINED, {})).headers.get('x-ratelimit-retryafter')).toBe(
    String(Date.parse('2026-11-20T09:01:00Z') / 1000),
  )
  clock.ms += 60_000
  expect((await send(COMBINED, {})).status).toBe(401)
})

describe('scores', () => {
  test.each([
    ['score:<=100', ['h0', 'h1']],
    ['score:<100', ['h1']],
    ['score:>=20+score:<=100', ['h0']],
    ['score:19', ['h1']],
  ])('of %s', async (filter, aids) => {
    const { body } = await (await signedIn()).ask(`${ZTA}?${new URLSearchParams({ filter })}`)
    expect(body.resources).toEqual(aids.map((aid) => expect.objectContaining({ aid })))
    expect(body.meta.pagination).toMatchObject({ total: aids.length, after: '' })
    expect(body.errors).toBeNull()
  })

  test.each(['', 'filter=hostname:x', 'filter=score:<=100&limit=1001', 'filter=score:<=100&limit=0'])(
    'refuses "%s"',
    async (query) => {
      const { status, body } = await (await signedIn()).ask(`${ZTA}?${query}`)
      expect(status).toBe(400)
      expect(body.errors).toHaveLength(1)
    },
  )

  test('unknown ids are dropped without a word', async () => {
    const { status, body } = await (await signedIn()).ask(
      '/zero-trust-assessment/entities/assessments/v1?ids=h1&ids=nobody',
    )
    expect(status).toBe(200)
    expect(body.resources).toHaveLength(1)
  })
})

describe('page tokens', () => {
  test('end two minutes after they were made', async () => {
    const falcon = await signedIn()
    const first = await falcon.ask(`${ZTA}?filter=score:<=100&limit=1`)
    const next = `${ZTA}?filter=score:<=100&limit=1&after=${encodeURIComponent(String(first.body.meta.pagination['after']))}`
    falcon.clock.ms += 119_000
    expect((await falcon.ask(next)).body.resources).toEqual([{ aid: 'h1', score: 19 }])
    falcon.clock.ms += 2000
    expect(await falcon.ask(next)).toMatchObject({
      status: 404,
      body: { errors: [{ message: "Search context expired, 'after' key no longer valid" }] },
    })
  })

  test('of the scroll stay to the last page, which only an empty one follows', async () => {
    const falcon = await signedIn()
    const page = async (offset: unknown) => {
      const { body } = await falcon.ask(`${SCROLL}?limit=200&offset=${encodeURIComponent(String(offset ?? ''))}`)
      return { count: body.resources.length, ...body.meta.pagination } as Record<string, unknown>
    }
    const first = await page('')
    const second = await page(first['offset'])
    const third = await page(second['offset'])
    expect([first, second]).toMatchObject([
      { count: 200, total: 250 },
      { count: 50, total: 250, offset: first['offset'] },
    ])
    expect(third).toEqual({ count: 0, total: 0, offset: '' })
  })
})

describe('hosts', () => {
  test('come a hundred at a time with the fields asked for, and a next page until the last', async () => {
    const falcon = await signedIn()
    const first = await falcon.ask(`${COMBINED}?fields=device_id,nothing`)
    expect(first.body.resources[0]).toEqual({ device_id: 'h0' })
    expect(first.body.resources).toHaveLength(100)
    const next = encodeURIComponent(String(first.body.meta.pagination['next']))
    const last = await falcon.ask(`${COMBINED}?limit=10000&offset=${next}`)
    expect(last.body.resources).toHaveLength(150)
    expect(last.body.meta.pagination).not.toHaveProperty('next')
  })

  test('that are hidden stand in their own list', async () => {
    const { body } = await (await signedIn()).ask('/devices/combined/devices-hidden/v1')
    expect(body.resources).toEqual([host(900)])
  })

  test.each([
    `${COMBINED}?limit=10001`,
    `${COMBINED}?filter=x`,
    `${SCROLL}?limit=10001`,
    '/devices/entities/devices/v2',
  ])('refuses %s', async (path) => {
    expect((await (await signedIn()).ask(path)).status).toBe(400)
  })

  test('are told by id, 5000 at most by POST and 100 by GET', async () => {
    const falcon = await signedIn()
    const path = '/devices/entities/devices/v2'
    const post = (ids: string[]) => falcon.ask(path, { method: 'POST', body: JSON.stringify({ ids }) })
    expect((await post(['h1', 'h900', 'nobody'])).body.resources).toEqual([host(1), host(900)])
    expect((await post(Array.from({ length: 5001 }, (_, n) => `h${n}`))).status).toBe(400)
    const many = Array.from({ length: 101 }, (_, n) => `ids=h${n}`).join('&')
    expect((await falcon.ask(`${path}?${many}`)).status).toBe(400)
    expect((await falcon.ask(`${path}?ids=h3`)).body.resources).toEqual([host(3)])
  })

  test.each([
    [COMBINED, 'Zero Trust Assessment: Read'],
    [`${ZTA}?filter=score:<=100`, 'Hosts: Read'],
  ])('%s needs more than %s', async (path, grant) => {
    const { status, headers } = await (await signedIn({ grants: [grant] })).ask(path)
    expect({ status, limit: headers.get('x-ratelimit-limit') }).toEqual({ status: 403, limit: '6000' })
  })

  test('no other path is known', async () => {
    expect((await (await signedIn()).ask('/spotlight/queries/vulnerabilities/v1')).status).toBe(404)
  })
})
