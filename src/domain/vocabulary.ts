/**
 * Values that we know a vendor to send in fields that hold one of a few words. Every such list is open: another word is
 * kept as sent and reported (COL-06), and a check that meets it never takes it for a good one.
 */
import type { AnyRecord, Kind } from './record.ts'
import { ROLES } from './roles.ts'

interface Word {
  readonly field: string
  readonly value: string
}

const KNOWN: { readonly [K in Kind]?: Readonly<Record<string, readonly string[]>> } = {
  // vendors/tailscale.md section 2.1
  account: {
    type: ['member', 'shared'],
    role: ROLES,
    status: ['active', 'idle', 'suspended', 'needs-approval', 'over-billing-limit'],
  },
  // section 7
  key: { keyType: ['auth', 'client', 'api', 'federated'] },
  // section 0, trap 9: two more than the schema names
  integration: {
    provider: ['falcon', 'intune', 'jamfpro', 'kandji', 'kolide', 'sentinelone', 'fleet', 'huntress'],
  },
}

/** vendors/sentinelone.md section 4; of the other vendors no list is published. */
const AGENT_VALUES: Readonly<Record<string, readonly string[]>> = {
  networkStatus: ['connected', 'disconnected', 'connecting', 'disconnecting'],
  operationalState: [
    'na',
    'partially_disabled',
    'auto_partially_disabled',
    'fully_disabled',
    'auto_fully_disabled',
    'disabled_error',
    'db_corruption',
  ],
}

/** Words of a record that no list has. */
export function unknownWords(record: AnyRecord): readonly Word[] {
  if (record.kind === 'agent') {
    return record.vendor === 'sentinelone' ? unlisted(AGENT_VALUES, (field) => record.values[field]) : []
  }
  const lists = KNOWN[record.kind]
  if (lists === undefined) return []
  return unlisted(lists, (field) => (record as unknown as Readonly<Record<string, unknown>>)[field])
}

const NO_WORDS: readonly Word[] = []

function unlisted(
  lists: Readonly<Record<string, readonly string[]>>,
  read: (field: string) => unknown,
): readonly Word[] {
  let words = NO_WORDS
  for (const field in lists) {
    const value = read(field)
    if (typeof value === 'string' && !lists[field]!.includes(value)) words = [...words, { field, value }]
  }
  return words
}
