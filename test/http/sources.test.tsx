import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { SourceState } from '../../src/domain/snapshot.ts'
import { createApp } from '../../src/http/app.tsx'
import type { HttpParts } from '../../src/http/parts.ts'
import { recordsText } from '../../src/http/source-words.ts'
import { type House, openHouse, signIn } from './house.ts'

let house: House
let visitor: { cookie: string; host: string }
beforeAll(async () => {
  house = await openHouse()
  visitor = await signIn(house)
})
afterAll(() => house.close())

/** The same house with the state of one source written over. */
function appWith(source: string, over: Partial<SourceState>, parts: Partial<HttpParts> = {}) {
  return createApp({
    ...house.parts,
    async report(asOf) {
      const report = await house.parts.report(asOf)
      return {
        ...report,
        sources: report.sources.map((state) => (state.id === source ? { ...state, ...over } : state)),
      }
    },
    ...parts,
  })
}

const form = { 'sec-fetch-site': 'same-origin', 'content-type': 'application/x-www-form-urlencoded' }

test('what a source holds comes before what happened lately, however much that was', () => {
  const records = { audit: 2177, auditlog: 1, device: 40, total: 1, account: 10, setting: 11 }
  expect(recordsText(records)).toBe('40 devices, 11 settings, 10 accounts, 2,177 vendor log events')
  expect(recordsText(records, 3)).toBe('40 devices, 11 settings, 10 accounts and 1 more kind')
})

describe('a source that waits for confirmation', () => {
  const held: Partial<SourceState> = {
    status: 'held',
    error: { code: 'population_fell', message: 'edr: 60 EDR/MDM records are gone of 80.' },
  }

  test('says so in people’s words, shows what is gone, and asks for a reason', async () => {
    const app = appWith('edr', held, {
      lastPull: async (source) => ({
        ...(await house.parts.lastPull(source))!,
        outcome: 'held',
        fall: { agent: [80, 20] },
      }),
    })
    const text = await (await app.request('/sources/edr', { headers: visitor })).text()
    expect(text).toContain('Waiting for your confirmation')
    expect(text).not.toMatch(/\bheld\b/i)
    expect(text).toContain('80 EDR/MDM records before, 20 now')
    expect(text).toMatch(/<textarea name="because"[^>]*required/)
    expect(text).toContain('commandfor="accept"')
  })

  test('is accepted with a reason, which is handed on with who gave it', async () => {
    const accepted: string[][] = []
    const app = appWith('edr', held, { accept: async (...said) => void accepted.push(said) })
    const post = (because: string) =>
      app.request('/sources/edr/accept', {
        method: 'POST',
        headers: { ...visitor, ...form },
        body: new URLSearchParams({ because }),
      })
    for (const bad of ['', '  ', 'x'.repeat(1001)]) expect((await post(bad)).status).toBe(400)
    expect(accepted).toEqual([])
    const answer = await post(' Sixty laptops were sold. ')
    expect(answer.status).toBe(303)
    expect(answer.headers.get('location')).toBe('/sources/edr?said=accepted')
    expect(accepted).toEqual([['edr', 'Sixty laptops were sold.', 'admin (signed in by link)']])
  })

  test('where nothing is held, says that nothing was accepted', async () => {
    const answer = await house.app.request('/sources/edr/accept', {
      method: 'POST',
      headers: { ...visitor, ...form },
      body: new URLSearchParams({ because: 'because I can' }),
    })
    expect(answer.status).toBe(400)
  })
})

test.each([
  [
    { status: 'failed', error: { code: 'server_error', message: 'GET /agents answered 503' } },
    'GET /agents answered 503',
  ],
  [
    { status: 'paused', pausedUntil: '2026-11-21T10:00:00.000Z', error: null },
    'not tried again before 2026-11-21 10:00 UTC',
  ],
  [{ status: 'stale' }, 'older than its freshness allows'],
  [{ status: 'never', collectedAt: null }, 'No attempt has ended yet'],
] as const)('a source that is %o says why in one line, on the overview too', async (over, says) => {
  const app = appWith('edr', over)
  for (const path of ['/', '/sources', '/sources/edr']) {
    const text = await (await app.request(path, { headers: visitor })).text()
    expect(text).toContain(says)
    expect(text).not.toContain('All 5 sources were read completely')
  }
})

describe('pull now', () => {
  test('asks for one source or for all, and for nothing that there is not', async () => {
    const asked: (readonly string[] | null)[] = []
    const app = appWith('edr', {}, { pull: (sources) => void asked.push(sources) })
    const post = (body: Record<string, string>) =>
      app.request('/pulls', { method: 'POST', headers: { ...visitor, ...form }, body: new URLSearchParams(body) })
    expect((await post({ source: 'mdm' })).headers.get('location')).toBe('/sources/mdm?said=pull')
    expect((await post({})).headers.get('location')).toBe('/sources?said=pull')
    expect((await post({ source: 'elsewhere' })).status).toBe(400)
    expect(asked).toEqual([['mdm'], null])
  })

  test('is told live: what is being read, and then that there is a newer reading', async () => {
    const answer = await house.app.request('/events', { headers: visitor })
    expect(answer.headers.get('content-type')).toContain('text/event-stream')
    const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader()
    const told: { running: boolean; lines: string[]; read: string }[] = []
    const next = async () => {
      const { value } = await reader.read()
      for (const [, data] of value!.matchAll(/^data: (.*)$/gm)) told.push(JSON.parse(data!))
    }
    await next()
    const before = told[0]!.read
    const ended = house.read()
    while (told.at(-1)!.read === before) await next()
    await ended
    await reader.cancel()
    expect(told.some(({ running, lines }) => running && lines.length > 0)).toBe(true)
  })
})
