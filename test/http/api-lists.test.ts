/** What all lists of the API do alike: pages, cursors, tables. */
import { parse } from 'csv-parse/sync'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Report } from '../../src/domain/report.ts'
import { makeSnapshot } from '../../src/domain/snapshot.ts'
import { createApp } from '../../src/http/app.tsx'
import { account, NOW, settings, sourceState } from '../helpers/build.ts'
import { type Answered, type Client, clientOf } from './api-client.ts'
import { type House, openHouse } from './house.ts'

let house: House
let client: Client
beforeAll(async () => {
  house = await openHouse()
})
/** One key must not ask as often as all tests do. */
const withOwnKey = (): void =>
  beforeAll(async () => {
    client = await clientOf(house, 'viewer')
  })
afterAll(() => house.close())

type Page = Readonly<Record<string, unknown>> & { readonly items: unknown[]; readonly nextCursor: string | null }

const TABLES = ['/findings', '/people', '/accounts', '/devices', '/agents'] as const
const LISTS = [...TABLES, '/checks', '/checks/POS-12', '/sources', '/webhooks', '/problems'] as const

/** By the links, as a client that follows them. */
async function walked(path: string): Promise<unknown[]> {
  const rows: unknown[] = []
  for (let link: string | null = path; link !== null; ) {
    const { body, headers }: Answered<Page> = await client.get<Page>(link)
    rows.push(...body.items)
    const next: string | null = /^<\/api\/v1([^>]+)>; rel="next"$/.exec(headers.get('link') ?? '')?.[1] ?? null
    expect(next === null).toBe(body.nextCursor === null)
    if (next !== null) expect(next).toContain(body.nextCursor!)
    link = next
  }
  return rows
}

describe('pages', () => {
  withOwnKey()
  test.each(LISTS)('of %s, followed by their links, are the whole list', async (path) => {
    const whole = await walked(`${path}?limit=200`)
    expect(whole.length).toBeGreaterThan(1)
    for (const limit of [1, 3, 17].filter((each) => whole.length / each < 40)) {
      expect(await walked(`${path}?limit=${limit}`)).toEqual(whole)
    }
  })

  test('hold fifty rows where nobody says how many', async () => {
    const { body } = await client.get<Page>('/findings')
    expect(body.items).toHaveLength(50)
    expect(body.nextCursor).not.toBeNull()
  })

  test('are linked with the filters that were asked for, and one cursor', async () => {
    const first = await client.get<Page>('/findings?limit=1&system=tailnet')
    const second = await client.get<Page>(`/findings?cursor=${first.body.nextCursor}&limit=1&system=tailnet`)
    for (const [{ headers, body }, query] of [
      [first, 'limit=1&system=tailnet'],
      [second, 'limit=1&system=tailnet'],
    ] as const) {
      expect(headers.get('link')).toBe(`</api/v1/findings?${query}&cursor=${body.nextCursor}>; rel="next"`)
    }
  })

  test('go on behind a row that is gone', async () => {
    const { body } = await client.get<Page>('/accounts?limit=3')
    const snapshotWithout = (gone: number): Report['snapshot'] =>
      makeSnapshot({
        runId: 'r',
        sequence: 1,
        at: NOW,
        sources: [sourceState()],
        settings: settings(),
        records: [0, 1, 2, 3, 4]
          .filter((n) => n !== gone)
          .map((n) => account({ key: `u${n}`, login: `u${n}@acme.example` })),
      })
    let gone = -1
    let runs = 0
    const report = async (): Promise<Report> => ({
      organization: { id: 'acme', name: 'Acme' },
      demo: true,
      run: null,
      snapshotAt: NOW,
      evaluatedAt: NOW,
      software: '0',
      sources: [],
      disabled: [],
      results: [],
      snapshot: snapshotWithout(gone),
    })
    const newest = async () => [{ ...(await house.store.runs(1))[0]!, id: `run ${++runs}` }]
    const other = await clientOf({ ...house, app: createApp({ ...house.parts, report, runs: newest }) })
    const first = await other.get<Page>('/accounts?limit=2')
    gone = 1
    const rest = await other.get<Page>(`/accounts?limit=10&cursor=${first.body.nextCursor}`)
    const keys = ({ items }: Page) => (items as { account: { key: string } }[]).map((row) => row.account.key)
    expect([keys(first.body), keys(rest.body)]).toEqual([
      ['u0', 'u1'],
      ['u2', 'u3', 'u4'],
    ])
    expect(body.nextCursor).not.toBeNull()
  })

  test('of findings tell of the run of the first, whatever is sealed between them', async () => {
    const { body: first } = await client.get<Page>('/findings?limit=40')
    const whole = await walked('/findings?limit=200')
    await house.read()
    const { body: second } = await client.get<Page>(`/findings?limit=1&cursor=${first.nextCursor}`)
    expect(second['run']).toBe(first['run'])
    expect(second['evaluatedAt']).toBe(first['evaluatedAt'])
    expect([...first.items, ...(await walked(`/findings?limit=40&cursor=${first.nextCursor}`))]).toEqual(whole)
    expect((await client.get<Page>('/findings?limit=1')).body['run']).not.toBe(first['run'])
  })
})

describe('a cursor', () => {
  withOwnKey()
  test.each(LISTS)('of %s is refused with other filters, by another list, and bent', async (path) => {
    const { body } = await client.get<Page>(`${path}?limit=1`)
    const cursor = body.nextCursor!
    const bent = [
      `${cursor}x`,
      cursor.slice(1),
      cursor.slice(0, -3),
      Buffer.from('[]').toString('base64url'),
      Buffer.from('["x",null]').toString('base64url'),
      Buffer.from('null').toString('base64url'),
      'a'.repeat(5_000),
      '%00',
      '../../etc/passwd',
    ]
    for (const each of bent) {
      const {
        status,
        body: problem,
        headers,
      } = await client.get<{ code: string }>(`${path}?limit=1&cursor=${each}`, {
        'if-none-match': '*',
      })
      expect(headers.get('etag')).toBeNull()
      expect([each.slice(0, 20), status, problem.code]).toEqual([each.slice(0, 20), 400, 'bad-cursor'])
    }
    for (const other of LISTS.filter((each) => each !== path)) {
      expect((await client.get(`${other}?limit=1&cursor=${cursor}`)).status).toBe(400)
    }
    const filters: Record<string, string> = {
      '/findings': 'status=fail',
      '/people': 'state=left',
      '/accounts': 'source=tailnet',
      '/devices': 'os=linux',
      '/agents': 'source=edr',
      '/checks': 'status=pass',
      '/checks/POS-12': 'status=fail',
    }
    const filter = filters[path]
    if (filter !== undefined) expect((await client.get(`${path}?${filter}&cursor=${cursor}`)).status).toBe(400)
  })

  test('of anybody’s making never brings down more than its request', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...LISTS), fc.json(), async (path, text) => {
        const { body } = await client.get<Page>(`${path}?limit=1`)
        const [mark] = JSON.parse(Buffer.from(body.nextCursor!, 'base64url').toString()) as [string]
        for (const made of [text, `["${mark}",${text}]`]) {
          const { status } = await client.get(`${path}?limit=2&cursor=${Buffer.from(made).toString('base64url')}`)
          expect([200, 400]).toContain(status)
        }
      }),
      { numRuns: 60 },
    )
  })

  test('of findings cannot ask for a run that is not sealed, nor for a moment that has not come', async () => {
    const { body } = await client.get<Page>('/findings?limit=1')
    const [mark, [sequence, evaluatedAt, before]] = JSON.parse(Buffer.from(body.nextCursor!, 'base64url').toString())
    const bent = [
      [sequence + 1, evaluatedAt, before],
      [sequence, '2100-01-01T00:00:00Z', before],
      [0, evaluatedAt, before],
      [sequence, evaluatedAt, -1],
      [1e300, evaluatedAt, before],
    ]
    for (const place of bent) {
      const cursor = Buffer.from(JSON.stringify([mark, place])).toString('base64url')
      expect((await client.get(`/findings?limit=1&cursor=${cursor}`)).status).toBe(400)
    }
  })
})

describe('tables', () => {
  withOwnKey()
  test.each(TABLES)('of %s have a line for each row, by parameter and by media type', async (path) => {
    const whole = await walked(`${path}?limit=200`)
    for (const [query, headers] of [
      ['?format=csv', {}],
      ['', { accept: 'text/csv' }],
      ['', { accept: 'text/csv, application/json;q=0.5' }],
    ] as const) {
      const answer = await client.get<string>(`${path}${query}`, headers)
      expect(answer.headers.get('content-type')).toBe('text/csv; charset=utf-8')
      expect(answer.headers.get('content-disposition')).toMatch(
        new RegExp(`^attachment; filename="exhibit-${path.slice(1)}-[\\d-]+\\.csv"$`),
      )
      const lines = parse(answer.body, { bom: true, columns: true, skip_empty_lines: false }) as Record<
        string,
        string
      >[]
      expect(lines).toHaveLength(whole.length)
      // Results of a demo say so on every line.
      expect(Object.keys(lines[0]!).at(-1)).toBe('demo')
      expect(new Set(lines.map(({ demo }) => demo))).toEqual(new Set(['true']))
    }
    for (const accept of ['application/json, text/csv;q=0.5', '*/*', 'text/html']) {
      expect((await client.get(path, { accept })).headers.get('content-type')).toBe('application/json')
    }
    const page = await client.get<string>(`${path}?format=csv&limit=2`)
    expect(parse(page.body, { bom: true })).toHaveLength(3)
    expect(page.headers.get('link')).toContain('format=csv')
  })

  test('a name that a spreadsheet would run is led by an apostrophe there, and stands as it is in JSON', async () => {
    const logins = ['=1+1', '+cmd', '-2', '@SUM(A1)', '\tx', '\rx', '\0x', 'a"b', 'a,b', 'a\nb', "'quoted"]
    const snapshot = makeSnapshot({
      runId: 'r',
      sequence: 1,
      at: NOW,
      sources: [sourceState()],
      settings: settings(),
      records: logins.map((login, n) => account({ key: `k${n}`, login })),
    })
    const report = async (): Promise<Report> => ({
      organization: { id: 'acme', name: 'Acme' },
      demo: false,
      run: null,
      snapshotAt: NOW,
      evaluatedAt: NOW,
      software: '0',
      sources: [],
      disabled: [],
      results: [],
      snapshot,
    })
    const other = await clientOf({ ...house, app: createApp({ ...house.parts, report }) })
    const { body } = await other.get<string>('/accounts?format=csv')
    const lines = parse(body, { bom: true, columns: true, relax_quotes: false }) as Record<string, string>[]
    const guarded = logins.map((login) => (/^[=+\-@\t\r\0]/.test(login) ? `'${login}` : login))
    const inOrder = (list: readonly (string | undefined)[]) => list.toSorted()
    expect(inOrder(lines.map(({ login }) => login))).toEqual(inOrder(guarded))
    expect(Object.keys(lines[0]!)).not.toContain('demo')
    const json = await other.get<{ items: { account: { login: string } }[] }>('/accounts')
    expect(inOrder(json.body.items.map((row) => row.account.login))).toEqual(inOrder(logins))
  })
})
