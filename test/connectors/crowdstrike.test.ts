import { afterEach, describe, expect, test } from 'vitest'
import { retryAfter } from '../../src/connectors/crowdstrike/client.ts'
import { crowdstrike } from '../../src/connectors/crowdstrike/index.ts'
import type { Page } from '../../src/domain/connector.ts'
import type { AnyRecord } from '../../src/domain/record.ts'
import { type CrowdStrikeSimulatorOptions, crowdstrikeSimulator } from '../../src/simulators/crowdstrike.ts'
import type { Fault } from '../../src/simulators/faults.ts'
import { type Served, serveSimulator } from '../../src/simulators/server.ts'
import { spec } from '../helpers/specs.ts'
import { collectPages, TEST_START, testTools } from '../helpers/tools.ts'

type Row = Record<string, unknown>

const aid = (n: number) => n.toString(16).padStart(32, '0')

function host(n: number, over: Row = {}): Row {
  return {
    device_id: aid(n),
    cid: 'c1d',
    hostname: `MBP-${n}`,
    serial_number: `C02C${n}`,
    platform_name: 'Mac',
    os_version: 'Sequoia (15)',
    agent_version: '7.29.20108.0',
    product_type_desc: 'Workstation',
    status: 'normal',
    reduced_functionality_mode: 'no',
    last_seen: '2026-11-20T08:36:30Z',
    modified_timestamp: '2026-11-20T08:40:00Z',
    external_ip: '203.0.113.24',
    ...over,
  }
}
function assessment(n: number, overall: number | null): Row {
  return { aid: aid(n), cid: 'c1d', assessment: overall === null ? null : { overall, os: 65, sensor_config: 2 } }
}

let open: { close(): Promise<void> }[] = []
afterEach(async () => {
  await Promise.all(open.map((thing) => thing.close()))
  open = []
})

interface Setting {
  hosts?: Row[]
  hidden?: Row[]
  assessments?: Row[]
  faults?: Fault[]
  grants?: string[]
  home?: CrowdStrikeSimulatorOptions['home']
  secret?: string
  memberCid?: string
  /** Changes answers or the clock between the simulator and the wire. */
  around?: (served: Served, clock: { ms: number }) => Served['fetch']
}

async function falcon(setting: Setting = {}) {
  const clock = { ms: Date.parse(TEST_START) }
  const world = {
    cid: 'c1d',
    hosts: setting.hosts ?? [host(1), host(2)],
    hidden: setting.hidden ?? [],
    assessments: setting.assessments ?? [assessment(1, 19), assessment(2, 100)],
  }
  const simulator = crowdstrikeSimulator({
    world,
    now: () => new Date(clock.ms),
    ...(setting.grants === undefined ? {} : { grants: setting.grants }),
    ...(setting.home === undefined ? {} : { home: setting.home }),
  })
  const served: Served = { ...simulator, fetch: setting.around?.(simulator, clock) ?? simulator.fetch }
  const server = await serveSimulator(served, { faults: setting.faults ?? [] })
  const real = testTools({ base: server.url, source: 'falcon' })
  const tools = { ...real, now: () => new Date(clock.ms).toISOString() }
  open.push(tools, server)
  const given = simulator.credentials[0]!
  const config = crowdstrike.config.parse({
    id: 'falcon',
    kind: 'crowdstrike',
    baseUrl: server.url.href,
    credential: { ...given, ...(setting.secret === undefined ? {} : { clientSecret: setting.secret }) },
    ...(setting.memberCid === undefined ? {} : { memberCid: setting.memberCid }),
  })
  const calls = (path: string) => server.requests.filter((request) => request.path.startsWith(path)).length
  return {
    world,
    server,
    tools,
    config,
    calls,
    pages: () => collectPages(crowdstrike, config, tools, { source: 'falcon' }),
  }
}

const readingsOf = (pages: readonly Page[]) => pages.map((page) => crowdstrike.read(page, { timeZone: 'UTC' }))
const recordsOf = (pages: readonly Page[]): AnyRecord[] => readingsOf(pages).flatMap(({ records }) => [...records])
const blindOf = (pages: readonly Page[]) => readingsOf(pages).flatMap(({ blind }) => [...blind])
const agentsOf = (pages: readonly Page[]) => recordsOf(pages).filter((record) => record.kind === 'agent')
const scoresOf = (pages: readonly Page[]) => recordsOf(pages).filter((record) => record.kind === 'score')
const totalsOf = (pages: readonly Page[]) =>
  Object.fromEntries(
    recordsOf(pages).flatMap((record) => (record.kind === 'total' ? [[record.key, record.value]] : [])),
  )

async function refusal(setting: Setting): Promise<{ code: string; message: string }> {
  const { pages } = await falcon(setting)
  return pages()
    .then(recordsOf)
    .then(
      () => expect.unreachable('the pull was accepted'),
      (error: unknown) => error as { code: string; message: string },
    )
}

/** Every JSON answer of one path as `change` leaves it. */
function changing(path: string, change: (body: Row, call: number) => void): NonNullable<Setting['around']> {
  let calls = 0
  return (served) => async (request) => {
    const response = await served.fetch(request)
    if (new URL(request.url).pathname !== path || response.status !== 200) return response
    const body = (await response.json()) as Row
    calls += 1
    change(body, calls)
    return new Response(JSON.stringify(body), response)
  }
}

const HOSTS = '/devices/combined/devices/v1'
const SCORES = '/zero-trust-assessment/queries/assessments/v1'
const SCROLL = '/devices/queries/devices-scroll/v1'
const paginationOf = (body: Row) => (body['meta'] as { pagination: Row }).pagination

describe('a whole reading', () => {
  test('hosts become agents, scores join them by their id', async () => {
    const all = await (await falcon()).pages()
    expect(agentsOf(all)[0]).toEqual({
      kind: 'agent',
      source: 'falcon',
      key: aid(1),
      vendor: 'crowdstrike',
      hostname: 'MBP-1',
      serial: 'C02C1',
      platform: 'Mac',
      lastSeen: '2026-11-20T08:36:30.000Z',
      changedAt: '2026-11-20T08:40:00.000Z',
      removed: false,
      assignedTo: null,
      values: {
        status: 'normal',
        reduced_functionality_mode: 'no',
        agent_version: '7.29.20108.0',
        platform_name: 'Mac',
        os_version: 'Sequoia (15)',
        product_type_desc: 'Workstation',
        host_hidden_status: null,
      },
      unread: [],
    })
    expect(scoresOf(all)).toEqual([
      { kind: 'score', source: 'falcon', key: aid(1), value: 19, unread: [] },
      { kind: 'score', source: 'falcon', key: aid(2), value: 100, unread: [] },
    ])
    expect(totalsOf(all)).toEqual({ agent: 2, 'agent-hidden': 0, score: 2 })
    expect(blindOf(all)).toEqual([])
  })

  test('walks many pages of hosts and scores with one token', async () => {
    const { pages, calls } = await falcon({
      hosts: Array.from({ length: 5003 }, (_, n) => host(n)),
      assessments: Array.from({ length: 2500 }, (_, n) => assessment(n, n % 101)),
    })
    const all = await pages()
    expect(all.map(({ place }) => place)).toEqual([
      'scores page 1',
      'scores page 2',
      'scores page 3',
      'hosts page 1',
      'hosts page 2',
      'hidden hosts page 1',
    ])
    expect(new Set(agentsOf(all).map(({ key }) => key)).size).toBe(5003)
    expect(scoresOf(all)).toHaveLength(2500)
    expect(calls('/oauth2/token')).toBe(1)
  })

  test('asks only for the fields that records hold', async () => {
    const all = await (await falcon()).pages()
    const page = all.find(({ place }) => place === 'hosts page 1')!
    expect(Buffer.from(page.body).toString()).not.toContain('external_ip')
  })

  test('an empty tenant is read as none', async () => {
    const all = await (await falcon({ hosts: [], assessments: [] })).pages()
    expect(recordsOf(all).filter(({ kind }) => kind !== 'total')).toEqual([])
    expect(totalsOf(all)).toEqual({ agent: 0, 'agent-hidden': 0, score: 0 })
  })

  test('hidden hosts are agents that were removed', async () => {
    const all = await (await falcon({ hidden: [host(9)] })).pages()
    expect(agentsOf(all).map(({ hostname, removed }) => [hostname, removed])).toEqual([
      ['MBP-1', false],
      ['MBP-2', false],
      ['MBP-9', true],
    ])
    expect(totalsOf(all)['agent-hidden']).toBe(1)
  })

  test.each([
    { name: 'no serial number at all', over: { serial_number: undefined }, want: { serial: null, unread: [] } },
    { name: 'the empty serial number of an iPhone', over: { serial_number: '' }, want: { serial: null, unread: [] } },
    {
      name: 'a blank mode is no answer',
      over: { reduced_functionality_mode: '' },
      want: { values: expect.objectContaining({ reduced_functionality_mode: null }), unread: [] },
    },
    {
      name: 'a mode that is no word',
      over: { reduced_functionality_mode: false },
      want: {
        values: expect.objectContaining({ reduced_functionality_mode: null }),
        unread: ['reduced_functionality_mode'],
      },
    },
    { name: 'a time that is none', over: { last_seen: 'yesterday' }, want: { lastSeen: null, unread: ['last_seen'] } },
  ])('$name', async ({ over, want }) => {
    const [agent] = agentsOf(await (await falcon({ hosts: [host(1, over)] })).pages())
    expect(agent).toMatchObject(want)
  })

  test('a host without an assessment has no score record, and a blank assessment none either', async () => {
    const all = await (await falcon({ assessments: [assessment(2, null)] })).pages()
    expect(scoresOf(all)).toEqual([])
  })

  test('a score that is no number is unknown, never zero', async () => {
    const around = changing(SCORES, (body) => {
      for (const row of body['resources'] as Row[]) row['score'] = '19'
    })
    const scores = scoresOf(await (await falcon({ around })).pages())
    expect(scores.map(({ value, unread }) => [value, unread])).toEqual([
      [null, ['score']],
      [null, ['score']],
    ])
  })

  test('success without an error list is success', async () => {
    const around = changing(HOSTS, (body) => {
      body['errors'] = null
    })
    expect(agentsOf(await (await falcon({ around })).pages())).toHaveLength(2)
  })

  test('fields that nobody knows change nothing', async () => {
    const plain = recordsOf(await (await falcon()).pages())
    const faults: Fault[] = [
      { kind: 'extra_fields', endpoint: 'hosts' },
      { kind: 'proto_pollution', endpoint: 'scores' },
    ]
    expect(recordsOf(await (await falcon({ faults })).pages())).toEqual(plain)
  })
})

describe('the token', () => {
  test('is made anew shortly before it ends, within a walk', async () => {
    const { pages, calls, tools } = await falcon({
      assessments: Array.from({ length: 25_000 }, (_, n) => assessment(n, 50)),
      // A slow vendor: each page of scores takes a minute and a half, 25 of them longer than a token lives.
      around: (served, clock) => (request) => {
        if (request.url.includes(SCORES)) clock.ms += 90_000
        return served.fetch(request)
      },
    })
    expect(scoresOf(await pages())).toHaveLength(25_000)
    expect(calls('/oauth2/token')).toBe(2)
    expect(tools.notes.every(({ status }) => status < 400)).toBe(true)
  })

  test('that was ended early is replaced once', async () => {
    const { pages, calls } = await falcon({ faults: [{ kind: 'status', status: 401, endpoint: 'hosts', times: 1 }] })
    expect(agentsOf(await pages())).toHaveLength(2)
    expect(calls('/oauth2/token')).toBe(2)
  })

  test('that is refused twice ends the pull', async () => {
    const { pages, calls } = await falcon({ faults: [{ kind: 'status', status: 401, endpoint: 'scores' }] })
    await expect(pages()).rejects.toMatchObject({ code: 'auth_failed' })
    expect(calls('/oauth2/token')).toBe(2)
    expect(calls(SCORES)).toBe(2)
  })

  test('never shows in messages, and its answer is not kept', async () => {
    const { tools, pages } = await falcon()
    const all = await pages()
    expect(tools.notes.find(({ place }) => place === 'token')).toMatchObject({ status: 201, sha256: null })
    expect(all.some(({ place }) => place === 'token')).toBe(false)
  })

  test('is asked for a child of a managing parent', async () => {
    expect(agentsOf(await (await falcon({ memberCid: 'c1d' })).pages())).toHaveLength(2)
    expect(await refusal({ memberCid: 'other' })).toMatchObject({ code: 'auth_failed' })
  })

  test.each<{ name: string; setting: Setting; says: RegExp }>([
    { name: 'a wrong secret', setting: { secret: 'wrong-secret' }, says: /the secret is wrong/ },
    {
      name: 'an unknown client id',
      setting: {
        faults: [
          {
            kind: 'status',
            status: 400,
            endpoint: 'token',
            body: '{"errors":[{"code":400,"message":"Failed to generate access token for clientID=x."}]}',
          },
        ],
      },
      says: /client id is not known/,
    },
    {
      name: 'an address that is not on the allowlist',
      setting: {
        faults: [
          {
            kind: 'status',
            status: 403,
            endpoint: 'token',
            body: '{"errors":[{"code":403,"message":"access denied, authorization failed"}]}',
          },
        ],
      },
      says: /IP allowlist/,
    },
  ])('$name is told apart', async ({ setting, says }) => {
    const error = await refusal(setting)
    expect(error.code).toBe('auth_failed')
    expect(error.message).toMatch(says)
    expect(error.message).not.toContain('wrong-secret')
  })
})

describe('the wrong cloud', () => {
  test.each([
    {
      name: 'by its address',
      home: { region: 'us-2', origin: 'https://api.us-2.crowdstrike.com' },
      says: /Set baseUrl: https:\/\/api\.us-2\.crowdstrike\.com/,
    },
    {
      name: 'by its region',
      home: { region: 'eu-1', origin: 'https://elsewhere.example' },
      says: /Set baseUrl: https:\/\/api\.eu-1\.crowdstrike\.com/,
    },
    {
      name: 'but never a host that is not the vendor’s',
      home: { region: 'moon', origin: 'https://api.crowdstrike.com.example' },
      says: /shown beside the API client/,
    },
  ])('is refused, and the right one named $name', async ({ home, says }) => {
    const { pages, calls } = await falcon({ home })
    const error = await pages().catch((caught: unknown) => caught as Error)
    expect(error).toMatchObject({ code: 'redirect_refused', message: expect.stringMatching(says) })
    expect((error as Error).message).not.toContain('.example')
    expect(calls('/')).toBe(1)
  })

  test('is noticed on a data call as well', async () => {
    const fault: Fault = {
      kind: 'redirect',
      status: 308,
      location: `https://api.us-2.crowdstrike.com${SCORES}`,
      endpoint: 'scores',
    }
    expect(await refusal({ faults: [fault] })).toMatchObject({ code: 'redirect_refused' })
  })
})

describe('a scope that is missing', () => {
  test('without Zero Trust Assessment: Read the scores are hidden and the hosts stand', async () => {
    const all = await (await falcon({ grants: ['Hosts: Read'] })).pages()
    expect(agentsOf(all)).toHaveLength(2)
    expect(blindOf(all)).toEqual([
      { kind: 'score', fields: null, scope: 'Zero Trust Assessment: Read', because: `GET ${SCORES} answered 403` },
    ])
  })

  test('without Hosts: Read the hosts are hidden and the scores stand', async () => {
    const all = await (await falcon({ grants: ['Zero Trust Assessment: Read'] })).pages()
    expect(scoresOf(all)).toHaveLength(2)
    expect(blindOf(all)).toEqual([
      { kind: 'agent', fields: null, scope: 'Hosts: Read', because: `GET ${HOSTS} answered 403` },
    ])
  })

  test('without both nothing was read', async () => {
    const error = await refusal({ grants: [] })
    expect(error).toMatchObject({
      code: 'forbidden',
      message: expect.stringMatching(/Hosts: Read and Zero Trust Assessment: Read/),
    })
  })

  test('a refusal of the hidden hosts alone hides only whether a host was hidden', async () => {
    const all = await (await falcon({ faults: [{ kind: 'status', status: 403, endpoint: 'hidden' }] })).pages()
    expect(agentsOf(all)).toHaveLength(2)
    expect(blindOf(all)).toMatchObject([{ kind: 'agent', fields: ['host_hidden_status'], scope: 'Hosts: Read' }])
  })
})

describe('a walk that breaks', () => {
  const many = Array.from({ length: 12_000 }, (_, n) => host(n))

  /** The clock jumps before the second page of hosts, so often as told. */
  const slow = (times: number): NonNullable<Setting['around']> => {
    let left = times
    return (served, clock) => (request) => {
      if (request.url.includes(HOSTS) && request.url.includes('offset=') && left > 0) {
        left -= 1
        clock.ms += 121_000
      }
      return served.fetch(request)
    }
  }

  test('is started over once when its page token ran out', async () => {
    const { pages } = await falcon({ hosts: many, around: slow(1) })
    const all = await pages()
    expect(all.filter(({ place }) => place.startsWith('hosts page'))).toHaveLength(3)
    expect(new Set(agentsOf(all).map(({ key }) => key)).size).toBe(12_000)
  })

  test('ends the pull when it runs out again', async () => {
    expect(await refusal({ hosts: many, around: slow(2) })).toMatchObject({ code: 'vendor_error' })
  })

  test('is started over when it gave other rows than announced', async () => {
    const around = changing(HOSTS, (body, call) => {
      if (call === 1) paginationOf(body)['total'] = 1
    })
    expect(agentsOf(await (await falcon({ around })).pages())).toHaveLength(2)
  })

  test('with a token that comes again is a loop', async () => {
    const faults: Fault[] = [{ kind: 'repeat_cursor', endpoint: 'scores' }]
    const assessments = Array.from({ length: 3500 }, (_, n) => assessment(n, 50))
    expect(await refusal({ assessments, faults })).toMatchObject({ code: 'pagination_loop' })
  })

  test('with fewer scores than announced is no reading', async () => {
    const faults: Fault[] = [{ kind: 'shrink_list', share: 0.5, endpoint: 'scores' }]
    expect(await refusal({ faults })).toMatchObject({ code: 'count_mismatch' })
  })
})

describe('a combined list that names no next page', () => {
  const hosts = Array.from({ length: 10_500 }, (_, n) => host(n))
  const around = changing(HOSTS, (body) => {
    delete paginationOf(body)['next']
    paginationOf(body)['offset'] = 0
  })

  test('is replaced by the scroll over ids and the records of those ids', async () => {
    const { pages, calls } = await falcon({ hosts, around })
    const all = await pages()
    expect(all.map(({ place }) => place)).toEqual([
      'scores page 1',
      'host ids page 1',
      'host ids page 2',
      'host details page 1',
      'host details page 2',
      'host details page 3',
      'hidden hosts page 1',
    ])
    expect(new Set(agentsOf(all).map(({ key }) => key)).size).toBe(10_500)
    expect(totalsOf(all)['agent']).toBe(10_500)
    expect(calls(HOSTS)).toBe(1)
  })

  test('is taken as whole where it holds all rows', async () => {
    const { pages, calls } = await falcon({ around })
    expect(agentsOf(await pages())).toHaveLength(2)
    expect(calls(SCROLL)).toBe(0)
  })

  test('and a scroll that gives the same ids again is a loop', async () => {
    const first = hosts.slice(0, 10_000).map((row) => row['device_id'])
    const both: Setting['around'] = (served, clock) => {
      const inner = { ...served, fetch: around(served, clock) }
      return changing(SCROLL, (body) => {
        body['resources'] = first
        paginationOf(body)['total'] = 10_500
      })(inner, clock)
    }
    expect(await refusal({ hosts, around: both })).toMatchObject({ code: 'pagination_loop' })
  })

  test('and hosts that are gone before their records are read make it incomplete', async () => {
    const faults: Fault[] = [{ kind: 'shrink_list', share: 0.1, endpoint: 'details' }]
    expect(await refusal({ hosts, around, faults })).toMatchObject({ code: 'count_mismatch' })
  })
})

describe('answers that cannot be read', () => {
  test.each<{ name: string; fault: Fault; code: string }>([
    { name: 'a sign-in page', fault: { kind: 'html200', endpoint: 'hosts' }, code: 'wrong_content_type' },
    { name: 'half a JSON text', fault: { kind: 'half_json', endpoint: 'hosts' }, code: 'not_json' },
    { name: 'a body cut short', fault: { kind: 'truncated', endpoint: 'hosts' }, code: 'truncated' },
    {
      name: 'a list where an object was due',
      fault: { kind: 'json_array_instead', endpoint: 'scores' },
      code: 'schema_mismatch',
    },
    {
      name: 'hosts without ids',
      fault: { kind: 'drop_field', field: 'device_id', endpoint: 'hosts' },
      code: 'schema_mismatch',
    },
    {
      name: 'a token answer without a token',
      fault: { kind: 'status', status: 201, body: '{}', endpoint: 'token' },
      code: 'schema_mismatch',
    },
    {
      name: 'an id that is a number',
      fault: { kind: 'mistype_field', field: 'aid', endpoint: 'scores' },
      code: 'schema_mismatch',
    },
    {
      name: 'errors beside a part of the hosts',
      fault: {
        kind: 'status',
        status: 200,
        body: '{"meta":{},"resources":[],"errors":[{"code":500,"message":"shard failed"}]}',
        endpoint: 'hosts',
      },
      code: 'vendor_error',
    },
  ])('$name', async ({ fault, code }) => {
    expect(await refusal({ faults: [fault] })).toMatchObject({ code })
  })
})

describe('when the vendor asks to wait', () => {
  const epoch = (ms: number) => String((Date.parse(TEST_START) + ms) / 1000)
  test.each([
    { name: 'until the second it names', headers: { 'x-ratelimit-retryafter': epoch(45_000) }, ms: 45_000 },
    { name: 'at least ten seconds', headers: { 'x-ratelimit-retryafter': epoch(1000) }, ms: 10_000 },
    { name: 'at most five minutes', headers: { 'x-ratelimit-retryafter': epoch(3_600_000) }, ms: 300_000 },
    { name: 'a minute where it names no time', headers: {}, ms: 60_000 },
    { name: 'as for any failure where the vendor only failed', status: 502, headers: {}, ms: null },
    { name: 'a minute where the time cannot be read', headers: { 'x-ratelimit-retryafter': 'soon' }, ms: 60_000 },
    { name: 'as for any failure where calls are left', headers: { 'x-ratelimit-remaining': '5998' }, ms: null },
  ])('waits $name', ({ headers, ms, status = 429 }) => {
    expect(retryAfter(headers, Date.parse(TEST_START), status)).toBe(ms)
  })

  test('a 429 is waited out and the walk goes on', async () => {
    const { pages, tools } = await falcon({ faults: [{ kind: 'status', status: 429, endpoint: 'hosts', times: 1 }] })
    expect(agentsOf(await pages())).toHaveLength(2)
    expect(tools.waits).toEqual([60_000])
  })
})

describe('the probe', () => {
  test('names the scopes that are there and those that are not', async () => {
    const { config, tools } = await falcon({ grants: ['Hosts: Read'] })
    expect(await crowdstrike.probe(config, tools)).toMatchObject({
      access: [
        { scope: 'Hosts: Read', state: 'present' },
        { scope: 'Zero Trust Assessment: Read', state: 'missing', detail: `GET ${SCORES} answered 403` },
      ],
      expiresAt: null,
      credential: 'expiry not published by the vendor',
    })
  })

  test('throws for a refused credential', async () => {
    const { config, tools } = await falcon({ secret: 'wrong-secret' })
    await expect(crowdstrike.probe(config, tools)).rejects.toMatchObject({ code: 'auth_failed' })
  })
})

describe('the configuration', () => {
  const credential = { clientId: 'i', clientSecret: 's' }
  test('keeps the origin of the address', () => {
    const section = { id: 'falcon', kind: 'crowdstrike', credential }
    expect(crowdstrike.config.parse({ ...section, baseUrl: 'api.us-2.crowdstrike.com/' })).toMatchObject({
      baseUrl: 'https://api.us-2.crowdstrike.com',
    })
    expect(() => crowdstrike.config.parse({ ...section, baseUrl: 'https://u:p@api.crowdstrike.com' })).toThrow(
      /API address/,
    )
    expect(() => crowdstrike.config.parse(section)).toThrow()
    expect(() =>
      crowdstrike.config.parse({ ...section, baseUrl: 'https://api.crowdstrike.com', cloud: 'us-1' }),
    ).toThrow(/cloud/)
    expect(crowdstrike.config.jsonSchema()).toMatchObject({ type: 'object', additionalProperties: false })
  })

  test('knows the vendor’s clouds and no look-alikes', () => {
    const own = (url: string) => crowdstrike.isVendorHost(new URL(url))
    expect(own('https://api.laggar.gcw.crowdstrike.com')).toBe(true)
    expect(own('https://api.crowdstrike.com.example')).toBe(false)
    expect(own('https://falcon.crowdstrike.com')).toBe(false)
    expect(own('http://api.crowdstrike.com')).toBe(false)
  })
})

const combined = spec('vendors/crowdstrike/devices-combined-v1.json') as Record<'page1' | 'page2_last', unknown> | null
test.skipIf(combined === null)('the published samples give the expected records', () => {
  const page = (body: unknown, place: string, status = 200): Page => ({
    source: 'falcon',
    sha256: '',
    request: 'GET /x',
    place,
    status,
    headers: {},
    body: Buffer.from(JSON.stringify(body)),
    secret: false,
    fetchedAt: TEST_START,
  })
  const hosts = [page(combined!.page1, 'hosts page 1'), page(combined!.page2_last, 'hosts page 2')]
  expect(agentsOf(hosts).map(({ key, hostname, serial, unread }) => [key, hostname, serial, unread])).toEqual([
    ['aaaa0001aaaa0001aaaa0001aaaa0001', 'EXAMPLE-MBP', 'C02EXAMPLE1', []],
    ['aaaa0002aaaa0002aaaa0002aaaa0002', 'SAMPLE-VM-3', null, []],
    ['aaaa0003aaaa0003aaaa0003aaaa0003', 'db-02', 'VMware-42 1a 00 00 00 00 00 00-00 00 00 00 00 00 00 01', []],
  ])
  expect(totalsOf(hosts)).toEqual({ agent: 3 })
  const details = page(spec('vendors/crowdstrike/devices-entities-v2.json'), 'host details page 1')
  expect(agentsOf([details])).toEqual(agentsOf(hosts))
  const scores = page(spec('vendors/crowdstrike/zta-queries-assessments-v1.json'), 'scores page 1')
  expect(scoresOf([scores]).map(({ key, value }) => [key, value])).toEqual([
    ['aaaa0001aaaa0001aaaa0001aaaa0001', 19],
    ['aaaa0002aaaa0002aaaa0002aaaa0002', 100],
  ])
})
