import { afterEach, describe, expect, test } from 'vitest'
import { sentinelone } from '../../src/connectors/sentinelone/index.ts'
import type { Page } from '../../src/domain/connector.ts'
import type { Agent, AnyRecord } from '../../src/domain/record.ts'
import type { Fault } from '../../src/simulators/faults.ts'
import { sentineloneSimulator } from '../../src/simulators/sentinelone.ts'
import { serveSimulator } from '../../src/simulators/server.ts'
import { spec } from '../helpers/specs.ts'
import { collectPages, TEST_START, type TestTools, testContext, testTools } from '../helpers/tools.ts'

type Row = Record<string, unknown>

function row(n: number, over: Row = {}): Row {
  return {
    id: String(1_600_000_000_000_000_000n + BigInt(n)),
    computerName: `LT-${n}`,
    serialNumber: `C02S${n}`,
    osType: 'macos',
    machineType: 'laptop',
    agentVersion: '24.2.3.471',
    isActive: true,
    activeThreats: 0,
    infected: false,
    firewallEnabled: true,
    encryptedApplications: true,
    networkStatus: 'connected',
    operationalState: 'na',
    isUpToDate: true,
    isDecommissioned: false,
    isUninstalled: false,
    isPendingUninstall: false,
    lastActiveDate: '2026-11-20T08:58:12.506000Z',
    updatedAt: '2026-11-20T08:58:13.481227Z',
    lastSuccessfulScanDate: null,
    mitigationMode: 'protect',
    siteName: 'Default site',
    licenseKey: '',
    osUsername: null,
    ...over,
  }
}

let open: { close(): Promise<void> }[] = []
afterEach(async () => {
  await Promise.all(open.map((thing) => thing.close()))
  open = []
})

interface Setting {
  agents?: Row[]
  token?: { createdAt?: string; expiresAt?: string }
  faults?: Fault[]
  grants?: string[]
  apiToken?: string
}

async function console(setting: Setting = {}) {
  const world = { agents: setting.agents ?? [row(1), row(2)], token: setting.token ?? {} }
  const simulator = sentineloneSimulator({
    world,
    now: () => new Date(TEST_START),
    ...(setting.grants === undefined ? {} : { grants: setting.grants }),
  })
  const server = await serveSimulator(simulator, { faults: setting.faults ?? [] })
  const tools = testTools({ base: server.url, source: 'edr' })
  open.push(tools, server)
  const apiToken = setting.apiToken ?? simulator.credentials[0]!['apiToken']!
  const config = sentinelone.config.parse({
    id: 'edr',
    kind: 'sentinelone',
    baseUrl: server.url.href,
    credential: { apiToken },
  })
  return { world, server, tools, config, pages: () => collectPages(sentinelone, config, tools, { source: 'edr' }) }
}

function recordsOf(pages: readonly Page[]): AnyRecord[] {
  return pages.flatMap((page) => sentinelone.read(page, { timeZone: 'UTC' }).records)
}
function agentsIn(records: readonly AnyRecord[]): Agent[] {
  return records.filter((record) => record.kind === 'agent')
}
const agentsOf = (pages: readonly Page[]) => agentsIn(recordsOf(pages))
const totalsOf = (pages: readonly Page[]) =>
  Object.fromEntries(
    recordsOf(pages).flatMap((record) => (record.kind === 'total' ? [[record.key, record.value]] : [])),
  )

async function pulled(setting: Setting): Promise<Page[]> {
  return (await console(setting)).pages()
}
async function refusedWith(setting: Setting) {
  return (await console(setting)).pages().then(
    () => expect.unreachable('the pull was accepted'),
    (error: unknown) => error as { code: string; message: string },
  )
}

describe('a whole reading', () => {
  test('an agent becomes a record under the vendor’s own field names', async () => {
    const [agent] = agentsOf(await pulled({ agents: [row(7)] }))
    expect(agent).toEqual({
      kind: 'agent',
      source: 'edr',
      key: '1600000000000000007',
      vendor: 'sentinelone',
      hostname: 'LT-7',
      serial: 'C02S7',
      platform: 'macos',
      lastSeen: '2026-11-20T08:58:12.506Z',
      changedAt: '2026-11-20T08:58:13.481Z',
      removed: false,
      assignedTo: null,
      values: {
        isActive: true,
        operationalState: 'na',
        activeThreats: 0,
        infected: false,
        firewallEnabled: true,
        encryptedApplications: true,
        machineType: 'laptop',
        isUpToDate: true,
        agentVersion: '24.2.3.471',
        networkStatus: 'connected',
        isDecommissioned: false,
        isUninstalled: false,
        isPendingUninstall: false,
        lastSuccessfulScanDate: null,
        mitigationMode: 'protect',
        osType: 'macos',
        siteName: 'Default site',
      },
      unread: [],
    })
  })

  test('follows cursors that come percent-encoded until there is none, each page its own place', async () => {
    const { pages, server } = await console({ agents: Array.from({ length: 2300 }, (_, n) => row(n)) })
    const all = await pages()
    expect(all.map(({ place }) => place)).toEqual([
      'agents page 1',
      'agents page 2',
      'agents page 3',
      'decommissioned agents page 1',
      'uninstalled agents page 1',
      'token details',
    ])
    expect(new Set(agentsOf(all).map(({ key }) => key)).size).toBe(2300)
    expect(totalsOf(all)).toEqual({ agent: 2300, 'agent-decommissioned': 0, 'agent-uninstalled': 0 })
    const listings = server.requests.filter(({ path }) => path.includes('/agents?'))
    expect(listings.every(({ path }) => path.includes('limit=1000&sortBy=id&sortOrder=asc'))).toBe(true)
  })

  test('a tenant without agents is read as none, with totals of zero', async () => {
    const all = await pulled({ agents: [] })
    expect(agentsOf(all)).toEqual([])
    expect(totalsOf(all)).toEqual({ agent: 0, 'agent-decommissioned': 0, 'agent-uninstalled': 0 })
  })

  test('decommissioned and uninstalled agents come once each, as removed', async () => {
    const gone = { isDecommissioned: true }
    const uninstalled = { isUninstalled: true }
    const all = await pulled({
      agents: [row(1), row(2, gone), row(3, uninstalled), row(4, { ...gone, ...uninstalled })],
    })
    expect(agentsOf(all).map(({ hostname, removed }) => [hostname, removed])).toEqual([
      ['LT-1', false],
      ['LT-2', true],
      ['LT-4', true],
      ['LT-3', true],
    ])
    expect(totalsOf(all)).toEqual({ agent: 1, 'agent-decommissioned': 2, 'agent-uninstalled': 1 })
  })

  test('an agent that enrols while the list is read is read too', async () => {
    const { world, config, tools } = await console({ agents: Array.from({ length: 1500 }, (_, n) => row(n)) })
    const all: Page[] = []
    for await (const page of sentinelone.pages(config, tools, testContext())) {
      all.push(page)
      if (all.length === 1) world.agents.push(row(9000))
    }
    expect(agentsOf(all)).toHaveLength(1501)
    expect(totalsOf(all)['agent']).toBe(1501)
  })

  test('an agent that was read and then leaves the list makes the reading incomplete', async () => {
    const { world, config, tools } = await console({ agents: Array.from({ length: 1500 }, (_, n) => row(n)) })
    const walk = async () => {
      for await (const _page of sentinelone.pages(config, tools, testContext()))
        world.agents[0]!['isDecommissioned'] = true
    }
    await expect(walk()).rejects.toMatchObject({ code: 'count_mismatch' })
  })
})

describe('a field at a time', () => {
  test.each([
    { name: 'no serial number', over: { serialNumber: undefined }, serial: null },
    { name: 'a null serial number', over: { serialNumber: null }, serial: null },
    {
      name: 'a virtual machine’s serial number, as sent',
      over: { serialNumber: 'VMware-42 1a 0d' },
      serial: 'VMware-42 1a 0d',
    },
  ])('$name', async ({ over, serial }) => {
    const [agent] = agentsOf(await pulled({ agents: [row(1, over)] }))
    expect(agent).toMatchObject({ serial, unread: [] })
  })

  test.each([
    { field: 'infected', sent: null, value: null, unread: [] },
    { field: 'infected', sent: 1, value: true, unread: [] },
    { field: 'infected', sent: 0, value: false, unread: [] },
    { field: 'infected', sent: 'False', value: null, unread: ['infected'] },
    { field: 'firewallEnabled', sent: 'True', value: null, unread: ['firewallEnabled'] },
    { field: 'firewallEnabled', sent: 1, value: null, unread: ['firewallEnabled'] },
    { field: 'activeThreats', sent: '0', value: null, unread: ['activeThreats'] },
    { field: 'operationalState', sent: 'something new', value: 'something new', unread: [] },
    { field: 'lastSuccessfulScanDate', sent: '2026-02-31T00:00:00Z', value: null, unread: ['lastSuccessfulScanDate'] },
    { field: 'isUpToDate', sent: undefined, value: null, unread: [] },
  ])('$field sent as $sent is $value', async ({ field, sent, value, unread }) => {
    const [agent] = agentsOf(await pulled({ agents: [row(1, { [field]: sent })] }))
    expect(agent!.values[field]).toBe(value)
    expect(agent!.unread).toEqual(unread)
  })

  test.each([
    { name: 'an unknown field is passed over', fault: { kind: 'extra_fields' } },
    { name: 'keys of object prototypes are passed over', fault: { kind: 'proto_pollution' } },
  ] as const)('$name', async ({ fault }) => {
    const plain = recordsOf(await pulled({}))
    expect(recordsOf(await pulled({ faults: [{ ...fault, endpoint: 'agents' }] }))).toEqual(plain)
  })

  test('a field of another type in every row is unknown in every record, and no record is lost', async () => {
    const agents = agentsOf(
      await pulled({ faults: [{ kind: 'mistype_field', field: 'isActive', endpoint: 'agents' }] }),
    )
    expect(agents.map(({ values, unread }) => [values['isActive'], unread])).toEqual([
      [null, ['isActive']],
      [null, ['isActive']],
    ])
  })
})

describe('what makes a reading fail', () => {
  const many = Array.from({ length: 1500 }, (_, n) => row(n))
  test.each<{ name: string; setting: Setting; code: string; says: RegExp }>([
    { name: 'a wrong token', setting: { apiToken: 'wrong-token' }, code: 'auth_failed', says: /Service Users/ },
    {
      name: 'an expired token',
      setting: { token: { expiresAt: '2026-11-19T00:00:00Z' } },
      code: 'auth_failed',
      says: /expired/,
    },
    { name: 'a role that may not see agents', setting: { grants: [] }, code: 'forbidden', says: /role Viewer/ },
    {
      name: 'a wrong path',
      setting: { faults: [{ kind: 'status', status: 404 }] },
      code: 'not_found',
      says: /baseUrl/,
    },
    { name: 'a sign-in page', setting: { faults: [{ kind: 'html200' }] }, code: 'wrong_content_type', says: /HTML/ },
    {
      name: 'a gateway that stays broken',
      setting: { faults: [{ kind: 'html502' }] },
      code: 'server_error',
      says: /502/,
    },
    { name: 'a body cut short', setting: { faults: [{ kind: 'truncated' }] }, code: 'truncated', says: /cut short/ },
    { name: 'half a JSON text', setting: { faults: [{ kind: 'half_json' }] }, code: 'not_json', says: /cut short/ },
    {
      name: 'a cursor that comes again',
      setting: { agents: many, faults: [{ kind: 'repeat_cursor', endpoint: 'agents' }] },
      code: 'pagination_loop',
      says: /same next page twice/,
    },
    {
      name: 'fewer rows than the total',
      setting: { agents: many, faults: [{ kind: 'shrink_list', share: 0.5, endpoint: 'agents' }] },
      code: 'count_mismatch',
      says: /says that there are 1500/,
    },
    {
      name: 'a list that ends early without a word',
      setting: { agents: many, faults: [{ kind: 'empty_list', endpoint: 'agents' }] },
      code: 'count_mismatch',
      says: /0 rows in 1 pages/,
    },
    {
      name: 'an answer that is null',
      setting: { faults: [{ kind: 'json_null' }] },
      code: 'schema_mismatch',
      says: /nothing/,
    },
    {
      name: 'agents without ids',
      setting: { faults: [{ kind: 'drop_field', field: 'id' }] },
      code: 'schema_mismatch',
      says: /an id/,
    },
    {
      name: 'an error inside a 200',
      setting: {
        faults: [
          {
            kind: 'status',
            status: 200,
            body: '{"errors":[{"code":5000010,"title":"Internal","detail":"shard down"}],"data":[],"pagination":{"nextCursor":null,"totalItems":0}}',
          },
        ],
      },
      code: 'vendor_error',
      says: /5000010, Internal, shard down/,
    },
    {
      name: 'an answer whose end cannot be known',
      setting: { faults: [{ kind: 'status', status: 200, body: '{"data":[]}' }] },
      code: 'schema_mismatch',
      says: /pagination/,
    },
    {
      name: 'a next page named by something else than a text',
      setting: {
        faults: [{ kind: 'status', status: 200, body: '{"data":[],"pagination":{"nextCursor":{},"totalItems":0}}' }],
      },
      code: 'schema_mismatch',
      says: /pagination.nextCursor/,
    },
  ])('$name', async ({ setting, code, says }) => {
    const { pages } = await console(setting)
    const failure = await pages()
      .then(recordsOf)
      .then(
        () => null,
        (error: unknown) => error as { code: string; message: string },
      )
    expect(failure).toMatchObject({ code })
    expect(failure!.message).toMatch(says)
    expect(failure!.message).not.toContain('simulated-sentinelone-token')
  })
})

describe('when the vendor asks to wait', () => {
  test.each([
    { name: 'as long as Retry-After says', headers: { 'retry-after': '42' }, waits: [42_000] },
    {
      name: 'until the date of Retry-After',
      headers: { 'retry-after': 'Fri, 20 Nov 2026 09:00:30 GMT', date: 'Fri, 20 Nov 2026 09:00:00 GMT' },
      waits: [30_000],
    },
    { name: 'five seconds where it names no time', headers: {}, waits: [5000] },
  ])('waits $name', async ({ headers, waits }) => {
    const { pages, tools } = await console({ faults: [{ kind: 'status', status: 429, headers, times: 1 }] })
    expect(agentsOf(await pages())).toHaveLength(2)
    expect(tools.waits).toEqual(waits)
  })

  test('a failure of the server names no time, and is asked again as soon as any other', async () => {
    const { pages, tools } = await console({ faults: [{ kind: 'status', status: 503, times: 1 }] })
    expect(agentsOf(await pages())).toHaveLength(2)
    expect(tools.waits).toEqual([500])
  })

  test('gives up as rate limited after the last try', async () => {
    expect(await refusedWith({ faults: [{ kind: 'status', status: 429 }] })).toMatchObject({ code: 'rate_limited' })
  })
})

describe('our own token', () => {
  const own = (records: readonly AnyRecord[]) => records.filter((record) => record.kind === 'credential')

  test('is a record of its dates; the page keeps nothing else of the answer', async () => {
    const token = { createdAt: '2026-06-23T09:00:00Z', expiresAt: '2026-12-01T00:00:00Z', secret: 'x' }
    const pages = await pulled({ token })
    const page = pages.at(-1)!
    expect(new TextDecoder().decode(page.body)).toBe(
      '{"data":{"createdAt":"2026-06-23T09:00:00.000Z","expiresAt":"2026-12-01T00:00:00.000Z"}}',
    )
    expect(own(recordsOf(pages))).toMatchObject([
      {
        source: 'edr',
        key: 'key',
        what: 'API token',
        expiresAt: '2026-12-01T00:00:00.000Z',
        found: true,
        writes: null,
      },
    ])
  })

  test('that may not see itself is a record that says so', async () => {
    const pages = await pulled({ faults: [{ kind: 'status', status: 403, endpoint: 'token' }] })
    expect(own(recordsOf(pages))).toMatchObject([{ found: false, expiresAt: null }])
  })
})

describe('the probe', () => {
  async function probed(setting: Setting) {
    const { config, tools } = await console(setting)
    return { probe: await sentinelone.probe(config, tools), tools }
  }

  test('tells when the token ends, and keeps neither side of that call', async () => {
    const { probe, tools } = await probed({ token: { expiresAt: '2026-12-01T00:00:00Z' } })
    expect(probe).toMatchObject({
      access: [{ scope: 'Viewer', state: 'present', detail: 'GET /web/api/v2.1/agents answered 200' }],
      expiresAt: '2026-12-01T00:00:00.000Z',
      credential: 'API token',
    })
    expect(notedDigests(tools)).toEqual([true, false])
  })

  test('says when the end is not visible', async () => {
    const { probe } = await probed({ faults: [{ kind: 'status', status: 403, endpoint: 'token' }] })
    expect(probe).toMatchObject({ expiresAt: null, credential: 'expiry not visible to this token' })
    expect((await probed({})).probe.expiresAt).toBeNull()
  })

  test('names the missing role, and throws for a refused token', async () => {
    const { probe } = await probed({ grants: [] })
    expect(probe.access).toEqual([expect.objectContaining({ state: 'missing' })])
    await expect(probed({ apiToken: 'wrong-token' })).rejects.toMatchObject({ code: 'auth_failed' })
  })

  const notedDigests = (tools: TestTools) => tools.notes.map(({ sha256 }) => sha256 !== null)
})

describe('the configuration', () => {
  const parse = (over: object) =>
    sentinelone.config.parse({
      id: 'edr',
      kind: 'sentinelone',
      baseUrl: 'acme',
      credential: { apiToken: 't' },
      ...over,
    })

  test.each([
    ['acme', 'https://acme.sentinelone.net'],
    ['acme.sentinelone.net', 'https://acme.sentinelone.net'],
    ['https://acme.sentinelone.net/', 'https://acme.sentinelone.net'],
    [' https://usea1-partners.sentinelone.net/web/api/v2.1/ ', 'https://usea1-partners.sentinelone.net'],
    ['http://127.0.0.1:8080', 'http://127.0.0.1:8080'],
  ])('takes the pasted address %s', (baseUrl, origin) => {
    expect(parse({ baseUrl })).toMatchObject({ baseUrl: origin, syncWindow: '24h', requestsPerSecond: 20 })
  })

  test.each([
    { name: 'no address', over: { baseUrl: 'not an address' } },
    { name: 'credentials in the address', over: { baseUrl: 'https://a:b@acme.sentinelone.net' } },
    { name: 'another protocol', over: { baseUrl: 'ftp://acme.sentinelone.net' } },
    { name: 'an unknown key', over: { baseURL: 'acme' } },
    { name: 'an empty token', over: { credential: { apiToken: '' } } },
  ])('refuses $name', ({ over }) => {
    expect(() => parse(over)).toThrow(expect.objectContaining({ name: 'ZodError' }))
  })

  test('knows the vendor’s hosts from look-alikes', () => {
    const own = (url: string) => sentinelone.isVendorHost(new URL(url))
    expect(own('https://singularity.eu1.sentinelone.net')).toBe(true)
    expect(own('https://acme.sentinelone.net.example')).toBe(false)
    expect(own('http://acme.sentinelone.net')).toBe(false)
    expect(own('https://notsentinelone.net')).toBe(false)
  })

  test('has a schema for editors', () => {
    expect(sentinelone.config.jsonSchema()).toMatchObject({ type: 'object', additionalProperties: false })
  })
})

const sample = spec('vendors/sentinelone/agents-page-1.json')
test.skipIf(sample === null)('the published sample gives the expected records', () => {
  const page = (body: unknown, place: string): Page => ({
    source: 'edr',
    sha256: '',
    request: 'GET /web/api/v2.1/agents',
    place,
    status: 200,
    headers: {},
    body: Buffer.from(JSON.stringify(body)),
    secret: false,
    fetchedAt: TEST_START,
  })
  const first = recordsOf([page(sample, 'agents page 1')])
  const last = recordsOf([page(spec('vendors/sentinelone/agents-page-2-last.json'), 'agents page 2')])
  expect(
    agentsIn([...first, ...last]).map(({ key, serial, removed, unread }) => [key, serial, removed, unread]),
  ).toEqual([
    ['1600000000000000390', 'C02EXAMPLE1', false, []],
    ['1600000000000000391', '5CG0EXAMPLE', false, []],
    ['1600000000000000392', null, false, []],
    ['650000000000000001', 'ec2a1b2c-3d4e-5f60-7182-93a4b5c6d7e8', true, []],
    ['1600000000000000394', 'C02EXAMPLE1', false, []],
  ])
  expect(first.filter(({ kind }) => kind === 'total')).toEqual([])
  expect(last.filter(({ kind }) => kind === 'total')).toEqual([
    { kind: 'total', source: 'edr', key: 'agent', value: 5, unread: [] },
  ])
})
