/** The parts of a generated tailnet that there is one of, whatever its size. */
import type { TailscaleWorld } from '../simulator.ts'
import { accountId, FLEET_DOMAIN } from './crew.ts'
import { micros, seconds } from './times.ts'

type Json = Record<string, unknown>

const DAY = 86_400_000

const POLICY = `// Policy of a generated fleet.
{
  "tagOwners": { "tag:server": ["autogroup:admin"] },
  "postures": {
    "posture:healthy": [
      "node:tsReleaseTrack == 'stable'",
      "node:tsVersion >= '1.80'", // the floor of our security team
    ],
  },
  "defaultSrcPosture": ["posture:healthy"],
  "grants": [
    { "src": ["autogroup:member"], "dst": ["tag:server"], "ip": ["tcp:443"] },
    { "src": ["autogroup:member"], "dst": ["autogroup:self"], "ip": ["*"] },
  ],
}
`

/** How one vendor's integration sees the fleet. */
export interface Matches {
  provider: 'sentinelone' | 'falcon' | 'kandji'
  hosts: number
  matched: number
}

const CLOUD = { sentinelone: 'fleet.sentinelone.net', falcon: 'us-2', kandji: 'fleet.api.kandji.io' }

export function integrationRows(matches: readonly Matches[], reporting: number, now: number): Json[] {
  return matches.map(({ provider, hosts, matched }) => ({
    id: `p${provider}CNTRL`,
    provider,
    cloudId: CLOUD[provider],
    clientId: provider === 'falcon' ? 'f1ee7c11e27000000000000000000001' : '',
    configUpdated: micros(now - 200 * DAY),
    status: {
      lastSync: micros(now - 420_000),
      providerHostCount: hosts,
      matchedCount: matched,
      possibleMatchedCount: reporting,
    },
  }))
}

export function tailnetParts(
  now: number,
): Omit<TailscaleWorld, 'users' | 'devices' | 'attributes' | 'integrations' | 'auditLog'> {
  return {
    tailnetId: 'TFleet0000CNTRL',
    legacyName: FLEET_DOMAIN,
    settings: {
      aclsExternallyManagedOn: true,
      aclsExternalLink: 'https://git.fleet.example/tailnet-policy',
      devicesApprovalOn: true,
      devicesAutoUpdatesOn: true,
      devicesKeyDurationDays: 90,
      usersApprovalOn: true,
      usersRoleAllowedToJoinExternalTailnets: 'admin',
      networkFlowLoggingOn: true,
      regionalRoutingOn: false,
      postureIdentityCollectionOn: true,
      httpsEnabled: true,
    },
    keys: [
      {
        id: 'kFleetAuth1CNTRL',
        keyType: 'auth',
        expirySeconds: 604_800,
        created: seconds(now - 2 * DAY),
        expires: seconds(now + 5 * DAY),
        capabilities: {
          devices: { create: { reusable: false, ephemeral: false, preauthorized: false, tags: ['tag:server'] } },
        },
        description: 'servers',
        userId: accountId(1),
      },
      {
        id: 'kFleetClientCNTRL',
        keyType: 'client',
        created: seconds(now - 300 * DAY),
        scopes: ['devices:core:read'],
        tags: [],
        description: 'inventory',
        userId: accountId(0),
      },
    ],
    policy: POLICY,
    logStreams: { configuration: null, network: null },
    webhooks: [],
    contacts: {
      account: { email: `it@${FLEET_DOMAIN}` },
      support: { email: `it@${FLEET_DOMAIN}` },
      security: { email: `security@${FLEET_DOMAIN}`, needsVerification: false },
    },
    userInvites: [],
  }
}
