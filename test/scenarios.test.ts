/**
 * A small tailnet in which every check has something to look at and nothing to complain of; then, in each scenario,
 * exactly one thing is wrong, and exactly the checks whose business it is say so.
 */
import { expect, test } from 'vitest'
import { checks } from '../checks/index.ts'
import { evaluate } from '../src/domain/evaluate.ts'
import { type AnyRecord, refOf } from '../src/domain/record.ts'
import type { Settings } from '../src/domain/settings.ts'
import { DAY } from '../src/domain/time.ts'
import {
  account,
  agent,
  ago,
  attributes,
  contact,
  credential,
  device,
  enrolment,
  integration,
  integrity,
  invite,
  key,
  logstream,
  person,
  policy,
  type SnapshotOptions,
  score,
  setting,
  settings,
  webhook,
  wholeSnapshotOf,
} from './helpers/build.ts'

// ── the healthy tailnet ────────────────────────────────────────────────────────────────────────────────────────────

const POLICY = {
  groups: { 'group:eng': ['alice@example.com'] },
  tagOwners: { 'tag:production': ['group:eng'] },
  postures: { 'posture:ok': ["node:os == 'macos'"] },
  acls: [{ action: 'accept', src: ['group:eng'], dst: ['tag:production:443'], srcPosture: ['posture:ok'] }],
  ssh: [{ action: 'check', src: ['group:eng'], dst: ['tag:production'], users: ['root'] }],
  autoApprovers: { routes: { '10.20.0.0/16': ['tag:production'] } },
  tests: [{ src: 'alice@example.com', accept: ['tag:production:443'], deny: ['tag:production:22'] }],
  sshTests: [{ src: 'alice@example.com', deny: ['root'] }],
}
const file = (over: object): AnyRecord => policy(JSON.stringify({ ...POLICY, ...over }))

const COPY = {
  'node:os': 'macos',
  'node:tsReleaseTrack': 'stable',
  'node:tsStateEncrypted': true,
  'sentinelOne:operationalState': 'na',
  'sentinelOne:activeThreats': 0,
  'sentinelOne:infected': false,
  'sentinelOne:agentVersion': '24.2.3.471',
  'sentinelOne:encryptedApplications': true,
  'sentinelOne:firewallEnabled': true,
  'sentinelOne:isActive': true,
  'kandji:mdmEnabled': true,
  'kandji:agentInstalled': true,
}
const sentinel = agent({
  values: { isPendingUninstall: false, mitigationMode: 'protect', lastSuccessfulScanDate: ago(DAY) },
})
const kandji = agent({
  vendor: 'kandji',
  key: '2001',
  platform: 'Mac',
  values: { blueprint_name: 'Macs', os_version: '26.1' },
})
const falcon = { key: '3001', serial: 'LNX0001', hostname: 'bob-linux' } as const

const HEALTHY: readonly AnyRecord[] = [
  person(),
  person({ email: 'bob@example.com', key: 'bob@example.com', department: 'IT' }),
  account(),
  account({ key: 'uB', login: 'bob@example.com', role: 'network-admin' }),
  device(),
  device({
    key: 'nD2',
    user: 'bob@example.com',
    name: 'bob-linux',
    hostname: 'bob-linux',
    os: 'linux',
    serials: ['LNX0001'],
    addresses: ['100.87.74.79'],
  }),
  attributes({ values: COPY }),
  attributes({
    key: 'nD2',
    values: {
      'node:os': 'linux',
      'node:tsReleaseTrack': 'stable',
      'node:tsStateEncrypted': true,
      'falcon:ztaScore': 85,
    },
  }),
  sentinel,
  kandji,
  enrolment({ key: '2001' }),
  agent({ vendor: 'crowdstrike', ...falcon }),
  score({ key: falcon.key }),
  integration(),
  integration({ key: 'pK', provider: 'kandji' }),
  integration({ key: 'pF', provider: 'falcon' }),
  setting('usersApprovalOn', true),
  setting('devicesApprovalOn', true),
  setting('devicesAutoUpdatesOn', true),
  setting('devicesKeyDurationDays', 90),
  setting('postureIdentityCollectionOn', true),
  setting('usersRoleAllowedToJoinExternalTailnets', 'admin'),
  setting('networkFlowLoggingOn', true),
  key({ keyType: 'client', expiresAt: null, scopes: ['devices:core:read'] }),
  key({
    key: 'kAUTH',
    keyType: 'auth',
    createdAt: ago(DAY),
    expiresAt: ago(-6 * DAY),
    reusable: false,
    ephemeral: false,
    preauthorized: false,
  }),
  file({}),
  logstream(),
  webhook(),
  contact(),
  invite(),
  credential(),
  credential({
    source: 'edr',
    key: 'key',
    what: 'API token',
    endless: false,
    expiresAt: ago(-90 * DAY),
    scopes: null,
    writes: null,
  }),
  integrity(),
]

const attested = (check: string) => ({
  id: `A-${check}`,
  check,
  system: null,
  answer: 'pass' as const,
  by: 'eve@example.com',
  on: '2026-11-01',
  until: '2027-01-31',
  note: null,
})
const given = settings()
const HEALTHY_SETTINGS: Partial<Settings> = {
  attestations: ['DEV-16', 'LOG-06', 'ID-22'].map(attested),
  deviceTrust: {
    ...given.deviceTrust,
    postures: { own: ["node:os IN ['macos', 'linux']"] },
    require: { allOf: ['own'], anyOf: [] },
  },
}

/** What cannot be good in a single snapshot without a ledger beside it. */
const ASIDE = ['COL-08']

function complaints(records: readonly AnyRecord[], options: SnapshotOptions = {}): Record<string, string> {
  const snapshot = wholeSnapshotOf(records, { ...options, settings: { ...HEALTHY_SETTINGS, ...options.settings } })
  const found: Record<string, string> = {}
  for (const { ref, status, unknownReason } of evaluate(snapshot, checks)) {
    if (ASIDE.includes(ref)) continue
    if (status === 'fail') found[ref] = status
    if (status === 'unknown') found[ref] = unknownReason ?? status
  }
  return found
}

/** The healthy tailnet with one record in another state, or one more. */
function withRecord(changed: AnyRecord): readonly AnyRecord[] {
  return [...HEALTHY.filter((record) => refOf(record) !== refOf(changed)), changed]
}

test('in the healthy tailnet no check complains', () => {
  expect(complaints(HEALTHY)).toEqual({})
})

// ── one thing wrong ────────────────────────────────────────────────────────────────────────────────────────────────

interface Scenario {
  readonly wrong: string
  readonly changed: AnyRecord
  readonly says: Record<string, string>
}

const people: readonly Scenario[] = [
  {
    wrong: 'Alice left two weeks ago and nobody noticed',
    changed: person({ endDate: '2026-11-06', status: 'left' }),
    says: { 'ID-02': 'fail', 'ID-03': 'fail', 'ID-04': 'fail', 'ID-06': 'fail', 'ACL-06': 'fail' },
  },
  {
    wrong: 'Alice is a contractor whose contract ended, and so is her access only half gone',
    changed: person({ type: 'contractor', endDate: '2026-11-06' }),
    says: { 'ID-02': 'fail', 'ID-03': 'fail', 'ID-04': 'fail', 'ID-06': 'fail', 'ID-18': 'fail', 'ACL-06': 'fail' },
  },
  { wrong: 'Alice has no second factor', changed: person({ mfa: false }), says: { 'ID-16': 'fail' } },
  {
    wrong: 'an invitation lies open for a month',
    changed: invite({ lastEmailSentAt: ago(30 * DAY) }),
    says: { 'ID-15': 'fail' },
  },
  { wrong: 'anybody who signs in is inside', changed: setting('usersApprovalOn', false), says: { 'ID-09': 'fail' } },
]
const devices: readonly Scenario[] = [
  { wrong: 'a laptop with an old client', changed: device({ clientVersion: '1.70.0' }), says: { 'DEV-08': 'fail' } },
  {
    wrong: 'a laptop whose key never expires',
    changed: device({ keyExpiryDisabled: true }),
    says: { 'DEV-03': 'fail' },
  },
  {
    wrong: 'a tagged laptop',
    changed: device({ tags: ['tag:production'] }),
    says: { 'DEV-13': 'fail', 'POS-06': 'fail' },
  },
  {
    wrong: 'a laptop away since spring',
    changed: device({ connected: false, lastSeen: ago(200 * DAY) }),
    says: { 'DEV-11': 'fail' },
  },
  {
    wrong: 'a machine from outside',
    changed: device({ key: 'nX', isExternal: true, user: 'vic@vendor.io' }),
    says: { 'DEV-12': 'fail' },
  },
  {
    wrong: 'a laptop that does not say who it is',
    changed: device({ identity: 'disabled', serials: [] }),
    says: {
      'DEV-19': 'fail',
      'POS-04': 'no_serial',
      'POS-05': 'no_serial',
      'POS-06': 'no_serial',
      'POS-08': 'no_serial',
      'CS-01': 'no_serial',
      'CS-02': 'no_serial',
      'CS-03': 'no_serial',
      'CS-04': 'no_serial',
      ...Object.fromEntries(['KJ-01', 'KJ-02', 'KJ-03', 'KJ-04'].map((ref) => [ref, 'no_serial'])),
      ...Object.fromEntries(
        ['01', '02', '03', '04', '05', '06', '07', '08', '09', '11'].map((n) => [`S1-${n}`, 'no_serial']),
      ),
    },
  },
  { wrong: 'an unsigned node', changed: device({ tailnetLockError: 'not signed' }), says: { 'DEV-17': 'fail' } },
  { wrong: 'a route to the office', changed: device({ enabledRoutes: ['10.0.0.0/8'] }), says: { 'NET-02': 'fail' } },
]
const trust: readonly Scenario[] = [
  {
    wrong: 'an infected laptop, and the tailnet knows it',
    changed: agent({ values: { ...sentinel.values, activeThreats: 2, infected: true } }),
    says: { 'S1-03': 'fail', 'S1-04': 'fail' },
  },
  {
    wrong: 'an agent about to be uninstalled',
    changed: agent({ values: { ...sentinel.values, isPendingUninstall: true } }),
    says: { 'S1-09': 'fail' },
  },
  {
    wrong: 'an integration that matches half',
    changed: integration({ matchedCount: 5, possibleMatchedCount: 10, providerHostCount: 10 }),
    says: { 'POS-03': 'fail' },
  },
]
const credentials: readonly Scenario[] = [
  {
    wrong: 'a client with the scope all',
    changed: key({ keyType: 'client', expiresAt: null, scopes: ['all'] }),
    says: { 'KEY-06': 'fail' },
  },
  {
    wrong: 'a key for any number of unseen machines',
    changed: key({
      key: 'kAUTH',
      keyType: 'auth',
      createdAt: ago(DAY),
      expiresAt: ago(-6 * DAY),
      reusable: true,
      ephemeral: false,
      preauthorized: true,
    }),
    says: { 'KEY-03': 'fail', 'KEY-04': 'fail', 'KEY-05': 'fail' },
  },
  {
    wrong: 'our own credential can write',
    changed: credential({ scopes: ['all'], writes: ['all'] }),
    says: { 'KEY-07': 'fail' },
  },
  {
    wrong: 'our own token ends tomorrow',
    changed: credential({
      source: 'edr',
      key: 'key',
      endless: false,
      expiresAt: ago(-DAY),
      scopes: null,
      writes: null,
    }),
    says: { 'KEY-07': 'fail' },
  },
]
const network: readonly Scenario[] = [
  {
    wrong: 'a rule for everyone to everything',
    changed: file({ acls: [{ action: 'accept', src: ['*'], dst: ['*:*'] }] }),
    says: { 'ACL-01': 'fail', 'ACL-07': 'fail', 'POS-10': 'fail' },
  },
  {
    wrong: 'a tag that every member owns',
    changed: file({ tagOwners: { 'tag:production': ['autogroup:member'] } }),
    says: { 'ACL-03': 'fail' },
  },
  {
    wrong: 'routes that approve themselves',
    changed: file({ autoApprovers: { routes: { '10.0.0.0/8': ['*'] } } }),
    says: { 'ACL-04': 'fail' },
  },
  { wrong: 'no test of the policy', changed: file({ tests: [] }), says: { 'ACL-05': 'fail' } },
  {
    wrong: 'root without a fresh sign-in',
    changed: file({ ssh: [{ action: 'accept', src: ['group:eng'], dst: ['tag:production'], users: ['root'] }] }),
    says: { 'SSH-01': 'fail' },
  },
  {
    wrong: 'Funnel for every member',
    changed: file({ nodeAttrs: [{ target: ['autogroup:member'], attr: ['funnel'] }] }),
    says: { 'NET-01': 'fail' },
  },
]
const logging: readonly Scenario[] = [
  { wrong: 'no audit log goes out', changed: logstream({ configured: false }), says: { 'LOG-01': 'fail' } },
  { wrong: 'the audit log is stuck', changed: logstream({ lastError: 'AccessDenied' }), says: { 'LOG-02': 'fail' } },
  {
    wrong: 'an unverified security contact',
    changed: contact({ needsVerification: true }),
    says: { 'LOG-04': 'fail' },
  },
  {
    wrong: 'a webhook in the clear',
    changed: webhook({ url: 'http://siem.example.com/' }),
    says: { 'LOG-05': 'fail' },
  },
  {
    wrong: 'flow logs that cannot be seen',
    changed: setting('networkFlowLoggingOn', null),
    says: { 'LOG-03': 'not_visible' },
  },
]

test.each([...people, ...devices, ...trust, ...credentials, ...network, ...logging])('$wrong', ({ changed, says }) => {
  expect(complaints(withRecord(changed))).toEqual(says)
})

test('a waiver that ran out is itself a finding, and only that', () => {
  const waiver = {
    id: 'W-1',
    check: 'DEV-08',
    subject: 'nD9',
    owner: 'bob@example.com',
    approver: 'eve@example.com',
    reason: 'image',
    created: '2026-01-01',
    expires: '2026-10-01',
  }
  expect(complaints(HEALTHY, { settings: { waivers: [waiver] } })).toEqual({ 'COL-07': 'fail' })
})
