/**
 * P1: a broken or partial pull never yields a pass. Here what is harmless, single fields, refusals, emptied listings and what
 * only one vendor does; faults at every endpoint, and random schedules of them, are in faults-anywhere.test.ts. `npm run
 * prove -- faults` tries everything where a test tries some of each kind.
 */
import { describe, expect, test } from 'vitest'
import type { Fault } from '../src/simulators/faults.ts'
import { faultLanes, named, SIMULATED, status } from './helpers/fault-lanes.ts'
import type { FaultResult, FaultRun } from './helpers/fault-runs.ts'
import { isProven, testClock, testInstallation, verdicts } from './helpers/installation.ts'
import { PROVING } from './helpers/proving.ts'

const lanes = faultLanes()

/** What must change nothing, at every endpoint at once: what each connector reads by its own schema, */
const HARMLESS_TO_READ: readonly Fault[] = [{ kind: 'extra_fields' }, { kind: 'proto_pollution' }]
/** and what the one client sees to. */
const HARMLESS_TO_GET: readonly Fault[] = [
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
  { vendor: 'tailscale', endpoint: 'devices', field: 'authorized', checks: ['DEV-01'] },
  { vendor: 'tailscale', endpoint: 'devices', field: 'keyExpiryDisabled', checks: ['DEV-03', 'DEV-06'] },
  { vendor: 'tailscale', endpoint: 'devices', field: 'expires', checks: ['DEV-06'] },
  { vendor: 'tailscale', endpoint: 'devices', field: 'updateAvailable', checks: ['DEV-07'] },
  { vendor: 'tailscale', endpoint: 'devices', field: 'clientVersion', checks: ['DEV-08'] },
  {
    vendor: 'tailscale',
    endpoint: 'devices',
    field: 'isExternal',
    checks: ['DEV-01', 'DEV-03', 'DEV-11', 'DEV-13', 'DEV-20'],
  },
  { vendor: 'tailscale', endpoint: 'devices', field: 'tailnetLockError', checks: ['DEV-17'] },
  { vendor: 'tailscale', endpoint: 'settings', field: 'devicesApprovalOn', checks: ['DEV-02'] },
  { vendor: 'tailscale', endpoint: 'settings', field: 'devicesKeyDurationDays', checks: ['DEV-05'] },
  { vendor: 'tailscale', endpoint: 'settings', field: 'devicesAutoUpdatesOn', checks: ['DEV-09'] },
  { vendor: 'tailscale', endpoint: 'settings', field: 'postureIdentityCollectionOn', checks: ['DEV-18'] },
  { vendor: 'tailscale', endpoint: 'settings', field: 'usersRoleAllowedToJoinExternalTailnets', checks: ['ID-13'] },
  { vendor: 'tailscale', endpoint: 'settings', field: 'networkFlowLoggingOn', checks: ['LOG-03'] },
  { vendor: 'tailscale', endpoint: 'keys', field: 'keyType', checks: ['KEY-02', 'KEY-03', 'KEY-04', 'KEY-06'] },
  { vendor: 'tailscale', endpoint: 'keys', field: 'created', checks: ['KEY-08'] },
  { vendor: 'tailscale', endpoint: 'keys', field: 'scopes', checks: ['KEY-06'] },
  { vendor: 'tailscale', endpoint: 'integrations', field: 'status.matchedCount', checks: ['POS-02', 'POS-03'] },
  { vendor: 'tailscale', endpoint: 'integrations', field: 'configUpdated', checks: ['KEY-08'] },
  { vendor: 'tailscale', endpoint: 'webhooks', field: 'endpointUrl', checks: ['LOG-05'] },
  { vendor: 'tailscale', endpoint: 'webhooks', field: 'subscriptions', checks: ['LOG-05'] },
  { vendor: 'tailscale', endpoint: 'contacts', field: 'security', checks: ['LOG-04'] },
  { vendor: 'tailscale', endpoint: 'userInvites', field: 'lastEmailSentAt', checks: ['ID-15'] },
  { vendor: 'tailscale', endpoint: 'logStreamStatus', field: 'lastActivity', checks: ['LOG-02'] },
  { vendor: 'kandji', endpoint: 'prism', field: 'blueprint_name', checks: ['KJ-04'] },
  { vendor: 'kandji', endpoint: 'filevault', field: 'status', checks: ['KJ-04'] },
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
const REFUSED: readonly { vendor: string; endpoint: string; costs: string; needed?: boolean }[] = [
  {
    vendor: 'tailscale',
    endpoint: 'users',
    costs: 'ACL-01 COL-03 ID-01 ID-02 ID-03 ID-04 ID-06 ID-07 ID-08 ID-10 ID-11 ID-14 KEY-06 POS-10',
  },
  {
    vendor: 'tailscale',
    endpoint: 'devices',
    costs:
      'ACL-01 COL-03 CS-01 CS-02 CS-03 CS-04 DEV-01 DEV-03 DEV-06 DEV-07 DEV-08 DEV-10 DEV-11 DEV-13 ' +
      'DEV-15 DEV-17 DEV-19 DEV-20 ID-03 KJ-01 KJ-02 KJ-03 KJ-04 POS-04 POS-05 POS-08 POS-09 POS-10 ' +
      'POS-12 S1-01 S1-02 S1-03 S1-04 S1-05 S1-06 S1-07 S1-08 S1-11 SSH-01 SSH-02',
  },
  { vendor: 'tailscale', endpoint: 'attributes', costs: 'DEV-10 DEV-15 POS-08 POS-09' },
  { vendor: 'tailscale', endpoint: 'integrations', costs: 'KEY-08 POS-01 POS-02 POS-03 POS-08' },
  { vendor: 'tailscale', endpoint: 'settings', costs: 'DEV-02 DEV-05 DEV-09 DEV-18 ID-09 ID-13 LOG-03' },
  { vendor: 'tailscale', endpoint: 'keys', costs: 'ID-04 KEY-02 KEY-03 KEY-04 KEY-06 KEY-08' },
  {
    vendor: 'tailscale',
    endpoint: 'policy',
    costs: 'ACL-01 ACL-02 ACL-03 ACL-04 ACL-05 ACL-06 NET-01 POS-01 POS-09 POS-10 SSH-01 SSH-02',
  },
  { vendor: 'tailscale', endpoint: 'logStream', costs: 'LOG-01 LOG-02' },
  { vendor: 'tailscale', endpoint: 'webhooks', costs: 'LOG-05' },
  { vendor: 'tailscale', endpoint: 'contacts', costs: 'LOG-04' },
  { vendor: 'tailscale', endpoint: 'userInvites', costs: 'ID-15' },
  { vendor: 'tailscale', endpoint: 'auditLog', costs: '', needed: true },
  { vendor: 'crowdstrike', endpoint: 'scores', costs: 'CS-01 CS-02 POS-12' },
  { vendor: 'kandji', endpoint: 'devices', costs: '' },
  // KJ-04 answers for all but FileVault without it: no need, so the credential lacks nothing.
  { vendor: 'kandji', endpoint: 'filevault', costs: 'KJ-04', needed: false },
  { vendor: 'kandji', endpoint: 'prism', costs: 'DEV-13 KJ-01 KJ-02 KJ-03 KJ-04 POS-05 POS-08 POS-12' },
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
  { vendor: 'tailscale', faults: [status200('auditLog', { message: 'moved' })], code: 'schema_mismatch' },
  { vendor: 'tailscale', faults: [status200('devices', { devices: [{ name: 'no id' }] })], code: 'schema_mismatch' },
]

describe('a healthy organisation', () => {
  test('passes every check: the same harness without a fault is not silent', () => {
    const { results } = lanes.baseline().report
    const given = Object.entries(verdicts({ results: results.filter(({ check }) => isProven(check)) }))
    expect(given.filter(([, verdict]) => verdict !== 'pass')).toEqual([])
    expect(given.length).toBeGreaterThan(80)
  })
})

describe('P1: a broken or partial pull never yields a pass', () => {
  test('what is harmless, at every endpoint at once, changes no verdict', { timeout: 300_000 }, async () => {
    const jobs = Object.keys(SIMULATED).flatMap((vendor, nth) => [
      ...HARMLESS_TO_READ.map((fault) => ({ vendor, faults: [fault] })),
      ...HARMLESS_TO_GET.filter((_, at) => PROVING || at % 4 === nth).map((fault) => ({ vendor, faults: [fault] })),
    ])
    for (const { job, result } of await lanes.judged(jobs)) {
      expect([named(job), result.status, result.blind]).toEqual([named(job), 'complete', []])
      expect([named(job), notPassing(result)]).toEqual([named(job), []])
    }
  })

  test('a field that is gone, null or of another type leaves the checks that rest on it without a pass', {
    timeout: 300_000,
  }, async () => {
    const jobs = FIELDS.flatMap((row) =>
      spoilt(row).map((kind) => ({
        vendor: row.vendor,
        faults: [{ kind, field: row.field, endpoint: row.endpoint }],
        checks: row.checks,
      })),
    )
    const passed: string[] = []
    for (const { job, result } of await lanes.judged(jobs)) {
      const { checks } = job as (typeof jobs)[number]
      const without = notPassing(result)
      for (const ref of checks) if (!without.includes(ref)) passed.push(`${ref} after ${named(job)}`)
    }
    expect(passed).toEqual([])
  })

  test('a refusal of one resource costs exactly the checks that need it', { timeout: 300_000 }, async () => {
    const jobs = REFUSED.map(({ vendor, endpoint, costs, needed = costs !== '' }) => ({
      vendor,
      faults: [{ ...status(403), endpoint }],
      costs,
      needed,
    }))
    for (const { job, result } of await lanes.judged(jobs)) {
      const { costs, needed } = job as (typeof jobs)[number]
      const lost = result.report.results.filter((given) => given.status !== 'pass' && isProven(given.check))
      const blinded = lost.filter(({ check }) => check.ref !== 'KEY-07')
      expect([named(job), blinded.map(({ check }) => check.ref).join(' ')]).toEqual([named(job), costs])
      expect(blinded.filter(({ unknownReason }) => unknownReason !== 'not_visible')).toEqual([])
      // A credential that lacks what a check needs is itself a failure.
      const ours = result.report.results.find(({ check }) => check.ref === 'KEY-07')!
      expect([named(job), ours.status]).toEqual([named(job), needed ? 'fail' : 'pass'])
    }
  })

  test('a listing that is empty after a full one is held', { timeout: 300_000 }, async () => {
    for (const { job, result } of await lanes.judged(EMPTIED))
      expect([named(job), result.status, result.code]).toEqual([named(job), 'held', 'population_fell'])
  })

  test('what only one vendor answers', { timeout: 300_000 }, async () => {
    for (const { job, result } of await lanes.judged(SPECIFIC)) {
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
  })
})

const SPOILT = ['drop_field', 'mistype_field', 'null_field'] as const

/** The first row of each endpoint. */
const FIRST_FIELDS = FIELDS.filter(
  (row, nth) => FIELDS.findIndex(({ vendor, endpoint }) => vendor === row.vendor && endpoint === row.endpoint) === nth,
)

/**
 * What is done to the field of a row: in a test one thing to one field of each endpoint, in turn. That a check needs its
 * field is proven in its own table, field by field.
 */
function spoilt(row: (typeof FIELDS)[number]): readonly (typeof SPOILT)[number][] {
  if (PROVING) return SPOILT
  const turn = FIRST_FIELDS.indexOf(row)
  return turn < 0 ? [] : [SPOILT[turn % SPOILT.length]!]
}

const notPassing = ({ report }: FaultResult): string[] =>
  report.results.filter((given) => given.status !== 'pass' && isProven(given.check)).map(({ check }) => check.ref)
