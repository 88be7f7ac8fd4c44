import { describe, expect, test } from 'vitest'
import { periodStanding } from '../../src/domain/period-standing.ts'

const PERIOD = { from: '2026-11-01T00:00:00.000Z', to: '2026-11-30T23:59:59.999Z' }
const day = (date: number, hour = 0): string =>
  `2026-11-${String(date).padStart(2, '0')}T${String(hour).padStart(2, '0')}:00:00.000Z`
const source = (id: string, ...gaps: readonly [string, string, string][]) => ({
  what: 'source' as const,
  id,
  system: null,
  share: 1,
  gaps: gaps.map(([from, to, cause]) => ({ from, to, cause })),
})

describe('the days of a period', () => {
  test.each([
    { name: 'before it begins', now: day(1).replace('11-01', '10-20'), want: { days: 30, begun: 0, left: 30 } },
    { name: 'on its first day', now: day(1, 9), want: { days: 30, begun: 1, left: 29 } },
    { name: 'on its last day', now: day(30, 9), want: { days: 30, begun: 30, left: 0 } },
    { name: 'when it is over', now: '2026-12-24T00:00:00.000Z', want: { days: 30, begun: 30, left: 0 } },
  ])('$name', ({ now, want }) => {
    expect(periodStanding(PERIOD, null, now)).toEqual({ ...want, whole: 0, covered: 0, longestGap: null })
  })
})

test('days count as covered where some source was read, as whole where all were throughout', () => {
  const of = [
    source('tailnet', [day(1), day(3), 'before the first run'], [day(5, 6), day(5, 9), 'the source failed']),
    source('edr', [day(1), day(3), 'before the first run']),
    // A check is no source: its gaps are told elsewhere.
    { ...source('ID-02', [day(1), day(11), 'disabled']), what: 'check' as const },
  ]
  expect(periodStanding(PERIOD, { until: day(11), of }, day(11, 8))).toEqual({
    days: 30,
    begun: 11,
    whole: 7,
    covered: 8,
    left: 19,
    longestGap: { source: 'tailnet', from: day(1), to: day(3), ms: 2 * 86_400_000, cause: 'before the first run' },
  })
})
