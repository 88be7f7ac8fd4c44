/** Rows of Tailscale's API in full (`fields=all`), field for field as vendors/tailscale.md sections 2 to 4 give them. */
import { type Machine, PLATFORM } from './machine.ts'
import { seconds } from './times.ts'

type Json = Record<string, unknown>

const DAY = 86_400_000
export const TAILNET_DOMAIN = 'tail9c3f1.ts.net'
/** The stable client of the day the fixtures were written. */
export const CLIENT = '1.90.6'
/** Node keys live for the tailnet's `devicesKeyDurationDays`. */
const KEY_LIFE = 90 * DAY

/** Parts that differ from machine to machine only in ways nobody asks about; one object for all rows. */
const CONNECTIVITY_REST = Object.freeze({
  latency: Object.freeze({
    Frankfurt: Object.freeze({ preferred: true, latencyMs: 18.411807 }),
    Warsaw: Object.freeze({ latencyMs: 27.920466 }),
    Helsinki: Object.freeze({ latencyMs: 41.03719 }),
  }),
  clientSupports: Object.freeze({ hairPinning: null, ipv6: true, pcp: false, pmp: false, udp: true, upnp: false }),
})
const UBUNTU = Object.freeze({ name: 'ubuntu', version: '24.04', codeName: 'noble' })
const NO_DISTRO = Object.freeze({})
const NONE: readonly string[] = Object.freeze([])

export interface DeviceFacts {
  machine: Machine
  nodeId: string
  /** The older decimal id. */
  id: string
  /** Null: connected, so the vendor leaves `lastSeen` out. */
  lastSeen: number | null
  /** When the node key was last renewed. */
  keyRenewed: number
  /** 64 hexadecimal digits; keys are made of it. */
  key: string
}

export function deviceRow({ machine, nodeId, id, lastSeen, keyRenewed, key }: DeviceFacts): Json {
  const [high, low] = [(machine.number >> 8) & 0xff, machine.number & 0xff]
  const row: Json = {
    addresses: [
      `100.${96 + ((machine.number >> 16) & 0x0f)}.${high}.${low}`,
      `fd7a:115c:a1e0::${(machine.number >> 16).toString(16)}:${(machine.number & 0xffff).toString(16)}`,
    ],
    id,
    nodeId,
    user: machine.login,
    name: `${machine.hostname}.${TAILNET_DOMAIN}`,
    hostname: machine.hostname,
    clientVersion: CLIENT,
    updateAvailable: false,
    os: PLATFORM[machine.platform].tailscaleOs,
    created: seconds(machine.since),
    connectedToControl: lastSeen === null,
    keyExpiryDisabled: false,
    expires: seconds(keyRenewed + KEY_LIFE),
    authorized: true,
    isExternal: false,
    machineKey: `mkey:${key.slice(0, 32)}`,
    nodeKey: `nodekey:${key}`,
    blocksIncomingConnections: false,
    enabledRoutes: NONE,
    advertisedRoutes: NONE,
    clientConnectivity: {
      endpoints: [`198.51.100.${(machine.number % 250) + 2}:41641`, `192.168.1.${(machine.number % 250) + 2}:41641`],
      mappingVariesByDestIP: false,
      ...CONNECTIVITY_REST,
    },
    tailnetLockError: '',
    tailnetLockKey: `nlpub:${key.slice(32)}`,
    sshEnabled: false,
    postureIdentity: { serialNumbers: [machine.serial] },
    isEphemeral: false,
    distro: machine.platform === 'linux' ? UBUNTU : NO_DISTRO,
  }
  if (lastSeen !== null) row['lastSeen'] = seconds(lastSeen)
  return row
}

export interface AccountFacts {
  id: string
  login: string
  name: string
  created: number
  deviceCount: number
  /** Null: connected at the moment of asking; the moment itself otherwise. */
  lastSeen: number
  connected: boolean
}

export function accountRow({ id, login, name, created, deviceCount, lastSeen, connected }: AccountFacts): Json {
  return {
    id,
    displayName: name,
    loginName: login,
    profilePicUrl: '',
    tailnetId: login.slice(login.indexOf('@') + 1),
    created: seconds(created),
    type: 'member',
    role: 'member',
    status: 'active',
    deviceCount,
    lastSeen: seconds(lastSeen),
    currentlyConnected: connected,
  }
}

/** Attributes that every client of ours reports by itself. */
export function nodeAttributes(platform: string, osVersion: string, clientVersion: string): Json {
  return {
    'node:os': platform,
    'node:osVersion': osVersion,
    'node:tsVersion': clientVersion,
    'node:tsReleaseTrack': 'stable',
    'node:tsAutoUpdate': true,
    'node:tsStateEncrypted': true,
  }
}
