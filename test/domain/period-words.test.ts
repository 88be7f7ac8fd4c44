import { describe, expect, test } from 'vitest'
import { coveredDays, daysText } from '../../src/domain/coverage-calendar.ts'
import { AGE_BUCKETS, failureAges } from '../../src/domain/failure-ages.ts'
import { lastSeen, stoodIn } from '../../src/domain/interval-span.ts'
import { exactly, periodControlSentence, periodOutcome, shareText } from '../../src/domain/period-words.ts'
import type { FindingInterval } from '../../src/domain/store.ts'
import { DAY, HOUR, MINUTE, plus } from '../../src/domain/time.ts'
import { periodResult } from '../helpers/period.ts'

const CHECK = { ref: 'ID-02', id: 'offboarded-access-removed' }
const FROM = '2026-09-01T00:00:00.000Z'
const UNTIL = '2026-09-30T23:59:59.999Z'

function interval(over: Partial<FindingInterval>): FindingInterval {
  const subject = { kind: 'account' as const, source: 'tailnet', key: 'uA1', label: 'bob' }
  return {
    ...{ check: CHECK.id, system: 'tailnet', subject, status: 'fail', unknownReason: null },
    ...{ firstSeen: FROM, from: FROM, closedAt: null, cause: null },
    ...over,
  }
}

test.each([
  { name: 'all met', over: { met: 3 }, says: 'met' },
  { name: 'one deviated, one not determinable', over: { met: 1, deviated: 1, notDeterminable: 1 }, says: 'deviated' },
  { name: 'nobody knows of one', over: { met: 9, notDeterminable: 1 }, says: 'not_determinable' },
  {
    name: 'all met, and no gap in which a failure could have come and gone',
    over: { met: 3, longestGapMs: HOUR, gapLimitMs: HOUR },
    says: 'met',
  },
  {
    name: 'all met, and a gap in which one could have',
    over: { met: 3, longestGapMs: 2 * HOUR, gapLimitMs: HOUR },
    says: 'not_determinable',
  },
  { name: 'nobody to ask about, seen throughout', over: {}, says: 'nothing_tested' },
  { name: 'nobody to ask about, but not seen throughout', over: { covered: 0.5 }, says: 'not_determinable' },
])('$name is $says', ({ over, says }) => {
  expect(periodOutcome(periodResult(CHECK, over))).toBe(says)
})

test('of a control only its mapped checks are told, and that there is more to it', () => {
  expect(periodControlSentence({ met: 2, mapped: 3 })).toBe(
    '2 of 3 mapped checks are met; other parts of this control are not tested here',
  )
  expect(periodControlSentence({ met: 0, mapped: 0 })).toContain('no mapped check tests it')
})

test('shares are never rounded up to the whole, lengths are told to the minute', () => {
  expect(shareText(0.99999)).toBe('99.9 %')
  expect(shareText(1)).toBe('100.0 %')
  expect(exactly(DAY + 2 * HOUR + 5 * MINUTE)).toBe('1 d 2 h 5 min')
  expect(exactly(7 * HOUR)).toBe('7 h')
  expect(exactly(40_000)).toBe('40 s')
})

describe('the days of a period', () => {
  test('are UTC days, each with its own share over all that is told of', () => {
    const gaps = [{ from: '2026-09-01T18:00:00.000Z', to: '2026-09-02T12:00:00.000Z', cause: 'stale' }]
    const days = coveredDays(FROM, '2026-09-04T00:00:00.000Z', [{ gaps }, { gaps: [] }])
    expect(days).toEqual([
      { day: '2026-09-01', share: 0.875 },
      { day: '2026-09-02', share: 0.75 },
      { day: '2026-09-03', share: 1 },
    ])
    expect(daysText(days, 'it was')).toBe(
      '3 days: it was evaluated the whole day on 1, with a gap on 2, not at all on 0.',
    )
  })

  test('at the ends count only what lies in the period', () => {
    const gaps = [{ from: '2026-08-01T00:00:00.000Z', to: '2026-09-01T15:00:00.000Z', cause: 'before the first run' }]
    expect(coveredDays('2026-09-01T12:00:00.000Z', '2026-09-01T18:00:00.000Z', [{ gaps }])).toEqual([
      { day: '2026-09-01', share: 0.5 },
    ])
    expect(coveredDays(FROM, FROM, [{ gaps }])).toEqual([])
    expect(coveredDays(FROM, UNTIL, [])).toEqual([])
  })
})

test('open failures are counted by age from when they were first seen, closed ones and unknowns not', () => {
  const since = (ms: number, over: Partial<FindingInterval> = {}) => interval({ firstSeen: plus(UNTIL, -ms), ...over })
  const ages = failureAges(
    [
      since(HOUR),
      since(DAY),
      since(200 * DAY),
      since(-HOUR),
      since(DAY, { status: 'unknown' }),
      since(DAY, { closedAt: UNTIL }),
      since(DAY, { check: 'gone' }),
    ],
    UNTIL,
    (check) => (check === 'gone' ? null : 'high'),
  )
  expect(ages.map(({ high }) => high)).toEqual([2, 1, 0, 0, 1])
  expect(ages).toHaveLength(AGE_BUCKETS.length)
})

test.each([
  { name: 'open at the end', over: {}, stood: true },
  { name: 'closed before it began', over: { from: plus(FROM, -2 * DAY), closedAt: plus(FROM, -DAY) }, stood: false },
  { name: 'closed in it', over: { from: plus(FROM, -DAY), closedAt: plus(FROM, DAY) }, stood: true },
  { name: 'closed by a clock that went back', over: { closedAt: plus(FROM, -DAY) }, stood: true },
  { name: 'begun after it', over: { from: plus(UNTIL, DAY), closedAt: plus(UNTIL, 2 * DAY) }, stood: false },
])('a failure $name stood in the period: $stood', ({ over, stood }) => {
  const one = interval(over)
  expect(stoodIn(one, { from: FROM, until: UNTIL })).toBe(stood)
  expect(lastSeen(one, UNTIL) >= one.from).toBe(true)
})
