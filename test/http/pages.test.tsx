import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createApp } from '../../src/http/app.tsx'
import { type House, openHouse, signIn } from './house.ts'

let house: House
let visitor: { cookie: string; host: string }
beforeAll(async () => {
  house = await openHouse()
  visitor = await signIn(house)
})
afterAll(() => house.close())

async function page(path: string): Promise<{ status: number; text: string; headers: Headers }> {
  const answer = await house.app.request(path, { headers: visitor })
  return { status: answer.status, text: await answer.text(), headers: answer.headers }
}

async function firstLink(path: string, under: string): Promise<string> {
  const { text } = await page(path)
  const found = [...text.matchAll(/href="([^"]+)"/g)].map(([, href]) => href!.replaceAll('&amp;', '&'))
  const link = found.find((href) => href.startsWith(under) && !href.includes('?'))
  if (link === undefined) throw new Error(`${path} has no link under ${under}`)
  return link
}

describe('every page', () => {
  const paths = [
    '/',
    '/fixes',
    '/checks',
    '/checks/ID-02',
    '/checks/devices-trusted',
    '/controls',
    '/people',
    '/people?view=accounts',
  ]
  const more = ['/devices', '/sources', '/sources/tailnet', '/sources/edr', '/exports', '/design']

  test.each([...paths, ...more])('%s is whole without script, marked DEMO and small', async (path) => {
    const { status, text } = await page(path)
    expect(status).toBe(200)
    expect(text).toMatch(/^<!doctype html><html lang="en">/)
    expect(text).toContain('<strong>DEMO</strong>')
    expect(text).toContain('Not the vendor’s host:')
    expect(text).toContain('Sign out')
    expect(text.match(/<h1>/g)).toHaveLength(1)
    // As it is transferred; style and script come once for all pages.
    expect(gzipSync(text).length).toBeLessThan(60_000)
  })

  test('has no inline script, no inline style, no event handler and no address outside', async () => {
    for (const path of [...paths, ...more]) {
      const { text } = await page(path)
      expect(text).not.toMatch(/<style|<script(?! type="module" src="\/assets\/exhibit\.)/)
      expect(text).not.toMatch(/<[^>]+\s(style|on[a-z]+)=/)
      expect(text).not.toMatch(/(?:src|href|action)="(?:https?:)?\/\//)
    }
  })

  test('keeps the ledger’s words away from people', async () => {
    for (const path of paths) {
      const visible = (await page(path)).text.replace(/<[^>]+>/g, ' ')
      expect(visible).not.toMatch(/\b(waiver|sealed|checkpoint|regressed)\b/i)
    }
  })

  test('style and script are named by their content and kept for ever', async () => {
    const { text } = await page('/')
    for (const [, path] of text.matchAll(/(?:href|src)="(\/assets\/[^"]+)"/g)) {
      const asset = await house.app.request(path!, { headers: { host: 'localhost' } })
      expect(asset.status).toBe(200)
      expect(asset.headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
      expect(asset.headers.get('x-content-type-options')).toBe('nosniff')
    }
  })
})

describe('the overview', () => {
  test('asks its questions in the order that was promised, and keeps no score', async () => {
    const { text } = await page('/')
    const titles = [...text.matchAll(/<h2[^>]*>([^<]+)<\/h2>/g)].map(([, title]) => title)
    expect(titles).toEqual([
      'Can today’s answer be trusted?',
      'Leavers who still have access',
      'To mend, by owner',
      'Not evaluated',
      'Since your last visit',
      'The audit period',
    ])
    expect(text.replace(/<[^>]+>/g, '')).not.toMatch(/\d\s?%/)
  })

  test('names a leaver, the deadline and what is still there', async () => {
    const { text } = await page('/')
    const table = /Leavers who still have access: table(.*?)<\/section>/s.exec(text)![1]!
    expect(table).toContain('Bianca Costa')
    expect(table).toContain('bianca-mbp')
    expect(table).toMatch(/overdue/)
  })

  test('leads in three clicks to why a named device is not trusted and what to do', async () => {
    const { text } = await page('/')
    expect(text).toContain('href="/devices"')
    const device = await firstLink('/devices?verdict=fail', '/devices/')
    const told = (await page(device)).text
    expect(told).toContain('Not trusted')
    expect(told).toContain('the nearest to being met')
    expect(told).toContain('What to do')
  })

  test('knows a second visit from the first', async () => {
    const first = await house.app.request('/', { headers: visitor })
    expect(await first.text()).toContain('This is your first visit')
    const long = new Date(Date.parse(house.parts.now()) - 5 * 3_600_000).toISOString()
    const again = await house.app.request('/', {
      headers: { ...visitor, cookie: `${visitor.cookie}; exhibit-visit=${encodeURIComponent(`~${long}`)}` },
    })
    const told = await again.text()
    expect(told).not.toContain('This is your first visit')
    expect(told).toContain('First seen')
  })

  test('says what has closed since the last visit, and by which cause', async () => {
    const { parts } = house
    const closedAt = parts.now()
    const subject = (key: string) => ({ kind: 'device' as const, source: 'tailnet', key, label: key })
    const interval = { check: 'devices-trusted', system: 'tailnet', status: 'fail' as const, unknownReason: null }
    const app = createApp({
      ...parts,
      closedSince: async () => [
        { ...interval, subject: subject('mended'), firstSeen: closedAt, from: closedAt, closedAt, cause: 'passed' },
        { ...interval, subject: subject('sold'), firstSeen: closedAt, from: closedAt, closedAt, cause: 'subject_gone' },
      ],
    })
    const visit = encodeURIComponent(`~${new Date(Date.parse(closedAt) - 5 * 3_600_000).toISOString()}`)
    const headers = { ...visitor, cookie: `${visitor.cookie}; exhibit-visit=${visit}` }
    const news = (await (await app.request('/', { headers })).text()).split('id="news"')[1]!
    expect(news).toMatch(/mended.*POS-12.*Fails.*It passes now/s)
    expect(news).toMatch(/sold.*The subject is gone/s)
  })
})

describe('filters', () => {
  test('of checks narrow by result, severity, framework, system and text, together', async () => {
    const refs = async (query: string): Promise<string[]> =>
      [...(await page(`/checks?${query}`)).text.matchAll(/<td class="nowrap muted"[^>]*>([^<]+)</g)].map(
        ([, ref]) => ref!,
      )
    const all = await refs('')
    const results = (await house.parts.report('latest')).results
    expect(all).toHaveLength(results.length)
    expect(await refs('result=fail')).toEqual(
      results.filter(({ status }) => status === 'fail').map(({ check }) => check.ref),
    )
    expect(await refs('severity=critical&result=fail')).toEqual(
      results
        .filter(({ status, check }) => status === 'fail' && check.severity === 'critical')
        .map(({ check }) => check.ref),
    )
    expect(await refs('framework=pci-dss&system=tailnet')).toEqual(
      results
        .filter(
          ({ system, check }) =>
            system === 'tailnet' && check.controls.some(({ framework }) => framework === 'pci-dss'),
        )
        .map(({ check }) => check.ref),
    )
    expect(await refs('text=ID-02')).toEqual(['ID-02'])
    expect((await page('/checks?text=nothing-is-called-this')).text).toContain('No check fits these filters')
  })

  test('of one check narrow its subjects by answer and name', async () => {
    const count = async (query: string): Promise<number> =>
      Number(
        /class="paging muted">([\d,]+) subject/
          .exec((await page(`/checks/POS-12?${query}`)).text)![1]!
          .replace(',', ''),
      )
    const result = (await house.parts.report('latest')).results.find(({ check }) => check.ref === 'POS-12')!
    expect(await count('status=fail')).toBe(result.counts.fail)
    expect(await count('status=unknown')).toBe(result.counts.unknown)
    expect(await count('text=anais-mbp')).toBe(1)
  })

  test('of devices find by verdict, platform, missing record and serial', async () => {
    const rows = async (query: string): Promise<string[]> =>
      [...(await page(`/devices?${query}`)).text.matchAll(/<th scope="row"><a href="(\/devices\/[^"]+)"/g)].map(
        ([, path]) => path!,
      )
    const report = await house.parts.report('latest')
    const trusted = report.results.find(({ check }) => check.ref === 'POS-12')!
    expect(await rows('verdict=fail')).toHaveLength(trusted.counts.fail)
    expect(await rows('os=windows')).toHaveLength(
      report.snapshot!.of('device').filter(({ os }) => os === 'windows').length,
    )
    const [device] = report.snapshot!.of('device').filter(({ serials }) => serials.length === 1)
    expect(await rows(`text=${encodeURIComponent(device!.serials[0]!)}`)).toContain(
      `/devices/${device!.source}/${device!.key}`,
    )
    expect((await rows('missing=crowdstrike')).length).toBeGreaterThan(0)
  })

  test('of accounts tell every join and every non-join apart', async () => {
    for (const [joined, says] of [
      ['joined', 'The login is'],
      ['none', 'No e-mail address or alias in the roster is this login'],
      ['shared', 'Shared in from another tailnet'],
      ['service', 'Listed as a service account'],
    ]) {
      const { text } = await page(`/people?view=accounts&joined=${joined}`)
      expect(text).toContain(says)
    }
  })
})

describe('one check', () => {
  test('has counts that reconcile, limits beside the facts and the mapping named as ours', async () => {
    const { text } = await page('/checks/ID-02')
    const sums = [...text.matchAll(/<td class="numeric"[^>]*>([\d,]+)<\/td>/g)]
      .slice(0, 5)
      .map(([, n]) => Number(n!.replace(',', '')))
    const [fail, unknown, pass, none, all] = sums
    expect(fail! + unknown! + pass! + none!).toBe(all)
    expect(text).toContain('our mapping, not the auditor’s conclusion')
    expect(text).toMatch(/Within<\/dt><dd>24h/)
    expect(text).toContain('Suspend user or Delete user')
  })

  test('shows an accepted risk as one, and the subject as failing', async () => {
    const { text } = await page('/checks/crowdstrike-sensor-fully-functional')
    expect(text).toContain('Accepted risks')
    expect(text).toContain('W-1')
    expect(text).toContain('1 accepted risk among them')
  })

  test('that nobody knows is not found', async () => {
    expect((await page('/checks/no-such-check')).status).toBe(404)
    expect((await page('/devices/tailnet/nNone')).status).toBe(404)
    expect((await page('/people/roster/nobody')).status).toBe(404)
    expect((await page('/sources/none')).status).toBe(404)
    expect((await page('/exports/none')).status).toBe(404)
  })
})

test('one person’s page has accounts, devices and what is open', async () => {
  const { text } = await page(await firstLink('/people?state=access', '/people/'))
  expect(text).toContain('In the roster')
  expect(text).toContain('Left, still has access')
  expect(text).toContain('What is open')
})

test('a source says what is hidden, which right would show it, and each call with its digest', async () => {
  const { text } = await page('/sources/tailnet')
  expect(text).toContain('What the credential may not see')
  expect(text).toMatch(/<code>[a-z_:]+<\/code>/)
  expect(text).toContain('Request log of the newest attempt')
  expect(text).toMatch(/<code title="[0-9a-f]{64}">/)
  expect(text).toContain('<th scope="row">GET /api/v2/device/…/attributes</th>')
})

test('exports are files with a name of their own', async () => {
  for (const { id, extension, mediaType } of house.parts.outputs) {
    const { headers, text } = await page(`/exports/${id}`)
    expect(headers.get('content-disposition')).toMatch(
      new RegExp(`^attachment; filename="exhibit-\\d{4}-\\d\\d-\\d\\d-\\d\\d-\\d\\d\\.${extension}"$`),
    )
    expect(headers.get('content-type')).toBe(mediaType)
    expect(text.length).toBeGreaterThan(1000)
  }
})

test('the fix list has every open failure that nobody accepted, each with text to send', async () => {
  const { text } = await page('/fixes')
  expect(text).toContain('Text to send')
  expect(text).toContain('To: Bianca Costa')
  const { text: one } = await page('/fixes?owner=bianca.costa%40northlight.example')
  expect(one.match(/<textarea/g)).toHaveLength(1)
})
