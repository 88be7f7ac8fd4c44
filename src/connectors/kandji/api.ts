/** What Kandji (Iru Endpoint Management) says: hosts, endpoints, envelopes. */
import { AppError } from '../../domain/error.ts'
import { fields, jsonOf, sharedJsonOf } from '../../domain/reading.ts'

/**
 * The vendor's API hosts are a tenant's name below one of these. `.clients.us-1.kandji.io`, seen answering in 2022, is no
 * longer documented: it is read like any other host, and marked as one that the vendor does not publish.
 */
const API_SUFFIXES = ['.api.kandji.io', '.api.eu.kandji.io', '.api.iru.com', '.api.eu.iru.com'] as const

export function isApiHost(hostname: string): boolean {
  return API_SUFFIXES.some(
    (suffix) => hostname.endsWith(suffix) && /^[a-z0-9-]+$/.test(hostname.slice(0, -suffix.length)),
  )
}

/** `acme.kandji.io`, `acme.eu.kandji.io`, `acme.iru.com`: the web console, which looks like the API's host and is not. */
export function isConsoleHost(hostname: string): boolean {
  return /^[a-z0-9-]+(\.eu)?\.(kandji\.io|iru\.com)$/.test(hostname)
}

export const PRISM = '/api/v1/prism/device_information'
export const FILEVAULT = '/api/v1/prism/filevault'
export const COUNT = '/api/v1/prism/count'
export const DEVICES = '/api/v1/devices'

/** The most that both lists give at a time; cartography lost every device after the 300th (cartography-cncf#1521). */
export const PAGE_SIZE = 300

/** Names of the pages. */
export const PLACES = {
  prism: 'device information',
  count: 'device count',
  devices: 'devices',
  filevault: 'filevault',
} as const

/** Permissions of a token are ticked one endpoint at a time. */
export const PRISM_PERMISSION = 'Prism > Device Information'
export const FILEVAULT_PERMISSION = 'Prism > FileVault'
export const DEVICES_PERMISSION = 'Devices > Device list'

export interface PrismPage {
  readonly rows: readonly unknown[]
  /** Null in most tenants. */
  readonly total: number | null
  /** Null where this tenant pages by offset. */
  readonly cursor: string | null
}

/** The Prism envelope `{ offset, limit, total, data, cursor }`. */
export function prismPage(body: Uint8Array, request: string): PrismPage {
  const envelope = fields(sharedJsonOf(body, request), `${request}: the answer`)
  const page = { rows: envelope.rows('data'), total: envelope.number('total'), cursor: envelope.token('cursor') }
  envelope.mustBeRead()
  return page
}

/** The device list is a bare array, unlike every other list of the vendor. */
export function deviceRows(body: Uint8Array, request: string): readonly unknown[] {
  const rows = sharedJsonOf(body, request)
  if (Array.isArray(rows)) return rows
  throw new AppError('schema_mismatch', `${request} answered with something else than the list of devices.`)
}

/** `{ count, approximate }`; null where the vendor only guesses. */
export function countIn(body: Uint8Array, request: string): number | null {
  const answer = fields(jsonOf(body, request), `${request}: the answer`)
  const count = answer.flag('approximate') === true ? null : answer.number('count')
  answer.mustBeRead()
  return count
}
