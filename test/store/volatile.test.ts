import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Columns } from '../../src/domain/digests.ts'
import type { JsonValue } from '../../src/domain/json.ts'
import { packColumns, unpackColumns } from '../../src/store/volatile.ts'

const moments = fc.date({ noInvalidDate: true, min: new Date('0001-01-01'), max: new Date('9999-12-31') })
const value: fc.Arbitrary<JsonValue> = fc.oneof(
  { weight: 8, arbitrary: moments.map((date) => date.toISOString()) },
  { weight: 2, arbitrary: fc.constant(null) },
  {
    weight: 1,
    arbitrary: fc.oneof(
      fc.constantFrom<JsonValue>('2026-02-30T00:00:00.000Z', '2026-02-28T24:00:00.000Z', '2026-02-28T10:00:00Z', ''),
      fc.boolean(),
      fc.integer(),
      fc.string(),
    ),
  },
)

test('packed columns open to the same values, instants that exist and those that do not', () => {
  fc.assert(
    fc.property(fc.array(value, { maxLength: 40 }), fc.array(value, { maxLength: 40 }), (seen, connected) => {
      const columns: Columns = { device: { lastSeen: seen, connected }, agent: { lastSeen: connected } }
      expect(unpackColumns(packColumns(columns), 'the columns')).toEqual(columns)
    }),
    { numRuns: 300 },
  )
})

test('columns cut short or altered are a storage error', () => {
  const packed = packColumns({ device: { lastSeen: ['2026-11-20T09:00:00.000Z', '2026-11-20T08:00:00.123Z'] } })
  expect(() => unpackColumns(packed.subarray(0, packed.length - 3), 'the columns')).toThrow(/the columns cannot be/)
  expect(() => unpackColumns(Buffer.alloc(40), 'the columns')).toThrow(/the columns cannot be/)
})
