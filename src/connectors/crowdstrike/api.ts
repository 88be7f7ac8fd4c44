/** What CrowdStrike Falcon says: its clouds, the listings we walk, their envelope and its errors. */
import { AppError } from '../../domain/error.ts'
import { fields, isObject, sharedJsonOf } from '../../domain/reading.ts'

/** The vendor's clouds by region name. Exact hosts: a pattern would let api.crowdstrike.com.example pass. */
export const CLOUDS: Readonly<Record<string, string>> = {
  'us-1': 'https://api.crowdstrike.com',
  'us-2': 'https://api.us-2.crowdstrike.com',
  'us-3': 'https://api.us-3.crowdstrike.com',
  'eu-1': 'https://api.eu-1.crowdstrike.com',
  'us-gov-1': 'https://api.laggar.gcw.crowdstrike.com',
  'us-gov-2': 'https://api.us-gov-2.crowdstrike.mil',
}

export const HOSTS_SCOPE = 'Hosts: Read'
export const SCORES_SCOPE = 'Zero Trust Assessment: Read'

/** Only what records hold: a whole host record has about 5 kB. */
const HOST_FIELDS = [
  'device_id',
  'serial_number',
  'hostname',
  'last_seen',
  'modified_timestamp',
  'status',
  'reduced_functionality_mode',
  'agent_version',
  'platform_name',
  'os_version',
  'product_type_desc',
  'host_hidden_status',
].join(',')

export const SCROLL_SIZE = 10_000
/** POST takes that many ids, GET only 100. */
export const ENTITIES_SIZE = 5000

export interface Listing {
  /** How its pages are called: "scores page 1". */
  readonly place: string
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  /** Parameter that takes the page token, and the field of `meta.pagination` that gives it. */
  readonly token: { readonly send: string; readonly take: 'after' | 'next' | 'offset' }
}

export const SCORES: Listing = {
  place: 'scores',
  path: '/zero-trust-assessment/queries/assessments/v1',
  // `<=`: with `<` the hosts that score 100 are left out. The filter is required.
  query: { filter: 'score:<=100', limit: '1000' },
  token: { send: 'after', take: 'after' },
}
export const HOSTS: Listing = {
  place: 'hosts',
  path: '/devices/combined/devices/v1',
  query: { limit: '5000', sort: 'device_id.asc', fields: HOST_FIELDS },
  token: { send: 'offset', take: 'next' },
}
/** Hosts that an administrator hid: they vanish from the other list. */
export const HIDDEN: Listing = { ...HOSTS, place: 'hidden hosts', path: '/devices/combined/devices-hidden/v1' }
/** For consoles that name no next page of the combined list (PipedreamHQ/pipedream#21339). */
export const HOST_IDS: Listing = {
  place: 'host ids',
  path: '/devices/queries/devices-scroll/v1',
  query: { limit: String(SCROLL_SIZE) },
  token: { send: 'offset', take: 'offset' },
}
export const HOST_DETAILS = { place: 'host details', path: '/devices/entities/devices/v2' }

export function pathOf(listing: Listing, token: string | null): string {
  const query = new URLSearchParams(listing.query)
  if (token !== null) query.set(listing.token.send, token)
  return `${listing.path}?${query}`
}

export interface FalconPage {
  readonly resources: readonly unknown[]
  /** Rows of the whole listing; null where the answer has no count. */
  readonly total: number | null
  /** The token of the next page under each of its names; null when empty. */
  readonly tokens: Readonly<Record<'after' | 'next' | 'offset', string | null>>
}

/** The envelope `{ meta: { pagination }, resources, errors }`. A 200 may carry errors beside a part of the resources. */
export function falconPage(body: Uint8Array, request: string): FalconPage {
  const envelope = fields(sharedJsonOf(body, request), `${request}: the answer`)
  if (envelope.has('errors')) refuseErrors(envelope.rows('errors'), request)
  const resources = envelope.rows('resources')
  const pagination = envelope.within('meta')?.within('pagination')
  const page = {
    resources,
    total: pagination?.number('total') ?? null,
    tokens: {
      after: pagination?.token('after') ?? null,
      next: pagination?.token('next') ?? null,
      offset: pagination?.token('offset') ?? null,
    },
  }
  envelope.mustBeRead()
  return page
}

function refuseErrors(errors: readonly unknown[], request: string): void {
  if (errors.length === 0) return
  throw new AppError(
    'vendor_error',
    `${request} answered 200 with an error inside: ${messageIn(errors) ?? 'no reason given'}. A part is not used.`,
  )
}

/** The vendor's own words in a refusal; null where the body is none of its errors. */
export function refusalMessage(body: Uint8Array): string | null {
  try {
    const answer: unknown = JSON.parse(new TextDecoder().decode(body))
    return isObject(answer) && Array.isArray(answer['errors']) ? messageIn(answer['errors']) : null
  } catch {
    return null
  }
}

function messageIn(errors: readonly unknown[]): string | null {
  const first: unknown = errors[0]
  return isObject(first) ? fields(first).filled('message') : null
}
