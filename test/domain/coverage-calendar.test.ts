import { expect, test } from 'vitest'
import { longestStretch } from '../../src/domain/coverage-calendar.ts'

test('the longest stretch takes gaps that follow one another at once for one, and names each cause once', () => {
  const at = (hour: number): string => `2026-07-01T${String(hour).padStart(2, '0')}:00:00.000Z`
  const gap = (from: number, to: number, cause: string) => ({ from: at(from), to: at(to), cause })
  expect(longestStretch([])).toBeNull()
  expect(longestStretch([gap(1, 3, 'stale'), gap(4, 5, 'stale')])).toEqual(gap(1, 3, 'stale'))
  expect(
    longestStretch([gap(0, 3, 'before'), gap(4, 6, 'stale'), gap(6, 7, 'stale; no run'), gap(7, 8, 'no run')]),
  ).toEqual(gap(4, 8, 'stale; no run'))
})
