/** Endpoints, events and deliveries by the API, over the real outbox. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { plus } from '../../src/domain/time.ts'
import { createApp } from '../../src/http/app.tsx'
import { type Client, clientOf } from './api-client.ts'
import { type House, openHouse } from './house.ts'

let house: House
let client: Client
let nudges = 0
beforeAll(async () => {
  house = await openHouse()
  const webhooks = { ...house.parts.webhooks, nudge: () => void nudges++ }
  client = await clientOf({ ...house, app: createApp({ ...house.parts, webhooks }) }, 'compliance')
})
afterAll(() => house.close())

interface Row {
  readonly event: string
  readonly endpoint: string
  readonly state: string
  readonly attempts: number
  readonly changedAt: string
  readonly at: string
}
type List = { readonly items: Row[]; readonly nextCursor: string | null }

async function tested(endpoint = 'grc'): Promise<string> {
  const { status, body, headers } = await client.post<{ event: string }>(`/webhooks/${endpoint}/test`)
  expect(status).toBe(202)
  expect(headers.get('location')).toBe(`/api/v1/deliveries/${body.event}/${endpoint}/attempts`)
  return body.event
}

/** As the sender does, with what the endpoint answered. */
async function sent(endpoint: string, status: number, next: 'delivered' | 'dead', disable: string | null = null) {
  const now = plus(house.parts.now(), 1)
  const claimed = await house.store.claim(endpoint, now, plus(now, 60_000), 100)
  const error = status < 300 ? null : `answered ${status}`
  await house.store.settle(
    claimed.map(({ event }) => ({
      attempt: { event, endpoint, at: now, ms: 3, status, error, answer: 'ok' },
      next: { state: next },
      disable,
    })),
  )
  return claimed.map(({ event }) => event)
}

test('endpoints are told as configured, without what may be secret in their address', async () => {
  const { body } = await client.get<{ items: object[]; nextCursor: null }>('/webhooks')
  expect(body.items).toEqual([
    expect.objectContaining({ id: 'grc', url: 'https://grc.example/hooks', events: ['*'], disabledAt: null }),
    expect.objectContaining({ id: 'siem', url: 'https://siem.example/in', events: ['finding.*'] }),
  ])
  expect(JSON.stringify(body)).not.toContain('canary')
})

test('a test is written down, waits, and can be followed from its event to its last attempt', async () => {
  const before = nudges
  const event = await tested()
  expect(nudges).toBe(before + 1)
  const { body: waiting } = await client.get<List>(`/deliveries?event=${event}`)
  expect(waiting.items).toEqual([expect.objectContaining({ event, endpoint: 'grc', state: 'waiting', attempts: 0 })])
  const { body } = await client.get<{ type: string; data: object }>(`/events/${event}`)
  expect(body).toMatchObject({ type: 'webhook.test', data: { endpoint: 'grc', checkpoint: expect.anything() } })
  expect((await client.get<{ items: object[] }>(`/deliveries/${event}/grc/attempts`)).body.items).toEqual([])
  expect(await sent('grc', 200, 'delivered')).toContain(event)
  const { body: attempts } = await client.get<{ items: object[] }>(`/deliveries/${event}/grc/attempts`)
  expect(attempts.items).toEqual([
    expect.objectContaining({ number: 1, event, endpoint: 'grc', status: 200, error: null, answer: 'ok' }),
  ])
})

test('an event is given to the byte as it is sent', async () => {
  const event = await tested()
  const kept = await house.store.event(event)
  const answer = await house.app.request(`/api/v1/events/${event}`, {
    headers: { host: 'localhost', authorization: `Bearer ${client.key}` },
  })
  expect(await answer.text()).toBe(kept!.body)
})

test('deliveries come newest first, in pages, by filter, and since a moment', async () => {
  for (let n = 0; n < 5; n++) await tested(n % 2 === 0 ? 'grc' : 'siem')
  await sent('siem', 500, 'dead')
  const { body: whole } = await client.get<List>('/deliveries?limit=200')
  const paged: Row[] = []
  for (let path: string | null = '/deliveries?limit=2'; path !== null; ) {
    const { body }: { body: List } = await client.get<List>(path)
    paged.push(...body.items)
    path = body.nextCursor === null ? null : `/deliveries?limit=2&cursor=${body.nextCursor}`
  }
  expect(paged).toEqual(whole.items)
  const { body: dead } = await client.get<List>('/deliveries?state=dead&endpoint=siem')
  expect(dead.items.length).toBeGreaterThan(0)
  expect(dead.items.every(({ state, endpoint }) => state === 'dead' && endpoint === 'siem')).toBe(true)
  const newest = whole.items
    .map(({ changedAt }) => changedAt)
    .toSorted()
    .at(-1)!
  const { body: since } = await client.get<List>(`/deliveries?updatedSince=${newest}`)
  expect(since.items.map(({ changedAt }) => changedAt)).toContain(newest)
  expect((await client.get<List>('/deliveries?updatedSince=2100-01-01T00:00:00Z')).body.items).toEqual([])
  expect((await client.get('/deliveries?state=lost')).status).toBe(400)
  const { body: page } = await client.get<List>('/deliveries?limit=1')
  expect((await client.get(`/deliveries?state=dead&cursor=${page.nextCursor}`)).status).toBe(400)
})

test('attempts come oldest first, in pages, each with its number', async () => {
  const event = await tested()
  for (const status of [500, 502, 200]) {
    await sent('grc', status, status === 200 ? 'delivered' : 'dead')
    if (status !== 200) await client.post('/deliveries/replay', { event, endpoint: 'grc' })
  }
  const seen: (number | null)[][] = []
  for (let cursor: string | null = ''; cursor !== null; ) {
    const path: string = `/deliveries/${event}/grc/attempts?limit=1${cursor === '' ? '' : `&cursor=${cursor}`}`
    const { body }: { body: { items: { number: number; status: number }[]; nextCursor: string | null } } =
      await client.get(path)
    seen.push(...body.items.map((attempt) => [attempt.number, attempt.status]))
    cursor = body.nextCursor
  }
  expect(seen).toEqual([
    [1, 500],
    [2, 502],
    [3, 200],
  ])
})

describe('replay', () => {
  test.each([
    ['one', (event: string) => ({ event, endpoint: 'siem' })],
    ['what is dead', () => ({ state: 'dead', endpoint: 'siem' })],
    ['a range', () => ({ since: '2020-01-01T00:00:00Z', until: '2100-01-01T00:00:00Z', endpoint: 'siem' })],
  ])('makes %s wait anew and wakes the sender', async (_, wish) => {
    const event = await tested('siem')
    await sent('siem', 500, 'dead')
    const before = nudges
    const { status, body } = await client.post<{ replayed: number }>('/deliveries/replay', wish(event))
    expect(status).toBe(202)
    expect(body.replayed).toBeGreaterThan(0)
    expect(nudges).toBe(before + 1)
    const { body: now } = await client.get<List>(`/deliveries?event=${event}`)
    expect(now.items).toEqual([expect.objectContaining({ state: 'waiting', attempts: 0 })])
  })

  test.each([
    ['nothing named', {}, 400],
    ['a state that there is not', { state: 'lost' }, 400],
    ['a moment that is none', { since: 'yesterday' }, 400],
    ['another member', { state: 'dead', url: 'http://evil.example' }, 400],
    ['another endpoint', { endpoint: 'none' }, 404],
    ['no object', '[]', 400],
    ['no JSON', 'state=dead', 400],
  ])('is refused for %s', async (_, body, status) => {
    expect((await client.post('/deliveries/replay', body)).status).toBe(status)
  })
})

test('a disabled endpoint says why, and is taken into use again', async () => {
  await tested('siem')
  await sent('siem', 410, 'dead', 'it answered 410')
  const { body } = await client.get<{ items: { id: string; disabledAt: string | null; because: string }[] }>(
    '/webhooks',
  )
  expect(body.items[1]).toMatchObject({ id: 'siem', because: 'it answered 410' })
  expect(body.items[1]!.disabledAt).not.toBeNull()
  const { status, body: enabled } = await client.post('/webhooks/siem/enable')
  expect([status, enabled]).toEqual([200, expect.objectContaining({ id: 'siem', disabledAt: null })])
})

test.each(['/webhooks/none/test', '/webhooks/none/enable', '/webhooks/__proto__/test'])(
  'POST %s: there is none',
  async (path) => {
    const { status, body } = await client.post<{ code: string; detail: string }>(path)
    expect([status, body.code]).toEqual([404, 'no-such-endpoint'])
    expect(body.detail).toContain('grc, siem')
  },
)
