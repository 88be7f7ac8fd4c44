/** What `doctor` wants to know: which scopes are there, until when the credential works, how far the clocks differ. */
import type { Answer, Probe, ProbedAccess, Tools } from '../../domain/connector.ts'
import { clockSkewMs, fields, isObject, jsonOf } from '../../domain/reading.ts'
import { type Instant, MINUTE, plus } from '../../domain/time.ts'
import {
  attributesPath,
  auditLog,
  CONTACTS,
  INTEGRATIONS,
  INVITES,
  KEYS,
  logStream,
  ownKeyPath,
  POLICY,
  SETTINGS,
  type Session,
  type Stretch,
  signIn,
  WEBHOOKS,
} from './api.ts'
import type { Config } from './config.ts'
import {
  ACCESS,
  ATTRIBUTES_SCOPE,
  AUDIT_SCOPE,
  DEVICES_SCOPE,
  FAMILY_SCOPE,
  grants,
  INVITES_SCOPE,
  LOG_STREAM_SCOPE,
  writing,
} from './scopes.ts'

/** One look at a scope: what was asked, and what the answer shows. */
interface Look {
  readonly detail: string
  readonly state: ProbedAccess['state']
}

const SETTING_FLAGS: Readonly<Record<string, string>> = {
  'logs:network:read': 'networkFlowLoggingOn',
  'networking_settings:read': 'httpsEnabled',
}

export async function probe(config: Config, tools: Tools): Promise<Probe> {
  const session = await signIn(config, tools)
  const ask = async (path: string, accept?: string): Promise<Answer> =>
    session.get(session.inTailnet(path), {
      accept: [403, 404],
      ...(accept === undefined ? {} : { headers: { accept } }),
    })
  // Exactly one account is the owner, so this is the shortest list of accounts.
  const users = await ask('users?type=all&role=owner')
  const devices = await ask('devices?fields=default')
  const settings = await ask(SETTINGS.path)
  const keys = await ask(KEYS.path)
  const looks: Record<string, Look> = {
    'users:read': lookAt(users, 'users'),
    [DEVICES_SCOPE]: lookAt(devices, 'devices'),
    [ATTRIBUTES_SCOPE]: await lookAtAttributes(session, devices),
    'policy_file:read': lookAt(await ask(POLICY.path, POLICY.accept), 'acl'),
    'feature_settings:read': lookAt(await ask(INTEGRATIONS.path), 'posture/integrations'),
    [LOG_STREAM_SCOPE]: lookAt(await ask(logStream('configuration', false).path), 'logging/configuration/stream'),
    [AUDIT_SCOPE]: lookAt(await ask(auditLog(lastMinute(tools.now())).path), 'logging/configuration'),
    'account_settings:read': lookAt(await ask(CONTACTS.path), 'contacts'),
    'webhooks:read': lookAt(await ask(WEBHOOKS.path), 'webhooks'),
    [INVITES_SCOPE]: lookAt(await ask(INVITES.path), 'user-invites'),
  }
  for (const [scope, flag] of Object.entries(SETTING_FLAGS)) looks[scope] = lookAtSetting(settings, flag)
  for (const [family, scope] of Object.entries(FAMILY_SCOPE)) looks[scope] = lookAtFamily(keys, family)
  const own = await ownKey(config, session)
  return {
    access: ACCESS.map(({ scope }) => ({ scope, ...judged(scope, looks[scope]!, session.scopes) })),
    expiresAt: own.expiresAt,
    credential: own.says,
    clockSkewMs: clockSkewMs(users.headers, users.receivedAt),
  }
}

/** Of the log one wants to know whether it opens, not what it says. */
function lastMinute(now: Instant): Stretch {
  return { from: plus(now, -MINUTE), to: now }
}

/** What the token answer granted decides where an answer leaves it open. */
function judged(scope: string, look: Look, granted: readonly string[] | null): Look {
  if (look.state !== 'unknown' || granted === null || scope === INVITES_SCOPE) return look
  const state = grants(granted, scope) ? 'present' : 'missing'
  return { state, detail: `${look.detail}; the token was ${state === 'present' ? '' : 'not '}granted it` }
}

/** 403 may also mean that the plan has no such thing, 404 that there is none. */
function lookAt(answer: Answer, name: string): Look {
  const detail = `GET ${name} answered ${answer.status}`
  return { detail, state: answer.status === 403 ? 'missing' : answer.status === 404 ? 'unknown' : 'present' }
}

async function lookAtAttributes(session: Session, devices: Answer): Promise<Look> {
  const rows = devices.status === 200 ? fields(jsonOf(devices.body, 'devices')).rows('devices') : []
  const own = rows.find((row) => isObject(row) && row['isExternal'] !== true && typeof row['nodeId'] === 'string')
  if (!isObject(own)) return { detail: 'there is no device to ask for', state: 'unknown' }
  const path = attributesPath(String(own['nodeId']))
  return lookAt(await session.get(path, { accept: [403, 404] }), 'device attributes')
}

function lookAtSetting(settings: Answer, flag: string): Look {
  if (settings.status !== 200) return lookAt(settings, 'settings')
  const answer = jsonOf(settings.body, 'settings')
  const shown = isObject(answer) && typeof answer[flag] === 'boolean'
  return shown
    ? { detail: `GET settings shows ${flag}`, state: 'present' }
    : { detail: `GET settings answered without ${flag}`, state: 'missing' }
}

/** A family without a key looks as one that is hidden. */
function lookAtFamily(keys: Answer, family: string): Look {
  if (keys.status !== 200) return lookAt(keys, 'keys')
  const rows = fields(jsonOf(keys.body, 'keys')).rows('keys')
  return rows.some((row) => isObject(row) && row['keyType'] === family)
    ? { detail: `GET keys shows ${family} keys`, state: 'present' }
    : { detail: `GET keys shows no ${family} key`, state: 'unknown' }
}

async function ownKey(config: Config, session: Session): Promise<{ expiresAt: Instant | null; says: string }> {
  const { credential } = config
  const kind = 'apiToken' in credential ? 'API access token' : 'OAuth client'
  const path = ownKeyPath(config)
  const answer = path === null ? null : await session.get(session.inTailnet(path), { accept: [403, 404] })
  const row = answer?.status === 200 ? fields(jsonOf(answer.body, 'own key'), 'tailscale: the own key') : null
  const description = row?.filled('description') ?? null
  const expiresAt = row?.instant('expires') ?? null
  const named = description === null ? kind : `${kind} "${description}"`
  const lasts =
    expiresAt !== null ? '' : 'apiToken' in credential ? ', its expiry is not visible to itself' : ', never expires'
  const writes = writing(session.scopes ?? row?.list('scopes') ?? [])
  return { expiresAt, says: `${named}${lasts}${writes.length === 0 ? '' : `, can write (${writes.join(' ')})`}` }
}
