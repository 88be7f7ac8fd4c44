import { describe, expect, test } from 'vitest'
import {
  auditTrail,
  happenedIn,
  isOwn,
  type LogRead,
  logOf,
  readSoFar,
  type Stretch,
  wasRead,
  writtenLog,
} from '../../src/domain/audit-trail.ts'
import { fromMillis, HOUR, MINUTE, plus } from '../../src/domain/time.ts'
import { account, ago, audit, auditlog, NOW, roleEvent, snapshotOf } from '../helpers/build.ts'

const hour = (hours: number): string => plus(NOW, hours * HOUR)
const stretch = (from: number, to: number): Stretch => ({ from: hour(from), to: hour(to) })
const read = (...windows: readonly (readonly [number, number])[]): LogRead =>
  windows.reduce<LogRead | null>((log, [from, to]) => readSoFar(log, stretch(from, to)), null)!

describe('what was read of the log', () => {
  test.each([
    { name: 'one window', windows: [[0, 4]], gaps: [] },
    {
      name: 'windows that overlap',
      windows: [
        [0, 4],
        [3, 8],
      ],
      gaps: [],
    },
    {
      name: 'windows that touch',
      windows: [
        [0, 4],
        [4, 8],
      ],
      gaps: [],
    },
    {
      name: 'the same window twice',
      windows: [
        [0, 4],
        [0, 4],
      ],
      gaps: [],
    },
    {
      name: 'a window that starts too late',
      windows: [
        [0, 4],
        [6, 8],
      ],
      gaps: [[4, 6]],
    },
    {
      name: 'a gap that a later window closes',
      windows: [
        [0, 4],
        [6, 8],
        [3, 9],
      ],
      gaps: [],
    },
    {
      name: 'a gap of which a later window reads the end',
      windows: [
        [0, 4],
        [6, 8],
        [5, 9],
      ],
      gaps: [[4, 5]],
    },
    {
      name: 'a gap of which a later window reads the beginning',
      windows: [
        [0, 4],
        [6, 8],
        [3, 5],
      ],
      gaps: [[5, 6]],
    },
    {
      name: 'a gap of which a later window reads the middle',
      windows: [
        [0, 4],
        [8, 9],
        [5, 6],
      ],
      gaps: [
        [4, 5],
        [6, 8],
      ],
    },
    {
      name: 'two gaps',
      windows: [
        [0, 1],
        [2, 3],
        [4, 5],
      ],
      gaps: [
        [1, 2],
        [3, 4],
      ],
    },
  ] as const)('$name', ({ windows, gaps }) => {
    const log = read(...windows)
    expect(log.gaps).toEqual(gaps.map(([from, to]) => stretch(from, to)))
    expect(log.from).toBe(hour(0))
    expect(logOf(writtenLog(log))).toEqual(log)
  })

  test('a stretch was read where the whole of it was', () => {
    const log = read([0, 4], [6, 8])
    const told = ([from, to]: readonly [number, number]) => wasRead(log, hour(from), hour(to))
    expect(
      (
        [
          [0, 4],
          [1, 2],
          [6, 8],
          [4, 4],
          [6, 6],
        ] as const
      ).map(told),
    ).toEqual(Array(5).fill(true))
    expect(
      (
        [
          [-1, 2],
          [3, 5],
          [4, 6],
          [5, 5.5],
          [3, 7],
          [7, 9],
        ] as const
      ).map(told),
    ).toEqual(Array(6).fill(false))
  })

  test('a log that is never read for long keeps the newest gaps and joins the oldest', () => {
    const windows = Array.from({ length: 200 }, (_, index) => [2 * index, 2 * index + 1] as const)
    const log = read(...windows)
    expect(log.gaps).toHaveLength(50)
    expect(log.gaps[0]).toEqual({ from: hour(1), to: hour(300) })
    expect(wasRead(log, hour(398), hour(399))).toBe(true)
  })

  test.each([undefined, null, 'x', 7, [], {}])('what is no such record is none: %o', (value) => {
    expect(logOf(value)).toBeNull()
  })
})

describe('the events of an account', () => {
  const alice = account()
  const bob = account({ key: 'uB2', login: 'bob@example.com' })
  const whats = (events: Parameters<typeof snapshotOf>[0], of = bob) =>
    auditTrail(snapshotOf([alice, bob, ...events]))
      .ofAccount(of)
      .map(({ event }) => event.group)

  test('are told by its id, whatever its login was then', () => {
    const events = [
      audit({ group: 'mine', targetId: 'uB2', target: 'robert@example.com' }),
      audit({ group: 'hers', targetId: 'uA1', target: 'bob@example.com' }),
    ]
    expect(whats(events)).toEqual(['mine'])
  })

  test('are told by its login where the log spells ids in its own way, or names none', () => {
    const odd = audit({ group: 'odd', targetId: '4711', target: 'BOB@example.com' })
    expect(whats([odd])).toEqual(['odd'])
    expect(whats([odd, audit({ group: 'hers' })])).toEqual([])
    expect(whats([audit({ group: 'none', targetId: null, target: 'bob@example.com' }), audit()])).toEqual(['none'])
  })

  test('hold the invitation of its address, and come in the order of time, those without one last', () => {
    const invited = audit({
      group: 'a',
      at: ago(HOUR),
      targetType: 'INVITE',
      targetId: '7',
      target: 'bob@example.com',
      action: 'CREATE',
      property: 'TAILNET_INVITE',
    })
    const mine = { targetId: 'uB2', target: 'bob@example.com' }
    const events = [
      roleEvent({ group: 'd', at: null, ...mine }),
      roleEvent({ group: 'b', at: ago(MINUTE), ...mine }),
      invited,
    ]
    expect(whats(events)).toEqual(['a', 'b', 'd'])
  })

  test('are told apart by who did them', () => {
    const told = (over: Parameters<typeof audit>[0]) => auditTrail(snapshotOf([audit(over)])).all[0]!
    expect(isOwn(told({ actorId: 'uB2', actor: null }), bob)).toBe(true)
    expect(isOwn(told({ actorId: 'x', actor: 'Bob@Example.com' }), bob)).toBe(true)
    expect(isOwn(told({ actorId: null, actor: null }), bob)).toBe(false)
    expect(isOwn(told({}), bob)).toBe(false)
  })
})

test('an event lies between two pulls where it may have, by either clock', () => {
  const told = (ms: number | null) =>
    happenedIn({ at: ms === null ? null : fromMillis(Date.parse(NOW) + ms) }, NOW, hour(1))
  expect([0, -5 * MINUTE, HOUR, HOUR + 5 * MINUTE].map(told)).toEqual([true, true, true, true])
  expect([-5 * MINUTE - 1, HOUR + 5 * MINUTE + 1, null].map(told)).toEqual([false, false, false])
})

test('without a window the log was not read', () => {
  expect(auditTrail(snapshotOf([account()])).window).toBeNull()
  expect(auditTrail(snapshotOf([auditlog()])).window).toEqual(auditlog())
})
