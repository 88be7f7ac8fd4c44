/** Host records and Zero Trust Assessments as vendors/crowdstrike.md section 4 describes them: absent keys, not nulls. */
import { localAddress, type Machine, macAddress, PLATFORM } from './machine.ts'
import { seconds } from './times.ts'

type Json = Record<string, unknown>

export const CID = 'c4a1e7b09d3f4c25a86e1f0b7d92c358'
export const SENSOR_VERSION = '7.29.20108.0'

const POLICIES = {
  prevention: 'prevention',
  sensor_update: 'sensor-update',
  device_control: 'device-control',
  global_config: 'globalconfig',
  remote_response: 'remote-response',
  firewall: 'firewall',
}

/** Policies are assigned to groups of hosts, so all hosts of a day share one object. */
const policiesByDay = new Map<string, Json>()
function devicePolicies(since: number): Json {
  const day = seconds(since).slice(0, 10)
  let policies = policiesByDay.get(day)
  if (policies === undefined) {
    policies = {}
    for (const [name, type] of Object.entries(POLICIES)) {
      policies[name] = Object.freeze({
        policy_type: type,
        policy_id: `5b1c0e7a94d84f6fb3c2${type.length.toString(16).padStart(2, '0')}a7d9e0f1b2`,
        applied: true,
        settings_hash: '7f3a91c2',
        assigned_date: `${day}T17:20:00.779775194Z`,
        applied_date: `${day}T17:20:06.943047364Z`,
        ...(name === 'sensor_update' ? { uninstall_protection: 'ENABLED' } : {}),
      })
    }
    policiesByDay.set(day, Object.freeze(policies))
  }
  return policies
}
const NONE: readonly string[] = Object.freeze([])

export interface HostFacts {
  machine: Machine
  /** Agent id, 32 hexadecimal digits. */
  aid: string
  lastSeen: number
  productType: 'Workstation' | 'Server'
}

export function hostRow({ machine, aid, lastSeen, productType }: HostFacts): Json {
  const facts = PLATFORM[machine.platform]
  const laptop = productType === 'Workstation' && machine.platform !== 'linux'
  const policies = devicePolicies(machine.since)
  return {
    device_id: aid,
    cid: CID,
    agent_load_flags: '0',
    agent_local_time: seconds(lastSeen - 18_000_000).replace('Z', '.646Z'),
    agent_version: SENSOR_VERSION,
    bios_manufacturer: facts.maker,
    bios_version: machine.platform === 'macos' ? '13822.41.1' : '1.24.0',
    chassis_type: laptop ? '9' : '3',
    chassis_type_desc: laptop ? 'Laptop' : 'Desktop',
    config_id_base: '65994763',
    config_id_build: '20108',
    config_id_platform: '4',
    connection_ip: localAddress(machine.number),
    connection_mac_address: macAddress(machine.number, '-'),
    cpu_signature: '460517',
    cpu_vendor: '0',
    default_gateway_ip: '192.0.2.1',
    device_policies: policies,
    external_ip: '203.0.113.24',
    filesystem_containment_status: 'normal',
    first_seen: seconds(machine.since),
    group_hash: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    groups: NONE,
    hostname: machine.hostname,
    kernel_version: machine.platform === 'linux' ? '6.8.0-87-generic' : '25.1.0',
    last_seen: seconds(lastSeen),
    local_ip: localAddress(machine.number),
    mac_address: macAddress(machine.number, '-'),
    major_version: '25',
    meta: { version: String((machine.number % 90) + 10), version_string: `2:1000${machine.number}` },
    minor_version: '1',
    modified_timestamp: seconds(lastSeen + 36_000),
    os_build: facts.build,
    os_version: facts.falconOs,
    platform_id: facts.falconId,
    platform_name: facts.falconPlatform,
    policies: [policies['prevention']],
    product_type_desc: productType,
    provision_status: 'Provisioned',
    reduced_functionality_mode: 'no',
    rtr_state: 'enabled',
    serial_number: machine.serial,
    status: 'normal',
    system_manufacturer: facts.maker,
    system_product_name: facts.product,
    tags: NONE,
  }
}

const SIGNALS = Object.freeze({
  os_signals: Object.freeze([
    signal('mac_os_version', 'macOS Version', 'macOS', 'macOS version is ≥14.0'),
    signal('file_vault_enabled_mac', 'FileVault', 'macOS', 'FileVault: enabled'),
    signal(
      'sip_enabled_mac',
      'System Integrity Protection (SIP)',
      'macOS',
      'System Integrity Protection (SIP): enabled',
    ),
    signal('gatekeeper_mac', 'Gatekeeper', 'macOS', 'Gatekeeper: enabled'),
    signal('application_firewall_mac', 'Application Firewall', 'macOS', 'Application Firewall: enabled'),
  ]),
  sensor_signals: Object.freeze([signal('quarantine_mac', 'Quarantine', 'Prevention', 'Quarantine: enabled')]),
})
/** No signal ids of other platforms are on record, so their assessments carry none. */
const NO_SIGNALS = Object.freeze({ os_signals: NONE, sensor_signals: NONE })

function signal(id: string, name: string, group: string, criteria: string): Json {
  return Object.freeze({ signal_id: id, signal_name: name, group_name: group, criteria, meets_criteria: 'yes' })
}

export function assessmentRow({ machine, aid, productType }: HostFacts, score: number, at: number): Json {
  return {
    aid,
    cid: CID,
    system_serial_number: machine.serial,
    event_platform: PLATFORM[machine.platform].eventPlatform,
    product_type_desc: productType,
    modified_time: seconds(at),
    sensor_file_status: machine.platform === 'macos' ? 'confirmed' : 'not deployed',
    assessment: {
      sensor_config: Math.min(100, score + 4),
      os: Math.max(0, score - 3),
      overall: score,
      version: '4.0.7',
    },
    assessment_items: machine.platform === 'macos' ? SIGNALS : NO_SIGNALS,
  }
}

/** What Tailscale's integration writes for a host (vendors/crowdstrike.md section 9). */
export function falconAttributes(assessment: Json): Json {
  const scores = assessment['assessment'] as { overall: number }
  return { 'falcon:ztaScore': scores.overall }
}
