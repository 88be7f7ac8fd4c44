/**
 * Two people, two computers, three vendors and a policy, as records: every check has something to look at here and
 * nothing to complain of. Tests turn one thing of it bad, or odd.
 */
import type { AnyRecord } from '../../src/domain/record.ts'
import { refOf } from '../../src/domain/record.ts'
import type { Settings } from '../../src/domain/settings.ts'
import { DAY } from '../../src/domain/time.ts'
import {
  account,
  agent,
  ago,
  attributes,
  audit,
  auditlog,
  contact,
  credential,
  device,
  encryption,
  enrolment,
  integration,
  integrity,
  invite,
  key,
  logstream,
  person,
  policy,
  review,
  score,
  setting,
  settings,
  webhook,
} from './build.ts'

export const POLICY = {
  groups: { 'group:eng': ['alice@example.com'] },
  tagOwners: { 'tag:production': ['group:eng'] },
  postures: { 'posture:ok': ["node:os == 'macos'"] },
  acls: [{ action: 'accept', src: ['group:eng'], dst: ['tag:production:443'], srcPosture: ['posture:ok'] }],
  ssh: [{ action: 'check', src: ['group:eng'], dst: ['tag:production'], users: ['root'] }],
  autoApprovers: { routes: { '10.20.0.0/16': ['tag:production'] } },
  tests: [{ src: 'alice@example.com', accept: ['tag:production:443'], deny: ['tag:production:22'] }],
  sshTests: [{ src: 'alice@example.com', deny: ['root'] }],
}
export const file = (over: object): AnyRecord => policy(JSON.stringify({ ...POLICY, ...over }))

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
export const sentinel = agent({
  values: { isPendingUninstall: false, mitigationMode: 'protect', lastSuccessfulScanDate: ago(DAY) },
})
export const kandji = agent({
  vendor: 'kandji',
  key: '2001',
  platform: 'Mac',
  values: { blueprint_name: 'Macs', os_version: '26.1' },
})
const falcon = { key: '3001', serial: 'LNX0001', hostname: 'bob-linux' } as const

export const HEALTHY: readonly AnyRecord[] = [
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
  encryption({ key: '2001' }),
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
  audit({ action: 'APPROVE' }),
  auditlog(),
  integrity(),
  review(),
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
export const HEALTHY_SETTINGS: Partial<Settings> = {
  attestations: ['DEV-16', 'LOG-06', 'ID-22'].map(attested),
  deviceTrust: {
    ...given.deviceTrust,
    postures: { own: ["node:os IN ['macos', 'linux']"] },
    require: { allOf: ['own'], anyOf: [] },
  },
}

/** The healthy tailnet with some records in another state, or some more. */
export function withRecords(...changed: readonly AnyRecord[]): readonly AnyRecord[] {
  const refs = new Set(changed.map(refOf))
  return [...HEALTHY.filter((record) => !refs.has(refOf(record))), ...changed]
}
