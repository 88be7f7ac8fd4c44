/**
 * What an event of a tailnet's configuration audit log says that happened, as far as a check or the audit period asks
 * for it. One place, so that a suspension is the same thing for every reader. Facts: Tailscale's API schema (operation
 * "list configuration audit logs") and its page on audit logging.
 */
import type { JsonValue } from './json.ts'
import type { AuditEvent } from './record.ts'
import { isKnownRole, ROLES } from './roles.ts'
import { sha256OfText } from './sha256.ts'

export type What =
  | 'suspended'
  | 'restored'
  | 'deleted'
  | 'created'
  | 'invited'
  /** Whoever was invited has come: the account is the actor's. */
  | 'joined'
  | 'approved'
  /** An identity provider wrote the account. */
  | 'pushed'
  | 'role'
  | 'key-created'
  | 'key-revoked'
  | 'key-expired'
  | 'policy'
  | 'device-created'
  | 'device-approved'
  | 'device-deleted'
  /** An OAuth client made itself a token of an hour: no key that the key list shows. */
  | 'minted'

export interface Actor {
  readonly id: string | null
  /** `USER` `OAUTH_CLIENT` `SCIM` … */
  readonly type: string | null
  /** Login, or the display name where there is no login. */
  readonly name: string | null
}

export interface Meaning {
  readonly what: What
  readonly targetId: string | null
  /** Login of an account, address that is invited, name of a device. */
  readonly target: string | null
  /**
   * Of `role`: roles as the API writes them; of `policy`: SHA-256 of the texts, hex; null otherwise, and where the log
   * does not say.
   */
  readonly from: string | null
  readonly to: string | null
  readonly by: Actor
}

/** Null: it failed, or it is nothing that we ask for. */
export function meaningOf(event: AuditEvent): Meaning | null {
  const what = event.failure === null ? whatOf(event) : null
  if (what === null) return null
  const { actorId, actorType, actor, targetId, target } = event
  const subject = what === 'joined' ? { targetId: actorId, target: actor } : { targetId, target }
  return { what, ...subject, ...changeOf(what, event), by: { id: actorId, type: actorType, name: actor } }
}

/** Target type, action and, where one field of the target was changed, its property: the words of the schema's filter. */
const EVENTS: { readonly [event: string]: What | undefined } = {
  'USER.CREATE': 'created',
  'USER.INVITE': 'invited',
  'INVITE.CREATE.TAILNET_INVITE': 'invited',
  'INVITE.ACCEPT.TAILNET_INVITE': 'joined',
  'USER.APPROVE': 'approved',
  'USER.SUSPEND': 'suspended',
  // The filter has them in this spelling; whether an event's action is written so is not published.
  'USER.SUSPEND_GLOBAL': 'suspended',
  'USER.RESTORE': 'restored',
  'USER.RESTORE_GLOBAL': 'restored',
  'USER.DELETE': 'deleted',
  'USER.UPDATE.USER_ROLE': 'role',
  'USER.PUSH_USER': 'pushed',
  'USER.PUSH_USER.ATTRIBUTES': 'pushed',
  'NODE.CREATE': 'device-created',
  'NODE.APPROVE': 'device-approved',
  'NODE.DELETE': 'device-deleted',
  'API_KEY.CREATE': 'key-created',
  'API_KEY.REVOKE': 'key-revoked',
  'API_KEY.DELETE': 'key-revoked',
  'API_KEY.EXPIRED': 'key-expired',
  'OAUTH_ACCESS_TOKEN.CREATE': 'minted',
  'TAILNET.UPDATE.ACL': 'policy',
  'TAILNET.CREATE.ACL': 'policy',
}

function whatOf({ targetType, action, property }: AuditEvent): What | null {
  // NODE.CREATE.ATTRIBUTES makes no device: an action on a field that is not listed changes nothing that we ask for.
  const field = property === null || property === '' ? '' : `.${property}`
  return EVENTS[`${targetType}.${action}${field}`] ?? null
}

function changeOf(what: What, { before, after }: AuditEvent): Pick<Meaning, 'from' | 'to'> {
  if (what === 'role') return { from: roleOf(parsed(before)), to: roleOf(parsed(after)) }
  if (what === 'policy') return { from: textDigest(parsed(before)), to: textDigest(parsed(after)) }
  return { from: null, to: null }
}

function parsed(text: string | null): JsonValue {
  if (text === null) return null
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

/**
 * The log lists display names, of which the strongest is the role: ["Member","IT admin"] is `it-admin`. A name that we
 * do not know comes before those that we do, in the API's spelling, so that it is never taken for something weaker.
 */
function roleOf(value: JsonValue): string | null {
  const names = (Array.isArray(value) ? value : [value]).filter(
    (name) => typeof name === 'string' && name.trim() !== '',
  )
  const roles = names.map((name) => apiRole(name as string))
  const strange = roles.find((role) => !isKnownRole(role))
  return strange ?? ROLES.find((role) => roles.includes(role)) ?? null
}

function apiRole(name: string): string {
  return name
    .trim()
    .toLowerCase()
    .replace(/[\s_]+/g, '-')
}

/** A long text stands in the record as its digest already. */
function textDigest(value: JsonValue): string | null {
  if (typeof value === 'string') return sha256OfText(value)
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return null
  const digest = (value as { readonly [key: string]: JsonValue })['sha256']
  return typeof digest === 'string' ? digest : null
}
