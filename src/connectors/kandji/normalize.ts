/** What we make of Kandji's answers. Agents come from Prism; the device list adds what it alone knows. */
import type { Page, Reading } from '../../domain/connector.ts'
import { AppError } from '../../domain/error.ts'
import { fields } from '../../domain/reading.ts'
import type { Agent, AnyRecord, Encryption, Enrolment, Total } from '../../domain/record.ts'
import {
  countIn,
  DEVICES_PERMISSION,
  deviceRows,
  FILEVAULT_PERMISSION,
  PLACES,
  PRISM_PERMISSION,
  prismPage,
} from './api.ts'

export function read(page: Page): Reading {
  const [, listing = page.place, number = ''] = /^(.*) page (\d+)$/.exec(page.place) ?? []
  const what = `kandji: ${listing}`
  const because = `${page.request.split('?')[0]} answered ${page.status}`
  switch (listing) {
    case PLACES.prism: {
      if (page.status >= 400) return blind('agent', PRISM_PERMISSION, because)
      const { rows, total } = prismPage(page.body, what)
      const records: AnyRecord[] = rows.map((row) => agentOf(row, page.source))
      if (total !== null && number === '1') records.push(totalOf(total, page.source))
      return { records, blind: [] }
    }
    case PLACES.count: {
      const total = countIn(page.body, what)
      return { records: total === null ? [] : [totalOf(total, page.source)], blind: [] }
    }
    case PLACES.devices:
      if (page.status >= 400) return blind('enrolment', DEVICES_PERMISSION, because)
      return { records: deviceRows(page.body, what).map((row) => enrolmentOf(row, page.source)), blind: [] }
    case PLACES.filevault:
      if (page.status >= 400) return blind('encryption', FILEVAULT_PERMISSION, because)
      return { records: prismPage(page.body, what).rows.map((row) => encryptionOf(row, page.source)), blind: [] }
    default:
      throw new AppError('schema_mismatch', `kandji: a page called "${page.place}" is none that is read.`)
  }
}

function blind(kind: 'agent' | 'enrolment' | 'encryption', scope: string, because: string): Reading {
  return { records: [], blind: [{ kind, fields: null, scope, because }] }
}

function totalOf(value: number, source: string): Total {
  return { kind: 'total', source, key: 'agent', unread: [], value }
}

/** `agent_installed` is null for devices without an agent, an official sample shows it beside `mdm_enabled: true`. */
function agentOf(row: unknown, source: string): Agent {
  const device = fields(row, 'kandji: a device')
  const family = device.filled('device__family')
  return {
    kind: 'agent',
    source,
    key: device.id('device_id'),
    vendor: 'kandji',
    hostname: device.filled('device__name'),
    serial: device.filled('serial_number'),
    platform: family,
    // The newest of `last_checkin_agent` and `last_checkin_mdm`.
    lastSeen: device.instant('last_checkin'),
    changedAt: device.instant('updated_at'),
    // Only the device list says so: see Enrolment.
    removed: false,
    assignedTo: device.filled('device__user_email')?.toLowerCase() ?? null,
    values: {
      mdm_enabled: device.flag('mdm_enabled'),
      agent_installed: device.flag('agent_installed'),
      agent_version: device.filled('agent_version'),
      device__family: family,
      os_version: device.filled('os_version'),
      blueprint_name: device.filled('blueprint_name'),
    },
    unread: device.unread,
  }
}

function enrolmentOf(row: unknown, source: string): Enrolment {
  const device = fields(row, 'kandji: a listed device')
  return {
    kind: 'enrolment',
    source,
    key: device.id('device_id'),
    isMissing: device.flag('is_missing'),
    isRemoved: device.flag('is_removed'),
    lastCheckIn: device.instant('last_check_in'),
    mdmEnabled: device.flag('mdm_enabled'),
    agentInstalled: device.flag('agent_installed'),
    unread: device.unread,
  }
}

function encryptionOf(row: unknown, source: string): Encryption {
  const device = fields(row, 'kandji: a device of the FileVault category')
  return {
    kind: 'encryption',
    source,
    key: device.id('device_id'),
    on: device.flag('status'),
    unread: device.unread,
  }
}
