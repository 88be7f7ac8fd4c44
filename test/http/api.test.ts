/** What the API says of the newest reading; every answer is held against the OpenAPI document. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { PROBLEMS } from '../../src/http/problems.ts'
import { type Client, clientOf } from './api-client.ts'
import { type House, openHouse, signIn } from './house.ts'

let house: House
let client: Client
beforeAll(async () => {
  house = await openHouse()
  client = await clientOf(house)
})
afterAll(() => house.close())

interface Rows {
  readonly demo: boolean
  readonly run: string
  readonly items: Record<string, unknown>[]
  readonly nextCursor: string | null
}

/** Of all pages. */
async function rows(path: string): Promise<Record<string, unknown>[]> {
  const all: Record<string, unknown>[] = []
  for (let cursor: string | null = ''; cursor !== null; ) {
    const asked: string = `${path}${path.includes('?') ? '&' : '?'}limit=200${cursor === '' ? '' : `&cursor=${cursor}`}`
    const { body, status }: { body: Rows; status: number } = await client.get<Rows>(asked)
    expect(status).toBe(200)
    expect(body.demo ?? true).toBe(true)
    all.push(...body.items)
    cursor = body.nextCursor
  }
  return all
}

describe('the API has the data of the pages', () => {
  test('people with their state, accounts with how they were joined', async () => {
    expect(await rows('/people')).toContainEqual(
      expect.objectContaining({
        state: 'access',
        person: expect.objectContaining({ email: 'bianca.costa@northlight.example' }),
      }),
    )
    const accounts = (await rows('/accounts')) as { account: { login: string } }[]
    const stranger = accounts.find((row) => row.account.login === 'kestrel-dev@github')
    expect(stranger).toMatchObject({ joined: 'none', person: null })
    expect(stranger).not.toHaveProperty('search')
  })

  test('devices with verdict and vendors; one device with each join, attribute and condition', async () => {
    const devices = (await rows('/devices')) as { label: string; device: { source: string; key: string } }[]
    const infected = devices.find((row) => row.label.startsWith('nl-win-0106'))!
    expect(infected).toMatchObject({ verdict: 'fail', os: 'windows', known: ['sentinelone'] })
    const { body } = await client.get<{
      joins: { vendor: string; why: string | null }[]
      trust: { answer: object }
      attributes: object[]
    }>(`/devices/${infected.device.source}/${infected.device.key}`)
    expect(body.joins.map((join) => [join.vendor, join.why])).toEqual(
      expect.arrayContaining([
        ['sentinelone', null],
        ['crowdstrike', 'no_record'],
      ]),
    )
    expect(body.trust.answer).toMatchObject({ outcome: 'no_match' })
    expect(body.attributes).toContainEqual(
      expect.objectContaining({ attribute: 'sentinelOne:activeThreats', vendorValue: 2 }),
    )
  })

  test('every device can be read by itself', async () => {
    const devices = (await rows('/devices')) as { device: { source: string; key: string } }[]
    for (const { device } of devices) {
      expect((await client.get(`/devices/${device.source}/${device.key}`)).status).toBe(200)
    }
  })

  test('agents with the devices that they are used for, as the devices have it', async () => {
    const agents = (await rows('/agents')) as { agent: { vendor: string }; devices: { key: string }[] }[]
    const devices = (await rows('/devices')) as { device: { key: string }; known: string[] }[]
    for (const { device, known } of devices) {
      const used = agents.filter((row) => row.devices.some(({ key }) => key === device.key))
      expect(used.map(({ agent }) => agent.vendor).toSorted()).toEqual([...known].toSorted())
    }
    const ofKandji = await rows('/agents?vendor=kandji')
    expect(ofKandji).toEqual(agents.filter(({ agent }) => agent.vendor === 'kandji'))
  })

  test('sources, runs, controls, activity', async () => {
    const sources = await rows('/sources')
    expect(sources.map(({ id }) => id)).toEqual(house.parts.sources.map(({ id }) => id).toSorted())
    const [newest] = (await rows('/runs')) as { id: string; sequence: number }[]
    expect(newest).toMatchObject({ id: (await house.store.runs(1))[0]!.id, sequence: 1 })
    expect((await client.get('/controls')).status).toBe(200)
    expect((await client.get('/activity')).body).toMatchObject({ running: false, trouble: null })
  })

  test('checks with their results, and one check by id and by ref, with its subjects in pages', async () => {
    const checks = (await rows('/checks')) as { check: string; ref: string; counts: Record<string, number> }[]
    expect(checks.length).toBeGreaterThan(90)
    const { counts } = checks.find(({ ref }) => ref === 'POS-12')!
    const seen = (await rows('/checks/POS-12')) as unknown as {
      system: string
      subject: { source: string; key: string }
    }[]
    const { body } = await client.get<{ items: object[]; results: { system: string }[] }>('/checks/POS-12?limit=7')
    expect(body.items).toEqual(seen.slice(0, 7))
    expect(new Set(seen.map(({ system }) => system))).toEqual(new Set(body.results.map(({ system }) => system)))
    expect(seen.length).toBe(counts['pass']! + counts['fail']! + counts['unknown']! + counts['not_applicable']!)
    const names = seen.map(({ system, subject }) => `${system} ${subject.source} ${subject.key}`)
    expect(new Set(names).size).toBe(seen.length)
    expect(names).toEqual(names.toSorted())
    const statuses = (await rows('/checks/devices-trusted?status=fail')).map(({ status }) => status)
    expect(statuses).toEqual(Array.from({ length: counts['fail']! }, () => 'fail'))
  })

  test('results whole, as the command has them, and as a table', async () => {
    const { body } = await client.get<{ results: { ref: string; findings: object[] }[]; schema: string }>('/results')
    expect(body.schema).toBe('exhibit.results/1')
    const subjects = body.results.reduce((sum, { findings }) => sum + findings.length, 0)
    const silent = body.results.filter(({ findings }) => findings.length === 0).length
    for (const path of ['/results.csv', '/results?format=csv']) {
      const { body: table, headers } = await client.get<string>(path)
      expect(headers.get('content-type')).toBe('text/csv; charset=utf-8')
      expect(headers.get('content-disposition')).toMatch(/^attachment; filename="exhibit-results-[\d-]+\.csv"$/)
      expect(table.split('\r\n').length - 2).toBeGreaterThanOrEqual(subjects + silent)
    }
  })

  test('findings stand as the report has them: the same failures and unknowns, the same clocks', async () => {
    const { body } = await client.get<{
      results: { check: string; system: string | null; message: string | null; findings: Record<string, unknown>[] }[]
    }>('/results')
    const told = body.results
      .filter(({ message }) => message === null)
      .flatMap(({ check, system, findings }) =>
        findings
          .filter(({ status }) => status === 'fail' || status === 'unknown')
          .map(({ subject, status, unknownReason, firstSeen, sla }) => ({
            check,
            system,
            subject,
            status,
            unknownReason,
            firstSeen,
            sla,
          })),
      )
    const listed = await rows('/findings?state=open')
    const shown = listed.map(({ check, system, subject, status, unknownReason, firstSeen, sla }) => ({
      check,
      system,
      subject,
      status,
      unknownReason,
      firstSeen,
      sla,
    }))
    const inOrder = (list: readonly object[]): string[] => list.map((each) => JSON.stringify(each)).toSorted()
    expect(inOrder(shown)).toEqual(inOrder(told))
    expect(listed.length).toBeGreaterThan(100)
  })
})

describe('as of a moment', () => {
  test.each(['/results', '/sources', '/checks', '/controls', '/checks/ID-02'])('%s is told of a past', async (path) => {
    const before = await client.get<Rows>(`${path}?asOf=2020-01-01T00:00:00Z`)
    expect(before.body).toMatchObject({ run: null, snapshotAt: null })
    const now = await client.get<Rows>(`${path}?asOf=${house.parts.now()}`)
    expect(now.body.run).toBe((await house.store.runs(1))[0]!.id)
  })
})

describe('what is not there, or not so, is a problem with words', () => {
  test.each([
    ['/devices/tailnet/nNOBODY', 404, 'no-such-device'],
    ['/checks/ID-999', 404, 'no-such-check'],
    ['/events/evt_0', 404, 'no-such-event'],
    ['/jobs/none', 404, 'no-such-job'],
    ['/jobs/none/file', 404, 'no-such-job'],
    ['/problems/none', 404, 'no-such-problem'],
    ['/problems/constructor', 404, 'no-such-problem'],
    ['/deliveries/evt_0/grc/attempts', 404, 'no-such-event'],
    ['/findings?limit=0', 400, 'bad-request'],
    ['/findings?limit=201', 400, 'bad-request'],
    ['/findings?limit=many', 400, 'bad-request'],
    ['/findings?limit=1&limit=2', 400, 'bad-request'],
    ['/findings?status=pass', 400, 'bad-request'],
    ['/findings?updatedSince=yesterday', 400, 'bad-request'],
    ['/findings?updatedSince=2026-02-31T00:00:00Z', 400, 'bad-request'],
    ['/people?format=pdf', 400, 'bad-request'],
    ['/results?asOf=now', 400, 'bad-request'],
    ['/findings?staus=fail', 400, 'unknown-parameter'],
    ['/activity?x=1', 400, 'unknown-parameter'],
    ['/people?__proto__=1', 400, 'unknown-parameter'],
    ['/findings?cursor=x', 400, 'bad-cursor'],
  ] as const)('GET %s: %i %s', async (path, status, name) => {
    const answer = await client.get<{ type: string; detail?: string }>(path)
    expect(answer.headers.get('content-type')).toBe('application/problem+json')
    expect(answer.body).toMatchObject({
      type: `/api/v1/problems/${name}`,
      code: name,
      status,
      title: PROBLEMS[name].title,
      detail: expect.stringMatching(/./),
      instance: `/api/v1${path.replace(/\?.*/, '')}`,
    })
    expect(answer.status).toBe(status)
  })

  test('a mistyped parameter is told with the one that was meant', async () => {
    const { body } = await client.get<{ detail: string; errors: object[] }>(
      '/findings?updatedSinse=2026-01-01T00:00:00Z',
    )
    expect(body.detail).toContain('did you mean "updatedSince"?')
    expect(body.errors).toEqual([{ parameter: 'updatedSinse', detail: 'did you mean "updatedSince"?' }])
  })

  const ask = (path: string, init: RequestInit = {}): Promise<Response> =>
    Promise.resolve(
      house.app.request(path, { ...init, headers: { host: 'localhost', authorization: `Bearer ${client.key}` } }),
    )

  test.each([
    ['DELETE', '/api/v1/findings', 'GET, HEAD'],
    ['PUT', '/api/v1/pulls', 'POST'],
    ['OPTIONS', '/api/v1/jobs', 'GET, POST, HEAD'],
    ['PATCH', '/api/v1/devices/tailnet/n1', 'GET, HEAD'],
    ['GET', '/api/v1/deliveries/replay', 'POST'],
  ])('%s %s is not allowed, and what is', async (method, path, allow) => {
    const answer = await ask(path, { method })
    expect(answer.status).toBe(405)
    expect(answer.headers.get('allow')).toBe(allow)
    expect(await answer.json()).toMatchObject({ code: 'method-not-allowed', status: 405 })
  })

  test.each([
    '/api/v1/',
    '/api/v1',
    '/api/v1/nothing',
    '/api/v2/findings',
    '/api/v1/findings/',
    '/api/v1//findings',
    '/API/v1/findings',
  ])('%s is not found, and nothing is served by another spelling', async (path) => {
    const answer = await ask(path)
    expect(answer.status).toBe(404)
    expect(await answer.json()).toMatchObject({ type: '/api/v1/problems/not-found' })
  })

  test('HEAD says what GET would, without a body', async () => {
    for (const path of ['/findings', '/devices', '/results', '/results.csv', '/people?format=csv', '/openapi.json']) {
      const head = await ask(`/api/v1${path}`, { method: 'HEAD' })
      const get = await ask(`/api/v1${path}`)
      expect([head.status, await head.text()]).toEqual([200, ''])
      for (const name of ['etag', 'content-type', 'content-disposition']) {
        expect(head.headers.get(name)).toBe(get.headers.get(name))
      }
      await get.text()
    }
  })
})

describe('tags', () => {
  test.each([
    '/results',
    '/results.csv',
    '/findings',
    '/findings?format=csv',
    '/checks',
    '/checks/ID-02',
    '/controls',
    '/runs',
    '/people',
    '/accounts',
    '/devices?limit=3',
    '/agents',
    '/sources',
    '/webhooks',
    '/deliveries',
  ])('%s is not sent again to who has it, and is sent to who asks otherwise', async (path) => {
    const first = await client.get(path)
    const tag = first.headers.get('etag')!
    expect(tag).toMatch(/^"[0-9a-f]{32}"$/)
    for (const header of [tag, `W/${tag}`, `"other", ${tag}`, '*']) {
      const again = await client.get(path, { 'if-none-match': header })
      expect([again.status, again.body, again.headers.get('etag')]).toEqual([304, null, tag])
    }
    expect((await client.get(path, { 'if-none-match': '"other"' })).status).toBe(200)
  })

  test('differ by filter, page, form and run', async () => {
    const tags = new Set<string | null>()
    const paths = [
      '/findings',
      '/findings?status=fail',
      '/findings?limit=2',
      '/findings?format=csv',
      '/devices',
      '/people',
    ]
    for (const path of paths) tags.add((await client.get(path)).headers.get('etag'))
    expect(tags.size).toBe(paths.length)
    const before = (await client.get('/devices')).headers.get('etag')!
    await house.read()
    expect((await client.get('/devices', { 'if-none-match': before })).status).toBe(200)
  })

  test('a compressed answer is known by the same tag', async () => {
    const packed = await client.get('/devices', { 'accept-encoding': 'gzip' }).catch(() => null)
    // The document is held against text; here only the tag counts.
    const answer = await house.app.request('/api/v1/devices', {
      headers: { host: 'localhost', authorization: `Bearer ${client.key}`, 'accept-encoding': 'gzip' },
    })
    await answer.arrayBuffer()
    expect(packed).toBeNull()
    const tag = answer.headers.get('etag')!
    expect(tag).toMatch(/^W\//)
    expect((await client.get('/devices', { 'if-none-match': tag })).status).toBe(304)
  })
})

describe('starting a reading', () => {
  test('is asked for with or without names, and answers at once', async () => {
    for (const body of [undefined, {}, { sources: ['edr'] }]) {
      const { status, body: activity } = await client.post('/pulls', body)
      expect(status).toBe(202)
      expect(activity).toHaveProperty('running')
    }
    await house.read()
  })

  test.each([
    ['another source', { sources: ['none'] }, '/sources'],
    ['no list', { sources: 'edr' }, '/sources'],
    ['an empty list', { sources: [] }, '/sources'],
    ['another member', { sources: ['edr'], role: 'admin' }, '/role'],
    ['a prototype', '{"__proto__":{"sources":["edr"]}}', '/__proto__'],
  ])('is refused for %s, with its place', async (_, body, pointer) => {
    const { status, body: problem } = await client.post<{ errors: { pointer: string }[] }>('/pulls', body)
    expect(status).toBe(400)
    expect(problem.errors.map((each) => each.pointer)).toContain(pointer)
  })

  test.each([
    ['half a body', '{', 'application/json', 400, 'bad-request'],
    ['a list', '[]', 'application/json', 400, 'bad-request'],
    ['a form', 'sources=edr', 'application/x-www-form-urlencoded', 415, 'unsupported-media-type'],
    ['XML', '<a/>', 'application/xml', 415, 'unsupported-media-type'],
    ['a large body', `{"sources":["${'x'.repeat(70_000)}"]}`, 'application/json', 413, 'too-large'],
  ])('is refused for %s', async (_, body, type, status, code) => {
    const answer = await client.post<{ code: string }>('/pulls', body, { 'content-type': type })
    expect([answer.status, answer.body.code]).toEqual([status, code])
  })
})

test('a session reads the API too', async () => {
  const visitor = await signIn(house)
  expect((await house.app.request('/api/v1/activity', { headers: visitor })).status).toBe(200)
})
