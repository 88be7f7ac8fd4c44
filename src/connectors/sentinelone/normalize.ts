/** What we make of SentinelOne's answers. */
import type { Page, Reading } from '../../domain/connector.ts'
import { AppError } from '../../domain/error.ts'
import { fields } from '../../domain/reading.ts'
import type { Agent, AnyRecord, Credential } from '../../domain/record.ts'
import { agentsPage, LISTINGS, type Listing, TOKEN_PLACE, tokenDates } from './api.ts'

export function read(page: Page): Reading {
  if (page.place === TOKEN_PLACE) return { records: [credentialOf(page)], blind: [] }
  const listing = LISTINGS.find(({ place }) => page.place.startsWith(`${place} page `))
  if (listing === undefined) {
    throw new AppError('schema_mismatch', `sentinelone: a page called "${page.place}" is none that is read.`)
  }
  const { rows, nextCursor, totalItems } = agentsPage(page, `sentinelone: ${listing.place}`)
  const records: AnyRecord[] = rows.map((row) => agentOf(row, page.source, listing))
  // Each page repeats the total; that of the last page counts, since agents enrolled meanwhile have the newest ids.
  const last = nextCursor === null || rows.length === 0
  if (last && totalItems !== null) {
    records.push({ kind: 'total', source: page.source, key: listing.total, unread: [], value: totalItems })
  }
  return { records, blind: [] }
}

/** Which role the service user has, no answer tells the token itself. */
function credentialOf(page: Page): Credential {
  const row = page.status === 200 ? tokenDates(page.body, `sentinelone: ${page.request}`) : null
  return {
    kind: 'credential',
    source: page.source,
    key: 'key',
    what: 'API token',
    description: null,
    createdAt: row?.instant('createdAt') ?? null,
    expiresAt: row?.instant('expiresAt') ?? null,
    endless: false,
    scopes: null,
    writes: null,
    found: row !== null,
    unread: row?.unread ?? [],
  }
}

/** Every field is optional in the vendor's schema, and consoles add and null them without notice (elastic/kibana#202398). */
function agentOf(row: unknown, source: string, listing: Listing): Agent {
  const agent = fields(row, 'sentinelone: an agent')
  const isDecommissioned = agent.flag('isDecommissioned')
  const isUninstalled = agent.flag('isUninstalled')
  return {
    kind: 'agent',
    source,
    // 17 to 19 digits: larger than a number holds exactly, so only the text is an id.
    key: agent.id('id'),
    vendor: 'sentinelone',
    hostname: agent.filled('computerName'),
    serial: agent.filled('serialNumber'),
    platform: agent.filled('osType'),
    lastSeen: agent.instant('lastActiveDate'),
    changedAt: agent.instant('updatedAt'),
    removed: listing.removed || isDecommissioned === true || isUninstalled === true,
    // `lastLoggedInUserName` is who sat there last, not whose it is.
    assignedTo: null,
    values: {
      isActive: agent.flag('isActive'),
      operationalState: agent.filled('operationalState'),
      activeThreats: agent.number('activeThreats'),
      // The console sends a boolean; Tailscale's page calls the attribute a number.
      infected: agent.flagOrBit('infected'),
      firewallEnabled: agent.flag('firewallEnabled'),
      encryptedApplications: agent.flag('encryptedApplications'),
      machineType: agent.filled('machineType'),
      isUpToDate: agent.flag('isUpToDate'),
      agentVersion: agent.filled('agentVersion'),
      networkStatus: agent.filled('networkStatus'),
      isDecommissioned,
      isUninstalled,
      isPendingUninstall: agent.flag('isPendingUninstall'),
      lastSuccessfulScanDate: agent.instant('lastSuccessfulScanDate'),
      mitigationMode: agent.filled('mitigationMode'),
      osType: agent.filled('osType'),
      siteName: agent.filled('siteName'),
    },
    unread: agent.unread,
  }
}
