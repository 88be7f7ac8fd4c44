import { expect, test } from 'vitest'
import { accessReviewedInTime as check } from '../../checks/access-reviewed-in-time.ts'
import { DAY, HOUR, MINUTE, plus } from '../../src/domain/time.ts'
import { account, ago, FAILED, findingsOf, NOW, resultOf, review, snapshotOf, statusesOf } from '../helpers/build.ts'
import { covers } from './covers.ts'
import { inTurn } from './runs.ts'

test.each([
  { name: 'a month ago', over: {}, params: {}, want: 'pass' },
  { name: 'just within the limit', over: { signedAt: plus(ago(90 * DAY), MINUTE) }, params: {}, want: 'pass' },
  { name: 'as old as the limit', over: { signedAt: ago(90 * DAY) }, params: {}, want: 'fail' },
  { name: 'older than a shorter limit', over: {}, params: { every: '7d' }, want: 'fail' },
  { name: 'a clock that runs ahead by minutes', over: { signedAt: plus(NOW, MINUTE) }, params: {}, want: 'pass' },
  { name: 'of the future', over: { signedAt: plus(NOW, HOUR) }, params: {}, want: 'unknown' },
])('signed off $name: $want', ({ over, params, want }) => {
  expect(statusesOf(check, snapshotOf([account(), review(over)]), params)).toEqual([want])
})

test('of several reviews of the tailnet the newest counts, and those of other tailnets do not', () => {
  const old = review({ key: 'R-1', signedAt: ago(200 * DAY) })
  const other = review({ key: 'R-9', system: 'lab' })
  expect(statusesOf(check, snapshotOf([account(), old, other]))).toEqual(['fail'])
  expect(statusesOf(check, snapshotOf([account(), old, review({ key: 'R-0' })]))).toEqual(['pass'])
})

test('before the first is due nothing can be said, afterwards its absence fails', () => {
  const moments = [0, 45, 90, 91].map((days) => plus(NOW, days * DAY))
  const runs = inTurn(
    check,
    moments.map((at) => ({ at, records: [account()] })),
  )
  expect(runs.map(({ answers }) => answers)).toEqual([['not_configured'], ['not_configured'], ['fail'], ['fail']])
  expect(runs[1]!.said[0]).toBe(
    `The accounts of tailnet have not been reviewed yet; the first review is due by ${plus(NOW, 90 * DAY)}.`,
  )
  expect(runs[3]!.findings[0]!.facts).toMatchObject({ since: NOW, dueAt: plus(NOW, 90 * DAY) })
})

test('a shorter limit than the time since the first sight makes the first one due', () => {
  const steps = [NOW, plus(NOW, 31 * DAY)].map((at) => ({ at, records: [account()], params: { every: '30d' } }))
  expect(inTurn(check, steps).map(({ answers }) => answers)).toEqual([['not_configured'], ['fail']])
})

test('what was to go and is still there stands beside the answer; who is suspended has gone', () => {
  const eve = account({ key: 'uE5', login: 'eve@example.com', status: 'suspended' })
  const bob = account({ key: 'uB2', login: 'bob@example.com', role: 'admin' })
  const decided = review({ removals: ['uA1', 'uE5', 'uGone'], changes: { uB2: 'member', uGone: 'member' } })
  const [found] = findingsOf(check, snapshotOf([account(), bob, eve, decided]))
  expect(found!.status).toBe('pass')
  expect(found!.notice).toBe('still to be removed: alice@example.com; still to be changed: bob@example.com → member')
  expect(found!.facts).toMatchObject({
    removals: 3,
    openRemovals: 'alice@example.com',
    openChanges: 'bob@example.com → member',
  })
  const [done] = findingsOf(check, snapshotOf([{ ...bob, role: 'member' }, decided]))
  expect(done!.notice).toBeNull()
})

test('of a tailnet that could not be read nothing is said to be done', () => {
  const unread = { sources: [{ id: 'tailnet', ...FAILED }] }
  const result = resultOf(check, [review({ removals: ['uA1'] })], unread)
  expect(result.status).toBe('pass')
  expect(result.findings[0]!.facts).toMatchObject({ removals: 1, openRemovals: null })
})

test('of thousands that are to go twenty are named', () => {
  const accounts = Array.from({ length: 30 }, (_, at) => account({ key: `u${at}`, login: `p${at}@example.com` }))
  const [found] = findingsOf(check, snapshotOf([...accounts, review({ removals: accounts.map(({ key }) => key) })]))
  expect(String(found!.facts['openRemovals'])).toMatch(/ and 10 more$/)
})

covers(check, [
  {
    name: 'a review whose names are words of the language',
    records: [
      account({ key: '__proto__' }),
      review({ removals: ['__proto__', 'constructor'], changes: { toString: 'admin' } }),
    ],
    hostile: true,
    want: ['pass'],
  },
])
