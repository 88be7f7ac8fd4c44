import { afterEach, describe, expect, test } from 'vitest'
import { retryAfter } from '../../src/connectors/kandji/client.ts'
import { kandji } from '../../src/connectors/kandji/index.ts'
import type { Page } from '../../src/domain/connector.ts'
import type { AnyRecord } from '../../src/domain/record.ts'
import type { Fault } from '../../src/simulators/faults.ts'
import { type KandjiSimulatorOptions, kandjiSimulator } from '../../src/simulators/kandji.ts'
import { type Served, serveSimulator } from '../../src/simulators/server.ts'
import { spec } from '../helpers/specs.ts'
import { collectPages, TEST_START, testTools } from '../helpers/tools.ts'

type Row = Record<string, unknown>

const id = (n: number) => `d0000001-0000-4000-8000-${String(n).padStart(12, '0')}`

function prismRow(n: number, over: Row = {}): Row {
  return {
    device_id: id(n),
    serial_number: `C02K${String(n).padStart(6, '0')}`,
    device__name: `Mac ${n}`,
    device__family: 'Mac',
    device__user_email: 'Ada@example.com',
    mdm_enabled: true,
    agent_installed: true,
    agent_version: '5.1.22 (5390)',
    os_version: '15.1',
    blueprint_name: 'Standard Macs',
    last_checkin: '2026-11-20T08:38:54.367429+00:00',
    updated_at: '2026-11-20T08:47:49.933506+00:00',
    tags: null,
    ...over,
  }
}
function fileVaultRow(n: number, over: Row = {}): Row {
  return {
    device_id: id(n),
    serial_number: `C02K${String(n).padStart(6, '0')}`,
    device__family: 'Mac',
    status: true,
    key_escrowed: true,
    key_type: 'Personal',
    ...over,
  }
}
function listRow(n: number, over: Row = {}): Row {
  return {
    device_id: id(n),
    device_name: `Mac ${n}`,
    serial_number: `C02K${String(n).padStart(6, '0')}`,
    platform: 'Mac',
    last_check_in: '2026-11-20T08:38:54.367429Z',
    user: '',
    mdm_enabled: true,
    agent_installed: true,
    is_missing: false,
    is_removed: false,
    first_enrollment: '2026-06-24 14:20:19.961496+00:00',
    ...over,
  }
}

let open: { close(): Promise<void> }[] = []
afterEach(async () => {
  await Promise.all(open.map((thing) => thing.close()))
  open = []
})

interface Setting extends Partial<Omit<KandjiSimulatorOptions, 'world' | 'now'>> {
  prism?: Row[]
  devices?: Row[]
  filevault?: Row[]
  faults?: Fault[]
  apiToken?: string
  /** Changes answers between the simulator and the wire. */
  around?: (served: Served, world: { prism: Row[]; devices: Row[] }) => Served['fetch']
}

async function tenant(setting: Setting = {}) {
  const { prism, devices, filevault, faults, apiToken, around, ...options } = setting
  const world = {
    prism: prism ?? [prismRow(1), prismRow(2)],
    devices: devices ?? [listRow(1), listRow(2)],
    filevault: filevault ?? [fileVaultRow(1), fileVaultRow(2, { status: false })],
  }
  const simulator = kandjiSimulator({ world, now: () => new Date(TEST_START), ...options })
  const served: Served = { ...simulator, fetch: around?.(simulator, world) ?? simulator.fetch }
  const server = await serveSimulator(served, { faults: faults ?? [] })
  const tools = testTools({ base: server.url, source: 'mdm' })
  open.push(tools, server)
  const config = kandji.config.parse({
    id: 'mdm',
    kind: 'kandji',
    baseUrl: server.url.href,
    credential: { apiToken: apiToken ?? simulator.credentials[0]!['apiToken'] },
  })
  const paths = () => server.requests.map(({ path }) => path)
  return { world, tools, config, paths, pages: () => collectPages(kandji, config, tools, { source: 'mdm' }) }
}

const readingsOf = (pages: readonly Page[]) => pages.map((page) => kandji.read(page, { timeZone: 'UTC' }))
const recordsOf = (pages: readonly Page[]): AnyRecord[] => readingsOf(pages).flatMap(({ records }) => [...records])
const blindOf = (pages: readonly Page[]) => readingsOf(pages).flatMap(({ blind }) => [...blind])
const agentsOf = (pages: readonly Page[]) => recordsOf(pages).filter((record) => record.kind === 'agent')
const enrolmentsOf = (pages: readonly Page[]) => recordsOf(pages).filter((record) => record.kind === 'enrolment')
const encryptionsOf = (pages: readonly Page[]) => recordsOf(pages).filter((record) => record.kind === 'encryption')
const totalsOf = (pages: readonly Page[]) => recordsOf(pages).filter((record) => record.kind === 'total')

async function refusal(setting: Setting): Promise<{ code: string; message: string }> {
  return (await tenant(setting))
    .pages()
    .then(recordsOf)
    .then(
      () => expect.unreachable('the pull was accepted'),
      (error: unknown) => error as { code: string; message: string },
    )
}

const many = Array.from({ length: 700 }, (_, n) => prismRow(n))
const manyListed = Array.from({ length: 700 }, (_, n) => listRow(n))

describe('a whole reading', () => {
  test('an inventory row becomes an agent, a listed device its enrolment', async () => {
    const all = await (await tenant()).pages()
    expect(agentsOf(all)[0]).toEqual({
      kind: 'agent',
      source: 'mdm',
      key: id(1),
      vendor: 'kandji',
      hostname: 'Mac 1',
      serial: 'C02K000001',
      platform: 'Mac',
      lastSeen: '2026-11-20T08:38:54.367Z',
      changedAt: '2026-11-20T08:47:49.933Z',
      removed: false,
      assignedTo: 'ada@example.com',
      values: {
        mdm_enabled: true,
        agent_installed: true,
        agent_version: '5.1.22 (5390)',
        device__family: 'Mac',
        os_version: '15.1',
        blueprint_name: 'Standard Macs',
      },
      unread: [],
    })
    expect(enrolmentsOf(all)[0]).toEqual({
      kind: 'enrolment',
      source: 'mdm',
      key: id(1),
      isMissing: false,
      isRemoved: false,
      lastCheckIn: '2026-11-20T08:38:54.367Z',
      mdmEnabled: true,
      agentInstalled: true,
      unread: [],
    })
    expect(encryptionsOf(all)).toEqual([
      { kind: 'encryption', source: 'mdm', key: id(1), on: true, unread: [] },
      { kind: 'encryption', source: 'mdm', key: id(2), on: false, unread: [] },
    ])
    expect(totalsOf(all)).toEqual([{ kind: 'total', source: 'mdm', key: 'agent', value: 2, unread: [] }])
    expect(blindOf(all)).toEqual([])
  })

  test.each([
    { name: 'by offset', setting: {} },
    { name: 'by cursor', setting: { cursors: true } },
    { name: 'by offset where the server caps what we ask for', setting: { mostRows: 100 } },
  ])('walks many pages $name', async ({ setting }) => {
    const all = await (await tenant({ prism: many, devices: manyListed, ...setting })).pages()
    expect(new Set(agentsOf(all).map(({ key }) => key)).size).toBe(700)
    expect(new Set(enrolmentsOf(all).map(({ key }) => key)).size).toBe(700)
    expect(totalsOf(all)).toMatchObject([{ value: 700 }])
  })

  test('sends what each list calls its order, and the offset that arrived', async () => {
    const { pages, paths } = await tenant({ prism: many, devices: [], filevault: [fileVaultRow(1)] })
    await pages()
    expect(paths()).toEqual([
      '/api/v1/prism/count?category=device_information',
      '/api/v1/prism/device_information?limit=300&sort_by=serial_number&offset=0',
      '/api/v1/prism/device_information?limit=300&sort_by=serial_number&offset=300',
      '/api/v1/prism/device_information?limit=300&sort_by=serial_number&offset=600',
      '/api/v1/prism/device_information?limit=300&sort_by=serial_number&offset=700',
      '/api/v1/devices?limit=300&offset=0&ordering=serial_number',
      '/api/v1/prism/filevault?limit=300&sort_by=serial_number&offset=0',
      '/api/v1/prism/filevault?limit=300&sort_by=serial_number&offset=1',
    ])
  })

  test('an empty tenant is read as none', async () => {
    const all = await (await tenant({ prism: [], devices: [], filevault: [] })).pages()
    expect(recordsOf(all)).toEqual([{ kind: 'total', source: 'mdm', key: 'agent', value: 0, unread: [] }])
  })

  test('of a total in the envelope and a count only one becomes a record', async () => {
    const around: Setting['around'] =
      (served, { prism }) =>
      async (request) => {
        const response = await served.fetch(request)
        if (!request.url.includes('device_information?')) return response
        return new Response(JSON.stringify({ ...((await response.json()) as Row), total: prism.length }), response)
      }
    expect(totalsOf(await (await tenant({ around })).pages())).toMatchObject([{ value: 2 }])
  })

  test.each([
    { name: 'a count that may not be seen', fault: { kind: 'status', status: 403, endpoint: 'count' } as const },
    { name: 'a count that does not exist', fault: { kind: 'status', status: 404, endpoint: 'count' } as const },
    {
      name: 'a count that is a guess',
      fault: { kind: 'status', status: 200, body: '{"count":7,"approximate":true}', endpoint: 'count' } as const,
    },
  ])('$name leaves the reading without a total', async ({ fault }) => {
    const all = await (await tenant({ faults: [fault] })).pages()
    expect(agentsOf(all)).toHaveLength(2)
    expect(totalsOf(all)).toEqual([])
  })
})

describe('a field at a time', () => {
  test.each([
    { name: 'null for an agent that nobody can have', over: { agent_installed: null }, value: null, unread: [] },
    { name: 'an absent field', over: { agent_installed: undefined }, value: null, unread: [] },
    { name: 'the word "False"', over: { agent_installed: 'False' }, value: null, unread: ['agent_installed'] },
    { name: 'the word "True"', over: { agent_installed: 'True' }, value: null, unread: ['agent_installed'] },
    { name: 'a zero', over: { agent_installed: 0 }, value: null, unread: ['agent_installed'] },
    { name: 'false', over: { agent_installed: false }, value: false, unread: [] },
  ])('agent_installed: $name', async ({ over, value, unread }) => {
    const [agent] = agentsOf(await (await tenant({ prism: [prismRow(1, over)] })).pages())
    expect(agent).toMatchObject({ values: { agent_installed: value }, unread })
  })

  test.each([
    {
      name: 'with a space for the T',
      sent: '2026-06-24 14:20:19.961496+00:00',
      at: '2026-06-24T14:20:19.961Z',
      unread: [],
    },
    { name: 'empty', sent: '', at: null, unread: [] },
    { name: 'of a day that does not exist', sent: '2026-02-30T00:00:00Z', at: null, unread: ['last_check_in'] },
  ])('a check-in $name', async ({ sent, at, unread }) => {
    const [enrolment] = enrolmentsOf(await (await tenant({ devices: [listRow(1, { last_check_in: sent })] })).pages())
    expect(enrolment).toMatchObject({ lastCheckIn: at, unread })
  })

  test('a device without user or serial number is read like any other', async () => {
    const over = { device__user_email: null, serial_number: '', device__family: 'iPad' }
    const [agent] = agentsOf(await (await tenant({ prism: [prismRow(1, over)] })).pages())
    expect(agent).toMatchObject({ assignedTo: null, serial: null, platform: 'iPad', unread: [] })
  })

  test('missing and removed devices are said to be so', async () => {
    const devices = [
      listRow(1, { is_missing: true }),
      listRow(2, { is_removed: true }),
      listRow(3, { is_removed: 'True' }),
    ]
    const enrolments = enrolmentsOf(await (await tenant({ devices })).pages())
    expect(enrolments.map(({ isMissing, isRemoved, unread }) => [isMissing, isRemoved, unread])).toEqual([
      [true, false, []],
      [false, true, []],
      [false, null, ['is_removed']],
    ])
  })

  test('FileVault that is neither on nor off is not said', async () => {
    const filevault = [fileVaultRow(1, { status: null }), fileVaultRow(2, { status: 'True' })]
    expect(encryptionsOf(await (await tenant({ filevault })).pages()).map(({ on, unread }) => [on, unread])).toEqual([
      [null, []],
      [null, ['status']],
    ])
  })

  test.each([{ cursors: true }, { cursors: false }])('FileVault is read to its last row: %j', async (setting) => {
    const filevault = Array.from({ length: 700 }, (_, n) => fileVaultRow(n))
    const all = await (await tenant({ filevault, ...setting })).pages()
    expect(new Set(encryptionsOf(all).map(({ key }) => key)).size).toBe(700)
  })

  test('fields that nobody knows change nothing', async () => {
    const plain = recordsOf(await (await tenant()).pages())
    const faults: Fault[] = [
      { kind: 'extra_fields', endpoint: 'prism' },
      { kind: 'proto_pollution', endpoint: 'devices' },
    ]
    expect(recordsOf(await (await tenant({ faults })).pages())).toEqual(plain)
  })
})

describe('a permission that is not ticked', () => {
  test.each([403, 404] as const)('the device list answering %d hides what is missing or removed', async (status) => {
    const all = await (await tenant({ faults: [{ kind: 'status', status, endpoint: 'devices' }] })).pages()
    expect(agentsOf(all)).toHaveLength(2)
    expect(blindOf(all)).toEqual([
      {
        kind: 'enrolment',
        fields: null,
        scope: 'Devices > Device list',
        because: `GET /api/v1/devices answered ${status}`,
      },
    ])
  })

  test.each([403, 404] as const)('FileVault answering %d hides itself alone', async (status) => {
    const all = await (await tenant({ faults: [{ kind: 'status', status, endpoint: 'filevault' }] })).pages()
    expect([agentsOf(all).length, enrolmentsOf(all).length, encryptionsOf(all).length]).toEqual([2, 2, 0])
    expect(blindOf(all)).toEqual([
      {
        kind: 'encryption',
        fields: null,
        scope: 'Prism > FileVault',
        because: `GET /api/v1/prism/filevault answered ${status}`,
      },
    ])
  })

  test('without Prism the agents are hidden, and the enrolments stand', async () => {
    const all = await (await tenant({ grants: ['devices', 'prism/filevault'] })).pages()
    expect(agentsOf(all)).toEqual([])
    expect(enrolmentsOf(all)).toHaveLength(2)
    expect(blindOf(all)).toMatchObject([{ kind: 'agent', scope: 'Prism > Device Information' }])
  })

  test('without both nothing was read', async () => {
    const error = await refusal({ grants: [] })
    expect(error).toMatchObject({ code: 'forbidden', message: expect.stringMatching(/tick the permission Prism/) })
  })

  test('nothing at the address at all is another tenant or region', async () => {
    const body = '{"message":"no Route matched with those values","request_id":"x"}'
    const error = await refusal({ faults: [{ kind: 'status', status: 404, body }] })
    expect(error).toMatchObject({ code: 'not_found', message: expect.stringMatching(/subdomain and region/) })
  })
})

describe('rows that move while a list is read', () => {
  /** Before the second page of Prism something happens to the tenant, so often as told. */
  const meanwhile = (times: number, happens: (prism: Row[], n: number) => void): NonNullable<Setting['around']> => {
    let left = times
    return (served, world) => (request) => {
      if (request.url.includes('offset=300') && request.url.includes('prism') && left > 0) happens(world.prism, left--)
      return served.fetch(request)
    }
  }
  const enrols = (prism: Row[], n: number) => prism.unshift(prismRow(9000 + n, { serial_number: `A${n}` }))
  const leaves = (prism: Row[]) => prism.shift()

  test.each([
    { name: 'a device that enrols', around: meanwhile(1, enrols), count: 701 },
    { name: 'a device that leaves', around: meanwhile(1, leaves), count: 699 },
  ])('$name makes the walk start over', async ({ around, count }) => {
    const all = await (await tenant({ prism: [...many], around })).pages()
    expect(new Set(agentsOf(all).map(({ key }) => key)).size).toBe(count)
    expect(agentsOf(all)).toHaveLength(count)
  })

  test.each([
    { name: 'a row that came twice', around: meanwhile(2, enrols), code: 'duplicate_ids' },
    { name: 'a row that never came', around: meanwhile(2, leaves), code: 'count_mismatch' },
  ])('$name in both walks ends the pull', async ({ around, code }) => {
    expect(await refusal({ prism: [...many], around })).toMatchObject({ code })
  })

  test('a list that always gives its first page is no reading', async () => {
    expect(await refusal({ faults: [{ kind: 'repeat_cursor', endpoint: 'devices' }] })).toMatchObject({
      code: 'duplicate_ids',
    })
  })

  test('a cursor that comes again is a loop', async () => {
    const around: Setting['around'] = (served) => async (request) => {
      if (!request.url.includes('device_information?')) return served.fetch(request)
      const response = await served.fetch(new Request(request.url.replace('cursor=', 'x='), request))
      const body = (await response.json()) as { data: Row[] }
      const data = body.data.map((row) => ({ ...row, device_id: `${row['device_id']}${request.url.length}` }))
      return new Response(JSON.stringify({ ...body, data, cursor: 'again' }), response)
    }
    expect(await refusal({ around })).toMatchObject({ code: 'pagination_loop' })
  })
})

describe('what makes a reading fail', () => {
  const detail = (text: string) => JSON.stringify({ detail: text })
  test.each<{ name: string; setting: Setting; code: string; says: RegExp }>([
    {
      name: 'a wrong token',
      setting: { apiToken: 'wrong-token' },
      code: 'auth_failed',
      says: /Invalid token.*API tokens/,
    },
    {
      name: 'a refusal in the words of the published description',
      setting: { faults: [{ kind: 'status', status: 401, body: '{"error":"Unauthorized"}' }] },
      code: 'auth_failed',
      says: /Unauthorized/,
    },
    {
      name: 'a gateway that stays broken',
      setting: { faults: [{ kind: 'html502', endpoint: 'prism' }] },
      code: 'server_error',
      says: /502/,
    },
    {
      name: 'a 429 that stays',
      setting: { faults: [{ kind: 'status', status: 429, body: detail('Request was throttled.') }] },
      code: 'rate_limited',
      says: /throttled/,
    },
    { name: 'a sign-in page', setting: { faults: [{ kind: 'html200' }] }, code: 'wrong_content_type', says: /HTML/ },
    { name: 'half a JSON text', setting: { faults: [{ kind: 'half_json' }] }, code: 'not_json', says: /cut short/ },
    { name: 'a body cut short', setting: { faults: [{ kind: 'truncated' }] }, code: 'truncated', says: /cut short/ },
    {
      name: 'an object where the list of devices was due',
      setting: { faults: [{ kind: 'json_array_instead', endpoint: 'devices' }] },
      code: 'schema_mismatch',
      says: /list of devices/,
    },
    {
      name: 'a list where the Prism envelope was due',
      setting: { faults: [{ kind: 'json_array_instead', endpoint: 'prism' }] },
      code: 'schema_mismatch',
      says: /a list, not an object/,
    },
    {
      name: 'rows without ids',
      setting: { faults: [{ kind: 'drop_field', field: 'device_id', endpoint: 'prism' }] },
      code: 'schema_mismatch',
      says: /device_id/,
    },
    {
      name: 'a FileVault category that stays broken',
      setting: { faults: [{ kind: 'html502', endpoint: 'filevault' }] },
      code: 'server_error',
      says: /502/,
    },
    {
      name: 'a FileVault row twice',
      setting: { filevault: [fileVaultRow(1), fileVaultRow(1)] },
      code: 'duplicate_ids',
      says: /filevault gave the device/,
    },
    {
      name: 'fewer rows than counted',
      setting: { faults: [{ kind: 'empty_list', endpoint: 'prism' }] },
      code: 'count_mismatch',
      says: /gave 0 rows in 1 pages and says that there are 2/,
    },
  ])('$name', async ({ setting, code, says }) => {
    const error = await refusal(setting)
    expect(error).toMatchObject({ code })
    expect(error.message).toMatch(says)
    expect(error.message).not.toContain('wrong-token')
  })
})

describe('the allowance that all tools of a tenant share', () => {
  test.each([
    { name: 'as Retry-After says', headers: { 'retry-after': '42', 'ratelimit-reset': '7' }, ms: 42_000 },
    { name: 'as RateLimit-Reset says', headers: { 'ratelimit-remaining': '0', 'ratelimit-reset': '7' }, ms: 7000 },
    { name: 'a minute where nothing is said', headers: {}, ms: 60_000 },
    { name: 'as for any failure where the vendor only failed', status: 502, headers: {}, ms: null },
    {
      name: 'as for any failure where calls are left',
      headers: { 'ratelimit-remaining': '47', 'ratelimit-reset': '1' },
      ms: null,
    },
  ])('waits $name', ({ headers, ms, status = 429 }) => {
    expect(retryAfter(headers, Date.parse(TEST_START), status)).toBe(ms)
  })

  test('leaves the last 500 requests of the hour to others', async () => {
    const around: Setting['around'] = (served) => async (request) => {
      const response = await served.fetch(request)
      const headers = new Headers(response.headers)
      headers.set('x-ratelimit-remaining-hour', '499')
      return new Response(await response.arrayBuffer(), { status: response.status, headers })
    }
    const { pages, paths } = await tenant({ around })
    await expect(pages()).rejects.toMatchObject({ code: 'rate_limited', message: expect.stringMatching(/only 499/) })
    expect(paths()).toHaveLength(1)
  })

  test('waits out the gateway’s own 429', async () => {
    const faults: Fault[] = [
      { kind: 'status', status: 429, headers: { 'retry-after': '3' }, endpoint: 'prism', times: 1 },
    ]
    const { pages, tools } = await tenant({ faults })
    expect(agentsOf(await pages())).toHaveLength(2)
    expect(tools.waits).toEqual([3000])
  })
})

describe('the probe', () => {
  test('names the permissions that are ticked and those that are not', async () => {
    const { config, tools } = await tenant({ grants: ['prism/device_information'] })
    expect(await kandji.probe(config, tools)).toMatchObject({
      access: [
        { scope: 'Prism > Device Information', state: 'present' },
        { scope: 'Devices > Device list', state: 'missing', detail: 'GET /api/v1/devices answered 403' },
        { scope: 'Prism > FileVault', state: 'missing', detail: 'GET /api/v1/prism/filevault answered 403' },
      ],
      expiresAt: null,
      credential: 'expiry not published by the vendor',
    })
  })

  test('throws where the token is refused or nothing is there', async () => {
    const wrong = await tenant({ apiToken: 'wrong-token' })
    await expect(kandji.probe(wrong.config, wrong.tools)).rejects.toMatchObject({ code: 'auth_failed' })
    const nothing = await tenant({ faults: [{ kind: 'status', status: 404 }] })
    await expect(kandji.probe(nothing.config, nothing.tools)).rejects.toMatchObject({ code: 'not_found' })
  })
})

describe('the configuration', () => {
  const parse = (baseUrl: string, over: object = {}) =>
    kandji.config.parse({ id: 'mdm', kind: 'kandji', baseUrl, credential: { apiToken: 't' }, ...over })

  test.each([
    ['acme.api.kandji.io', 'https://acme.api.kandji.io'],
    ['https://acme.api.eu.kandji.io/api/v1/', 'https://acme.api.eu.kandji.io'],
    ['acme.api.iru.com', 'https://acme.api.iru.com'],
    ['acme.api.eu.iru.com', 'https://acme.api.eu.iru.com'],
  ])('takes %s, which the vendor has', (pasted, origin) => {
    const { baseUrl } = parse(pasted) as { baseUrl: string }
    expect(baseUrl).toBe(origin)
    expect(kandji.isVendorHost(new URL(baseUrl))).toBe(true)
  })

  test('takes the host of old, which is no longer one that the vendor publishes', () => {
    const { baseUrl } = parse('acme.clients.us-1.kandji.io') as { baseUrl: string }
    expect(baseUrl).toBe('https://acme.clients.us-1.kandji.io')
    expect(kandji.isVendorHost(new URL(baseUrl))).toBe(false)
  })

  test.each([
    ['acme.kandji.io', /web console.*https:\/\/acme\.api\.kandji\.io/],
    ['https://acme.eu.kandji.io', /https:\/\/acme\.api\.eu\.kandji\.io/],
    ['acme.iru.com', /https:\/\/acme\.api\.iru\.com/],
    ['https://u:p@acme.api.kandji.io', /no API address/],
    ['not an address', /no API address/],
  ])('explains what is wrong with %s', (pasted, says) => {
    expect(() => parse(pasted)).toThrow(says)
  })

  test('knows no look-alikes and no unknown keys', () => {
    const own = (url: string) => kandji.isVendorHost(new URL(url))
    expect(own('https://acme.api.kandji.io.example')).toBe(false)
    expect(own('https://api.kandji.io')).toBe(false)
    expect(own('https://a.b.api.kandji.io')).toBe(false)
    expect(() => parse('acme.api.kandji.io', { subdomain: 'acme' })).toThrow(/subdomain/)
    expect(parse('acme.api.kandji.io', { kind: 'iru' })).toMatchObject({ kind: 'iru' })
    expect(kandji.config.jsonSchema()).toMatchObject({ type: 'object', additionalProperties: false })
  })
})

const prismSample = spec('vendors/kandji/prism-device-information.json')
test.skipIf(prismSample === null)('the published samples give the expected records', () => {
  const page = (body: unknown, place: string): Page => ({
    source: 'mdm',
    sha256: '',
    request: 'GET /x',
    place,
    status: 200,
    headers: {},
    body: Buffer.from(JSON.stringify(body)),
    secret: false,
    fetchedAt: TEST_START,
  })
  const agents = agentsOf([page(prismSample, 'device information page 1')])
  expect(
    agents.map(({ key, serial, platform, values, unread }) => [
      key.at(-1),
      serial,
      platform,
      values['agent_installed'],
      unread,
    ]),
  ).toEqual([
    ['1', 'C02EXAMPLE1', 'Mac', true, []],
    ['2', 'ZEXAMPLE02', 'Mac', null, []],
    ['3', 'DMPEXAMPLE3', 'iPad', null, []],
  ])
  const enrolments = enrolmentsOf([page(spec('vendors/kandji/devices.json'), 'devices page 1')])
  expect(
    enrolments.map(({ isMissing, isRemoved, lastCheckIn, unread }) => [isMissing, isRemoved, lastCheckIn, unread]),
  ).toEqual([
    [false, false, '2025-11-20T22:38:54.367Z', []],
    [true, false, null, []],
  ])
})
