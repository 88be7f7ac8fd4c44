/** Promise P23: every route against everybody who may come, by one table. */
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ROLES, type Role } from '../../src/domain/api-key.ts'
import { ACCESS, type Access } from '../../src/http/access.ts'
import { createApp } from '../../src/http/app.tsx'
import { isAtLeast } from '../../src/http/keys.ts'
import { keyOf } from './api-client.ts'
import { type House, openHouse, signIn } from './house.ts'

let house: House
beforeAll(async () => {
  house = await openHouse()
})
afterAll(() => house.close())

/** As the router has them. */
function routes(): string[] {
  const all = house.app.routes.filter(({ method }) => method !== 'ALL').map(({ method, path }) => `${method} ${path}`)
  return [...new Set(all)].toSorted()
}

test('every route of the router has its row, and every row its route', () => {
  expect(routes()).toEqual(Object.keys(ACCESS).toSorted())
})

/** Who comes: what he sends, and what he is. */
interface Caller {
  readonly name: string
  readonly headers: Record<string, string>
  readonly is: 'nobody' | 'session' | Role
}

async function callers(): Promise<Caller[]> {
  const now = house.parts.now()
  const { cookie } = await signIn(house)
  const key = async (name: string, role: Role, over = {}): Promise<Caller> => ({
    name,
    headers: { authorization: `Bearer ${await keyOf(house, role, over)}` },
    is: Object.keys(over).length > 0 ? 'nobody' : role,
  })
  return [
    { name: 'anonymous', headers: {}, is: 'nobody' },
    { name: 'session', headers: { cookie, 'sec-fetch-site': 'same-origin' }, is: 'session' },
    { name: 'used-up session', headers: { cookie: 'exhibit=none', 'sec-fetch-site': 'same-origin' }, is: 'nobody' },
    ...(await Promise.all(ROLES.map((role) => key(role, role)))),
    await key('expired key', 'admin', { expiresAt: now }),
    await key('revoked key', 'admin', { revokedAt: now }),
    { name: 'forged key', headers: { authorization: `Bearer exk_${'a'.repeat(12)}_${'a'.repeat(38)}` }, is: 'nobody' },
    { name: 'another scheme', headers: { authorization: `Basic ${randomBytes(9).toString('base64')}` }, is: 'nobody' },
  ]
}

function expected(access: Access, { is }: Caller): 'in' | 401 | 403 {
  if (access === 'anyone') return 'in'
  if (is === 'nobody') return 401
  if (is === 'session') return 'in'
  return access !== 'session' && isAtLeast(is, access) ? 'in' : 403
}

/** Where a route leads: to something that is there, and to something that is not. */
function paths(route: string): string[] {
  const path = route.split(' ')[1]!
  const there: Record<string, string> = { source: 'tailnet', name: 'forbidden', act: 'none', endpoint: 'grc' }
  if (!path.includes(':')) return [path]
  return [
    path.replaceAll(/:(\w+)/g, (_, name: string) => there[name] ?? 'none'),
    path.replaceAll(/:\w+/g, 'nothing-there'),
  ]
}

test('everybody gets to what the table gives him, and to nothing else; nothing changes for who is refused', async () => {
  // Nothing is started by who may: this is about doors.
  const started: string[] = []
  const app = createApp({
    ...house.parts,
    pull: () => void started.push('pull'),
    accept: async () => void started.push('accept'),
    webhooks: {
      ...house.parts.webhooks,
      test: async () => {
        started.push('test')
        return 'evt_0'
      },
    },
    make: async () => {
      started.push('report')
      return { run: null, sealed: null, bytes: 0, digest: '' }
    },
  })
  const wrong: string[] = []
  let calls = 0
  for (const caller of await callers()) {
    for (const route of routes().filter((each) => each !== 'POST /leave' && each !== 'GET /events')) {
      for (const path of paths(route)) {
        const [method = ''] = route.split(' ')
        const before = started.length
        const answer = await app.request(path, {
          method,
          headers: {
            host: 'localhost',
            ...(method === 'POST' ? { 'content-type': 'application/json' } : {}),
            ...(caller.is === 'nobody' && method === 'POST' ? { 'sec-fetch-site': 'same-origin' } : {}),
            ...caller.headers,
          },
          ...(method === 'POST' ? { body: '{"kind":"report"}' } : {}),
        })
        await answer.arrayBuffer()
        calls++
        const want = expected(ACCESS[route]!, caller)
        const got = answer.status === 401 || answer.status === 403 ? answer.status : 'in'
        // A hook is known by its signature alone, and says so itself.
        const byItself = route.startsWith('POST /hooks/') && got !== 403
        if (got !== want && !byItself)
          wrong.push(`${caller.name}: ${method} ${path} answered ${answer.status}, not ${want}`)
        if (want !== 'in' && started.length !== before)
          wrong.push(`${caller.name}: ${method} ${path} started something`)
        if (answer.status >= 500) wrong.push(`${caller.name}: ${method} ${path} answered ${answer.status}`)
      }
    }
  }
  expect(wrong).toEqual([])
  expect(calls).toBeGreaterThan(500)
})

test('no other spelling of a path opens a door', async () => {
  const open: string[] = []
  for (const route of Object.keys(ACCESS).filter((each) => ACCESS[each] !== 'anyone' && each.startsWith('GET '))) {
    for (const path of paths(route)) {
      const spellings = [
        `${path}/`,
        `/${path}`,
        `/.${path}`,
        path.toUpperCase(),
        path.replace(/[a-z](?=[^/]*$)/, (letter) => `%${letter.charCodeAt(0).toString(16)}`),
        `/${path.slice(1).replaceAll('/', '%2f')}`,
        `${path};x=1`,
        `${path}%00`,
        `/healthz/..${path}`,
        `/healthz%2f..${path}`,
      ]
      for (const spelling of spellings) {
        for (const method of ['GET', 'HEAD', 'POST', 'OPTIONS']) {
          const answer = await house.app.request(`http://localhost${spelling}`, {
            method,
            headers: {
              host: 'localhost',
              'sec-fetch-site': 'same-origin',
              'x-http-method-override': 'GET',
              'x-original-url': '/healthz',
            },
          })
          const text = await answer.text()
          if (answer.status !== 401 || text.includes('northlight')) open.push(`${method} ${spelling} ${answer.status}`)
        }
      }
    }
  }
  // "/HEALTHZ" and the like are nobody's either.
  expect(open).toEqual([])
})
