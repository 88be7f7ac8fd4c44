/**
 * The configuration audit log: what the world says that happened, and one event for each token that is minted here
 * (https://tailscale.com/kb/1203/audit-logging).
 */
import { hash } from 'node:crypto'
import { CLIENT_ID, type Minted } from './access.ts'

type Json = Record<string, unknown>

const DAY = 86_400_000
/** How long the vendor keeps an event. */
const KEPT_DAYS = 90

export interface AuditLog {
  /** Notes that a token was made. */
  minted(token: Minted): void
  /** The events asked for; null where a required bound is missing or no RFC 3339 time. */
  answer(query: URLSearchParams): Json | null
}

export function auditLogOf(world: { legacyName: string; auditLog: readonly Json[] }, now: () => Date): AuditLog {
  let mints: Json[] = []
  return {
    minted({ access_token, scope }) {
      const at = now()
      const oldest = new Date(at.getTime() - KEPT_DAYS * DAY).toISOString()
      // Read once a pull for as long as the simulator lives.
      if (mints.length > 0 && String(mints[0]!['eventTime']) < oldest)
        mints = mints.filter((event) => String(event['eventTime']) >= oldest)
      mints.push(mintEvent(access_token, scope, at))
    },
    answer(query) {
      const [start, end] = [nanos(query.get('start')), nanos(query.get('end'))]
      if (start === null || end === null || start > end) return null
      const oldest = nanos(new Date(now().getTime() - KEPT_DAYS * DAY).toISOString())!
      const from = start > oldest ? start : oldest
      const logs = [...world.auditLog, ...mints]
        .map((event) => ({ event, at: nanos(event['eventTime']) ?? '' }))
        .filter(({ event, at }) => at >= from && at <= end && matches(event, query))
        .sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0))
        .map(({ event }) => event)
      // The published schema has `tailnet`; this is what the service sends.
      return { version: '1.1', tailnetId: world.legacyName, logs }
    },
  }
}

/** A moment of RFC 3339 in UTC with nine digits below the second: sorts as text. */
function nanos(text: unknown): string | null {
  const match = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?(Z|[+-]\d{2}:\d{2})$/.exec(String(text))
  const at = match === null ? Number.NaN : Date.parse(`${match[1]}${match[3]}`)
  return Number.isNaN(at) ? null : `${new Date(at).toISOString().slice(0, 19)}.${(match![2] ?? '').padEnd(9, '0')}`
}

/** Each filter lists what is enough; filters of several kinds must all be met. */
function matches(event: Json, query: URLSearchParams): boolean {
  const [actor, target] = [event['actor'] as Json, event['target'] as Json]
  return (
    anyOf(query.getAll('actor'), (wanted) => isActor(actor, wanted)) &&
    anyOf(query.getAll('target'), (wanted) => Object.values(target).some((part) => String(part).includes(wanted))) &&
    anyOf(query.getAll('event'), (wanted) => wanted === nameOf(event))
  )
}

function anyOf(wanted: readonly string[], meets: (wanted: string) => boolean): boolean {
  return wanted.length === 0 || wanted.some(meets)
}

/** An exact id, or `~text` for a part of the login or display name. */
function isActor(actor: Json, wanted: string): boolean {
  if (!wanted.startsWith('~')) return actor['id'] === wanted
  const part = wanted.slice(1).toLowerCase()
  return ['loginName', 'displayName'].some((field) => String(actor[field]).toLowerCase().includes(part))
}

/** "USER.UPDATE.USER_ROLE" */
function nameOf({ target, action }: Json): string {
  const { type, property } = target as Json
  return [type, action, property].filter((part) => part !== undefined && part !== '').join('.')
}

/** As the live service writes it (seen 2026-07-27); the published schema does not know the target's type. */
function mintEvent(token: string, scope: string, at: Date): Json {
  return {
    eventTime: at.toISOString(),
    type: 'CONFIG',
    deferredAt: '0001-01-01T00:00:00Z',
    eventGroupID: hash('md5', `${token} ${at.toISOString()}`),
    origin: 'CONFIG_API',
    actor: { id: CLIENT_ID, type: 'OAUTH_CLIENT', loginName: '', displayName: 'OAuth client' },
    target: { id: tokenId(token), name: 'OAuth access token', type: 'OAUTH_ACCESS_TOKEN' },
    action: 'CREATE',
    actionDetails: `scopes - ${scope}`,
  }
}

/** A token's id without its secret part. */
function tokenId(token: string): string {
  return token.replace(/^tskey-api-([^-]+)-.*$/, 'tskey-token-$1')
}
