/** A small tailnet in Tailscale's own shapes, with every oddity that its API is known for. */
import type { TailscaleWorld } from '../../src/simulators/simulator.ts'

type Json = Record<string, unknown>

export function tailscaleUser(over: Json = {}): Json {
  return {
    id: 'uALICE1CNTRL',
    displayName: 'Alice Architect',
    loginName: 'alice@example.com',
    profilePicUrl: '',
    tailnetId: 'example.com',
    created: '2024-12-01T05:23:30Z',
    type: 'member',
    role: 'owner',
    status: 'active',
    deviceCount: 1,
    lastSeen: '2026-11-20T08:11:02Z',
    currentlyConnected: true,
    ...over,
  }
}

/** As `fields=all` gives it; `without` takes fields out. */
export function tailscaleDevice(name: string, over: Json = {}, without: readonly string[] = []): Json {
  const device: Json = {
    addresses: ['100.87.74.78', 'fd7a:115c:a1e0::4843:ca90'],
    id: '92960230385',
    nodeId: `n${name.toUpperCase()}CNTRL`,
    user: 'alice@example.com',
    name: `${name}.tailfe8c.ts.net`,
    hostname: name,
    clientVersion: '1.86.2',
    updateAvailable: false,
    os: 'macOS',
    created: '2025-03-24T15:45:46Z',
    connectedToControl: false,
    lastSeen: '2026-11-20T08:00:00Z',
    keyExpiryDisabled: false,
    expires: '2027-03-20T15:45:46Z',
    authorized: true,
    isExternal: false,
    machineKey: 'mkey:0011',
    nodeKey: 'nodekey:0123',
    blocksIncomingConnections: false,
    enabledRoutes: [],
    advertisedRoutes: [],
    clientConnectivity: {
      endpoints: ['192.0.2.7:41641'],
      mappingVariesByDestIP: false,
      latency: { Frankfurt: { preferred: true, latencyMs: 12.5 } },
      clientSupports: { hairPinning: null, ipv6: true, pcp: false, pmp: false, udp: true, upnp: false },
    },
    tailnetLockError: '',
    tailnetLockKey: 'nlpub:aa',
    sshEnabled: false,
    isEphemeral: false,
    postureIdentity: { serialNumbers: [`SERIAL-${name.toUpperCase()}`] },
    distro: {},
    ...over,
  }
  for (const field of without) delete device[field]
  return device
}

/** Alice, in the admin console. */
export function auditEvent(over: Json = {}): Json {
  return {
    eventTime: '2026-11-10T15:25:26.583893Z',
    type: 'CONFIG',
    deferredAt: '0001-01-01T00:00:00Z',
    eventGroupID: '0378d8f57300d172ef7ae3826e097ef0',
    origin: 'ADMIN_CONSOLE',
    actor: { id: 'uALICE1CNTRL', type: 'USER', loginName: 'alice@example.com', displayName: 'Alice Architect' },
    target: { id: 'uBOB1CNTRL', name: 'Bob@Example.com', type: 'USER' },
    action: 'CREATE',
    ...over,
  }
}

const externalOnly = ['postureIdentity', 'distro', 'sshEnabled', 'enabledRoutes', 'advertisedRoutes', 'lastSeen']

export function tailscaleWorld(over: Partial<TailscaleWorld> = {}): TailscaleWorld {
  return {
    tailnetId: 'T1234CNTRL',
    legacyName: 'example.com',
    users: [
      tailscaleUser(),
      tailscaleUser({ id: 'uBOB1CNTRL', loginName: 'Bob@Example.com', role: 'member', status: 'suspended' }),
      tailscaleUser({ id: 'uCAROL1CNTRL', loginName: 'carol@github', role: 'it-admin', status: 'idle' }),
      tailscaleUser({ id: 'uDAN1CNTRL', loginName: 'dan@example.com', role: 'member', status: 'needs-approval' }),
      tailscaleUser({
        id: 'uVIC1CNTRL',
        loginName: 'vic@vendor.io',
        type: 'shared',
        role: 'member',
        tailnetId: 'v.io',
      }),
    ],
    devices: [
      tailscaleDevice('mac', { connectedToControl: true }, ['lastSeen']),
      tailscaleDevice('two', { id: '2', postureIdentity: { serialNumbers: ['SERIAL-TWO', 'SERIAL-MAC'] } }),
      tailscaleDevice('db', {
        id: '3',
        os: 'linux',
        clientVersion: '1.80.0-tabc123',
        tags: ['tag:production'],
        keyExpiryDisabled: true,
        expires: '0001-01-01T00:00:00Z',
        postureIdentity: { disabled: true },
        distro: { name: 'ubuntu', version: '24.04', codeName: 'noble' },
        multipleConnections: true,
      }),
      tailscaleDevice('old', { id: '4', os: 'windows', authorized: false, expires: '2026-01-01T00:00:00Z' }),
      tailscaleDevice('phone', { id: '5', os: 'iOS' }, ['postureIdentity']),
      tailscaleDevice(
        'ext',
        { id: '50052', user: 'services@vendor.io', isExternal: true, created: '', clientVersion: '', machineKey: '' },
        externalOnly,
      ),
    ],
    attributes: {
      nMACCNTRL: {
        attributes: {
          'node:os': 'macos',
          'node:tsVersion': '1.86.2',
          'custom:myScore': 80,
          'sentinelOne:infected': false,
          'sentinelOne:activeThreats': 0,
          'kandji:mdmEnabled': true,
        },
        expiries: { 'custom:myScore': '2026-12-31T18:25:43.511Z' },
      },
      // The older shape of the vendor's pages: a number for "infected", and "isActive".
      nTWOCNTRL: { attributes: { 'node:os': 'macos', 'sentinelOne:infected': 1, 'sentinelOne:isActive': true } },
    },
    integrations: [
      {
        id: 'pSENTINEL1CNTRL',
        provider: 'sentinelone',
        cloudId: 'acme.sentinelone.net',
        clientId: '',
        configUpdated: '2026-06-18T13:45:36.128461Z',
        status: {
          lastSync: '2026-11-20T08:30:02.113Z',
          matchedCount: 41,
          possibleMatchedCount: 44,
          providerHostCount: 47,
        },
      },
      {
        id: 'pFALCON1CNTRL',
        provider: 'falcon',
        cloudId: 'us-2',
        clientId: 'abc123',
        configUpdated: '2026-06-18T13:43:43.239839Z',
        status: {
          lastSync: '2026-11-20T08:30:05-05:00',
          error: 'oauth2: cannot fetch token: 401 Unauthorized\nResponse: { "meta": {} }',
          matchedCount: 0,
          possibleMatchedCount: 0,
          providerHostCount: 0,
        },
      },
      {
        id: 'pFLEET1CNTRL',
        provider: 'fleet',
        cloudId: 'fleet.example.com',
        clientId: '',
        configUpdated: '2026-06-18T13:45:13.631878Z',
      },
    ],
    settings: {
      aclsExternallyManagedOn: true,
      aclsExternalLink: 'https://git.example.com/tailnet-policy',
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
        id: 'kAPI111CNTRL',
        keyType: 'api',
        created: '2026-10-01T09:00:00Z',
        expires: '2026-12-30T09:00:00Z',
        scopes: ['all'],
        description: 'backup job',
        userId: 'uALICE1CNTRL',
      },
      {
        id: 'kOAUTH22CNTRL',
        keyType: 'client',
        created: '2025-12-09T23:22:39Z',
        scopes: ['all:read'],
        tags: ['tag:ci'],
        description: 'grc',
        userId: 'uBOB1CNTRL',
      },
      {
        id: 'kAUTH333CNTRL',
        keyType: 'auth',
        expirySeconds: 7776000,
        created: '2026-10-09T23:22:39Z',
        expires: '2027-01-07T23:22:39Z',
        capabilities: {
          devices: { create: { reusable: true, ephemeral: false, preauthorized: true, tags: ['tag:ci'] } },
        },
        userId: 'uALICE1CNTRL',
      },
      {
        id: 'kFED444CNTRL',
        keyType: 'federated',
        created: '2026-01-09T23:22:39Z',
        scopes: ['devices:core:read'],
        issuer: 'https://token.actions.example.com',
        subject: 'repo:acme/*',
      },
      // Over since long: in no list, and marked where it is asked for by id.
      { id: 'kOVER555CNTRL', keyType: 'api', created: '2025-01-01T00:00:00Z', expires: '2025-03-01T00:00:00Z' },
    ],
    policy:
      '// Who may reach what.\n{\n  "groups": {"group:it": ["alice@example.com"]},\n  "acls": [{"action": "accept", "src": ["group:it"], "dst": ["tag:production:22"]},],\n}\n',
    logStreams: {
      configuration: {
        stream: {
          logType: 'configuration',
          destinationType: 'elastic',
          url: 'http://100.71.134.73:80/log',
          user: 'me',
        },
        status: {
          lastActivity: '2026-11-20T08:42:13.984555636Z',
          lastError: '',
          maxBodySize: 524288,
          numBytesSent: 17238983,
          numEntriesSent: 8363,
          numFailedRequests: 0,
          numSpoofedEntries: 0,
          numTotalRequests: 10610,
          rateBytesSent: 3.5,
          rateEntriesSent: 0.008,
          rateFailedRequests: 0,
          rateTotalRequests: 0.0037,
        },
      },
      network: null,
    },
    webhooks: [
      {
        endpointId: '123456',
        endpointUrl: 'https://hooks.example.com/tailscale?key=hidden',
        providerType: '',
        creatorLoginName: 'alice@example.com',
        created: '2025-12-01T05:23:30Z',
        lastModified: '2025-12-02T05:23:30Z',
        subscriptions: ['nodeCreated', 'userDeleted', 'policyUpdate'],
      },
      {
        endpointId: '123457',
        endpointUrl: 'https://hooks.slack.com/services/T0/B0/password',
        providerType: 'slack',
        creatorLoginName: '',
        created: '2025-12-01T05:23:30Z',
        lastModified: '2025-12-02T05:23:30Z',
        subscriptions: ['nodeKeyExpired'],
      },
    ],
    contacts: {
      account: { email: 'owner@example.com', needsVerification: false },
      support: { email: 'support@example.com' },
      security: { email: 'security@example.com', fallbackEmail: 'owner@example.com', needsVerification: true },
    },
    userInvites: [
      {
        id: '29214',
        role: 'admin',
        tailnetId: 12345,
        inviterId: 34567,
        email: 'new@example.com',
        lastEmailSentAt: '2026-11-01T16:23:26.91778771Z',
        inviteUrl: 'https://login.tailscale.com/uinv/secret-code',
      },
    ],
    auditLog: [
      auditEvent({ target: { id: 'uBOB1CNTRL', name: 'Bob@Example.com', type: 'USER' }, action: 'SUSPEND' }),
      auditEvent({
        eventTime: '2026-11-12T09:00:00.5Z',
        eventGroupID: 'bb11',
        target: { id: 'uCAROL1CNTRL', name: 'carol@github', type: 'USER', property: 'USER_ROLE' },
        action: 'UPDATE',
        old: ['Member'],
        new: ['Member', 'IT admin'],
      }),
      // A directory has no id and no login.
      auditEvent({
        eventTime: '2026-11-13T15:30:01.12Z',
        eventGroupID: 'aa78',
        origin: 'IDENTITY_PROVIDER',
        actor: { id: '', type: 'SCIM', loginName: '', displayName: 'User & group provisioning' },
        target: { id: 'uEVE1CNTRL', name: 'eve@example.com', type: 'USER' },
        action: 'SUSPEND',
      }),
      // One operation, two events.
      auditEvent({
        eventTime: '2026-11-14T10:00:00.000000001Z',
        eventGroupID: 'cc22',
        target: { id: 'nEVECNTRL', name: 'eve.tailfe8c.ts.net', type: 'NODE' },
        action: 'DELETE',
      }),
      auditEvent({
        eventTime: '2026-11-14T10:00:00.000000002Z',
        eventGroupID: 'cc22',
        target: { id: 'uEVE1CNTRL', name: 'eve@example.com', type: 'USER' },
        action: 'DELETE',
      }),
    ],
    ...over,
  }
}

/** A tailnet of one owner and nothing else. */
export function emptyTailnet(): TailscaleWorld {
  return tailscaleWorld({
    users: [tailscaleUser({ deviceCount: 0 })],
    devices: [],
    attributes: {},
    integrations: [],
    keys: [],
    policy: '{}',
    logStreams: { configuration: null, network: null },
    webhooks: [],
    userInvites: [],
    auditLog: [],
  })
}
