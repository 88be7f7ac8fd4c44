/** What each path answers, read live from the world. */
import { createHash } from 'node:crypto'
import type { TailscaleWorld } from '../simulator.ts'
import { API_TOKEN_ID, CLIENT_ID, type Gate, type Holder, holds } from './access.ts'
import { standardized } from './hujson.ts'

type Json = Record<string, unknown>

/** Fields of a device that only `fields=all` shows. */
const ALL_ONLY = [
  'distro',
  'multipleConnections',
  'enabledRoutes',
  'advertisedRoutes',
  'clientConnectivity',
  'sshEnabled',
  'postureIdentity',
]

/** Devices as asked for: `fields`, and any other parameter as an exact match of a simple or list property. */
export function devices(world: TailscaleWorld, query: URLSearchParams): Json {
  const filters = [...query].filter(([name]) => name !== 'fields')
  const wanted = world.devices.filter((device) => filters.every(([name, value]) => matches(device[name], value)))
  if (query.get('fields') === 'all') return { devices: wanted }
  return { devices: wanted.map((device) => omit(device, ALL_ONLY)) }
}

function matches(property: unknown, value: string): boolean {
  if (Array.isArray(property)) return property.some((item) => String(item) === value)
  return property !== undefined && typeof property !== 'object' && String(property) === value
}

function omit(row: Json, names: readonly string[]): Json {
  return Object.fromEntries(Object.entries(row).filter(([name]) => !names.includes(name)))
}

/** Members only, unless `type` says otherwise. */
export function users(world: TailscaleWorld, query: URLSearchParams): Json {
  const type = query.get('type') ?? 'member'
  const role = query.get('role') ?? 'all'
  return {
    users: world.users.filter(
      (user) => (type === 'all' || user['type'] === type) && (role === 'all' || user['role'] === role),
    ),
  }
}

/** Finds a device by `nodeId` or the older `id`; looks again when the world has changed under it. */
export function deviceFinder(world: TailscaleWorld): (id: string) => Json | null {
  let places = new Map<unknown, number>()
  let indexed: { list: readonly Json[]; length: number } | null = null
  const at = (id: string): Json | null => {
    const device = world.devices[places.get(id) ?? -1]
    return device !== undefined && (device['nodeId'] === id || device['id'] === id) ? device : null
  }
  return (id) => {
    const known = indexed?.list === world.devices && indexed.length === world.devices.length ? at(id) : null
    if (known !== null) return known
    places = new Map(world.devices.flatMap((row, place) => [[row['nodeId'], place] as const, [row['id'], place]]))
    indexed = { list: world.devices, length: world.devices.length }
    return at(id)
  }
}

/** Posture attributes of one device: those of the world, or what its own client reports. */
export function attributes(world: TailscaleWorld, device: Json): Json {
  const own = world.attributes[String(device['nodeId'])]
  if (own !== undefined) return own.expiries === undefined ? { attributes: own.attributes } : { ...own }
  return {
    attributes: {
      'node:os': String(device['os']).toLowerCase(),
      'node:tsVersion': String(device['clientVersion']).split('-')[0],
      'node:tsReleaseTrack': 'stable',
      'node:tsAutoUpdate': false,
      'node:tsStateEncrypted': false,
    },
  }
}

/** Settings field → the scope that shows it; all others need `feature_settings:read`. */
const SETTING_SCOPE: Readonly<Record<string, string>> = {
  networkFlowLoggingOn: 'logs:network:read',
  httpsEnabled: 'networking_settings:read',
  aclsExternallyManagedOn: 'policy_file:read',
  aclsExternalLink: 'policy_file:read',
}
export const SETTINGS_SCOPES: readonly string[] = ['feature_settings:read', ...new Set(Object.values(SETTING_SCOPE))]

/** A switch that the credential may not see is null; what has no null is left out. */
export function settings(world: TailscaleWorld, holder: Holder): Json {
  const shown: Json = {}
  for (const [name, value] of Object.entries(world.settings)) {
    const visible = holds(holder.scopes, SETTING_SCOPE[name] ?? 'feature_settings:read')
    if (visible) shown[name] = value
    else if (typeof value === 'boolean') shown[name] = null
  }
  return shown
}

const FAMILY_SCOPE: Readonly<Record<string, string>> = {
  auth: 'auth_keys:read',
  client: 'oauth_keys:read',
  api: 'api_access_tokens:read',
  federated: 'federated_keys:read',
}
export const KEY_SCOPES: readonly string[] = Object.values(FAMILY_SCOPE)

/** Active keys of the families that the credential may see; without `all=true` its own owner's, or the OAuth clients. */
export function keys(world: TailscaleWorld, query: URLSearchParams, holder: Holder, now: Date): Json {
  const owner = world.users.find((user) => user['role'] === 'owner')?.['id']
  const wanted = (key: Json): boolean =>
    query.get('all') === 'true' || (holder.kind === 'api' ? key['userId'] === owner : key['keyType'] === 'client')
  return {
    keys: world.keys.filter((key) => wanted(key) && !isOver(key, now) && seesFamily(holder, key['keyType'])),
  }
}

/** One key. Every credential may read itself. */
export function key(world: TailscaleWorld, id: string, holder: Holder, gate: Gate, now: Date): Json | null {
  const found = world.keys.find((row) => row['id'] === id) ?? ownKey(id, gate, holder)
  if (found === null || (id !== holder.keyId && !seesFamily(holder, found['keyType']))) return null
  return isOver(found, now) ? { ...found, invalid: true } : found
}

function seesFamily(holder: Holder, keyType: unknown): boolean {
  return holds(holder.scopes, FAMILY_SCOPE[String(keyType)] ?? 'all:read')
}

function isOver(key: Json, now: Date): boolean {
  const expires = key['expires']
  return key['revoked'] !== undefined || (typeof expires === 'string' && Date.parse(expires) <= now.getTime())
}

function ownKey(id: string, gate: Gate, holder: Holder): Json | null {
  const created = gate.apiTokenCreated.toISOString()
  const shared = { id, created, description: 'evidence reader', scopes: holder.scopes }
  if (id === API_TOKEN_ID) return { ...shared, keyType: 'api', expires: gate.apiTokenExpires.toISOString() }
  return id === CLIENT_ID ? { ...shared, keyType: 'client', tags: [] } : null
}

/** The policy in the form asked for, with the digest that stands for its version. */
export function policy(world: TailscaleWorld, query: URLSearchParams, accept: string): { headers: Json; body: string } {
  const etag = `"${createHash('sha256').update(world.policy).digest('hex').slice(0, 40)}"`
  const json = { 'content-type': 'application/json', etag }
  if (query.get('details') === 'true') {
    const acl = Buffer.from(world.policy).toString('base64')
    return { headers: json, body: JSON.stringify({ acl, warnings: [], errors: null }) }
  }
  if (accept.includes('application/json')) return { headers: json, body: standardized(world.policy) }
  return { headers: { 'content-type': 'application/hujson', etag }, body: world.policy }
}
