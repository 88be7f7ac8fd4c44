/** Pages and API of the audit period: periods, leavers, reviews, samples. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse } from 'csv-parse/sync'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { reviewActs } from '../../src/reviewing/index.ts'
import { sampleActs } from '../../src/sampling/index.ts'
import { stringify } from '../helpers/sheets.ts'
import { type Client, clientOf } from './api-client.ts'
import { type House, openHouse, periodUnderWay, signIn } from './house.ts'

let house: House
let visitor: { cookie: string; host: string }
let api: Client
const signal = new AbortController().signal

beforeAll(async () => {
  house = await openHouse({ periods: [periodUnderWay()] })
  // A second reading: what lies between two is covered.
  await house.read()
  visitor = await signIn(house)
  api = await clientOf(house, 'viewer')
}, 60_000)
afterAll(() => house.close())

async function page(path: string): Promise<string> {
  const answer = await house.app.request(path, { headers: visitor })
  expect(answer.status).toBe(200)
  return answer.text()
}

const core = () => ({
  store: house.store,
  config: { ledger: { timestamps: null } },
  now: house.parts.now,
  publish: async () => {},
})

describe('before anything was drawn, reviewed or declared', () => {
  test.each([
    ['/samples', 'exhibit sample account'],
    ['/reviews', 'exhibit review export --system tailnet'],
  ])('%s says how it begins', async (path, command) => {
    expect(await page(path)).toContain(command)
  })

  test('lists are empty', async () => {
    for (const path of ['/samples', '/reviews']) {
      const { status, body } = await api.get(path)
      expect(status).toBe(200)
      expect(body).toEqual({ items: [], nextCursor: null })
    }
  })
})

describe('periods', () => {
  type Period = {
    id: string
    declared: boolean
    days: number
    begun: number
    left: number
    covered: number
    results: { what: string; population: number; met: number; deviated: number; notDeterminable: number }[]
  }
  test('the last 90 days are there without anybody declaring one, and counts of every test add up', async () => {
    const { body } = await api.get<{ items: Period[] }>('/periods?period=last-90-days')
    const [period] = body.items
    expect(period).toMatchObject({ id: 'last-90-days', declared: false, days: 90, begun: 90, left: 0 })
    expect(period!.covered).toBeGreaterThan(0)
    expect(period!.results.length).toBeGreaterThan(20)
    for (const { population, met, deviated, notDeterminable } of period!.results) {
      expect(met + deviated + notDeterminable).toBe(population)
    }
  })

  test('the page has days, gap and every test in words, and never shows a control as passed', async () => {
    const text = await page('/periods?period=last-90-days')
    expect(text).toContain('Days covered')
    expect(text).toContain('Longest gap')
    expect(text).toMatch(/\d of 3 mapped checks met.*other parts of each control are not tested here/)
    expect(text).toContain('aria-label="Results over the period: table"')
    expect(text).toContain('Day by day')
    expect(text).toContain('action="/periods/last-90-days/packet"')
    const own = text.slice(text.indexOf('id="own"'), text.indexOf('id="tests"'))
    expect(own).not.toMatch(/mark-pass|Passes/)
  })

  test('a declared one stands first, under way, and on the overview with its days', async () => {
    const { body } = await api.get<{ items: Period[]; nextCursor: string | null }>('/periods')
    expect(body.items.map(({ id, declared }) => [id, declared])).toEqual([
      ['soc2', true],
      ['last-90-days', false],
    ])
    expect(body.items[0]).toMatchObject({ days: 91, begun: 61, left: 30 })
    const paged = await api.get<{ items: Period[]; nextCursor: string | null }>('/periods?limit=1')
    expect(paged.body.nextCursor).not.toBeNull()
    expect(await page('/periods')).toContain('href="/periods?period=soc2" aria-current="page"')
    const overview = await page('/')
    expect(overview).toContain('The audit period: SOC 2 Type II')
    expect(overview).toMatch(/Days left<\/dt><dd>30</)
    expect(overview).not.toContain('being worked out')
  })

  test('an answer that has not changed is not sent again', async () => {
    const first = await api.get('/periods?period=last-90-days')
    const again = await api.get('/periods?period=last-90-days', { 'if-none-match': first.headers.get('etag')! })
    expect(again.status).toBe(304)
  })

  test('a period that is none has no page, and no leavers', async () => {
    expect((await house.app.request('/periods?period=never', { headers: visitor })).status).toBe(404)
    expect((await house.app.request('/leavers?period=never', { headers: visitor })).status).toBe(404)
    expect((await api.get('/leavers?period=never')).status).toBe(400)
  })

  test('its packet is one button away, and its state and file stand among the exports', async () => {
    const answer = await house.app.request('/periods/last-90-days/packet', {
      method: 'POST',
      headers: { ...visitor, 'sec-fetch-site': 'same-origin' },
    })
    expect(answer.status).toBe(303)
    expect(answer.headers.get('location')).toBe('/exports?said=begun')
    await expect.poll(async () => (await page('/exports')).includes('Ready')).toBe(true)
    const link = /href="(\/api\/v1\/jobs\/[^"]+\/file)"/.exec(await page('/exports'))![1]!
    const file = await house.app.request(link, { headers: visitor })
    expect(file.status).toBe(200)
    expect(await file.text()).toBe('PK')
  })
})

describe('leavers', () => {
  test('are told in pages, each with its bounds and its clock, as the page tells them', async () => {
    type Leavers = {
      items: { person: string; name: string | null; clock: string; dueAt: string | null }[]
      nextCursor: string | null
    }
    const { body } = await api.get<Leavers>('/leavers?period=last-90-days')
    expect(body.items.length).toBeGreaterThan(0)
    const text = await page('/leavers?period=last-90-days')
    for (const { person, name } of body.items) expect(text).toContain(name ?? person)
    const first = await api.get<Leavers>('/leavers?period=last-90-days&limit=1')
    const second = await api.get<Leavers>(`/leavers?period=last-90-days&limit=1&cursor=${first.body.nextCursor}`)
    expect([...first.body.items, ...second.body.items]).toEqual(body.items.slice(0, 2))
  })
})

describe('reviews', () => {
  let folder: string
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'exhibit-reviews-'))
    const acts = reviewActs(core(), signal)
    const { sheet } = await acts.freeze({ system: 'tailnet', asOf: 'latest', by: 'eve' })
    writeFileSync(join(folder, 'r.csv'), [...sheet].join(''))
    const rows = parse(readFileSync(join(folder, 'r.csv')), { bom: true, columns: true }) as Record<string, string>[]
    const leaver = rows.findIndex(({ status }) => status === 'active')
    const decided = rows.map((row, at) => ({
      ...row,
      decision: at === leaver ? 'remove' : 'keep',
      reason: at === leaver ? 'left in spring' : '',
      reviewer: 'somebody.else@elsewhere.example',
    }))
    await acts.sign({ file: Buffer.from(stringify(decided, ',')), by: 'Grace' })
    await acts.freeze({ system: 'tailnet', asOf: 'latest', by: 'eve' })
    await house.read()
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  test('what was decided and is still to be done stands first, with where to do it', async () => {
    const text = await page('/reviews')
    const open = text.slice(text.indexOf('id="open"'), text.indexOf('id="reviews"'))
    expect(open).toContain('left in spring')
    expect(open).toContain('Suspend user or Delete user')
    expect(text).toContain('1 of 1 open')
    expect(text).toContain('Waits for decisions')
  })

  test('the API tells the same, newest first, in pages', async () => {
    type Reviews = {
      items: { id: string; state: string; followUps: { doneAt: string | null }[] }[]
      nextCursor: string | null
    }
    const { body } = await api.get<Reviews>('/reviews')
    expect(body.items.map(({ id, state }) => [id, state])).toEqual([
      ['R-2', 'frozen'],
      ['R-1', 'signed'],
    ])
    expect(body.items[1]!.followUps.map(({ doneAt }) => doneAt)).toEqual([null])
    const first = await api.get<Reviews>('/reviews?limit=1')
    const second = await api.get<Reviews>(`/reviews?limit=1&cursor=${first.body.nextCursor}`)
    expect(second.body.items).toEqual(body.items.slice(1))
    expect(second.body.nextCursor).toBeNull()
  })
})

describe('samples', () => {
  beforeAll(async () => {
    const acts = sampleActs(core(), signal)
    await acts.seal({ kind: 'account', span: null, by: 'eve' })
    await acts.seal({ kind: 'device', span: null, by: 'eve' })
    await acts.draw({ kind: 'account', span: null, frame: null, seed: '<b>42</b>', size: 3, by: 'eve' })
  })

  test('frames and draws stand on the page with how to draw them again', async () => {
    const text = await page('/samples')
    expect(text).toContain('F-2')
    expect(text).toContain('D-1')
    expect(text).toContain('&lt;b&gt;42&lt;/b&gt;')
    expect(text).toContain('sha256sum keys.txt')
    expect(text).toContain('Nothing was drawn from it yet')
  })

  test('the API lists frames with their draws, newest first, in pages', async () => {
    type Frames = { items: { id: string; digest: string; draws: { keys: string[] }[] }[]; nextCursor: string | null }
    const { body } = await api.get<Frames>('/samples')
    expect(body.items.map(({ id }) => id)).toEqual(['F-2', 'F-1'])
    expect(body.items[1]!.draws[0]!.keys).toHaveLength(3)
    const first = await api.get<Frames>('/samples?limit=1')
    const second = await api.get<Frames>(`/samples?limit=1&cursor=${first.body.nextCursor}`)
    expect(second.body.items).toEqual(body.items.slice(1))
    expect((await api.get('/samples?cursor=nonsense')).status).toBe(400)
  })
})
