import fc from 'fast-check'
import { expect, test } from 'vitest'
import { clampWait, LONGEST_WAIT_MS, ownWaitMs, retryAfterMs } from '../../src/lib/retry.ts'

const NOW = Date.parse('2026-11-20T09:00:00Z')

test.each([
  ['3', 3000],
  [' 3 ', 3000],
  ['1.5', 1500],
  ['0', 0],
  ['Fri, 20 Nov 2026 09:00:30 GMT', 30_000],
  ['Friday, 20-Nov-26 09:00:30 GMT', 30_000],
  ['Fri Nov 20 09:00:30 2026', 30_000],
  ['Fri, 20 Nov 2026 08:59:00 GMT', 0],
  ['', null],
  ['soon', null],
  ['-1', null],
  ['1e9', null],
  ['0x10', null],
  ['2026', 2_026_000],
  ['2026-11-20T09:00:30Z', null],
  ['Fri, 99 Foo 2026 09:00:30 GMT', null],
  ['3, 5', null],
])('Retry-After "%s" asks for %s ms', (text, want) => {
  expect(retryAfterMs({ 'retry-after': text }, NOW)).toBe(want)
})

test('no Retry-After says nothing', () => {
  expect(retryAfterMs({}, NOW)).toBeNull()
})

test("a date is read against the server's own, where that can be read", () => {
  const at = 'Fri, 20 Nov 2026 09:00:30 GMT'
  expect(retryAfterMs({ 'retry-after': at, date: 'Fri, 20 Nov 2026 09:00:20 GMT' }, NOW)).toBe(10_000)
  expect(retryAfterMs({ 'retry-after': at, date: 'whenever' }, NOW)).toBe(30_000)
})

test('any header gives null or a wait that a timer can keep', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(...'0123456789.eE-+: GMTFri,') })), (text) => {
      const asked = retryAfterMs({ 'retry-after': text }, NOW)
      if (asked === null) return
      expect(clampWait(asked)).toBeGreaterThanOrEqual(0)
      expect(clampWait(asked)).toBeLessThanOrEqual(LONGEST_WAIT_MS)
    }),
    { numRuns: 2000 },
  )
})

test('our own waits double, and stay within a timer', () => {
  expect([1, 2, 3, 4].map((n) => ownWaitMs(n, () => 0))).toEqual([500, 1000, 2000, 4000])
  expect(ownWaitMs(3, () => 0.5)).toBe(2500)
  expect(ownWaitMs(500, () => 1)).toBe(LONGEST_WAIT_MS)
})
