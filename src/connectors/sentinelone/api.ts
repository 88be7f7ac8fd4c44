/** What SentinelOne's Management API v2.1 says: the listings we walk, their envelope and its errors. */
import type { Page } from '../../domain/connector.ts'
import { AppError } from '../../domain/error.ts'
import { type Fields, fields, isObject, jsonOf, sharedJsonOf } from '../../domain/reading.ts'

export const ROOT = '/web/api/v2.1'

/** The API refuses more with 400; without a limit it gives 10 rows (redcanaryco/surveyor#128, demisto/content#13019). */
export const PAGE_SIZE = 1000

export interface Listing {
  /** How its pages are called: "agents page 1". */
  readonly place: string
  /** Key of the vendor's own count. */
  readonly total: string
  /** Whether its agents have left the fleet. */
  readonly removed: boolean
  readonly filter: Readonly<Record<string, string>>
}

/**
 * Three listings that together hold each agent once. Decommissioned agents are absent unless asked for, so "no agent" and
 * "agent decommissioned" would look alike (vradchenko/PowerShell-SentinelOne#6); filters are joined by AND, so agents
 * that are uninstalled but not decommissioned need a listing of their own.
 */
export const LISTINGS: readonly Listing[] = [
  {
    place: 'agents',
    total: 'agent',
    removed: false,
    filter: { isDecommissioned: 'False', isUninstalled: 'False' },
  },
  {
    place: 'decommissioned agents',
    total: 'agent-decommissioned',
    removed: true,
    filter: { isDecommissioned: 'True', isUninstalled: 'True,False' },
  },
  {
    place: 'uninstalled agents',
    total: 'agent-uninstalled',
    removed: true,
    filter: { isDecommissioned: 'False', isUninstalled: 'True' },
  },
]

export function agentsPath(listing: Listing, cursor: string | null): string {
  const query = new URLSearchParams({ limit: String(PAGE_SIZE), sortBy: 'id', sortOrder: 'asc', ...listing.filter })
  if (cursor !== null) query.set('cursor', cursor)
  return `${ROOT}/agents?${query}`
}

/** Tells a token its own dates; the answer is kept with these alone. */
export const TOKEN_PLACE = 'token details'
export const TOKEN_PATH = `${ROOT}/users/api-token-details`
export const TOKEN_REQUEST = `POST ${TOKEN_PATH}`

export function tokenDates(body: Uint8Array, request: string): Fields {
  const data = fields(jsonOf(body, request), `${request}: the answer`).within('data')
  if (data === null) throw new AppError('schema_mismatch', `${request}: the answer holds no data.`)
  return data
}

export interface AgentsPage {
  readonly rows: readonly unknown[]
  /** Null on the last page. */
  readonly nextCursor: string | null
  /** Rows of the whole listing; null where the console does not count. */
  readonly totalItems: number | null
}

/** The envelope `{ data, pagination: { nextCursor, totalItems }, errors }`; the errors of a 200 count. */
export function agentsPage(page: Pick<Page, 'body'>, request: string): AgentsPage {
  const envelope = fields(sharedJsonOf(page.body, request), `${request}: the answer`)
  if (envelope.has('errors')) refuseErrors(envelope, request)
  const rows = envelope.rows('data')
  const pagination = envelope.within('pagination')
  const cursor = pagination?.filled('nextCursor') ?? null
  const totalItems = pagination?.number('totalItems') ?? null
  envelope.mustBeRead()
  if (pagination === null) {
    throw new AppError('schema_mismatch', `${request}: the answer has no pagination, so its end cannot be known.`)
  }
  return { rows, nextCursor: cursor === null ? null : unquoted(cursor), totalItems }
}

/** The cursor is base64 that may come percent-encoded already; the URL builder encodes it again. */
function unquoted(cursor: string): string {
  try {
    return decodeURIComponent(cursor)
  } catch {
    return cursor
  }
}

function refuseErrors(envelope: Fields, request: string): void {
  const errors = envelope.rows('errors')
  if (errors.length === 0) return
  const first = isObject(errors[0]) ? fields(errors[0]) : null
  const words = [first?.number('code'), first?.filled('title'), first?.filled('detail') ?? first?.filled('message')]
  const said = words.filter((word) => word !== null && word !== undefined).join(', ')
  throw new AppError('vendor_error', `${request} answered 200 with an error inside: ${said || 'no reason given'}.`)
}
