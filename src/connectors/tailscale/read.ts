/** What one page says: records, and what its credential could not see. */
import type { Page, Reading } from '../../domain/connector.ts'
import { AppError } from '../../domain/error.ts'
import { fields, isObject, jsonOf } from '../../domain/reading.ts'
import type { AnyRecord, Credential, Setting } from '../../domain/record.ts'
import type { Blindness } from '../../domain/snapshot.ts'
import {
  type Asked,
  askedBy,
  CONTACTS,
  DEVICES,
  INTEGRATIONS,
  INVITES,
  KEYS,
  POLICY,
  type Resource,
  SETTINGS,
  scopesOf,
  USERS,
  WEBHOOKS,
} from './api.ts'
import { auditRecords } from './audit-log.ts'
import * as normalize from './normalize.ts'
import { ATTRIBUTES_SCOPE, hiddenBy, SETTING_SCOPE, writing } from './scopes.ts'

const NOTHING: Reading = { records: [], blind: [] }

const READERS: ReadonlyMap<Resource, (page: Page) => AnyRecord[]> = new Map<Resource, (page: Page) => AnyRecord[]>([
  [DEVICES, (page) => normalize.rowsOf(page, 'devices').map((row) => normalize.device(row, page))],
  [USERS, (page) => normalize.rowsOf(page, 'users').map((row) => normalize.account(row, page))],
  [INTEGRATIONS, (page) => normalize.rowsOf(page, 'integrations').map((row) => normalize.integration(row, page))],
  [KEYS, (page) => normalize.rowsOf(page, 'keys').map((row) => normalize.key(row, page))],
  [WEBHOOKS, (page) => normalize.rowsOf(page, 'webhooks').map((row) => normalize.webhook(row, page))],
  [POLICY, (page) => [normalize.policy(page)]],
  [CONTACTS, normalize.contacts],
  [INVITES, normalize.invites],
])

export function read(page: Page): Reading {
  const asked = askedBy(page)
  if (asked === null) {
    throw new AppError('schema_mismatch', `tailscale: ${page.request} is no request of this connector.`)
  }
  if (asked.of === 'token') return { records: [grantedTo(page)], blind: hiddenByToken(page) }
  if (asked.of === 'own key') return { records: [ownKey(page)], blind: [] }
  if (asked.of === 'attributes') return attributesReading(asked.device, page)
  if (asked.of === 'audit log') {
    if (page.status !== 200) return { records: [], blind: refusal(asked.resource, page) }
    return { records: auditRecords(page, asked.stretch), blind: [] }
  }
  const stream = /^logging\/(\w+)\/stream(\/status)?$/.exec(asked.path)
  if (stream !== null) return logStreamReading(stream[1]!, stream[2] !== undefined, asked, page)
  if (page.status !== 200) return { records: [], blind: refusal(asked.resource, page) }
  if (asked.resource === SETTINGS) return settingsReading(page)
  return { records: READERS.get(asked.resource)!(page), blind: [] }
}

const answered = (page: Page): string => `${page.request} answered ${page.status}`

function refusal({ kinds, scope }: Resource, page: Page): Blindness[] {
  return kinds.map((kind) => ({ kind, fields: null, scope, because: answered(page) }))
}

/** Null where the answer does not name what was granted: then nothing is known to be hidden. */
function hiddenByToken(page: Page): Blindness[] {
  const scope = fields(jsonOf(page.body, page.request), page.request).text('scope')
  return scope === null ? [] : hiddenBy(scopesOf(scope), page.request)
}

/** What the token was granted; the dates are those of the client, which is asked for by itself. */
function grantedTo(page: Page): Credential {
  const row = fields(jsonOf(page.body, page.request), page.request)
  const scope = row.text('scope')
  const scopes = scope === null ? null : scopesOf(scope)
  return credential(page, 'granted', { what: 'OAuth client', endless: true, scopes, unread: row.unread })
}

/** An OAuth client and a federated identity have no end; an API access token has, and may not see it (section 7). */
function ownKey(page: Page): Credential {
  if (page.status !== 200) return credential(page, 'key', { found: false })
  const row = fields(jsonOf(page.body, page.request), `tailscale: ${page.request}: the answer`)
  const keyType = row.filled('keyType')
  return credential(page, 'key', {
    what: keyType === 'api' ? 'API access token' : keyType === 'client' ? 'OAuth client' : (keyType ?? 'credential'),
    description: row.filled('description'),
    createdAt: row.instant('created'),
    expiresAt: row.instant('expires'),
    endless: keyType === 'client' || keyType === 'federated',
    scopes: row.list('scopes'),
    unread: row.unread,
  })
}

function credential(page: Page, key: string, over: Partial<Credential>): Credential {
  const scopes = over.scopes ?? null
  return {
    kind: 'credential',
    source: page.source,
    key,
    unread: [],
    what: 'credential',
    description: null,
    createdAt: null,
    expiresAt: null,
    endless: false,
    found: true,
    ...over,
    scopes,
    writes: scopes === null ? null : writing(scopes),
  }
}

function attributesReading(device: string, page: Page): Reading {
  if (page.status !== 403) return { records: [normalize.attributes(device, page)], blind: [] }
  return {
    records: [],
    blind: [{ kind: 'attributes', fields: null, scope: ATTRIBUTES_SCOPE, because: answered(page) }],
  }
}

function logStreamReading(
  type: string,
  ofStatus: boolean,
  { resource }: Asked & { of: 'resource' },
  page: Page,
): Reading {
  if (page.status === 403) return { records: [], blind: refusal(resource, page) }
  if (ofStatus) return { records: [normalize.logStream(type, page)], blind: [] }
  if (page.status === 404) {
    // Only the vendor's own 404 says that there is none; a proxy's page says nothing.
    const own = page.headers['content-type']?.includes('json') === true
    return own
      ? { records: [normalize.noLogStream(type, page)], blind: [] }
      : { records: [], blind: refusal(resource, page) }
  }
  fields(jsonOf(page.body, page.request), `tailscale: ${page.request}: the answer`)
  // A stream that is configured is told by the answer about its state, so that it is one record.
  return NOTHING
}

/** One record a field. Null or left out means not visible, never "off" (checks.md section 2.8). */
function settingsReading(page: Page): Reading {
  const answer = jsonOf(page.body, `tailscale: ${page.request}`)
  if (!isObject(answer)) throw new AppError('schema_mismatch', `tailscale: ${page.request}: the answer is no object.`)
  const records: Setting[] = []
  const hidden = new Map<string, string[]>()
  for (const [field, scope] of Object.entries(SETTING_SCOPE)) {
    const value = answer[field] ?? null
    if (value !== null) records.push(setting(field, value, page))
    else if (!linkIsUnset(field, answer)) hidden.set(scope, [...(hidden.get(scope) ?? []), field])
  }
  const blind = [...hidden].map(
    ([scope, names]): Blindness => ({
      kind: 'setting',
      fields: names,
      scope,
      because: `${page.request} answered without ${names.join(', ')}`,
    }),
  )
  return { records, blind }
}

/** The link to where the policy is managed comes with the flag beside it and is left out where nobody set one. */
function linkIsUnset(field: string, answer: Readonly<Record<string, unknown>>): boolean {
  return field === 'aclsExternalLink' && typeof answer['aclsExternallyManagedOn'] === 'boolean'
}

const SETTING_TYPE: Readonly<Record<string, string>> = {
  aclsExternalLink: 'string',
  devicesKeyDurationDays: 'number',
  usersRoleAllowedToJoinExternalTailnets: 'string',
}

function setting(field: string, value: unknown, page: Page): Setting {
  const readable = typeof value === (SETTING_TYPE[field] ?? 'boolean')
  return {
    kind: 'setting',
    source: page.source,
    key: field,
    value: readable ? (value as Setting['value']) : null,
    unread: readable ? [] : ['value'],
  }
}
