/** The views that Kandji (Iru) has of a device: its list and two categories of Prism (vendors/kandji.md section 3). */
import type { Machine } from './machine.ts'
import { micros, microsWithOffset, spaced } from './times.ts'

type Json = Record<string, unknown>

const BLUEPRINT = '3f0b8c52-6d1e-4b7a-9f43-2c8d51e7a960'
const NONE: readonly string[] = Object.freeze([])

export interface EnrolledFacts {
  machine: Machine
  deviceId: string
  /** As people see it in the console: "Ada's MacBook Pro". */
  title: string
  userId: string
  lastCheckIn: number
}

/** A row of `GET /api/v1/devices`. */
export function enrolledRow({ machine, deviceId, title, userId, lastCheckIn }: EnrolledFacts): Json {
  return {
    device_id: deviceId,
    device_name: title,
    model: 'MacBook Pro (14-inch, 2024)',
    serial_number: machine.serial,
    platform: 'Mac',
    os_version: '26.1',
    supplemental_build_version: '25B78',
    supplemental_os_version_extra: '',
    last_check_in: micros(lastCheckIn),
    user: { email: machine.login, name: machine.ownerName, id: userId, is_archived: false },
    asset_tag: '',
    blueprint_id: BLUEPRINT,
    blueprint_name: 'Standard Macs',
    mdm_enabled: true,
    agent_installed: true,
    is_missing: false,
    is_removed: false,
    agent_version: '5.4.1 (6120)',
    first_enrollment: spaced(machine.since),
    last_enrollment: spaced(machine.since),
    lost_mode_status: '',
    tags: NONE,
  }
}

/** A row of `GET /api/v1/prism/device_information`. */
export function prismRow({ machine, deviceId, title, userId, lastCheckIn }: EnrolledFacts): Json {
  const seen = microsWithOffset(lastCheckIn)
  const enrolled = microsWithOffset(machine.since)
  return {
    agent_installed: true,
    agent_version: '5.4.1 (6120)',
    apple_silicon: true,
    asset_tag: '',
    battery_health: null,
    blueprint_id: BLUEPRINT,
    blueprint_name: 'Standard Macs',
    cellular_technology: '',
    count: null,
    created_at: enrolled,
    data_roaming: false,
    device__family: 'Mac',
    device__name: title,
    device__user_email: machine.login,
    device__user_id: userId,
    device__user_name: machine.ownerName,
    device_capacity: 494.0,
    device_id: deviceId,
    display_os_version: '26.1',
    first_enrollment_date: enrolled,
    host_name: null,
    hotspot: false,
    last_changed_at: microsWithOffset(machine.since + 432_000_000),
    last_checkin: seen,
    last_checkin_agent: seen,
    last_checkin_mdm: microsWithOffset(lastCheckIn - 5_400_000),
    last_collected_at: microsWithOffset(lastCheckIn - 5_300_000),
    last_enrollment_date: enrolled,
    local_hostname: null,
    lost_mode_status: null,
    marketing_name: 'Tahoe',
    mdm_enabled: true,
    model: 'Mac',
    model_id: 'Mac16,8',
    model_name: 'MacBook Pro (14-inch, 2024)',
    os_build: '25B78',
    os_version: '26.1',
    serial_number: machine.serial,
    shared_ipad: null,
    supplemental_build_version: null,
    supplemental_os_version_extra: null,
    tags: null,
    updated_at: microsWithOffset(lastCheckIn + 4_000),
  }
}

/** A row of `GET /api/v1/prism/filevault`. */
export function fileVaultRow({ machine, deviceId, title, userId, lastCheckIn }: EnrolledFacts): Json {
  return {
    asset_tag: '',
    blueprint_id: BLUEPRINT,
    blueprint_name: 'Standard Macs',
    created_at: microsWithOffset(machine.since),
    device__family: 'Mac',
    device__name: title,
    device__user_email: machine.login,
    device__user_id: userId,
    device__user_name: machine.ownerName,
    device_id: deviceId,
    key_escrowed: true,
    key_type: 'Personal',
    last_collected_at: microsWithOffset(lastCheckIn - 5_300_000),
    regeneration_needed: false,
    scheduled_key_rotation: null,
    serial_number: machine.serial,
    status: true,
    tags: null,
    updated_at: microsWithOffset(machine.since + 86_400_000),
  }
}

/** What Tailscale's integration writes for an enrolled device; a null is no attribute (vendors/kandji.md section 7). */
export function kandjiAttributes(prism: Json): Json {
  const attributes: Json = {}
  if (typeof prism['mdm_enabled'] === 'boolean') attributes['kandji:mdmEnabled'] = prism['mdm_enabled']
  if (typeof prism['agent_installed'] === 'boolean') attributes['kandji:agentInstalled'] = prism['agent_installed']
  return attributes
}
