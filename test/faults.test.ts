/**
 * P1: a broken or partial pull never yields a pass. The faults of the simulators at every endpoint that a pull calls;
 * `FAULTS=all` adds every further status and header. Random schedules of them are in fault-schedules.test.ts.
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { crowdstrikeSimulator } from '../src/simulators/crowdstrike.ts'
import type { Fault } from '../src/simulators/faults.ts'
import { kandjiSimulator } from '../src/simulators/kandji.ts'
import { sentineloneSimulator } from '../src/simulators/sentinelone.ts'
import { tailscaleSimulator } from '../src/simulators/tailscale/index.ts'
import { type FaultResult, type FaultRun, inLanes, type Lane, openLane, runWithFaults } from './helpers/fault-runs.ts'
import { healthyWorld } from './helpers/healthy-world.ts'
import { isProven, testClock, testInstallation, verdicts } from './helpers/installation.ts'
import { TEST_START } from './helpers/tools.ts'

const LANES = 6
const lanes: Awaited<ReturnType<typeof openLane>>[] = []
let trapped = 0
const trap = createServer((_, response) => {
  trapped++
  response.end('{}')
})
let trapUrl = ''

beforeAll(async () => {
  await new Promise<void>((listening) => trap.listen(0, '127.0.0.1', listening))
  trapUrl = `http://127.0.0.1:${(trap.address() as AddressInfo).port}/`
  lanes.push(...(await Promise.all(Array.from({ length: LANES }, () => openLane()))))
})
afterAll(async () => {
  await Promise.all(lanes.map((lane) => lane.close()))
  trap.close()
})

const world = healthyWorld(new Date(TEST_START))
const now = (): Date => new Date(TEST_START)
const SIMULATED = Object.fromEntries(
  [
    tailscaleSimulator({ world: world.tailscale, now }),
    sentineloneSimulator({ world: world.sentinelone, now }),
    crowdstrikeSimulator({ world: world.crowdstrike, now }),
    kandjiSimulator({ world: world.kandji, now }),
  ].map(({ id, endpoints }) => [id, endpoints]),
)

/** Vendor → endpoints that the pulls of a healthy organisation call; the others are for probes and older ways in. */
function called(): Record<string, string[]> {
  const { servers } = lanes[0]!.installation.vendors
  return Object.fromEntries(
    Object.entries(SIMULATED).map(([vendor, endpoints]) => [
      vendor,
      Object.keys(endpoints).filter((name) =>
        servers[vendor]!.requests.some(({ method, path }) => {
          const { method: wanted, path: pattern } = endpoints[name]!
          return method === wanted && pattern.test(path.split('?')[0]!)
        }),
      ),
    ]),
  )
}

/** Endpoints behind which no check of this release looks, and a count that not every tenant is given: a shorter list. */
const UNREAD = new Set(['logStream', 'logStreamStatus', 'webhooks', 'contacts', 'userInvites', 'count'])

const status = (code: number, headers: Record<string, string> = {}): Fault => ({
  kind: 'status',
  status: code,
  headers,
})

const EVERYWHERE = (): Fault[] => [
  status(401),
  status(500),
  { kind: 'html200' },
  { kind: 'half_json' },
  { kind: 'truncated' },
  { kind: 'redirect', status: 307, location: trapUrl },
]
/** What else can happen to any answer. */
const WHERE_READ = (): Fault[] => [
  status(204),
  status(404),
  status(429, { 'retry-after': '1' }),
  status(429, { 'retry-after': '86400' }),
  { kind: 'wrong_content_type' },
  { kind: 'empty_body' },
  { kind: 'reset' },
  { kind: 'hang' },
  { kind: 'encoding_chain' },
  { kind: 'json_null' },
  { kind: 'json_array_instead' },
  { kind: 'duplicate_rows' },
]
/** With `FAULTS=all`: every further status, kind of redirect and waiting time. */
const FURTHER = (): Fault[] => [
  { kind: 'reset_mid_body' },
  { kind: 'slow_body' },
  { kind: 'json_string' },
  { kind: 'html502' },
  status(503, { 'retry-after': 'soon' }),
  status(400),
  ...[202, 206, 300, 402, 405, 406, 408, 409, 410, 411, 413, 414, 418, 421, 422, 425, 431, 451].map((code) =>
    status(code),
  ),
  ...[501, 502, 503, 504, 505, 507, 508, 511, 520, 522, 524, 529, 599].map((code) => status(code)),
  ...['0', '-1', '1e9', 'Fri, 20 Nov 2026 09:00:30 GMT', '99999999999999999999'].map((text) =>
    status(429, { 'retry-after': text }),
  ),
  ...([301, 302, 303, 308] as const).map((code): Fault => ({ kind: 'redirect', status: code, location: trapUrl })),
  { kind: 'redirect', location: '/elsewhere' },
  { kind: 'redirect', location: 'file:///etc/passwd' },
  { kind: 'wrong_content_type', contentType: 'application/octet-stream' },
  { kind: 'hang', after: 1 },
  { kind: 'truncated', after: 1 },
]

function matrix(): FaultRun[] {
  const further = process.env['FAULTS'] === 'all' ? FURTHER() : []
  return Object.entries(called()).flatMap(([vendor, endpoints]) =>
    endpoints.flatMap((endpoint) =>
      [...EVERYWHERE(), ...(UNREAD.has(endpoint) ? [] : WHERE_READ()), ...further].map((fault) => ({
        vendor,
        faults: [{ ...fault, endpoint }],
      })),
    ),
  )
}

/** What must change nothing, at every endpoint at once. */
const HARMLESS: readonly Fault[] = [
  { kind: 'extra_fields' },
  { kind: 'proto_pollution' },
  { kind: 'gzip' },
  { kind: 'brotli' },
  { kind: 'gzip_bomb', bytes: 2 ** 20 },
  { kind: 'status', status: 503, times: 1 },
  { kind: 'reset', times: 1 },
  { kind: 'truncated', times: 1 },
  { kind: 'status', status: 429, headers: { 'retry-after': '2' }, times: 1 },
]

/** A field that a check rests on: dropped, null or of another type, that check may not pass. */
const FIELDS: readonly { vendor: string; endpoint: string; field: string; checks: readonly string[] }[] = [
  { vendor: 'tailscale', endpoint: 'users', field: 'role', checks: ['ID-06', 'ID-07'] },
  { vendor: 'tailscale', endpoint: 'users', field: 'status', checks: ['ID-10'] },
  { vendor: 'tailscale', endpoint: 'devices', field: 'postureIdentity', checks: ['POS-04', 'S1-01', 'CS-01', 'KJ-01'] },
  { vendor: 'tailscale', endpoint: 'devices', field: 'user', checks: ['ID-03'] },
  { vendor: 'tailscale', endpoint: 'settings', field: 'usersApprovalOn', checks: ['ID-09'] },
  { vendor: 'tailscale', endpoint: 'integrations', field: 'provider', checks: ['POS-01'] },
  { vendor: 'tailscale', endpoint: 'integrations', field: 'status.lastSync', checks: ['POS-02'] },
  { vendor: 'tailscale', endpoint: 'attributes', field: 'attributes', checks: ['POS-08', 'POS-09'] },
  { vendor: 'sentinelone', endpoint: 'agents', field: 'isActive', checks: ['S1-01'] },
  { vendor: 'sentinelone', endpoint: 'agents', field: 'operationalState', checks: ['S1-02'] },
  { vendor: 'sentinelone', endpoint: 'agents', field: 'activeThreats', checks: ['S1-03'] },
  { vendor: 'sentinelone', endpoint: 'agents', field: 'infected', checks: ['S1-04'] },
  { vendor: 'sentinelone', endpoint: 'agents', field: 'firewallEnabled', checks: ['S1-05'] },
  { vendor: 'sentinelone', endpoint: 'agents', field: 'encryptedApplications', checks: ['S1-06'] },
  { vendor: 'sentinelone', endpoint: 'agents', field: 'isUpToDate', checks: ['S1-07'] },
  { vendor: 'sentinelone', endpoint: 'agents', field: 'lastActiveDate', checks: ['S1-08'] },
  { vendor: 'sentinelone', endpoint: 'agents', field: 'networkStatus', checks: ['S1-11'] },
  { vendor: 'sentinelone', endpoint: 'agents', field: 'serialNumber', checks: ['POS-04', 'S1-01'] },
  { vendor: 'crowdstrike', endpoint: 'scores', field: 'score', checks: ['CS-01', 'CS-02'] },
  { vendor: 'crowdstrike', endpoint: 'hosts', field: 'reduced_functionality_mode', checks: ['CS-03'] },
  { vendor: 'crowdstrike', endpoint: 'hosts', field: 'last_seen', checks: ['CS-04'] },
  { vendor: 'crowdstrike', endpoint: 'hosts', field: 'serial_number', checks: ['POS-04', 'CS-01'] },
  { vendor: 'kandji', endpoint: 'prism', field: 'mdm_enabled', checks: ['KJ-01'] },
  { vendor: 'kandji', endpoint: 'prism', field: 'agent_installed', checks: ['KJ-02'] },
  { vendor: 'kandji', endpoint: 'prism', field: 'serial_number', checks: ['POS-05', 'KJ-01'] },
]

/** A refusal of one resource, and all that it costs: nothing else may change. */
const REFUSED: readonly { vendor: string; endpoint: string; costs: readonly string[] }[] = [
  {
    vendor: 'tailscale',
    endpoint: 'users',
    costs: 'COL-03 ID-01 ID-02 ID-03 ID-04 ID-06 ID-07 ID-10 ID-11 ID-14 POS-10'.split(' '),
  },
  {
    vendor: 'tailscale',
    endpoint: 'devices',
    costs:
      'COL-03 CS-01 CS-02 CS-03 CS-04 ID-03 KJ-01 KJ-02 KJ-03 POS-04 POS-05 POS-08 POS-09 POS-10 POS-12 S1-01 S1-02 S1-03 S1-04 S1-05 S1-06 S1-07 S1-08 S1-11'.split(
        ' ',
      ),
  },
  { vendor: 'tailscale', endpoint: 'attributes', costs: ['POS-08', 'POS-09'] },
  { vendor: 'tailscale', endpoint: 'integrations', costs: ['POS-01', 'POS-02', 'POS-08'] },
  { vendor: 'tailscale', endpoint: 'settings', costs: ['ID-09'] },
  { vendor: 'tailscale', endpoint: 'keys', costs: ['ID-04'] },
  { vendor: 'tailscale', endpoint: 'policy', costs: ['POS-01', 'POS-09', 'POS-10'] },
  { vendor: 'tailscale', endpoint: 'logStream', costs: [] },
  { vendor: 'tailscale', endpoint: 'webhooks', costs: [] },
  { vendor: 'tailscale', endpoint: 'contacts', costs: [] },
  { vendor: 'tailscale', endpoint: 'userInvites', costs: [] },
  { vendor: 'crowdstrike', endpoint: 'scores', costs: ['CS-01', 'CS-02', 'POS-12'] },
  { vendor: 'kandji', endpoint: 'devices', costs: [] },
  {
    vendor: 'kandji',
    endpoint: 'prism',
    costs: ['KJ-01', 'KJ-02', 'KJ-03', 'POS-05', 'POS-08', 'POS-12'],
  },
]

/** A listing of which nothing is left waits for somebody's word, whatever else agrees. */
const EMPTIED: readonly FaultRun[] = [
  { vendor: 'tailscale', faults: [{ kind: 'empty_list', endpoint: 'users' }] },
  { vendor: 'tailscale', faults: [{ kind: 'empty_list', endpoint: 'devices' }] },
  {
    vendor: 'sentinelone',
    faults: [status200('agents', { data: [], pagination: { totalItems: 0, nextCursor: null } })],
  },
  {
    vendor: 'crowdstrike',
    faults: [status200('hosts', { meta: { pagination: { total: 0, limit: 1 } }, resources: [], errors: [] })],
  },
]

function status200(endpoint: string, body: unknown): Fault {
  return { kind: 'status', status: 200, body: JSON.stringify(body), endpoint }
}

/** Answers of one vendor only, with the code that each must be told by. */
const SPECIFIC: readonly (FaultRun & { code: string })[] = [
  {
    vendor: 'sentinelone',
    faults: [status200('agents', { data: [], pagination: { totalItems: 4000, nextCursor: null } })],
    code: 'count_mismatch',
  },
  {
    vendor: 'sentinelone',
    faults: [status200('agents', { data: [{ id: '1' }], pagination: { totalItems: 3, nextCursor: 'again' } })],
    code: 'pagination_loop',
  },
  {
    vendor: 'sentinelone',
    faults: [status200('agents', { errors: [{ code: 5000010, title: 'Internal', detail: 'shard down' }], data: [] })],
    code: 'vendor_error',
  },
  {
    vendor: 'crowdstrike',
    faults: [status200('hosts', { meta: {}, resources: [], errors: [{ code: 500, message: 'partial result' }] })],
    code: 'vendor_error',
  },
  {
    vendor: 'crowdstrike',
    faults: [
      {
        kind: 'redirect',
        status: 308,
        location: 'https://api.eu-1.crowdstrike.com/',
        headers: { 'x-cs-region': 'eu-1' },
        endpoint: 'token',
      },
    ],
    code: 'redirect_refused',
  },
  { vendor: 'tailscale', faults: [status200('users', { message: 'moved' })], code: 'schema_mismatch' },
  { vendor: 'tailscale', faults: [status200('devices', { devices: [{ name: 'no id' }] })], code: 'schema_mismatch' },
]

const named = ({ vendor, faults }: FaultRun): string =>
  `${vendor} ${faults.map(({ endpoint, ...fault }) => `${endpoint}: ${JSON.stringify(fault)}`).join(' + ')}`

interface Done {
  job: FaultRun
  result: FaultResult
}

async function runAll(jobs: readonly FaultRun[]): Promise<Done[]> {
  const done: Done[] = []
  await inLanes<FaultRun, Lane>(lanes, jobs, async (lane, job) => {
    done.push({ job, result: await runWithFaults(lane, job) })
  })
  return done
}

const violationsOf = (done: readonly Done[]): string[] =>
  done.flatMap(({ job, result }) =>
    result.violations.map((text) => `${named(job)}: ${result.status} ${result.code}: ${text}`),
  )

describe('a healthy organisation', () => {
  test('passes every check: the same harness without a fault is not silent', () => {
    const { results } = lanes[0]!.baseline.report
    const given = Object.entries(verdicts({ results: results.filter(({ check }) => isProven(check)) }))
    expect(given.filter(([, verdict]) => verdict !== 'pass')).toEqual([])
    expect(given.length).toBeGreaterThan(40)
  })
})

describe('P1: a broken or partial pull never yields a pass', () => {
  let runs = 0
  const falsePasses: string[] = []
  async function judged(jobs: readonly FaultRun[]): Promise<Done[]> {
    const done = await runAll(jobs)
    const violations = violationsOf(done)
    runs += done.length
    falsePasses.push(...violations.filter((text) => text.includes('FALSE PASS')))
    expect(violations).toEqual([])
    expect(done.filter(({ result }) => result.struck === 0).map(({ job }) => named(job))).toEqual([])
    return done
  }
  afterAll(() => console.log(`P1: ${runs} fault runs, ${falsePasses.length} false passes`))

  test('every fault at every endpoint of every vendor', { timeout: 600_000 }, async () => {
    const done = await judged(matrix())
    expect(done.length).toBeGreaterThan(250)
    expect(trapped).toBe(0)
    // What was refused or read after all is no failure; everything else was told as one.
    for (const { job, result } of done)
      if (result.status !== 'complete') expect([named(job), result.code]).toEqual([named(job), expect.any(String)])
  })

  test('what is harmless, at every endpoint at once, changes no verdict', async () => {
    const jobs = Object.keys(SIMULATED).flatMap((vendor) => HARMLESS.map((fault) => ({ vendor, faults: [fault] })))
    for (const { job, result } of await judged(jobs)) {
      expect([named(job), result.status, result.blind]).toEqual([named(job), 'complete', []])
      expect([named(job), notPassing(result)]).toEqual([named(job), []])
    }
  })

  test('a field that is gone, null or of another type leaves the checks that rest on it without a pass', async () => {
    const kinds = (['drop_field', 'mistype_field', 'null_field'] as const).slice(
      0,
      process.env['FAULTS'] === 'all' ? 3 : 2,
    )
    const jobs = FIELDS.flatMap(({ vendor, endpoint, field, checks }) =>
      kinds.map((kind) => ({ vendor, faults: [{ kind, field, endpoint }], checks })),
    )
    const passed: string[] = []
    for (const { job, result } of await judged(jobs)) {
      const { checks } = job as (typeof jobs)[number]
      const without = notPassing(result)
      for (const ref of checks) if (!without.includes(ref)) passed.push(`${ref} after ${named(job)}`)
    }
    expect(passed).toEqual([])
  })

  test('a refusal of one resource costs exactly the checks that need it', async () => {
    const jobs = REFUSED.map(({ vendor, endpoint, costs }) => ({
      vendor,
      faults: [{ ...status(403), endpoint }],
      costs,
    }))
    for (const { job, result } of await judged(jobs)) {
      const { costs } = job as (typeof jobs)[number]
      const lost = result.report.results.filter((given) => given.status !== 'pass' && isProven(given.check))
      expect([named(job), lost.map(({ check }) => check.ref)]).toEqual([named(job), costs])
      expect(new Set(lost.map(({ unknownReason }) => unknownReason))).toEqual(
        new Set(costs.length ? ['not_visible'] : []),
      )
    }
  })

  test('a listing that is empty after a full one is held', async () => {
    for (const { job, result } of await judged(EMPTIED))
      expect([named(job), result.status, result.code]).toEqual([named(job), 'held', 'population_fell'])
  })

  test('what only one vendor answers', async () => {
    for (const { job, result } of await judged(SPECIFIC)) {
      const { code } = job as (typeof SPECIFIC)[number]
      expect([named(job), result.status, result.code]).toEqual([named(job), 'failed', code])
    }
  })

  test('a vendor that never answers costs no more than the time of a pull', async () => {
    const installation = await testInstallation({
      clock: testClock(undefined, 1),
      limits: { requestMs: 5000, pullMs: 500 },
      faults: { sentinelone: [{ kind: 'hang' }] },
    })
    const from = performance.now()
    const outcome = await installation.sync()
    const tookMs = performance.now() - from
    await installation.close()
    const { error } = outcome.sources.find(({ id }) => id === 'edr')!
    expect(error?.code).toBe('timeout')
    expect(error?.message).toContain('limits.pull')
    expect(tookMs).toBeLessThan(5000)
    runs++
  })
})

const notPassing = ({ report }: FaultResult): string[] =>
  report.results.filter((given) => given.status !== 'pass' && isProven(given.check)).map(({ check }) => check.ref)
