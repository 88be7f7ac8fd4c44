/** What we make of Falcon's answers. */
import type { Page, Reading } from '../../domain/connector.ts'
import { AppError } from '../../domain/error.ts'
import { fields } from '../../domain/reading.ts'
import type { Agent, AnyRecord, Score } from '../../domain/record.ts'
import type { Blindness } from '../../domain/snapshot.ts'
import { falconPage, HIDDEN, HOST_DETAILS, HOST_IDS, HOSTS, HOSTS_SCOPE, SCORES, SCORES_SCOPE } from './api.ts'

interface Reader {
  readonly record: ((row: unknown, source: string) => AnyRecord) | null
  /** Key of the vendor's own count, which the first page of a listing gives. */
  readonly total: string | null
  readonly refused: Pick<Blindness, 'kind' | 'fields' | 'scope'>
}

const hidesAgents = { kind: 'agent', fields: null, scope: HOSTS_SCOPE } as const
const READERS: Readonly<Record<string, Reader>> = {
  [SCORES.place]: {
    record: scoreOf,
    total: 'score',
    refused: { kind: 'score', fields: null, scope: SCORES_SCOPE },
  },
  [HOSTS.place]: { record: (row, source) => agentOf(row, source, false), total: 'agent', refused: hidesAgents },
  [HIDDEN.place]: {
    record: (row, source) => agentOf(row, source, true),
    total: 'agent-hidden',
    // Without it a hidden host looks like one that never existed; visible hosts are judged as ever.
    refused: { kind: 'agent', fields: ['host_hidden_status'], scope: HOSTS_SCOPE },
  },
  [HOST_IDS.place]: { record: null, total: 'agent', refused: hidesAgents },
  [HOST_DETAILS.place]: { record: (row, source) => agentOf(row, source, false), total: null, refused: hidesAgents },
}

export function read(page: Page): Reading {
  const [, listing = '', number = ''] = /^(.*) page (\d+)$/.exec(page.place) ?? []
  const reader = Object.hasOwn(READERS, listing) ? READERS[listing]! : null
  if (reader === null) {
    throw new AppError('schema_mismatch', `crowdstrike: a page called "${page.place}" is none that is read.`)
  }
  if (page.status >= 400) {
    const because = `${page.request.split('?')[0]} answered ${page.status}`
    return { records: [], blind: [{ ...reader.refused, because }] }
  }
  const { resources, total } = falconPage(page.body, `crowdstrike: ${listing}`)
  const { record } = reader
  const records = record === null ? [] : resources.map((row) => record(row, page.source))
  if (reader.total !== null && total !== null && number === '1') {
    records.push({ kind: 'total', source: page.source, key: reader.total, unread: [], value: total })
  }
  return { records, blind: [] }
}

/** Keys are absent rather than null, and blank where the sensor did not say. */
function agentOf(row: unknown, source: string, hidden: boolean): Agent {
  const host = fields(row, 'crowdstrike: a host')
  const hiddenStatus = host.filled('host_hidden_status')
  return {
    kind: 'agent',
    source,
    key: host.id('device_id'),
    vendor: 'crowdstrike',
    hostname: host.filled('hostname'),
    serial: host.filled('serial_number'),
    platform: host.filled('platform_name'),
    lastSeen: host.instant('last_seen'),
    changedAt: host.instant('modified_timestamp'),
    removed: hidden || hiddenStatus === 'hidden',
    assignedTo: null,
    values: {
      status: host.filled('status'),
      reduced_functionality_mode: host.filled('reduced_functionality_mode'),
      agent_version: host.filled('agent_version'),
      platform_name: host.filled('platform_name'),
      os_version: host.filled('os_version'),
      product_type_desc: host.filled('product_type_desc'),
      host_hidden_status: hiddenStatus,
    },
    unread: host.unread,
  }
}

function scoreOf(row: unknown, source: string): Score {
  const assessment = fields(row, 'crowdstrike: a score')
  return {
    kind: 'score',
    source,
    key: assessment.id('aid'),
    value: assessment.number('score'),
    unread: assessment.unread,
  }
}
