import fc from 'fast-check'
import { expect, test } from 'vitest'
import { packInstants, unpackInstants } from '../../src/store/log.ts'
import { packNumbers, packSigned, sizeOf, unpackNumbers, unpackSigned } from '../../src/store/numbers.ts'

const wholes = fc.oneof(
  fc.array(fc.nat(2 ** 31 - 1), { maxLength: 600 }),
  fc.array(fc.nat(900), { minLength: 256, maxLength: 600 }),
  fc.array(fc.maxSafeNat(), { minLength: 250, maxLength: 300 }),
)

test('packed numbers are the same again, in the bytes that their coding names', () => {
  fc.assert(
    fc.property(wholes, (numbers) => {
      const { coding, bytes } = packNumbers(numbers)
      expect(sizeOf(coding)).toBe(bytes.length)
      expect(unpackNumbers(coding, bytes)).toEqual(numbers)
      const signed = numbers.map((number, at) => (at % 2 === 0 ? Math.floor(number / 4) : -Math.floor(number / 4) - 1))
      const packed = packSigned(signed)
      expect(unpackSigned(packed.coding, packed.bytes)).toEqual(signed)
    }),
    { numRuns: 100 },
  )
})

test('numbers cut short are refused', () => {
  const { coding, bytes } = packNumbers(Array.from({ length: 300 }, (_, at) => at * 7_919))
  expect(() => unpackNumbers(coding, bytes.subarray(0, 20))).toThrow()
  expect(() => unpackNumbers({ ...coding, count: 400 }, bytes)).toThrow()
})

const moments = fc
  .date({ noInvalidDate: true, min: new Date('2020-01-01'), max: new Date('2030-01-01') })
  .map((date) => date.toISOString())
const instants = fc.oneof(fc.array(moments), fc.array(fc.oneof(moments, fc.constant('2026-02-28T10:00:00Z'))))

test('moments of answers are the same again, told from one another or from the ends of their calls', () => {
  fc.assert(
    fc.property(instants, fc.nat(100), (values, ms) => {
      for (const ends of [[], values.map((value) => Date.parse(value) - ms), values.map(() => null)]) {
        const { packed, bytes } = packInstants(values, ends)
        expect(unpackInstants(packed, (length) => bytes.subarray(0, length), ends)).toEqual(values)
      }
    }),
    { numRuns: 200 },
  )
  const values = Array.from({ length: 1_000 }, (_, at) => new Date(1.8e12 + ((at * 7_919) % 90_001)).toISOString())
  const ends = values.map((value, at) => Date.parse(value) - (at % 2))
  expect(packInstants(values, ends).packed).toHaveProperty('late')
  expect(packInstants(values, ends).bytes.length).toBeLessThan(packInstants(values).bytes.length / 5)
})
