/** Rows of `GET /web/api/v2.1/agents`: the field set and the nulls of vendors/sentinelone.md section 4. */
import { localAddress, type Machine, macAddress, PLATFORM } from './machine.ts'
import { micros, seconds } from './times.ts'

type Json = Record<string, unknown>

export const AGENT_VERSION = '25.1.3.334'

const NO_DIRECTORY = Object.freeze({
  computerDistinguishedName: null,
  computerMemberOf: Object.freeze([]),
  lastUserDistinguishedName: null,
  lastUserMemberOf: Object.freeze([]),
  mail: null,
  userPrincipalName: null,
})
const EMPTY = Object.freeze({})
const NONE: readonly string[] = Object.freeze([])
const EDR: readonly string[] = Object.freeze(['edr'])
const FALLBACK = Object.freeze([Object.freeze({ id: '629380164464502601', name: 'Fallback', scope: 'global' })])
const NO_TAGS = Object.freeze({ sentinelone: NONE })

export interface AgentFacts {
  machine: Machine
  /** 19 digits, a string: it does not fit a number. */
  id: string
  /** 32 hexadecimal digits. */
  uuid: string
  lastActive: number
  machineType: 'laptop' | 'desktop' | 'server'
}

/** A healthy agent. Whatever ails it, the caller writes over. */
export function agentRow({ machine, id, uuid, lastActive, machineType }: AgentFacts): Json {
  const facts = PLATFORM[machine.platform]
  const apple = machine.platform === 'macos'
  const name = machine.login.slice(0, machine.login.indexOf('@'))
  const created = micros(machine.since)
  return {
    accountId: '629380164464502476',
    accountName: 'Northlight Robotics',
    activeDirectory: NO_DIRECTORY,
    activeProtection: EDR,
    activeThreats: 0,
    agentVersion: AGENT_VERSION,
    allowRemoteShell: false,
    appsVulnerabilityStatus: 'up_to_date',
    cloudProviders: EMPTY,
    computerName: apple ? machine.hostname : machine.hostname.toUpperCase(),
    consoleMigrationStatus: 'N/A',
    containerizedWorkloadCounts: null,
    coreCount: 12,
    cpuCount: 1,
    cpuId: facts.cpu,
    createdAt: created,
    detectionState: 'full_mode',
    domain: machine.platform === 'windows' ? 'NORTHLIGHT' : 'local',
    encryptedApplications: true,
    externalId: '',
    externalIp: '203.0.113.24',
    firewallEnabled: true,
    firstFullModeTime: created,
    fullDiskScanLastUpdatedAt: micros(machine.since + 10_420_000),
    groupId: '629380164473071124',
    groupIp: '203.0.113.x',
    groupName: 'Default Group',
    groupUpdatedAt: null,
    hasContainerizedWorkload: false,
    id,
    inRemoteShellSession: false,
    infected: false,
    installerType: facts.installer,
    isActive: true,
    isAdConnector: false,
    isDecommissioned: false,
    isHyperAutomate: false,
    isPendingUninstall: false,
    isUninstalled: false,
    isUpToDate: true,
    lastActiveDate: micros(lastActive),
    lastIpToMgmt: localAddress(machine.number),
    lastLoggedInUserName: name,
    lastSuccessfulScanDate: null,
    licenseKey: '',
    locationEnabled: true,
    locationType: 'fallback',
    locations: FALLBACK,
    machineType,
    missingPermissions: NONE,
    mitigationMode: 'protect',
    mitigationModeSuspicious: 'detect',
    modelName: facts.model,
    networkInterfaces: [
      {
        gatewayIp: '192.0.2.1',
        gatewayMacAddress: '00:00:5e:00:53:01',
        id: `${id.slice(0, -1)}9`,
        inet: [localAddress(machine.number)],
        inet6: NONE,
        name: apple ? 'en0' : 'Ethernet',
        physical: macAddress(machine.number, ':'),
      },
    ],
    networkQuarantineEnabled: false,
    networkStatus: 'connected',
    operationalState: 'na',
    operationalStateExpiration: null,
    osArch: apple ? 'ARM64' : '64 bit',
    osName: facts.osName,
    osRevision: facts.osRevision,
    osStartTime: seconds(lastActive - 190_000_000),
    osType: machine.platform,
    osUsername: null,
    policyUpdatedAt: null,
    proxyStates: null,
    rangerStatus: 'NotApplicable',
    rangerVersion: null,
    registeredAt: created,
    remoteProfilingState: 'disabled',
    remoteProfilingStateExpiration: null,
    scanAbortedAt: null,
    scanFinishedAt: micros(machine.since + 10_421_000),
    scanStartedAt: micros(machine.since + 7_300_000),
    scanStatus: 'finished',
    serialNumber: machine.serial,
    showAlertIcon: false,
    siteId: '629380164464502602',
    siteName: 'Default site',
    storageName: null,
    storageType: null,
    tags: NO_TAGS,
    threatRebootRequired: false,
    totalMemory: 32_768,
    updatedAt: micros(lastActive + 900),
    userActionsNeeded: NONE,
    uuid: apple ? dashed(uuid) : uuid,
  }
}

/** Macs send their uuid dashed and in upper case, the others as bare hexadecimal digits. */
function dashed(hex: string): string {
  const part = (from: number, to: number) => hex.slice(from, to).toUpperCase()
  return [part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)].join('-')
}

/** What Tailscale's integration writes for an agent (vendors/sentinelone.md section 4, Mapping). */
export function sentinelOneAttributes(agent: Json): Json {
  return {
    'sentinelOne:operationalState': agent['operationalState'],
    'sentinelOne:activeThreats': agent['activeThreats'],
    'sentinelOne:agentVersion': agent['agentVersion'],
    'sentinelOne:encryptedApplications': agent['encryptedApplications'],
    'sentinelOne:firewallEnabled': agent['firewallEnabled'],
    'sentinelOne:infected': agent['infected'],
  }
}
