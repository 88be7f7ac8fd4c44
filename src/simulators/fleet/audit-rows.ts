/** Events of Tailscale's configuration audit log, and those that a generated fleet has behind it. */
import { hash } from 'node:crypto'
import { accountId, type Member } from './crew.ts'
import { micros } from './times.ts'

type Json = Record<string, unknown>

const DAY = 86_400_000
/** The vendor keeps events for so long, less an hour in which a fleet may be read for the first time. */
const REMEMBERED_MS = 90 * DAY - 3_600_000

/** Who did it: an account, an OAuth client, the directory. */
export interface Actor {
  readonly id: string
  readonly type: 'USER' | 'OAUTH_CLIENT' | 'SCIM' | 'AUTOMATED_WORKER'
  readonly loginName: string
  readonly displayName: string
}

export const DIRECTORY: Actor = { id: '', type: 'SCIM', loginName: '', displayName: 'User & group provisioning' }

/** Of a row of the account list. */
export function accountActor(row: Json): Actor {
  return {
    id: String(row['id']),
    type: 'USER',
    loginName: String(row['loginName']),
    displayName: String(row['displayName']),
  }
}

export interface Target {
  readonly id: string
  readonly name: string
  readonly type: string
  readonly property?: string
  readonly isEphemeral?: boolean
}

export interface Deed {
  /** Milliseconds since 1970. */
  readonly at: number
  readonly by: Actor
  readonly target: Target
  readonly action: string
  readonly old?: unknown
  readonly new?: unknown
  /** By default the one that goes with the actor. */
  readonly origin?: string
  /** Events of one operation share it; by default an event is alone. */
  readonly group?: string
}

const ORIGIN: Readonly<Record<Actor['type'], string>> = {
  USER: 'ADMIN_CONSOLE',
  OAUTH_CLIENT: 'CONFIG_API',
  SCIM: 'IDENTITY_PROVIDER',
  AUTOMATED_WORKER: 'CONTROL',
}
/** One text for all rows. */
const NEVER = '0001-01-01T00:00:00Z'

export function eventRow({ at, by, target, action, origin, group, ...values }: Deed): Json {
  const told = group ?? `${at} ${action} ${target.id} ${target.property ?? ''}`
  return {
    eventTime: micros(at),
    type: 'CONFIG',
    deferredAt: NEVER,
    eventGroupID: hash('md5', told),
    origin: origin ?? ORIGIN[by.type],
    actor: by,
    target,
    action,
    ...values,
  }
}

/** Of a row of the account list. */
export function accountTarget(row: Json, property?: string): Target {
  const target = { id: String(row['id']), name: String(row['loginName']), type: 'USER' }
  return property === undefined ? target : { ...target, property }
}

export function deviceTarget(row: Json): Target {
  const target = { id: String(row['nodeId']), name: String(row['name']), type: 'NODE' }
  return row['isEphemeral'] === true ? { ...target, isEphemeral: true } : target
}

export function keyTarget(row: Json): Target {
  return { id: String(row['id']), name: KEY_NAME[String(row['keyType'])] ?? 'Key', type: 'API_KEY' }
}
const KEY_NAME: Readonly<Record<string, string>> = {
  auth: 'Auth key',
  api: 'API access token',
  client: 'OAuth client',
  federated: 'Federated identity',
}

export function tailnetTarget(tailnet: { tailnetId: string; legacyName: string }, property: string): Target {
  return { id: tailnet.tailnetId, name: tailnet.legacyName, type: 'TAILNET', property }
}

interface Fleet {
  readonly tailnetId: string
  readonly legacyName: string
  readonly users: readonly Json[]
  readonly devices: readonly Json[]
  readonly keys: readonly Json[]
  readonly policy: string
}

/**
 * What the last 90 days left in the log of a fleet: leavers suspended, devices and keys made, the network administrator's
 * role, a change of the policy. In the order of time.
 */
export function fleetLog(fleet: Fleet, members: readonly Member[], now: number): Json[] {
  const { users, devices, keys, policy } = fleet
  const since = now - REMEMBERED_MS
  const actors = new Map(users.map((row) => [row['loginName'], accountActor(row)]))
  const admin = (index: number): Actor => accountActor(users[Math.min(index, users.length - 1)]!)
  const deeds: Deed[] = []
  for (const [index, { suspended, leftDaysAgo }] of members.entries()) {
    if (!suspended || leftDaysAgo === null) continue
    // On the last day.
    const at = now - leftDaysAgo * DAY + (index % 97) * 1000
    deeds.push({ at, by: admin(2), target: accountTarget(users[index]!), action: 'SUSPEND' })
  }
  const [OWNER, NETWORK_ADMIN] = [0, 3]
  const raised = users.find(({ id }) => id === accountId(NETWORK_ADMIN))
  if (raised !== undefined) {
    const change = { old: ['Member'], new: ['Member', 'Network admin'] }
    const target = accountTarget(raised, 'USER_ROLE')
    deeds.push({ at: now - 40 * DAY, by: admin(OWNER), target, action: 'UPDATE', ...change })
  }
  for (const row of keys) {
    const by = users.find(({ id }) => id === row['userId'])
    const change = { new: { expires: row['expires'], description: row['description'] } }
    if (by !== undefined)
      deeds.push({ at: made(row), by: accountActor(by), target: keyTarget(row), action: 'CREATE', ...change })
  }
  const change = { old: policy.replace(/1\.80/g, '1.78'), new: policy }
  const target = tailnetTarget(fleet, 'ACL')
  // The policy is kept in version control: a pipeline writes it, with an administrator's token.
  deeds.push({ at: now - 30 * DAY, by: admin(1), target, action: 'UPDATE', origin: 'CONFIG_API', ...change })
  for (const row of devices) {
    const by = actors.get(row['user'])
    if (by !== undefined && made(row) >= since)
      deeds.push({ at: made(row), by, target: deviceTarget(row), action: 'CREATE', origin: 'NODE' })
  }
  return deeds
    .filter(({ at }) => at >= since)
    .sort((a, b) => a.at - b.at)
    .map(eventRow)
}

function made(row: Json): number {
  return Date.parse(String(row['created']))
}
