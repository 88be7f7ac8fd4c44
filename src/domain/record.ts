/**
 * What we know, one record a thing. A record is made from vendor bytes by a connector's `read` and never edited.
 *
 * `null` in a field means: the vendor did not say. Where it said something we could not read (another type, an
 * impossible date), the field is null too and its name stands in `unread`. Either way no check may take it for "false",
 * "0" or "no" (checks.md section 1, rule 3). Records hold no `undefined`.
 */
import type { JsonScalar, JsonValue } from './json.ts'
import type { CivilDate, Instant } from './time.ts'

interface Base<K extends string> {
  readonly kind: K
  /** Id of the source as configured. */
  readonly source: string
  /** Stable key within source and kind. Ids are strings, always. */
  readonly key: string
  /** Fields that were sent but could not be read. */
  readonly unread: readonly string[]
}

/** Someone in the roster. The key is the e-mail in lower case. */
export interface Person extends Base<'person'> {
  readonly email: string
  readonly name: string | null
  readonly status: 'active' | 'left'
  readonly startDate: CivilDate | null
  readonly endDate: CivilDate | null
  /** End of `endDate` in the organisation's time zone: the moment from which the person has departed. */
  readonly endsAt: Instant | null
  readonly department: string | null
  readonly title: string | null
  readonly manager: string | null
  readonly type: 'employee' | 'contractor' | 'service' | null
  readonly mfa: boolean | null
  /** Further addresses and logins of the same person, lower case. */
  readonly aliases: readonly string[]
  readonly extra: Readonly<Record<string, string>>
}

/** A login in a tailnet. https://tailscale.com/api#tag/users */
export interface Account extends Base<'account'> {
  readonly login: string
  readonly displayName: string | null
  /** `member`, `shared` or a value we do not know. */
  readonly type: string | null
  readonly role: string | null
  /** `active` `idle` `suspended` `needs-approval` `over-billing-limit` or a value we do not know. */
  readonly status: string | null
  readonly createdAt: Instant | null
  readonly lastSeen: Instant | null
  readonly currentlyConnected: boolean | null
  readonly deviceCount: number | null
}

/** A node in a tailnet. The key is `nodeId`. */
export interface Device extends Base<'device'> {
  /** The older decimal id, a string. */
  readonly id: string | null
  readonly name: string | null
  readonly hostname: string | null
  /** Login name of the registrant; the owner where the device has no tags. */
  readonly user: string | null
  /** As the device list spells it: `macOS` `windows` `linux` `iOS` `tvOS` `android` … */
  readonly os: string | null
  readonly clientVersion: string | null
  readonly updateAvailable: boolean | null
  readonly createdAt: Instant | null
  readonly connected: boolean | null
  /** Absent while connected and when never online. */
  readonly lastSeen: Instant | null
  readonly keyExpiryDisabled: boolean | null
  readonly expiresAt: Instant | null
  readonly authorized: boolean | null
  readonly isExternal: boolean | null
  readonly isEphemeral: boolean | null
  /** Empty for devices that a person owns. */
  readonly tags: readonly string[]
  /** `absent`: the answer has no `postureIdentity`; `disabled`: the device has not opted in. */
  readonly identity: 'reported' | 'disabled' | 'absent'
  /** Serial numbers as reported, unnormalised. */
  readonly serials: readonly string[]
  readonly tailnetLockKey: string | null
  readonly tailnetLockError: string | null
  readonly sshEnabled: boolean | null
  readonly multipleConnections: boolean
  readonly blocksIncomingConnections: boolean | null
  readonly addresses: readonly string[]
  readonly enabledRoutes: readonly string[]
  readonly advertisedRoutes: readonly string[]
  readonly distro: string | null
}

/** The posture attributes of one device, one reading. The key is the device's `nodeId`. */
export interface Attributes extends Base<'attributes'> {
  readonly values: Readonly<Record<string, string | number | boolean>>
  /** Attribute → moment at which Tailscale drops it. */
  readonly expiries: Readonly<Record<string, Instant>>
  /** False when the vendor answered 404: the device was listed, its attributes were not there. */
  readonly found: boolean
  /** When this set was read; a set older than `attributeFreshness` is not used. */
  readonly readAt: Instant
}

/** A posture integration of a tailnet. */
export interface Integration extends Base<'integration'> {
  /** `falcon` `intune` `jamfpro` `kandji` `kolide` `sentinelone` `fleet` `huntress` or a value we do not know. */
  readonly provider: string | null
  readonly cloudId: string | null
  readonly configUpdatedAt: Instant | null
  /** False when it has never synced: the answer has no `status`. */
  readonly hasStatus: boolean
  /** The last attempt, not the last success. */
  readonly lastSync: Instant | null
  /** First line of the provider's error, at most 120 characters; null when there is none. */
  readonly error: string | null
  readonly matchedCount: number | null
  readonly possibleMatchedCount: number | null
  readonly providerHostCount: number | null
}

/** One field of the tailnet's settings. The key is the field's name. */
export interface Setting extends Base<'setting'> {
  readonly value: JsonScalar
}

/** An auth key, API token, OAuth client or federated identity. */
export interface Key extends Base<'key'> {
  /** `auth` `client` `api` `federated` or a value we do not know. */
  readonly keyType: string | null
  readonly description: string | null
  readonly createdAt: Instant | null
  readonly expiresAt: Instant | null
  readonly revokedAt: Instant | null
  readonly invalid: boolean | null
  readonly expirySeconds: number | null
  readonly reusable: boolean | null
  readonly ephemeral: boolean | null
  readonly preauthorized: boolean | null
  /** Tags of the devices it enrols or may assign. */
  readonly tags: readonly string[]
  readonly scopes: readonly string[]
  /** Creator's account id; null when a trust credential made it. */
  readonly userId: string | null
}

/** The tailnet's policy file as HuJSON text. The key is `policy`. */
export interface Policy extends Base<'policy'> {
  readonly etag: string | null
  readonly text: string
}

/** Where a log type is streamed to. The key is the log type: `configuration` or `network`. */
export interface LogStream extends Base<'logstream'> {
  /** False: the vendor answered 404, which also means "unsupported" and "not readable" (checks.md section 2.8). */
  readonly configured: boolean
  readonly destinationType: string | null
  readonly lastActivityAt: Instant | null
  readonly lastError: string | null
}

/** A webhook endpoint of the tailnet. */
export interface WebhookEndpoint extends Base<'webhook'> {
  readonly url: string | null
  readonly providerType: string | null
  readonly creatorLogin: string | null
  readonly createdAt: Instant | null
  readonly modifiedAt: Instant | null
  readonly subscriptions: readonly string[]
}

/** A contact of the tailnet. The key is `account`, `support` or `security`. */
export interface Contact extends Base<'contact'> {
  readonly email: string | null
  readonly needsVerification: boolean | null
}

/** An open invitation to the tailnet, without its URL. */
export interface Invite extends Base<'invite'> {
  readonly role: string | null
  readonly email: string | null
  readonly inviterId: string | null
  readonly lastEmailSentAt: Instant | null
}

export type Vendor = 'sentinelone' | 'crowdstrike' | 'kandji'

/** A host record of an EDR or MDM vendor. */
export interface Agent extends Base<'agent'> {
  readonly vendor: Vendor
  readonly hostname: string | null
  readonly serial: string | null
  readonly platform: string | null
  readonly lastSeen: Instant | null
  /** The vendor's own "record changed" time. */
  readonly changedAt: Instant | null
  /** Decommissioned, uninstalled, hidden or removed at the vendor: never used for a match while a live one exists. */
  readonly removed: boolean
  /** Login or e-mail of the assigned user, where the vendor names one. */
  readonly assignedTo: string | null
  /** The values that checks read, under the vendor's own field names; an absent or unreadable one is null. */
  readonly values: Readonly<Record<string, JsonScalar>>
}

/** A Zero Trust Assessment score. The key is the agent's id. */
export interface Score extends Base<'score'> {
  readonly value: number | null
}

/**
 * What an MDM's device list says beside its inventory: whether a device is missing or removed. The key is the vendor's
 * device id, that of the agent; the two meet in domain/match.ts.
 */
export interface Enrolment extends Base<'enrolment'> {
  readonly isMissing: boolean | null
  readonly isRemoved: boolean | null
  readonly lastCheckIn: Instant | null
  readonly mdmEnabled: boolean | null
  readonly agentInstalled: boolean | null
}

/** Whether FileVault encrypts the disk of a Mac, as its MDM says. The key is the vendor's device id, that of the agent. */
export interface Encryption extends Base<'encryption'> {
  readonly on: boolean | null
}

/** What a source itself says it holds. The key is the kind counted, or "agent-hidden": a part of it; parts add up. */
export interface Total extends Base<'total'> {
  readonly value: number
}

/**
 * The credential that we read a source with, as the vendor describes it, never the secret. The key is `granted` (what a
 * token was granted) or `key` (the key itself); a vendor that publishes neither has no such record.
 */
export interface Credential extends Base<'credential'> {
  /** "OAuth client", "API access token", "API token". */
  readonly what: string
  readonly description: string | null
  readonly createdAt: Instant | null
  readonly expiresAt: Instant | null
  /** True where the vendor publishes no end for credentials of this kind because they have none. */
  readonly endless: boolean
  /** Null where the vendor does not say. */
  readonly scopes: readonly string[] | null
  /** Scopes that change something; null where the vendor does not say what it may do. */
  readonly writes: readonly string[] | null
  /** False: the vendor answered that there is nothing to see. */
  readonly found: boolean
}

/** What a check must know of earlier runs. The key starts with the check's id. */
export interface Carried extends Base<'carried'> {
  readonly check: string
  readonly body: Readonly<Record<string, JsonValue>>
}

/** What the verification of stored evidence found in this run (COL-05). The key names the part. */
export interface Integrity extends Base<'integrity'> {
  readonly checked: number
  readonly failed: readonly string[]
}

/**
 * How the ledger stood with an outside time stamp authority when the run began (COL-08); there is one where an authority is
 * configured. The key is `timestamps`.
 */
export interface Anchor extends Base<'anchor'> {
  readonly authority: string
  /** Of the newest checkpoint that was stamped; null before the first. */
  readonly checkpointSize: number | null
  readonly stampedAt: Instant | null
  /** Why the newest attempt brought nothing; null when it did. */
  readonly failure: string | null
}

/**
 * One event of a tailnet's configuration audit log, as its vendor wrote it. The key is made of what tells two events apart:
 * `eventGroupID`, `eventTime`, `action`, `target.id` and `target.property`. A pull brings those of its window alone.
 */
export interface AuditEvent extends Base<'audit'> {
  /** To the vendor's own precision, cut to milliseconds. */
  readonly at: Instant | null
  /** One operation may make several events. */
  readonly group: string | null
  /** `ADMIN_CONSOLE` `CONFIG_API` `IDENTITY_PROVIDER` … or a value we do not know. */
  readonly origin: string | null
  readonly actorId: string | null
  /** `USER` `OAUTH_CLIENT` `SCIM` … or a value we do not know. */
  readonly actorType: string | null
  /** Login, or the display name where there is no login. */
  readonly actor: string | null
  readonly targetId: string | null
  readonly target: string | null
  /** `USER` `NODE` `API_KEY` `TAILNET` `OAUTH_ACCESS_TOKEN` … or a value we do not know. */
  readonly targetType: string | null
  readonly property: string | null
  /** `CREATE` `UPDATE` `DELETE` `SUSPEND` `APPROVE` … or a value we do not know. */
  readonly action: string | null
  /** Canonical JSON of what was there before and after; long texts (a whole policy) as `{"sha256":"…"}`; null where none was sent. */
  readonly before: string | null
  readonly after: string | null
  /** Why the operation failed; null where it did not. */
  readonly failure: string | null
}

/** Which stretch of the audit log the newest accepted pull read. The key is `configuration`. */
export interface AuditWindow extends Base<'auditlog'> {
  readonly from: Instant
  readonly to: Instant
}

/**
 * A review of access that was signed off, as the ledger tells it. It stands beside the sources; the key is the review's id.
 */
export interface Review extends Base<'review'> {
  readonly system: string
  /** Snapshot of the frozen population. */
  readonly frozenAt: Instant
  readonly signedAt: Instant
  readonly by: string
  /** Accounts in the frozen population, each decided. */
  readonly accounts: number
  /** Accounts that are to go. */
  readonly removals: readonly string[]
  /** Account → the role that it is to have. */
  readonly changes: Readonly<Record<string, string>>
}

export interface RecordByKind {
  person: Person
  account: Account
  device: Device
  attributes: Attributes
  integration: Integration
  setting: Setting
  key: Key
  policy: Policy
  logstream: LogStream
  webhook: WebhookEndpoint
  contact: Contact
  invite: Invite
  agent: Agent
  score: Score
  enrolment: Enrolment
  encryption: Encryption
  total: Total
  credential: Credential
  carried: Carried
  integrity: Integrity
  anchor: Anchor
  audit: AuditEvent
  auditlog: AuditWindow
  review: Review
}
export type Kind = keyof RecordByKind
export type RecordOf<K extends Kind> = RecordByKind[K]
export type AnyRecord = RecordByKind[Kind]

/** What a run finds of our own house and no vendor's bytes tell; sealed whole with each run, like what is carried. */
export const HOUSE_KINDS: ReadonlySet<Kind> = new Set<Kind>(['integrity', 'anchor', 'review'])

/** What no source sends: our memory and our house. */
export function isOurs(kind: string): boolean {
  return kind === 'carried' || (HOUSE_KINDS as ReadonlySet<string>).has(kind)
}

/** "tailnet/account/uA1": names a record in exports. */
export type RecordRef = string

export function refOf({ source, kind, key }: Pick<AnyRecord, 'source' | 'kind' | 'key'>): RecordRef {
  let bySource = REF_STARTS.get(kind)
  if (bySource === undefined) {
    bySource = new Map()
    REF_STARTS.set(kind, bySource)
  }
  let start = bySource.get(source)
  if (start === undefined) {
    start = `${source}/${kind}/`
    bySource.set(source, start)
  }
  return start + key
}

/** Kind → source → what their references begin with: a run makes a million references, and of sources there are few. */
const REF_STARTS = new Map<string, Map<string, string>>()

/**
 * Fields that move at nearly every pull without meaning anything for the record's identity. They are kept once per run
 * in a packed column and never make a new version of a record (design section 8).
 */
export const VOLATILE: { readonly [K in Kind]?: readonly (keyof RecordOf<K> & string)[] } = {
  account: ['lastSeen', 'currentlyConnected'],
  device: ['lastSeen', 'connected'],
  attributes: ['readAt'],
  integration: ['lastSync'],
  logstream: ['lastActivityAt'],
  agent: ['lastSeen', 'changedAt'],
  enrolment: ['lastCheckIn'],
  auditlog: ['from', 'to'],
}

/** What a person calls the thing. */
export function labelOf(record: AnyRecord): string {
  switch (record.kind) {
    case 'person':
      return record.email
    case 'account':
      return record.login
    case 'device':
      return record.name ?? record.hostname ?? record.key
    case 'agent':
      return record.hostname ?? record.serial ?? record.key
    case 'integration':
      return record.provider ?? record.key
    case 'key':
      return record.description ?? record.key
    case 'webhook':
      return record.url ?? record.key
    case 'invite':
      return record.email ?? record.key
    case 'audit':
      return `${record.action ?? 'event'} ${record.target ?? record.targetId ?? record.key}`
    default:
      return record.key
  }
}
