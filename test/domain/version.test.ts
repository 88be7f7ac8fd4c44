import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compareVersions } from '../../src/domain/version.ts'

test.each([
  ['1.40', '1.40.0', -1],
  ['1.86.2', '1.9', 1],
  ['1.100.2', '1.55.0', 1],
  ['0.96.1-0', '0.96-105', 1],
  ['1.40.0-t60b671955', '1.40.0', 1],
  ['v1.40.0', '1.40.0', 1],
  ['13.04', '13.4', 0],
  ['1.', '1.0', 0],
  ['', '0', 0],
  ['10.0.22631.2262', '10.0.22000', 1],
  ['5.19.0-42-generic', '5.19.0-9-generic', 1],
  ['4.4.302+', '4.0', 1],
  ['14.0-CURRENT', '14', 1],
  ['Synology 6.2.4; kernel=3.10.105', 'Synology 6', 1],
  ['1.40.0', '1.40.rc1', -1],
  ['۱۱', '۲', -1],
  ['1.2.3', '1.2.3', 0],
  ['1.99999999999999999999999999998', '1.99999999999999999999999999999', -1],
  ['1.00000000000000000000000000002', '1.10', -1],
  // Bytes, not UTF-16 units: U+FF5E is three bytes from 0xef, U+1F600 four bytes from 0xf0.
  ['～', '😀', -1],
  ['a😀', 'a～', 1],
  ['é', 'z', 1],
  ['a', 'ab', -1],
] as const)('%j against %j is %i', (a, b, order) => {
  expect(compareVersions(a, b)).toBe(order)
  expect(compareVersions(b, a)).toBe(order === 0 ? 0 : -order)
})

/** The published algorithm with BigInt and bytes, as a second opinion. */
function slowly(left: string, right: string): number {
  let [a, b] = [left, right]
  while (a !== '' || b !== '') {
    const [textA, textB] = [a.match(/^[^0-9]*/)![0], b.match(/^[^0-9]*/)![0]]
    const order = Buffer.compare(Buffer.from(textA), Buffer.from(textB))
    if (order !== 0) return order
    ;[a, b] = [a.slice(textA.length), b.slice(textB.length)]
    const [digitsA, digitsB] = [a.match(/^[0-9]*/)![0], b.match(/^[0-9]*/)![0]]
    const [x, y] = [BigInt(digitsA), BigInt(digitsB)]
    if (x !== y) return x < y ? -1 : 1
    ;[a, b] = [a.slice(digitsA.length), b.slice(digitsB.length)]
  }
  return 0
}

test('agrees with the algorithm written down plainly, and is an order', () => {
  const piece = fc.constantFrom('0', '1', '9', '10', '.', '-', 'rc', 'v', '+', '～', '😀', '\ud800', '٣')
  const version = fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join(''))
  fc.assert(
    fc.property(version, version, version, (a, b, c) => {
      expect(compareVersions(a, b)).toBe(slowly(a, b))
      expect(compareVersions(a, b) + compareVersions(b, a)).toBe(0)
      const sorted = [a, b, c].sort(compareVersions)
      expect(compareVersions(sorted[0]!, sorted[2]!)).toBeLessThanOrEqual(0)
    }),
    { numRuns: 2000 },
  )
})

test('100 kB of digits or of dots end', () => {
  expect(compareVersions('9'.repeat(100_000), '8'.repeat(100_000))).toBe(1)
  expect(compareVersions('.1'.repeat(50_000), '.1'.repeat(50_000))).toBe(0)
})
