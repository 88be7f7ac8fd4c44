import { expect, test } from 'vitest'
import { rosterSound as check } from '../../checks/roster-sound.ts'
import type { Person } from '../../src/domain/record.ts'
import { DAY, HOUR, MINUTE, plus } from '../../src/domain/time.ts'
import { ago, FAILED, NOW, person, resultOf } from '../helpers/build.ts'
import { covers } from './covers.ts'
import { inTurn } from './runs.ts'

const day = (days: number): string => plus(NOW, days * DAY).slice(0, 10)
const bob = (over: Partial<Person> = {}) => person({ email: 'bob@example.com', ...over })
/** A reading of the roster so many days after the first, with the people that it had. */
const read = (days: number, ...records: Person[]) => {
  const at = plus(NOW, days * DAY)
  const collectedAt = plus(at, -MINUTE)
  return { at, records, options: { sources: [{ id: 'roster', collectedAt, attemptedAt: at }] } }
}
const last = (...steps: Parameters<typeof inTurn>[1]) => inTurn(check, steps).at(-1)!

test.each([
  { name: 'employed', over: {}, want: 'pass' },
  { name: 'employed until a day to come', over: { endDate: day(9) }, want: 'pass' },
  { name: 'left, and the day is over', over: { status: 'left', endDate: day(-9) }, want: 'pass' },
  { name: 'left, and nobody wrote when', over: { status: 'left' }, want: 'pass' },
  { name: 'left before the end', over: { status: 'left', endDate: day(9) }, want: 'fail' },
  { name: 'after the end, in a roster that keeps no status', over: { endDate: day(-9) }, want: 'pass' },
  { name: 'an end date without its moment', over: { endDate: day(-9), endsAt: null }, want: 'no_data' },
  { name: 'a status that cannot be read', over: { unread: ['status'], endDate: day(9) }, want: 'no_data' },
  { name: 'an end date that cannot be read', over: { unread: ['end_date'] }, want: 'no_data' },
] as const)('$name: $want', ({ over, want }) => {
  expect(last(read(0, bob(over))).answers).toEqual([want])
})

test('an end that is over turns a status that nobody changed into a contradiction, and no approval hides it', () => {
  const params = { approved: [{ subject: 'bob@example.com', because: 'agreed' }] }
  const carol = person({ email: 'carol@example.com', status: 'left', endDate: day(-30) })
  const steps = [read(0, bob({ endDate: day(1) }), carol), { ...read(3, bob({ endDate: day(1) }), carol), params }]
  expect(inTurn(check, steps).map(({ answers }) => answers)).toEqual([
    ['pass', 'pass'],
    ['fail', 'pass'],
  ])
})

test('who vanishes without an end date fails until the roster has them again', () => {
  const alice = person()
  const steps = [read(0, alice, bob()), read(1, alice), read(2, alice), read(3, alice, bob())]
  const runs = inTurn(check, steps)
  expect(runs.map(({ answers }) => answers)).toEqual([
    ['pass', 'pass'],
    ['pass', 'fail'],
    ['pass', 'fail'],
    ['pass', 'pass'],
  ])
  expect(runs[2]!.findings[1]).toMatchObject({
    subject: { kind: 'person', source: 'roster', key: 'bob@example.com', label: 'bob@example.com' },
    facts: { fault: 'vanished', endDate: null, seenAfter: plus(NOW, -MINUTE), seenBefore: plus(NOW, DAY - MINUTE) },
  })
  expect(runs[2]!.said[1]).toContain('vanished from the roster between')
})

test.each([
  { name: 'the end was over', over: { status: 'left', endDate: day(-9) }, want: ['pass'] },
  { name: 'on the last day', over: { endDate: day(1) }, want: ['pass'] },
  { name: 'before an end that is far away', over: { endDate: '2099-12-31' }, want: ['pass', 'fail'] },
  { name: 'left, and nobody wrote when', over: { status: 'left' }, want: ['pass', 'fail'] },
] as const)('a row that goes away: $name: $want', ({ over, want }) => {
  expect(last(read(0, person(), bob(over)), read(1, person())).answers).toEqual(want)
})

test('who vanished and was looked into passes with the reason', () => {
  const params = { approved: [{ subject: 'Bob@example.com', because: 'never started' }] }
  const ran = last(read(0, person(), bob()), { ...read(1, person()), params })
  expect(ran.answers).toEqual(['pass', 'pass'])
  expect(ran.said[1]).toContain('it was looked into: never started.')
})

test('who has another address and names the old one has not gone', () => {
  const renamed = person({ email: 'bob.married@example.com', aliases: ['bob@example.com'] })
  expect(last(read(0, bob()), read(1, renamed)).answers).toEqual(['pass'])
})

const left = (endDate: string | null, over: Partial<Person> = {}) => bob({ status: 'left', endDate, ...over })

test.each([
  { name: 'to a later day', to: left(day(-1)), want: 'fail' },
  { name: 'to an earlier day', to: left(day(-12)), want: 'fail' },
  { name: 'to no day at all', to: left(null), want: 'fail' },
  { name: 'back to work, with no new beginning', to: bob(), want: 'fail' },
  { name: 'back to work from a later day on', to: bob({ startDate: day(-2) }), want: 'pass' },
])('an end date that was over is moved $name: $want', ({ to, want }) => {
  const ran = last(read(0, left(day(-5))), read(1, to))
  expect(ran.answers).toEqual([want])
})

test('a date that was moved stays a fault, through further moves, until it is put back or approved', () => {
  const steps = [read(0, left(day(-5))), read(1, left(day(-1))), read(2, left(day(-2))), read(3, left(day(-2)))]
  const moved = last(...steps)
  expect(moved.findings[0]!.facts).toMatchObject({ fault: 'moved', from: day(-5), to: day(-2) })
  expect(moved.said[0]).toContain(`was changed from ${day(-5)} to ${day(-2)} when it was already over`)
  expect(last(...steps, read(4, left(day(-5)))).answers).toEqual(['pass'])
  const params = { approved: [{ subject: 'bob@example.com', because: 'typing error, HR-9' }] }
  expect(last(...steps, { ...read(4, left(day(-2))), params }).answers).toEqual(['pass'])
})

test('a row that goes after its date was moved does not take the fault away', () => {
  const ran = last(read(0, left(day(-5))), read(1, left(day(-1))), read(2))
  expect(ran.answers).toEqual(['fail'])
  expect(ran.findings[0]!.facts).toMatchObject({ fault: 'moved', from: day(-5) })
})

test.each([
  { name: 'put off while it was to come', from: bob({ endDate: day(5) }), to: bob({ endDate: day(30) }), want: 'pass' },
  { name: 'taken back while it was to come', from: bob({ endDate: day(5) }), to: bob(), want: 'pass' },
  { name: 'first written within the days of grace', from: bob(), to: left(day(-5)), want: 'pass' },
  { name: 'first written long after', from: bob(), to: left(day(-20)), want: 'fail' },
  {
    name: 'brought forward into the past, long after',
    from: bob({ endDate: day(30) }),
    to: left(day(-20)),
    want: 'fail',
  },
])('an end date $name: $want', ({ from, to, want }) => {
  const ran = last(read(0, from), read(1, to))
  expect(ran.answers).toEqual([want])
})

test('whether it was moved afterwards is only certain where the last reading with it was after its end', () => {
  // Over since midnight, but the reading before was of the day before.
  expect(last(read(0, bob({ endDate: day(1) })), read(4, left(day(2)))).answers).toEqual(['pass'])
})

test('a leaver of whom the roster said so in time may get the date later', () => {
  const ran = last(read(0, bob()), read(1, left(null)), read(20, left(day(0))))
  expect(ran.answers).toEqual(['pass'])
  const late = last(read(0, bob()), read(20, left(day(0))))
  expect(late.said[0]).toContain(`was first written at ${plus(NOW, 20 * DAY - MINUTE)}, more than 7d after it`)
})

test('people of the first reading are taken as found', () => {
  expect(last(read(0, left(day(-300)))).answers).toEqual(['pass'])
})

test('a file that was read once is the same in the next run, and a failed reading changes nothing', () => {
  const once = read(1, person(), bob())
  const failed = { at: plus(NOW, 2 * DAY), records: [], options: { sources: [{ id: 'roster', ...FAILED }] } }
  const [, first, again, broken] = inTurn(check, [
    read(0, person(), bob()),
    once,
    { ...once, at: plus(NOW, DAY + HOUR) },
    failed,
  ])
  expect(again!.carried).toEqual(first!.carried)
  expect(broken!.result).toMatchObject({ status: 'unknown', unknownReason: 'source_error' })
  expect(broken!.carried).toEqual(first!.carried)
})

test('a roster that has left the configuration takes its people with it', () => {
  const after = { at: plus(NOW, DAY), records: [], options: { only: ['tailnet'] } }
  const [, gone] = inTurn(check, [read(0, person()), after])
  expect(gone!.carried.length).toBe(2) // the engine does not ask without a roster
  expect(resultOf(check, [], { only: ['tailnet'] })).toMatchObject({
    status: 'unknown',
    unknownReason: 'not_configured',
  })
})

covers(check, [
  {
    name: 'a status and a date that say the opposite, before anything was carried',
    records: [
      bob({ status: 'left', endDate: '9999-12-31', endsAt: '9999-12-31T23:59:59.999Z' }),
      person({ endDate: ago(DAY).slice(0, 10) }),
    ],
    hostile: true,
    want: ['fail', 'fail'],
  },
])
