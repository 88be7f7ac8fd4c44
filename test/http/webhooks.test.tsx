/** The page of webhooks: who is told, what was sent, what was answered, and the buttons beside it. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { plus } from '../../src/domain/time.ts'
import { createApp } from '../../src/http/app.tsx'
import { type House, openHouse, signIn } from './house.ts'

let house: House
let headers: { cookie: string; host: string }
let nudges = 0
let app: House['app']
beforeAll(async () => {
  house = await openHouse()
  app = createApp({ ...house.parts, webhooks: { ...house.parts.webhooks, nudge: () => void nudges++ } })
  headers = await signIn({ ...house, app })
})
afterAll(() => house.close())

const get = async (path: string) => (await app.request(path, { headers })).text()
const press = (path: string) =>
  app.request(path, { method: 'POST', headers: { ...headers, 'sec-fetch-site': 'same-origin' } })

/** As the sender does, with what the endpoint answered. */
async function answered(endpoint: string, status: number, disable: string | null = null): Promise<void> {
  const now = plus(house.parts.now(), 1)
  const error = status < 300 ? null : `answered ${status}`
  const state = error === null ? ('delivered' as const) : ('dead' as const)
  const claimed = await house.store.claim(endpoint, now, plus(now, 60_000), 100)
  await house.store.settle(
    claimed.map(({ event }) => ({
      attempt: { event, endpoint, at: now, ms: 3, status, error, answer: '<b>no</b>' },
      next: { state },
      disable,
    })),
  )
}

test('endpoints are shown with their host alone, and what may be told with a sentence each', async () => {
  const page = await get('/webhooks')
  expect(page).toContain('grc.example')
  expect(page).not.toContain('canary')
  expect(page).toContain('finding.regressed')
  expect(page).toContain('Nothing was sent')
})

test('a test is sent at once, stands first in the list, and its page shows body, attempts and answers', async () => {
  const pressed = await press('/webhooks/grc/test')
  expect([pressed.status, pressed.headers.get('location'), nudges]).toEqual([303, '/webhooks?said=test', 1])
  expect(await get('/webhooks')).toContain('Waiting')
  await answered('grc', 500)
  const list = await get('/webhooks?state=dead')
  const path = /href="(\/webhooks\/deliveries\/[^"]+)"/.exec(list)?.[1]
  const page = await get(path!)
  expect(page).toContain('answered 500')
  expect(page).toContain('&lt;b&gt;no&lt;/b&gt;')
  expect(page).toContain('webhook.test')

  const again = await press(`${path}/replay`)
  expect([again.status, nudges]).toEqual([303, 2])
  await answered('grc', 204)
  expect(await get('/webhooks?endpoint=grc')).toContain('Delivered')
  expect((await get(path!)).match(/<tr/g)).toHaveLength(3)
})

test('a disabled endpoint says since when and why, and one button uses it again', async () => {
  await press('/webhooks/siem/test')
  await answered('siem', 410, 'it answered 410 (Gone)')
  const page = await get('/webhooks')
  expect(page).toContain('Disabled')
  expect(page).toContain('it answered 410 (Gone)')
  expect((await press('/webhooks/siem/enable')).headers.get('location')).toBe('/webhooks?said=enable')
  expect(await get('/webhooks')).not.toContain('Disabled')
  await press('/webhooks/siem/replay')
  expect((await house.store.endpoints(['siem']))[0]?.counts).toMatchObject({ waiting: 1, dead: 0 })
})

test('a long list goes on, each delivery once, and says what each is about', async () => {
  for (let n = 0; n < 60; n++) await press('/webhooks/grc/test')
  const first = await get('/webhooks?endpoint=grc')
  const next = /href="(\/webhooks\?[^"]*after[^"]*)"/.exec(first)![1]!.replaceAll('&amp;', '&')
  const second = await get(next)
  const ids = (page: string) => [...page.matchAll(/deliveries\/(evt_[0-9a-f]+)/g)].map(([, id]) => id)
  expect(ids(first)).toHaveLength(50)
  expect(ids(second)).toHaveLength(11)
  expect(new Set([...ids(first), ...ids(second)]).size).toBe(61)
})

test.each(['/webhooks/nobody/test', '/webhooks/grc/dance', '/webhooks/deliveries/evt_0/grc/replay'])(
  '%s is not found',
  async (path) => {
    expect((await press(path)).status).toBe(404)
  },
)

test('another site cannot press a button', async () => {
  const foreign = await app.request('/webhooks/grc/test', {
    method: 'POST',
    headers: { ...headers, 'sec-fetch-site': 'cross-site' },
  })
  expect(foreign.status).toBe(403)
})
