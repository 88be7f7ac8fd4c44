/** What we make of Tailscale's answers. Pure: the same page gives the same records at any replay. */
import type { Page } from '../../domain/connector.ts'
import { AppError } from '../../domain/error.ts'
import { type Fields, fields, isObject, jsonOf } from '../../domain/reading.ts'
import type {
  Account,
  Attributes,
  Contact,
  Device,
  Integration,
  Invite,
  Key,
  LogStream,
  Policy,
  WebhookEndpoint,
} from '../../domain/record.ts'
import { type Instant, instant } from '../../domain/time.ts'

type Sent = Pick<Page, 'source' | 'request' | 'headers' | 'body' | 'fetchedAt'>

/** The rows of a list; the answer that has none as a list is not the one that was asked for. */
export function rowsOf(page: Sent, name: string): readonly unknown[] {
  const answer = fields(jsonOf(page.body, nameOf(page)), `${nameOf(page)}: the answer`)
  const rows = answer.rows(name)
  // Documented as strings; seen as numbers by older clients. JSON.parse rounds those beyond 2^53, so they are read anew.
  if (!rows.some((row) => isObject(row) && typeof row['id'] === 'number')) return rows
  return fields(exactIds(page), nameOf(page)).rows(name)
}

const nameOf = (page: Pick<Page, 'request'>): string => `tailscale: ${page.request}`

/** The answer with every whole number under a key that ends in "id" as the digits that were sent. */
function exactIds(page: Sent): unknown {
  const parse = JSON.parse as (
    text: string,
    revive: (key: string, value: unknown, context: { source?: string }) => unknown,
  ) => unknown
  jsonOf(page.body, nameOf(page))
  return parse(new TextDecoder().decode(page.body), (key, value, { source }) =>
    typeof value === 'number' && /id$/i.test(key) && /^-?\d+$/.test(source ?? '') ? source : value,
  )
}

const rowOf = (row: unknown, page: Sent): Fields => fields(row, `${nameOf(page)}: a row`)

export function account(sent: unknown, page: Sent): Account {
  const row = rowOf(sent, page)
  return {
    kind: 'account',
    source: page.source,
    key: row.id('id'),
    login: row.text('loginName') ?? '',
    displayName: row.filled('displayName'),
    type: row.filled('type'),
    role: row.filled('role'),
    status: row.filled('status'),
    createdAt: row.instant('created'),
    lastSeen: row.instant('lastSeen'),
    currentlyConnected: row.flag('currentlyConnected'),
    deviceCount: row.number('deviceCount'),
    unread: row.unread,
  }
}

export function device(sent: unknown, page: Sent): Device {
  const row = rowOf(sent, page)
  const identity = row.within('postureIdentity')
  const disabled = identity?.flag('disabled') === true
  return {
    kind: 'device',
    source: page.source,
    key: row.id('nodeId'),
    id: row.filled('id'),
    name: row.filled('name'),
    hostname: row.filled('hostname'),
    user: row.filled('user'),
    os: row.filled('os'),
    // Empty for devices shared in from another tailnet.
    clientVersion: row.filled('clientVersion'),
    updateAvailable: row.flag('updateAvailable'),
    createdAt: row.instant('created'),
    connected: row.flag('connectedToControl'),
    lastSeen: row.instant('lastSeen'),
    keyExpiryDisabled: row.flag('keyExpiryDisabled'),
    expiresAt: row.instant('expires'),
    authorized: row.flag('authorized'),
    isExternal: row.flag('isExternal'),
    isEphemeral: row.flag('isEphemeral'),
    tags: row.list('tags') ?? [],
    // `{}` is what a tailnet that collects no identities may send.
    identity: disabled ? 'disabled' : identity?.has('serialNumbers') === true ? 'reported' : 'absent',
    serials: (disabled ? null : identity?.list('serialNumbers')) ?? [],
    tailnetLockKey: row.text('tailnetLockKey'),
    tailnetLockError: row.text('tailnetLockError'),
    sshEnabled: row.flag('sshEnabled'),
    // Sent only when true.
    multipleConnections: row.flag('multipleConnections') ?? false,
    blocksIncomingConnections: row.flag('blocksIncomingConnections'),
    addresses: row.list('addresses') ?? [],
    enabledRoutes: row.list('enabledRoutes') ?? [],
    advertisedRoutes: row.list('advertisedRoutes') ?? [],
    distro: distroOf(row.within('distro')),
    unread: row.unread,
  }
}

/** "ubuntu 24.04"; `{}` for systems without distributions. */
function distroOf(distro: Fields | null): string | null {
  const parts = [distro?.filled('name'), distro?.filled('version')].filter((part) => part !== null)
  return distro === null || parts.length === 0 ? null : parts.join(' ')
}

export function integration(sent: unknown, page: Sent): Integration {
  const row = rowOf(sent, page)
  const status = row.within('status')
  return {
    kind: 'integration',
    source: page.source,
    key: row.id('id'),
    provider: row.filled('provider'),
    cloudId: row.filled('cloudId'),
    configUpdatedAt: row.instant('configUpdated'),
    hasStatus: status !== null,
    lastSync: status?.instant('lastSync') ?? null,
    error: firstLine(status?.text('error') ?? null),
    matchedCount: status?.number('matchedCount') ?? null,
    possibleMatchedCount: status?.number('possibleMatchedCount') ?? null,
    providerHostCount: status?.number('providerHostCount') ?? null,
    unread: row.unread,
  }
}

/** Errors may quote a provider's whole reply; what is shown is its first line, 120 characters at most. */
export function firstLine(text: string | null): string | null {
  const line = text
    ?.split(/[\r\n]+/)
    .map((part) => part.trim())
    .find((part) => part !== '')
  return line === undefined ? null : Array.from(line).slice(0, 120).join('')
}

export function key(sent: unknown, page: Sent): Key {
  const row = rowOf(sent, page)
  const create = row.within('capabilities')?.within('devices')?.within('create') ?? null
  return {
    kind: 'key',
    source: page.source,
    key: row.id('id'),
    keyType: row.filled('keyType'),
    description: row.filled('description'),
    createdAt: row.instant('created'),
    expiresAt: row.instant('expires'),
    revokedAt: row.instant('revoked'),
    invalid: row.flag('invalid'),
    expirySeconds: row.number('expirySeconds'),
    reusable: create?.flag('reusable') ?? null,
    ephemeral: create?.flag('ephemeral') ?? null,
    preauthorized: create?.flag('preauthorized') ?? null,
    tags: create?.list('tags') ?? row.list('tags') ?? [],
    scopes: row.list('scopes') ?? [],
    userId: row.filled('userId'),
    unread: row.unread,
  }
}

export function webhook(sent: unknown, page: Sent): WebhookEndpoint {
  const row = rowOf(sent, page)
  const providerType = row.text('providerType')
  return {
    kind: 'webhook',
    source: page.source,
    key: row.id('endpointId'),
    url: openUrl(row.filled('endpointUrl'), providerType),
    providerType,
    creatorLogin: row.filled('creatorLoginName'),
    createdAt: row.instant('created'),
    modifiedAt: row.instant('lastModified'),
    subscriptions: row.list('subscriptions') ?? [],
    unread: row.unread,
  }
}

/** The path of a chat service's hook is its password, as a query or user may be: records and exports go without. */
function openUrl(text: string | null, providerType: string | null): string | null {
  const url = text === null ? null : URL.parse(text)
  if (url === null) return null
  return providerType === null || providerType === ''
    ? `${url.protocol}//${url.host}${url.pathname}`
    : `${url.origin}/…`
}

/** A bare list, without an envelope. */
export function invites(page: Sent): Invite[] {
  const rows = exactIds(page)
  if (!Array.isArray(rows)) throw new AppError('schema_mismatch', `${nameOf(page)}: the answer is not a list.`)
  return rows.map((sent) => {
    const row = rowOf(sent, page)
    return {
      kind: 'invite',
      source: page.source,
      key: row.id('id'),
      role: row.filled('role'),
      email: row.filled('email'),
      inviterId: row.filled('inviterId'),
      lastEmailSentAt: row.instant('lastEmailSentAt'),
      unread: row.unread,
    }
  })
}

export function contacts(page: Sent): Contact[] {
  const sent = jsonOf(page.body, nameOf(page))
  const answer = fields(sent, `${nameOf(page)}: the answer`)
  const names = ['account', 'support', 'security'].filter((name) => answer.has(name))
  if (names.length === 0) throw new AppError('schema_mismatch', `${nameOf(page)}: the answer names no contact.`)
  return names.map((name) => {
    const row = fields(sent, nameOf(page))
    const contact = row.within(name)
    return {
      kind: 'contact',
      source: page.source,
      key: name,
      email: contact?.filled('email') ?? null,
      needsVerification: contact?.flag('needsVerification') ?? null,
      unread: row.unread,
    }
  })
}

export function policy(page: Sent): Policy {
  const text = textOf(page)
  // HuJSON begins with its object, or with a comment before it.
  if (!/^\s*[{/]/.test(text)) {
    throw new AppError('schema_mismatch', `${nameOf(page)}: the answer of ${page.body.length} bytes is no policy file.`)
  }
  return { kind: 'policy', source: page.source, key: 'policy', unread: [], etag: page.headers['etag'] ?? null, text }
}

function textOf(page: Sent): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(page.body)
  } catch (cause) {
    throw new AppError('not_json', `${nameOf(page)}: the answer is not UTF-8 or was cut short.`, { cause })
  }
}

/** Asked for only where a stream is configured, so 404 means that it has no state to tell yet. */
export function logStream(type: string, page: Sent & Pick<Page, 'status'>): LogStream {
  const row = page.status === 404 ? null : fields(jsonOf(page.body, nameOf(page)), `${nameOf(page)}: the answer`)
  return {
    kind: 'logstream',
    source: page.source,
    key: type,
    configured: true,
    destinationType: null,
    lastActivityAt: row?.instant('lastActivity') ?? null,
    lastError: firstLine(row?.text('lastError') ?? null),
    unread: row?.unread ?? [],
  }
}

/** The vendor's 404: none configured, unsupported, or not readable (checks.md section 2.8). */
export function noLogStream(type: string, page: Sent): LogStream {
  return {
    kind: 'logstream',
    source: page.source,
    key: type,
    configured: false,
    destinationType: null,
    lastActivityAt: null,
    lastError: null,
    unread: [],
  }
}

/** The posture attributes of one device; a key whose value is neither text, number nor flag is named in `unread`. */
export function attributes(device: string, page: Sent & Pick<Page, 'status'>): Attributes {
  const base = { kind: 'attributes', source: page.source, key: device, readAt: page.fetchedAt } as const
  if (page.status === 404) return { ...base, found: false, values: {}, expiries: {}, unread: [] }
  const answer = jsonOf(page.body, nameOf(page))
  const sent = isObject(answer) ? answer['attributes'] : undefined
  if (!isObject(answer) || !isObject(sent)) {
    throw new AppError('schema_mismatch', `${nameOf(page)}: the answer holds no attributes.`)
  }
  const unread: string[] = []
  const values = isScalars(sent) ? sent : scalarsOf(sent, unread)
  const given = answer['expiries'] ?? {}
  const expiries = isObject(given) ? instantsOf(given, unread) : {}
  if (!isObject(given)) unread.push('expiries')
  return { ...base, found: true, values, expiries, unread }
}

type Scalar = string | number | boolean

/** Nearly every answer: what was parsed is the record's own, and 20,000 objects are not made twice. */
function isScalars(sent: Readonly<Record<string, unknown>>): sent is Readonly<Record<string, Scalar>> {
  for (const name of Object.keys(sent)) {
    const value = sent[name]
    if (typeof value !== 'string' && typeof value !== 'boolean' && !Number.isFinite(value)) return false
  }
  return true
}

/** By fromEntries, which defines own properties, so that a key named __proto__ is a key like others. */
function scalarsOf(sent: Readonly<Record<string, unknown>>, unread: string[]): Record<string, Scalar> {
  const values: [string, Scalar][] = []
  for (const [name, value] of Object.entries(sent)) {
    const scalar = scalarOf(value)
    if (scalar !== null) values.push([name, scalar])
    else if (value !== null) unread.push(`attributes.${name}`)
  }
  return Object.fromEntries(values)
}

function instantsOf(given: Readonly<Record<string, unknown>>, unread: string[]): Record<string, Instant> {
  const instants: [string, Instant][] = []
  for (const [name, value] of Object.entries(given)) {
    const at = instant(value)
    if (at !== null) instants.push([name, at])
    else unread.push(`expiries.${name}`)
  }
  return Object.fromEntries(instants)
}

/** Plain, or wrapped as `{ value }` as some clients read it. */
function scalarOf(value: unknown): Scalar | null {
  const plain = isObject(value) ? value['value'] : value
  if (typeof plain === 'number') return Number.isFinite(plain) ? plain : null
  return typeof plain === 'string' || typeof plain === 'boolean' ? plain : null
}
