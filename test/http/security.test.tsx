/** Promise P26: who may come in, from where, and what every answer carries. */
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { listen } from '../../src/http/listen.ts'
import { type House, openHouse, signIn } from './house.ts'

let house: House
let visitor: { cookie: string; host: string }
beforeAll(async () => {
  house = await openHouse()
  visitor = await signIn(house)
})
afterAll(() => house.close())

const TYPES = [
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
  'text/plain',
  'application/json',
  'application/xml',
  'text/html',
  'application/octet-stream',
  null,
]
/** Where a request says it comes from; only the first two are our own pages. */
const ORIGINS: readonly { name: string; headers: Record<string, string>; own: boolean }[] = [
  { name: 'our own page', headers: { 'sec-fetch-site': 'same-origin', origin: 'http://localhost' }, own: true },
  { name: 'our own page, without fetch metadata', headers: { origin: 'http://localhost' }, own: true },
  { name: 'another site', headers: { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }, own: false },
  {
    name: 'a neighbour of our site',
    headers: { 'sec-fetch-site': 'same-site', origin: 'http://x.localhost' },
    own: false,
  },
  { name: 'an opaque origin', headers: { origin: 'null' }, own: false },
  { name: 'nowhere', headers: {}, own: false },
]
const UNSAFE = ['/leave', '/pulls', '/sources/edr/accept', '/api/v1/pulls'] as const

describe('an unsafe route', () => {
  const table = UNSAFE.flatMap((path) =>
    TYPES.flatMap((type) => ORIGINS.filter(({ own }) => !own).map((from) => ({ path, type, from }))),
  )
  test.each(table)('$path refuses $type from $from.name', async ({ path, type, from }) => {
    const before = house.parts.activity().running
    const answer = await house.app.request(path, {
      method: 'POST',
      headers: { ...visitor, ...from.headers, ...(type === null ? {} : { 'content-type': type }) },
      body: type === null ? null : 'source=edr&because=because',
    })
    expect(answer.status).toBe(403)
    expect(house.parts.activity().running).toBe(before)
    expect(answer.headers.get('set-cookie')).toBeNull()
  })

  test.each(ORIGINS.filter(({ own }) => own))('takes a form from $name', async ({ headers }) => {
    const answer = await house.app.request('/sources/edr/accept', {
      method: 'POST',
      headers: { ...visitor, ...headers, 'content-type': 'application/x-www-form-urlencoded' },
      body: 'because=',
    })
    expect(answer.status).toBe(400)
    expect(await answer.text()).toContain('Say in a sentence why')
  })
})

describe('every answer', () => {
  const paths = ['/', '/checks', '/sources', '/api/v1/results', '/nothing', '/healthz', '/enter/none', '/exports/json']
  test.each(paths)('%s carries the headers that hold a page together', async (path) => {
    for (const headers of [visitor, { host: 'localhost' }]) {
      const answer = await house.app.request(path, { headers })
      await answer.text()
      const policy = answer.headers.get('content-security-policy')!
      expect(policy).toContain("default-src 'none'")
      expect(policy).toContain("script-src 'self'")
      expect(policy).toContain("frame-ancestors 'none'")
      expect(policy).not.toContain('unsafe')
      expect(answer.headers.get('x-content-type-options')).toBe('nosniff')
      expect(answer.headers.get('referrer-policy')).toBe('no-referrer')
      expect(answer.headers.get('cache-control')).toBe('no-store')
      expect(answer.headers.get('access-control-allow-origin')).toBeNull()
    }
  })
})

describe('who may come in', () => {
  test('nobody without a session: pages and data answer 401 and show nothing', async () => {
    for (const path of [
      '/',
      '/checks',
      '/devices',
      '/people',
      '/sources',
      '/fixes',
      '/exports',
      '/exports/json',
      '/events',
      '/design',
      '/api/v1/results',
    ]) {
      const answer = await house.app.request(path, { headers: { host: 'localhost' } })
      expect(answer.status).toBe(401)
      expect(await answer.text()).not.toContain('northlight.example')
    }
  })

  test('a link is not used up by opening it, and works once by its button', async () => {
    const path = await house.link()
    const open = async () => (await house.app.request(path, { headers: { host: 'localhost' } })).status
    expect([await open(), await open()]).toEqual([200, 200])
    const press = () =>
      house.app.request('/enter', {
        method: 'POST',
        headers: {
          host: 'localhost',
          'sec-fetch-site': 'same-origin',
          'content-type': 'application/x-www-form-urlencoded',
        },
        body: new URLSearchParams({ token: path.split('/').at(-1)! }),
      })
    const first = await press()
    expect(first.status).toBe(303)
    const cookie = first.headers.get('set-cookie')!
    expect(cookie).toMatch(/HttpOnly/)
    expect(cookie).toMatch(/SameSite=Lax/)
    expect(cookie.length).toBeLessThan(4096)
    expect((await press()).status).toBe(410)
    expect(await open()).toBe(410)
  })

  test('signing out ends the session, not only the cookie', async () => {
    const own = await signIn(house)
    const leave = await house.app.request('/leave', {
      method: 'POST',
      headers: { ...own, 'sec-fetch-site': 'same-origin' },
    })
    expect(leave.status).toBe(303)
    expect((await house.app.request('/', { headers: own })).status).toBe(401)
  })

  test.each([
    'evil.example',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    '',
    '169.254.169.254',
    'localhost:80@evil.example',
  ])('a request for the host "%s" is refused', async (host) => {
    const answer = await house.app.request('/', { headers: { ...visitor, host } })
    expect(answer.status).toBe(421)
  })
})

/** What the server says to raw bytes; `fetch` would not send them. */
function raw(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(text))
    let answer = ''
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1')
    })
    socket.on('end', () => resolve(answer))
    socket.on('error', reject)
  })
}

test('methods that no page has are refused', async () => {
  const server = await listen(house.app, { host: '127.0.0.1', port: 0, fallback: false })
  try {
    const port = Number(server.url.port)
    for (const method of ['TRACE', 'PUT', 'DELETE', 'PATCH', 'PROPFIND', 'CONNECT']) {
      const answer = await raw(
        port,
        `${method} / HTTP/1.1\r\nHost: localhost\r\nCookie: ${visitor.cookie}\r\nConnection: close\r\n\r\n`,
      )
      expect(answer === '' || /^HTTP\/1\.1 (400|403|404|405|501)/.test(answer)).toBe(true)
      expect(answer).not.toContain(visitor.cookie.split('=')[1])
    }
  } finally {
    await server.close()
  }
})
