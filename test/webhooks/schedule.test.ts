import { describe, expect, test } from 'vitest'
import { DAY, HOUR, type Instant, MINUTE, millis, plus, SECOND } from '../../src/domain/time.ts'
import { isOverloaded, isSuccess, WAITS_MS, whatNext } from '../../src/webhooks/schedule.ts'
import { NOW } from '../helpers/build.ts'

const NAMES = ['0 s', '5 s', '5 min', '30 min', '2 h', '5 h', '10 h', '14 h', '20 h', '24 h']

/** @param random the place in the spread: 0.5 is the time itself */
function next(
  attempts: number,
  status: number | null = 500,
  {
    headers = {},
    random = 0.5,
    failingSince = null,
    endedAt = NOW,
  }: { headers?: Record<string, string>; random?: number; failingSince?: Instant | null; endedAt?: Instant } = {},
) {
  return whatNext({ status, headers }, { attempts, endedAt, failingSince, random: () => random })
}

function wait(...given: Parameters<typeof next>): number | string {
  const { next: after } = next(...given)
  return after.state === 'waiting' ? millis(after.dueAt) - millis(given[2]?.endedAt ?? NOW) : after.state
}

describe('P18: the schedule', () => {
  test('is that of Standard Webhooks: ten attempts over 75 h 35 min 5 s', () => {
    expect(WAITS_MS).toEqual([
      0, 5_000, 300_000, 1_800_000, 7_200_000, 18_000_000, 36_000_000, 50_400_000, 72_000_000, 86_400_000,
    ])
    expect(WAITS_MS.reduce<number>((sum, ms) => sum + ms, 0)).toBe(75 * HOUR + 35 * MINUTE + 5 * SECOND)
  })

  // 27 cases: each wait, at its edges and in its middle.
  test.each(
    WAITS_MS.slice(1).flatMap((ms, n) =>
      [0, 0.5, 1].map((random) => ({ n, random, name: NAMES[n + 1]!, want: Math.round(ms * (0.8 + 0.4 * random)) })),
    ),
  )('after attempt $n + 1 it waits $name, spread to $random: $want ms', ({ n, random, want }) => {
    expect(wait(n, 500, { random })).toBe(want)
  })

  test.each([
    ['the tenth failure', 9],
    ['a failure after a schedule that once was longer', 14],
  ])('%s is the last: the event is a dead letter', (_, attempts) => {
    expect(next(attempts)).toEqual({ next: { state: 'dead' }, disable: null })
  })

  test.each([200, 201, 202, 204, 226, 299])('%i is a success, whatever came before', (status) => {
    expect(next(9, status, { failingSince: plus(NOW, -9 * DAY) })).toEqual({
      next: { state: 'delivered' },
      disable: null,
    })
    expect(isSuccess({ status, headers: {} })).toBe(true)
  })

  test.each([null, 100, 300, 301, 307, 308, 400, 401, 404, 500, 599])('%s is a failure', (status) => {
    expect(wait(0, status)).toBe(5 * SECOND)
  })

  test.each([
    [429, true],
    [502, true],
    [503, true],
    [504, true],
    [500, false],
    [404, false],
    [null, false],
  ])('%s asks for fewer at a time: %s', (status, want) => {
    expect(isOverloaded({ status, headers: {} })).toBe(want)
  })
})

describe('P18: Retry-After, in the middle of its spread of a fifth', () => {
  const date = 'Fri, 20 Nov 2026 09:00:00 GMT'
  test.each<[says: string, attempts: number, status: number, headers: Record<string, string>, want: number]>([
    ['seconds, on 429', 0, 429, { 'retry-after': '60' }, 66 * SECOND],
    ['seconds, on 503', 0, 503, { 'retry-after': '60' }, 66 * SECOND],
    ['on another status it means nothing', 0, 500, { 'retry-after': '60' }, 5 * SECOND],
    [
      'a date, by the clock of the receiver',
      1,
      503,
      { 'retry-after': 'Fri, 20 Nov 2026 10:00:00 GMT', date },
      66 * MINUTE,
    ],
    ['a date that is past', 1, 503, { 'retry-after': 'Fri, 20 Nov 2026 08:00:00 GMT', date }, 5 * MINUTE],
    ['less than the schedule: the schedule', 3, 429, { 'retry-after': '1' }, 2 * HOUR],
    ['0', 0, 429, { 'retry-after': '0' }, 5 * SECOND],
    ['a day is the most', 0, 429, { 'retry-after': '604800' }, DAY],
    ['more than a number can hold', 0, 429, { 'retry-after': '9'.repeat(400) }, DAY],
    ['unreadable: the schedule', 0, 429, { 'retry-after': 'soon' }, 5 * SECOND],
    ['negative: the schedule', 0, 429, { 'retry-after': '-5' }, 5 * SECOND],
  ])('%s', (_, attempts, status, headers, want) => {
    expect(wait(attempts, status, { headers })).toBe(want)
  })

  test('is never undercut, and exceeded by a fifth at most', () => {
    const headers = { 'retry-after': '3600' }
    expect([0, 1].map((random) => wait(1, 429, { headers, random }))).toEqual([HOUR, 1.2 * HOUR])
    expect(wait(8, 429, { headers: { 'retry-after': '86400' }, random: 1 })).toBe(1.2 * DAY)
  })

  test('does not make a dead letter live longer', () => {
    expect(wait(9, 429, { headers: { 'retry-after': '60' } })).toBe('dead')
  })
})

describe('P18: when an endpoint is left alone', () => {
  const five = plus(NOW, -5 * DAY)
  test.each<[says: string, status: number | null, failingSince: Instant | null, because: string | null]>([
    ['410 at once', 410, null, 'it answered 410 (Gone)'],
    ['410 after failures', 410, plus(NOW, -MINUTE), 'it answered 410 (Gone)'],
    ['404 is no 410', 404, null, null],
    ['the first failure', 500, null, null],
    ['a millisecond short of five days', 500, plus(five, 1), null],
    ['five days of nothing but failures', 500, five, `it has given nothing but failures since ${five}`],
    [
      'five days without any answer',
      null,
      plus(five, -DAY),
      `it has given nothing but failures since ${plus(five, -DAY)}`,
    ],
    ['a success after them', 200, five, null],
    ['a clock that was set back', 500, plus(NOW, DAY), null],
  ])('%s', (_, status, failingSince, because) => {
    const { next: after, disable } = next(3, status, { failingSince })
    expect(disable).toBe(because)
    if (because !== null) expect(after).toEqual({ state: 'dead' })
    else expect(after.state).not.toBe('dead')
  })
})

test('P18: a thousand events that fail together come back over more than 30 % of the wait', () => {
  let seed = 1
  const random = (): number => {
    seed = (seed * 48_271) % 2_147_483_647
    return seed / 2_147_483_647
  }
  for (const [attempts, headers] of [
    [1, {}],
    [4, {}],
    [8, {}],
  ] as const) {
    const waits = Array.from({ length: 1_000 }, () => wait(attempts, 503, { headers, random: random() }) as number)
    const nominal = WAITS_MS[attempts + 1]!
    expect(Math.max(...waits) - Math.min(...waits)).toBeGreaterThan(0.3 * nominal)
    // In ten slices of the spread none holds more than twice its share.
    const slices = Array<number>(10).fill(0)
    for (const ms of waits) slices[Math.min(9, Math.floor(((ms / nominal - 0.8) / 0.4) * 10))]!++
    expect(Math.max(...slices)).toBeLessThan(200)
  }
  const asked = Array.from(
    { length: 1_000 },
    () => wait(0, 429, { headers: { 'retry-after': '600' }, random: random() }) as number,
  )
  expect(Math.max(...asked) - Math.min(...asked)).toBeGreaterThan(0.15 * 600 * SECOND)
})
