/**
 * Records with believable defaults for tests of rules: `account({ status: 'suspended' })` says only what matters.
 * Alice is employed, owns one account and one device; everything lives in the tailnet `tailnet` unless it says otherwise.
 */
import { type Check, parametersOf } from '../../src/domain/check.ts'
import { evaluate } from '../../src/domain/evaluate.ts'
import { amended, type Finding, type Status, type UnknownReason } from '../../src/domain/finding.ts'
import type { JsonValue } from '../../src/domain/json.ts'
import type {
  Account,
  Agent,
  Anchor,
  AnyRecord,
  Attributes,
  AuditEvent,
  AuditWindow,
  Carried,
  Contact,
  Credential,
  Device,
  Encryption,
  Enrolment,
  Integration,
  Integrity,
  Invite,
  Key,
  LogStream,
  Person,
  Policy,
  Review,
  Score,
  Setting,
  Total,
  WebhookEndpoint,
} from '../../src/domain/record.ts'
import type { CheckResult } from '../../src/domain/result.ts'
import type { Settings, SourceSettings } from '../../src/domain/settings.ts'
import { type Blindness, makeSnapshot, narrow, type Snapshot, type SourceState } from '../../src/domain/snapshot.ts'
import { DAY, HOUR, type Instant, MINUTE, plus } from '../../src/domain/time.ts'
import { noted, seenOf } from './answers-seen.ts'

/** A Friday. */
export const NOW: Instant = '2026-11-20T09:00:00.000Z'

/** The moment so long before `NOW`: `ago(3 * DAY)`. */
export function ago(ms: number): Instant {
  return plus(NOW, -ms)
}

// ── people and accounts ────────────────────────────────────────────────────────────────────────────────────────────

/** The key follows the address; `endsAt` is the end of `endDate` in UTC where only the date is given. */
export function person(over: Partial<Person> = {}): Person {
  const email = over.email ?? 'alice@example.com'
  const endDate = over.endDate ?? null
  return {
    kind: 'person',
    source: 'roster',
    key: email,
    unread: [],
    email,
    name: 'Alice Architect',
    status: 'active',
    startDate: '2024-12-01',
    endDate,
    endsAt: endDate === null ? null : plus(`${endDate}T00:00:00.000Z`, DAY),
    department: 'Engineering',
    title: 'Engineer',
    manager: 'eve@example.com',
    type: 'employee',
    mfa: true,
    aliases: [],
    extra: {},
    ...over,
  }
}

export function account(over: Partial<Account> = {}): Account {
  return {
    kind: 'account',
    source: 'tailnet',
    key: 'uA1',
    unread: [],
    login: 'alice@example.com',
    displayName: 'Alice Architect',
    type: 'member',
    role: 'member',
    status: 'active',
    createdAt: '2024-12-01T05:23:30.000Z',
    lastSeen: ago(HOUR),
    currentlyConnected: true,
    deviceCount: 1,
    ...over,
  }
}

// ── devices ────────────────────────────────────────────────────────────────────────────────────────────────────────

export function device(over: Partial<Device> = {}): Device {
  return {
    kind: 'device',
    source: 'tailnet',
    key: 'nD1',
    unread: [],
    id: '92960230385',
    name: 'alice-mac.tailfe8c.ts.net',
    hostname: 'alice-mac',
    user: 'alice@example.com',
    os: 'macOS',
    clientVersion: '1.86.2',
    updateAvailable: false,
    createdAt: '2025-03-24T15:45:46.000Z',
    connected: true,
    lastSeen: null,
    keyExpiryDisabled: false,
    expiresAt: '2027-03-20T15:45:46.000Z',
    authorized: true,
    isExternal: false,
    isEphemeral: false,
    tags: [],
    identity: 'reported',
    serials: ['C02XK1ABCD01'],
    tailnetLockKey: '',
    tailnetLockError: '',
    sshEnabled: false,
    multipleConnections: false,
    blocksIncomingConnections: false,
    addresses: ['100.87.74.78'],
    enabledRoutes: [],
    advertisedRoutes: [],
    distro: null,
    ...over,
  }
}

const HEALTHY: Readonly<Record<Agent['vendor'], Agent['values']>> = {
  sentinelone: {
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
  },
  crowdstrike: { reduced_functionality_mode: 'no', agent_version: '7.14.18408.0', status: 'normal' },
  kandji: { mdm_enabled: true, agent_installed: true, is_missing: false, is_removed: false },
}
const SOURCE_OF: Readonly<Record<Agent['vendor'], string>> = {
  sentinelone: 'edr',
  crowdstrike: 'falcon',
  kandji: 'mdm',
}

/** A healthy host record of SentinelOne or of the vendor named; `values` are laid over the healthy ones. */
export function agent(over: Partial<Agent> = {}): Agent {
  const vendor = over.vendor ?? 'sentinelone'
  return {
    kind: 'agent',
    source: SOURCE_OF[vendor],
    key: '1001',
    unread: [],
    vendor,
    hostname: 'alice-mac',
    serial: 'C02XK1ABCD01',
    platform: 'macos',
    lastSeen: ago(10 * MINUTE),
    changedAt: ago(10 * MINUTE),
    removed: false,
    assignedTo: null,
    ...over,
    values: { ...HEALTHY[vendor], ...over.values },
  }
}

/** CrowdStrike's assessment of the agent with the same key. */
export function score(over: Partial<Score> = {}): Score {
  return { kind: 'score', source: 'falcon', key: '1001', unread: [], value: 85, ...over }
}

/** Kandji's device list entry of the agent with the same key. */
export function enrolment(over: Partial<Enrolment> = {}): Enrolment {
  return {
    kind: 'enrolment',
    source: 'mdm',
    key: '1001',
    unread: [],
    isMissing: false,
    isRemoved: false,
    lastCheckIn: ago(10 * MINUTE),
    mdmEnabled: true,
    agentInstalled: true,
    ...over,
  }
}

/** Kandji's FileVault category of the agent with the same key. */
export function encryption(over: Partial<Encryption> = {}): Encryption {
  return { kind: 'encryption', source: 'mdm', key: '1001', unread: [], on: true, ...over }
}

export function attributes(over: Partial<Attributes> = {}): Attributes {
  return {
    kind: 'attributes',
    source: 'tailnet',
    key: 'nD1',
    unread: [],
    values: { 'node:os': 'macos', 'node:tsVersion': '1.86.2' },
    expiries: {},
    found: true,
    readAt: ago(5 * MINUTE),
    ...over,
  }
}

// ── the tailnet itself ─────────────────────────────────────────────────────────────────────────────────────────────

export function integration(over: Partial<Integration> = {}): Integration {
  return {
    kind: 'integration',
    source: 'tailnet',
    key: 'pS1CNTRL',
    unread: [],
    provider: 'sentinelone',
    cloudId: 'acme.sentinelone.net',
    configUpdatedAt: '2026-01-04T09:00:00.000Z',
    hasStatus: true,
    lastSync: ago(5 * MINUTE),
    error: null,
    matchedCount: 1,
    possibleMatchedCount: 1,
    providerHostCount: 1,
    ...over,
  }
}

export function setting(key: string, value: Setting['value'], over: Partial<Setting> = {}): Setting {
  return { kind: 'setting', source: 'tailnet', key, unread: [], value, ...over }
}

/** An API access token of Alice's. */
export function key(over: Partial<Key> = {}): Key {
  return {
    kind: 'key',
    source: 'tailnet',
    key: 'kA1CNTRL',
    unread: [],
    keyType: 'api',
    description: 'deploy',
    createdAt: '2026-10-01T09:00:00.000Z',
    expiresAt: '2026-12-30T09:00:00.000Z',
    revokedAt: null,
    invalid: null,
    expirySeconds: null,
    reusable: null,
    ephemeral: null,
    preauthorized: null,
    tags: [],
    scopes: ['all'],
    userId: 'uA1',
    ...over,
  }
}

export function policy(text: string, over: Partial<Policy> = {}): Policy {
  return { kind: 'policy', source: 'tailnet', key: 'policy', unread: [], etag: '"e0b2816b418"', text, ...over }
}

/** The configuration audit log goes to a bucket, and arrives. */
export function logstream(over: Partial<LogStream> = {}): LogStream {
  return {
    kind: 'logstream',
    source: 'tailnet',
    key: 'configuration',
    unread: [],
    configured: true,
    destinationType: null,
    lastActivityAt: ago(5 * MINUTE),
    lastError: null,
    ...over,
  }
}

export function webhook(over: Partial<WebhookEndpoint> = {}): WebhookEndpoint {
  return {
    kind: 'webhook',
    source: 'tailnet',
    key: '48201',
    unread: [],
    url: 'https://grc.example.com/hooks/tailscale',
    providerType: '',
    creatorLogin: 'alice@example.com',
    createdAt: '2026-01-24T09:00:00.000Z',
    modifiedAt: '2026-01-24T09:00:00.000Z',
    subscriptions: ['nodeCreated', 'userCreated', 'policyUpdate'],
    ...over,
  }
}

export function contact(over: Partial<Contact> = {}): Contact {
  return {
    kind: 'contact',
    source: 'tailnet',
    key: 'security',
    unread: [],
    email: 'security@example.com',
    needsVerification: false,
    ...over,
  }
}

export function invite(over: Partial<Invite> = {}): Invite {
  return {
    kind: 'invite',
    source: 'tailnet',
    key: '29214',
    unread: [],
    role: 'member',
    email: 'anna@example.com',
    inviterId: '22012',
    lastEmailSentAt: ago(DAY),
    ...over,
  }
}

/** What the OAuth client of the tailnet was granted: everything that is read, and nothing that writes. */
export function credential(over: Partial<Credential> = {}): Credential {
  return {
    kind: 'credential',
    source: 'tailnet',
    key: 'granted',
    unread: [],
    what: 'OAuth client',
    description: null,
    createdAt: null,
    expiresAt: null,
    endless: true,
    scopes: ['all:read'],
    writes: [],
    found: true,
    ...over,
  }
}

// ── the audit log ──────────────────────────────────────────────────────────────────────────────────────────────────

/** Eve suspends Alice in the admin console, half an hour ago. Two events are told apart by their key. */
export function audit(over: Partial<AuditEvent> = {}): AuditEvent {
  const event = {
    at: ago(30 * MINUTE),
    group: 'g1',
    origin: 'ADMIN_CONSOLE',
    actorId: 'uE5',
    actorType: 'USER',
    actor: 'eve@example.com',
    targetId: 'uA1',
    target: 'alice@example.com',
    targetType: 'USER',
    property: null,
    action: 'SUSPEND',
    before: null,
    after: null,
    failure: null,
    ...over,
  }
  const { group, at, action, targetId, property } = event
  const key = [group, at, action, targetId, property ?? ''].join(' ')
  return { kind: 'audit', source: 'tailnet', key, unread: [], ...event }
}

/** Alice becomes an IT administrator: `roleEvent({ before: '["Admin"]' })`. */
export function roleEvent(over: Partial<AuditEvent> = {}): AuditEvent {
  const change = { action: 'UPDATE', property: 'USER_ROLE', before: '["Member"]', after: '["Member","IT admin"]' }
  return audit({ ...change, ...over })
}

/** The last two hours were read. */
export function auditlog(over: Partial<AuditWindow> = {}): AuditWindow {
  const window = { from: ago(2 * HOUR), to: ago(MINUTE) }
  return { kind: 'auditlog', source: 'tailnet', key: 'configuration', unread: [], ...window, ...over }
}

// ── our own house ──────────────────────────────────────────────────────────────────────────────────────────────────

/** What SentinelOne says of how many agents it holds, unless told otherwise. */
export function total(over: Partial<Total> = {}): Total {
  return { kind: 'total', source: 'edr', key: 'agent', unread: [], value: 1, ...over }
}

/** What a check remembers: `carried('offboarded-access-removed', 'bob@example.com', { toldAt: … })`. */
export function carried(check: string, about: string, body: Carried['body'], source = 'tailnet'): Carried {
  return { kind: 'carried', source, key: `${check}/${about}`, unread: [], check, body }
}

export function integrity(over: Partial<Integrity> = {}): Integrity {
  return { kind: 'integrity', source: 'store', key: 'pages', unread: [], checked: 12, failed: [], ...over }
}

/** The authority stamped the ledger an hour ago. */
export function anchor(over: Partial<Anchor> = {}): Anchor {
  const stamped = { authority: 'tsa.example', checkpointSize: 12, stampedAt: ago(HOUR), failure: null }
  return { kind: 'anchor', source: '', key: 'timestamps', unread: [], ...stamped, ...over }
}

/** Eve signed a review of the tailnet a month ago that took nobody's access. */
export function review(over: Partial<Review> = {}): Review {
  return {
    kind: 'review',
    source: '',
    key: 'R-1',
    unread: [],
    system: 'tailnet',
    frozenAt: ago(31 * DAY),
    signedAt: ago(30 * DAY),
    by: 'eve@example.com',
    accounts: 1,
    removals: [],
    changes: {},
    ...over,
  }
}

// ── settings and snapshots ─────────────────────────────────────────────────────────────────────────────────────────

const SOURCES: readonly SourceSettings[] = (
  [
    ['tailnet', 'tailscale', HOUR],
    ['edr', 'sentinelone', HOUR],
    ['falcon', 'crowdstrike', HOUR],
    ['mdm', 'kandji', HOUR],
    ['roster', 'csv', 7 * DAY],
  ] as const
).map(([id, kind, freshnessMs]) => ({
  id,
  kind,
  freshnessMs,
  syncWindowMs: kind === 'tailscale' || kind === 'csv' ? null : 24 * HOUR,
  attributeFreshnessMs: kind === 'tailscale' ? 6 * HOUR : null,
  allowWrite: false,
}))

/** Five sources, the tailnet governed: members are anybody, administrators come from IT. */
export function settings(over: Partial<Settings> = {}): Settings {
  return {
    organization: { id: 'acme', name: 'Acme Corp', timeZone: 'UTC' },
    demo: false,
    sources: SOURCES,
    people: { aliases: {}, serviceAccounts: [] },
    criticalSystems: [
      {
        id: 'tailnet',
        source: 'tailnet',
        access: [
          { roles: ['member'], people: null },
          { roles: ['owner', 'admin', 'it-admin', 'network-admin'], people: { department: ['IT'] } },
        ],
        offboardingWithinMs: 24 * HOUR,
      },
    ],
    deviceTrust: { scope: { os: ['macos', 'windows', 'linux'], tagged: false }, postures: {}, require: null },
    slaMs: { critical: DAY, high: 7 * DAY, medium: 30 * DAY, low: 90 * DAY },
    checks: {},
    waivers: [],
    attestations: [],
    ...over,
  }
}

export function sourceState(over: Partial<SourceState> = {}): SourceState {
  const id = over.id ?? 'tailnet'
  return {
    id,
    kind: SOURCES.find((source) => source.id === id)?.kind ?? 'tailscale',
    status: 'complete',
    attemptedAt: ago(MINUTE),
    collectedAt: ago(MINUTE),
    records: {},
    blind: [],
    error: null,
    requests: 4,
    notVendorHost: false,
    pausedUntil: null,
    ...over,
  }
}

/** The states of a source that could not be read in the newest attempt. */
export const FAILED: Partial<SourceState> = {
  status: 'failed',
  error: { code: 'server_error', message: 'GET /users answered 503' },
}

/** What a refused listing hides: `blind('key', ['auth'])`. */
export function blind(kind: Blindness['kind'], fields: readonly string[] | null = null): Blindness {
  return { kind, fields, scope: `${kind}:read`, because: `GET /api/v2/tailnet/-/${kind} answered 403` }
}

export interface SnapshotOptions {
  settings?: Partial<Settings>
  at?: Instant
  /** Laid over five complete sources by id; ids beside those five are added. */
  sources?: readonly Partial<SourceState>[]
  /** Configured sources instead of all five. */
  only?: readonly string[]
}

/** Every tailnet's records, as the engine is handed them. */
export function wholeSnapshotOf(records: readonly AnyRecord[], options: SnapshotOptions = {}): Snapshot {
  const effective = settings(options.settings)
  const ids = options.only ?? SOURCES.map((source) => source.id)
  const extra = (options.sources ?? []).map((source) => source.id ?? 'tailnet').filter((id) => !ids.includes(id))
  const sources = [...ids, ...extra].map((id) => {
    const counts: Record<string, number> = {}
    for (const record of records) if (record.source === id) counts[record.kind] = (counts[record.kind] ?? 0) + 1
    const over = options.sources?.find((source) => (source.id ?? 'tailnet') === id)
    return sourceState({ id, records: counts, ...over })
  })
  return makeSnapshot({ runId: 'run-1', sequence: 1, at: options.at ?? NOW, sources, settings: effective, records })
}

/** The snapshot as a check sees it: narrowed to the tailnet `tailnet`. */
export function snapshotOf(records: readonly AnyRecord[], options: SnapshotOptions = {}): Snapshot {
  return narrow(wholeSnapshotOf(records, options), 'tailnet')
}

// ── asking ─────────────────────────────────────────────────────────────────────────────────────────────────────────

type Params = Readonly<Record<string, JsonValue>>

function withParams(check: Check, given: Settings, params: Params): Settings {
  return { ...given, checks: { ...given.checks, [check.id]: { enabled: true, because: null, params } } }
}

export function findingsOf(check: Check, snapshot: Snapshot, params: Params = {}): Finding[] {
  const given = Object.keys(params).length === 0 ? snapshot.settings : withParams(check, snapshot.settings, params)
  // Written out, so that they compare as values.
  const findings = check.run(snapshot, parametersOf(check, given).values).map((found) => amended(found, {}))
  noted(check, findings)
  return findings
}

/** The answers in the order in which the check gives them. */
export function statusesOf(check: Check, snapshot: Snapshot, params: Params = {}): Status[] {
  return findingsOf(check, snapshot, params).map((finding) => finding.status)
}

/** The engine's result for the first system, through the door that a run takes. */
export function resultOf(check: Check, records: readonly AnyRecord[], options: SnapshotOptions = {}): CheckResult {
  const [result] = evaluate(wholeSnapshotOf(records, options), [check])
  if (result === undefined) throw new Error(`${check.id} gave no result`)
  noted(check, result.findings)
  return result
}

/** A line of a check's table: some records, and what the check says of them. */
export interface Row {
  readonly name: string
  readonly records: readonly AnyRecord[]
  readonly params?: Params
  readonly options?: SnapshotOptions
  /** What a vendor should never send, or somebody sends on purpose; `covers` asks for one such case of every check. */
  readonly hostile?: true
  /** The answers in order. */
  readonly want: readonly (Status | UnknownReason)[]
}

/** What a check answers to a line of its table: the status or, where it has none, why. Every answer must be sayable. */
export function answersTo(
  check: Check,
  { records, params = {}, options = {}, hostile }: Row,
): (Status | UnknownReason)[] {
  if (hostile) seenOf(check).hostile++
  return findingsOf(check, snapshotOf(records, options), params).map((finding) => {
    const sentence = check.say(finding)
    if (!/^\S.*\.$/s.test(sentence) || /undefined|null|NaN|\[object/.test(sentence)) {
      throw new Error(`${check.id} says: ${sentence}`)
    }
    return finding.unknownReason ?? finding.status
  })
}

/** A sound auth key: made yesterday for a week, used once, no approval skipped. */
export function authKey(over: Parameters<typeof key>[0] = {}): Key {
  return key({
    key: 'kAUTH',
    keyType: 'auth',
    description: 'app roll-out',
    createdAt: ago(DAY),
    expiresAt: ago(-6 * DAY),
    reusable: false,
    ephemeral: false,
    preauthorized: false,
    scopes: [],
    ...over,
  })
}
