import fc from 'fast-check'
import { expect, test } from 'vitest'
import { crowdstrike } from '../../src/connectors/crowdstrike/index.ts'
import { csv } from '../../src/connectors/csv/index.ts'
import { kandji } from '../../src/connectors/kandji/index.ts'
import { sentinelone } from '../../src/connectors/sentinelone/index.ts'
import type { Connector, Page } from '../../src/domain/connector.ts'
import { AppError } from '../../src/domain/error.ts'
import { TEST_START } from '../helpers/tools.ts'

function page(place: string, body: Uint8Array): Page {
  return {
    source: 'any',
    sha256: '',
    request: 'GET /any',
    place,
    status: 200,
    headers: {},
    body,
    secret: false,
    fetchedAt: TEST_START,
  }
}

/** Whatever arrives gives records without `undefined` or is refused with one of our codes; anything else is a crash. */
function readsOrRefuses(connector: Pick<Connector<never>, 'read'>, place: string, body: Uint8Array): void {
  try {
    const { records } = connector.read(page(place, body), { timeZone: 'Pacific/Apia' })
    for (const record of records) for (const value of Object.values(record)) expect(value).not.toBe(undefined)
  } catch (error) {
    expect(error).toBeInstanceOf(AppError)
    expect(['schema_mismatch', 'not_json', 'vendor_error']).toContain((error as AppError).code)
  }
}

/** JSON in the envelope that each listing has, with rows whose fields hold anything. */
const names = [
  'id',
  'device_id',
  'aid',
  'score',
  'isActive',
  'infected',
  'lastActiveDate',
  'serial_number',
  'last_check_in',
  'status',
]
const row = fc.dictionary(fc.constantFrom(...names, '__proto__', 'toString'), fc.jsonValue({ maxDepth: 1 }))
const rows = fc.oneof(fc.array(fc.oneof(row, fc.jsonValue({ maxDepth: 1 }))), fc.jsonValue({ maxDepth: 1 }))
const pagination = fc.oneof(
  fc.dictionary(
    fc.constantFrom('nextCursor', 'totalItems', 'total', 'next', 'after', 'offset'),
    fc.jsonValue({ maxDepth: 0 }),
  ),
  fc.jsonValue({ maxDepth: 0 }),
)
const envelope = fc.oneof(
  fc.record(
    { data: rows, pagination, errors: fc.jsonValue({ maxDepth: 2 }), cursor: fc.jsonValue({ maxDepth: 0 }) },
    { requiredKeys: [] },
  ),
  fc.record({ resources: rows, meta: fc.record({ pagination }), errors: fc.constantFrom(null, [], [{ message: 5 }]) }),
  fc.record({ count: fc.jsonValue({ maxDepth: 0 }), approximate: fc.jsonValue({ maxDepth: 0 }) }),
  rows,
)

test.each([
  { connector: sentinelone, places: ['agents page 1', 'uninstalled agents page 2'] },
  {
    connector: crowdstrike,
    places: ['scores page 1', 'hosts page 1', 'hidden hosts page 3', 'host ids page 1', 'host details page 1'],
  },
  { connector: kandji, places: ['device information page 1', 'device count', 'devices page 2', 'filevault page 1'] },
])('$connector.id reads or refuses whatever JSON arrives', ({ connector, places }) => {
  fc.assert(
    fc.property(fc.constantFrom(...places), envelope, (place, body) => {
      readsOrRefuses(connector, place, Buffer.from(JSON.stringify(body)))
    }),
    { numRuns: 1000 },
  )
})

test.each([sentinelone, crowdstrike, kandji])('$id refuses a page that it does not know', (connector) => {
  expect(() => connector.read(page('elsewhere page 1', Buffer.from('{}')), { timeZone: 'UTC' })).toThrow(
    expect.objectContaining({ code: 'schema_mismatch' }),
  )
})

test('a roster of any bytes is read or refused', () => {
  const cell = fc.oneof(
    fc.constantFrom('ada@example.com', 'left', '2026-10-31', 'true', '"', ',', '\r', '\n', ';', '=1', '\u2028'),
    fc.string(),
  )
  const text = fc.array(cell, { maxLength: 40 }).map((cells) => Buffer.from(`email,end_date,mfa\n${cells.join(',')}`))
  fc.assert(
    fc.property(fc.oneof(text, fc.uint8Array({ maxLength: 200 })), (body) => readsOrRefuses(csv, 'roster', body)),
    { numRuns: 1000 },
  )
})
