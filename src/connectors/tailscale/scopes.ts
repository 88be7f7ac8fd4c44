/**
 * Which scope reveals what. From the "OAuth Scope" lines of https://tailscale.com/api and from
 * https://tailscale.com/kb/1623/trust-credentials.
 */
import type { Access } from '../../domain/connector.ts'
import type { Blindness } from '../../domain/snapshot.ts'

/** Each key family has a scope of its own: a list without it looks complete and is not. */
export const FAMILY_SCOPE = {
  auth: 'auth_keys:read',
  client: 'oauth_keys:read',
  api: 'api_access_tokens:read',
  federated: 'federated_keys:read',
} as const

export const LOG_STREAM_SCOPE = 'log_streaming:read'
export const AUDIT_SCOPE = 'logs:configuration:read'
export const DEVICES_SCOPE = 'devices:core:read'
export const ATTRIBUTES_SCOPE = 'devices:posture_attributes:read'
/** Tailscale publishes no scope for open invites. */
export const INVITES_SCOPE = 'all:read'

/** Every documented setting and the scope that shows it. */
export const SETTING_SCOPE: Readonly<Record<string, string>> = {
  aclsExternallyManagedOn: 'policy_file:read',
  aclsExternalLink: 'policy_file:read',
  devicesApprovalOn: 'feature_settings:read',
  devicesAutoUpdatesOn: 'feature_settings:read',
  devicesKeyDurationDays: 'feature_settings:read',
  usersApprovalOn: 'feature_settings:read',
  usersRoleAllowedToJoinExternalTailnets: 'feature_settings:read',
  networkFlowLoggingOn: 'logs:network:read',
  regionalRoutingOn: 'feature_settings:read',
  postureIdentityCollectionOn: 'feature_settings:read',
  httpsEnabled: 'networking_settings:read',
}

export function settingsOf(scope: string): string[] {
  return Object.keys(SETTING_SCOPE).filter((field) => SETTING_SCOPE[field] === scope)
}

const setting = (scope: string) => ({ kind: 'setting', fields: settingsOf(scope) }) as const
const family = (name: keyof typeof FAMILY_SCOPE, title: string): Access => ({
  scope: FAMILY_SCOPE[name],
  title,
  reveals: [{ kind: 'key', fields: [name] }],
})

export const ACCESS: readonly Access[] = [
  { scope: 'users:read', title: 'Accounts with role and status', reveals: [{ kind: 'account' }] },
  { scope: DEVICES_SCOPE, title: 'Devices', reveals: [{ kind: 'device' }] },
  { scope: ATTRIBUTES_SCOPE, title: 'Posture attributes of devices', reveals: [{ kind: 'attributes' }] },
  {
    scope: 'policy_file:read',
    title: 'Policy file, and whether it is managed elsewhere',
    reveals: [{ kind: 'policy' }, setting('policy_file:read')],
  },
  {
    scope: 'feature_settings:read',
    title: 'Posture integrations and most settings',
    reveals: [{ kind: 'integration' }, setting('feature_settings:read')],
  },
  { scope: 'logs:network:read', title: 'Whether flow logs are on', reveals: [setting('logs:network:read')] },
  {
    scope: 'networking_settings:read',
    title: 'Whether HTTPS certificates are on',
    reveals: [setting('networking_settings:read')],
  },
  {
    scope: AUDIT_SCOPE,
    title: 'Configuration audit log: who changed what, and when',
    reveals: [{ kind: 'audit' }, { kind: 'auditlog' }],
  },
  { scope: LOG_STREAM_SCOPE, title: 'Log streams and their state', reveals: [{ kind: 'logstream' }] },
  { scope: 'account_settings:read', title: 'Contacts', reveals: [{ kind: 'contact' }] },
  family('client', 'OAuth clients'),
  family('api', 'API access tokens'),
  family('auth', 'Auth keys'),
  family('federated', 'Federated identities'),
  { scope: 'webhooks:read', title: 'Webhook endpoints', reveals: [{ kind: 'webhook' }] },
  {
    scope: INVITES_SCOPE,
    title: 'Open invites to the tailnet: no narrower scope is published, and none may be needed',
    reveals: [{ kind: 'invite' }],
  },
]

export const SET_UP: readonly string[] = [
  'Admin console > Settings > Trust credentials (formerly OAuth clients) > Credential > OAuth.',
  `Give it these read scopes and no write scope: ${ACCESS.map(({ scope }) => scope)
    .filter((scope) => scope !== INVITES_SCOPE)
    .join(' ')}.`,
  'Read scopes need no tags. Copy client id and client secret, shown once, into credential.clientId and .clientSecret.',
  'An API access token (credential.apiToken) works too, but has every right of its owner and ends after 90 days at most.',
]

/** `all` and `all:read` hold every read scope, and a write scope its read scope. */
export function grants(granted: readonly string[], scope: string): boolean {
  return [scope, scope.replace(/:read$/, ''), 'all:read', 'all'].some((one) => granted.includes(one))
}

/** Everything but a read scope writes. */
export function writing(granted: readonly string[]): string[] {
  return granted.filter((scope) => !scope.endsWith(':read'))
}

/** What a token cannot see although the call that lists it succeeds. */
export function hiddenBy(granted: readonly string[], request: string): Blindness[] {
  const because = (scope: string): string => `${request} granted no ${scope}`
  const families = Object.entries(FAMILY_SCOPE)
    .filter(([, scope]) => !grants(granted, scope))
    .map(([name, scope]): Blindness => ({ kind: 'key', fields: [name], scope, because: because(scope) }))
  if (grants(granted, LOG_STREAM_SCOPE)) return families
  // Without the scope, "404" is no answer to the question whether a stream is configured.
  const streams: Blindness = {
    kind: 'logstream',
    fields: null,
    scope: LOG_STREAM_SCOPE,
    because: because(LOG_STREAM_SCOPE),
  }
  return [...families, streams]
}
