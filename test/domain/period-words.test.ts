import { describe, expect, test } from 'vitest'
import { coveredDays, daysText } from '../../src/domain/coverage-calendar.ts'
import { AGE_BUCKETS, failureAges } from '../../src/domain/failure-ages.ts'
import { lastSeen, stoodIn } from '../../src/domain/interval-span.ts'
import {
  causeText,
  countsOver,
  exactly,
  periodControlSentence,
  periodOutcome,
  returnedText,
  shareText,
  unreadText,
} from '../../src/domain/period-words.ts'
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
  {
    name: 'nobody to ask about, but not seen throughout',
    over: { covered: 0.5, longestGapMs: DAY },
    says: 'not_determinable',
  },
  {
    name: 'nobody to ask about, and no gap in which somebody could have failed',
    over: { covered: 0.9, longestGapMs: HOUR, gapLimitMs: HOUR },
    says: 'nothing_tested',
  },
])('$name is $says', ({ over, says }) => {
  expect(periodOutcome(periodResult(CHECK, over))).toBe(says)
})

test('every check of a period is counted once; one that judged nobody is neither met nor open', () => {
  const results = [
    { met: 3 },
    { deviated: 1, notDeterminable: 1 },
    { notDeterminable: 1 },
    {},
    { covered: 0, longestGapMs: HOUR, longestGapCause: 'not_configured' },
  ].map((over) => periodResult(CHECK, over))
  expect(countsOver(results)).toEqual({ deviated: 1, not_determinable: 1, met: 1, nothing_judged: 2 })
})

test.each([
  { cause: 'not_configured', says: 'not configured yet' },
  { cause: 'failed: server_error', says: 'the pull failed (server error)' },
  { cause: 'stale; before the first run', says: 'the newest reading is too old; before the first run' },
])('the cause $cause is told as "$says"', ({ cause, says }) => {
  expect(causeText(cause)).toBe(says)
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

test('what lies after the last run is told as not read, whether the period is over or not', () => {
  const runs = {
    count: 2,
    first: FROM,
    last: '2026-09-30T06:00:00.000Z',
    everyMs: DAY,
    longest: null,
    failed: [],
    settingsBy: [],
    stamped: null,
  }
  const said = 'the evidence ends with the last run, 2026-09-30 06:00 UTC; nothing was read in the 18 h after it'
  expect(unreadText({ to: UNTIL, until: UNTIL, runs })).toBe(said)
  expect(unreadText({ to: UNTIL, until: runs.last })).toBe(said)
  expect(unreadText({ to: runs.last, until: runs.last, runs })).toBeNull()
})

test('who came back is told with the roster’s word and with the reading, each for itself', () => {
  const [rosterAt, accessAt] = ['2026-09-03T06:00:00.000Z', '2026-09-02T06:00:00.000Z']
  expect(returnedText({ rosterAt, accessAt: null })).toBe(
    'back by the roster of 2026-09-03 06:00 UTC; no access was seen to come back',
  )
  expect(returnedText({ rosterAt, accessAt })).toBe(
    'back by the roster of 2026-09-03 06:00 UTC; access seen again at 2026-09-02 06:00 UTC, before the roster said so',
  )
  expect(returnedText({ rosterAt: null, accessAt })).toBe(
    'access came back by 2026-09-02 06:00 UTC, and the roster does not have them back',
  )
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
