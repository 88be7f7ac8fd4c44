/** How often callers may ask: the same for each key, by its own bucket, and nothing for who reads pages. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { MINUTE, plus } from '../../src/domain/time.ts'
import { createApp } from '../../src/http/app.tsx'
import { listen } from '../../src/http/listen.ts'
import { PER_CALLER, REFUSALS } from '../../src/http/rates.ts'
import { clientOf, keyOf } from './api-client.ts'
import { type House, openHouse, signIn } from './house.ts'

let house: House
beforeAll(async () => {
  house = await openHouse()
})
afterAll(() => house.close())

/** The house with a clock that stands still, and buckets that are full. */
function still() {
  const start = house.parts.now()
  let shift = 0
  const app = createApp({ ...house.parts, now: () => plus(start, shift) })
  const pass = (ms: number): void => {
    shift += ms
  }
  return { app, pass }
}

const ACTIVITY = '/api/v1/activity'
const bearer = (key: string) => ({ host: 'localhost', authorization: `Bearer ${key}` })

describe('a key', () => {
  test('is told what it has left, stopped when nothing is, and let in again bit by bit', async () => {
    const { app, pass } = still()
    const client = await clientOf({ ...house, app }, 'viewer')
    const fields = async () => {
      const { status, headers } = await client.get('/activity')
      return [status, ...['ratelimit-policy', 'ratelimit', 'retry-after'].map((name) => headers.get(name))]
    }
    const spend = async (count: number) => {
      for (let n = 0; n < count; n++) await app.request(ACTIVITY, { headers: bearer(client.key) })
    }
    // One went for the document that the answers are held against.
    await spend(PER_CALLER.most - 151 - 1)
    expect(await fields()).toEqual([200, null, null, null])
    expect(await fields()).toEqual([200, '"caller";q=600;w=60', '"caller";r=149;t=46', null])
    await spend(149)
    for (let n = 0; n < 3; n++) {
      expect(await fields()).toEqual([429, '"caller";q=600;w=60', '"caller";r=0;t=60', '1'])
    }
    const { body } = await client.get<{ code: string; detail: string }>('/findings')
    expect(body).toMatchObject({ code: 'too-many-requests', status: 429, instance: '/api/v1/findings' })
    expect(body.detail).toContain('the next is taken in 1 s')
    pass(99)
    expect((await fields())[0]).toBe(429)
    pass(1)
    expect((await fields())[0]).toBe(200)
    expect((await fields())[0]).toBe(429)
    pass(10 * MINUTE)
    await spend(PER_CALLER.most - 1)
    expect((await fields())[0]).toBe(200)
    expect((await fields())[0]).toBe(429)
  })

  test('starts nothing when it is stopped, and takes nothing from another key', async () => {
    let pulls = 0
    const now = house.parts.now()
    const app = createApp({ ...house.parts, now: () => now, pull: () => void pulls++ })
    const [busy, other] = [await keyOf(house, 'compliance'), await keyOf(house, 'compliance')]
    const post = (key: string) => app.request('/api/v1/pulls', { method: 'POST', headers: bearer(key) })
    // What it may not do counts as well.
    for (let n = 0; n < PER_CALLER.most; n++) await app.request('/checks', { headers: bearer(busy) })
    expect([(await post(busy)).status, pulls]).toEqual([429, 0])
    expect([(await post(other)).status, pulls]).toEqual([202, 1])
    expect((await app.request('/metrics', { headers: bearer(busy) })).status).toBe(429)
  })

  test('a clock that goes back gives nothing and takes nothing', async () => {
    const { app, pass } = still()
    const key = await keyOf(house, 'viewer')
    const ask = () => app.request(ACTIVITY, { headers: bearer(key) })
    for (let n = 0; n < PER_CALLER.most - 1; n++) await ask()
    pass(-MINUTE)
    expect((await ask()).headers.get('ratelimit')).toBe('"caller";r=0;t=60')
    pass(MINUTE)
    expect((await ask()).status).toBe(429)
  })
})

test('a session is limited within the API, each by itself, and never on pages', async () => {
  const { app } = still()
  const [one, two] = [await signIn(house), await signIn(house)]
  for (let n = 0; n < PER_CALLER.most; n++) await app.request(ACTIVITY, { headers: one })
  expect((await app.request(ACTIVITY, { headers: one })).status).toBe(429)
  expect((await app.request(ACTIVITY, { headers: two })).status).toBe(200)
  const page = await app.request('/sources', { headers: one })
  expect([page.status, page.headers.get('ratelimit')]).toEqual([200, null])
})

test('an address that is refused over and over is told to wait; who has the right key comes in from there', async () => {
  const { app, pass } = still()
  const server = await listen(app, { host: '127.0.0.1', port: 0, fallback: false })
  try {
    const key = await keyOf(house, 'viewer')
    const ask = async (headers: Record<string, string>, path = ACTIVITY): Promise<Response> => {
      const answer = await fetch(new URL(path, server.url), { headers })
      await answer.arrayBuffer()
      return answer
    }
    const forged = { authorization: `Bearer ${key.slice(0, -1)}` }
    for (let n = 0; n < REFUSALS.most; n++) {
      // A header that anybody can write is no address.
      const from = { 'x-forwarded-for': `10.0.0.${n}`, forwarded: `for=10.0.0.${n}` }
      const how = [forged, {}, { cookie: 'exhibit=none' }][n % 3]!
      expect((await ask({ ...how, ...from })).status).toBe(401)
    }
    const stopped = await ask(forged)
    expect([stopped.status, stopped.headers.get('retry-after')]).toEqual([429, '1'])
    expect(stopped.headers.get('ratelimit-policy')).toBe('"refusals";q=60;w=60')
    expect((await ask({ authorization: `Bearer ${key}` })).status).toBe(200)
    // A person who is not signed in reads where to sign in.
    expect((await ask({ accept: 'text/html' }, '/')).status).toBe(401)
    pass(1_000)
    expect((await ask(forged)).status).toBe(401)
    expect((await ask(forged)).status).toBe(429)
  } finally {
    await server.close()
  }
})
