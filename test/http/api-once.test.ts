/** `Idempotency-Key`: what is sent twice is started once. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DAY, plus } from '../../src/domain/time.ts'
import { createApp } from '../../src/http/app.tsx'
import { listen } from '../../src/http/listen.ts'
import type { HttpParts } from '../../src/http/parts.ts'
import { type Client, clientOf, keyOf } from './api-client.ts'
import { type House, openHouse, signIn } from './house.ts'

let house: House
beforeAll(async () => {
  house = await openHouse()
})
afterAll(() => house.close())

/** The house, with what is started in a list instead. */
async function counting(
  over: Partial<HttpParts> = {},
): Promise<{ client: Client; started: string[]; app: House['app'] }> {
  const started: string[] = []
  const { webhooks } = house.parts
  const outbox = {
    ...webhooks.outbox,
    replay: async () => started.push('replay'),
    endpoints: webhooks.outbox.endpoints,
    event: webhooks.outbox.event,
  }
  const app = createApp({
    ...house.parts,
    pull: (sources) => void started.push(`pull ${sources?.join()}`),
    webhooks: { ...webhooks, outbox, test: async (endpoint) => `evt_${started.push(`test ${endpoint}`)}` },
    make: async ({ kind }) => ({ run: null, sealed: null, bytes: started.push(kind), digest: '' }),
    ...over,
  })
  return { client: await clientOf({ ...house, app }, 'compliance'), started, app }
}

let count = 0
const fresh = () => ({ 'idempotency-key': `"${++count}-8e03978e-40d5-43dd-bc93-6894a57f9324"` })

describe('the same request with the same key', () => {
  test.each([
    ['/pulls', { sources: ['edr'] }, 'pull edr'],
    ['/pulls', undefined, 'pull undefined'],
    ['/webhooks/grc/test', undefined, 'test grc'],
    ['/deliveries/replay', { state: 'dead' }, 'replay'],
    ['/jobs', { kind: 'report' }, 'report'],
    ['/jobs', { kind: 'frame', of: 'account' }, 'frame'],
  ] as const)('to %s with %j gets the first answer again', async (path, body, what) => {
    const { client, started } = await counting()
    const key = fresh()
    const first = await client.post(path, body, key)
    expect(first.status).toBe(202)
    for (let n = 0; n < 3; n++) {
      const again = await client.post(path, body, key)
      expect([again.status, again.body]).toEqual([202, first.body])
      for (const name of ['content-type', 'location']) expect(again.headers.get(name)).toBe(first.headers.get(name))
    }
    await expect.poll(() => started).toEqual([what])
    // Without a key, or with another one, it is asked anew.
    expect((await client.post(path, body)).status).toBe(202)
    expect((await client.post(path, body, fresh())).status).toBe(202)
    await expect.poll(() => started).toEqual([what, what, what])
  })

  test('gets it for a day, from another process too', async () => {
    let now = house.parts.now()
    const lasting = await keyOf(house, 'compliance', { expiresAt: plus(now, 3 * DAY) })
    const headers = { host: 'localhost', authorization: `Bearer ${lasting}`, ...fresh() }
    const all: string[] = []
    const ask = async () => {
      const { app, started } = await counting({ now: () => now })
      const answer = await app.request('/api/v1/webhooks/grc/test', { method: 'POST', headers })
      all.push(...started)
      return answer.status
    }
    for (const ms of [0, 1_000, DAY - 1_001]) {
      now = plus(now, ms)
      expect(await ask()).toBe(202)
    }
    expect(all).toHaveLength(1)
    now = plus(now, 1)
    expect(await ask()).toBe(202)
    expect(all).toHaveLength(2)
  })

  test('gets it over a connection, packed as it asks', async () => {
    const { client, started, app } = await counting()
    const server = await listen(app, { host: '127.0.0.1', port: 0, fallback: false })
    try {
      const headers = { authorization: `Bearer ${client.key}`, 'content-type': 'application/json', ...fresh() }
      const ask = async () => {
        const body = JSON.stringify({ kind: 'report' })
        const answer = await fetch(new URL('/api/v1/jobs', server.url), { method: 'POST', headers, body })
        return [answer.status, answer.headers.get('location'), await answer.text()]
      }
      const first = await ask()
      expect(first).toEqual([202, expect.stringContaining('/api/v1/jobs/'), expect.stringContaining('"running"')])
      expect(await ask()).toEqual(first)
      expect(started).toEqual(['report'])
    } finally {
      await server.close()
    }
  })

  test('gets it though both come at once', async () => {
    const { client, started } = await counting()
    const key = fresh()
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => client.post('/webhooks/siem/test', undefined, key)),
    )
    expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1)
    expect(started).toEqual(['test siem'])
  })
})

describe('with the key of another request', () => {
  test.each([
    ['another body', '/pulls', { sources: ['tailnet'] }],
    ['the same body in other words', '/pulls', '{ "sources": ["edr"] }'],
    ['no body', '/pulls', undefined],
    ['another operation', '/webhooks/grc/test', undefined],
  ] as const)('%s is refused and starts nothing', async (_, path, body) => {
    const { client, started } = await counting()
    const key = fresh()
    await client.post('/pulls', { sources: ['edr'] }, key)
    const { status, body: problem } = await client.post<{ code: string }>(path, body, key)
    expect([status, problem.code]).toEqual([422, 'key-in-use'])
    expect(started).toEqual(['pull edr'])
  })

  test('another caller has begun nothing: neither another key of the API nor a session', async () => {
    const { client, started, app } = await counting()
    const key = fresh()
    await client.post('/pulls', { sources: ['edr'] }, key)
    const visitor = { ...(await signIn(house)), 'sec-fetch-site': 'same-origin' }
    const other = { host: 'localhost', authorization: `Bearer ${await keyOf(house, 'compliance')}` }
    for (const headers of [visitor, other]) {
      const answer = await app.request('/api/v1/pulls', {
        method: 'POST',
        headers: { ...headers, ...key, 'content-type': 'application/json' },
        body: '{"sources":["tailnet"]}',
      })
      expect(answer.status).toBe(202)
    }
    expect(started).toEqual(['pull edr', 'pull tailnet', 'pull tailnet'])
  })
})

test('of what was refused nothing is kept', async () => {
  const { client, started } = await counting()
  const key = fresh()
  expect((await client.post('/webhooks/none/test', undefined, key)).status).toBe(404)
  expect((await client.post('/pulls', { sources: ['none'] }, key)).status).toBe(400)
  expect((await client.post('/pulls', { sources: ['edr'] }, key)).status).toBe(202)
  expect(started).toEqual(['pull edr'])
})

test.each([
  ['nothing', ''],
  ['a space', 'a b'],
  ['more than 255 characters', 'x'.repeat(256)],
  ['what is no ASCII', 'schlüssel'],
])('a key of %s is none', async (_, key) => {
  const { client, started } = await counting()
  const { status, body } = await client.post<{ errors: object[] }>('/pulls', undefined, { 'idempotency-key': key })
  expect([status, body.errors]).toEqual([
    400,
    [{ parameter: 'idempotency-key', detail: 'is 1 to 255 visible characters of ASCII' }],
  ])
  expect(started).toEqual([])
})

test('neither key nor request is kept, but their digests; an answer that cannot be kept is given all the same', async () => {
  const kept: string[] = []
  const troubles: unknown[] = []
  const { client, started } = await counting({
    facts: {
      get: house.store.get,
      take: house.store.take,
      async put(area, name, value) {
        kept.push(`${area} ${name} ${JSON.stringify(value)}`)
        throw new Error('disk full')
      },
    },
    trouble: (error) => {
      troubles.push(error)
      return 't1'
    },
  })
  const key = fresh()
  expect((await client.post('/pulls', { sources: ['edr'] }, key)).status).toBe(202)
  expect(kept).toHaveLength(1)
  expect(kept[0]).toMatch(/^answer [0-9a-f]{64} \{"asked":"[0-9a-f]{64}","status":202,/)
  expect(kept[0]).not.toContain('8e03978e')
  expect(troubles).toHaveLength(1)
  expect(started).toEqual(['pull edr'])
})
