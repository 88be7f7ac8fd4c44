import { expect, test } from 'vitest'
import { approvalsArePrompt as check } from '../../checks/approvals-are-prompt.ts'
import { DAY, HOUR, MINUTE } from '../../src/domain/time.ts'
import { account, ago, findingsOf, resultOf, snapshotOf, statusesOf } from '../helpers/build.ts'
import { covers } from './covers.ts'

const waiting = { status: 'needs-approval', lastSeen: null, currentlyConnected: false } as const

test.each([
  { name: 'nobody waits', over: {}, want: 'not_applicable' },
  { name: 'waiting since yesterday', over: { ...waiting, createdAt: ago(DAY) }, want: 'pass' },
  { name: 'waiting exactly as long as allowed', over: { ...waiting, createdAt: ago(7 * DAY) }, want: 'pass' },
  { name: 'waiting a minute longer', over: { ...waiting, createdAt: ago(7 * DAY + MINUTE) }, want: 'fail' },
  { name: 'waiting, nobody said since when', over: { ...waiting, createdAt: null }, want: 'unknown' },
  { name: 'made a few minutes ahead of our clock', over: { ...waiting, createdAt: ago(-4 * MINUTE) }, want: 'pass' },
  { name: 'made in the future', over: { ...waiting, createdAt: ago(-HOUR) }, want: 'unknown' },
  { name: 'no status said', over: { status: null }, want: 'unknown' },
  { name: 'suspended', over: { status: 'suspended' }, want: 'not_applicable' },
])('$name', ({ over, want }) => {
  expect(statusesOf(check, snapshotOf([account(over)]))).toEqual([want])
})

test('the limit is a parameter and stands beside the moment', () => {
  const [finding] = findingsOf(check, snapshotOf([account({ ...waiting, createdAt: ago(DAY) })]), { maxWait: '12h' })
  expect(finding).toMatchObject({
    status: 'fail',
    facts: { created: ago(DAY), maxWait: '12h', decideBy: ago(12 * HOUR) },
  })
  expect(resultOf(check, []).parameters).toEqual({ maxWait: '7d' })
})

test('who waits within the time is a pass that says so', () => {
  const [finding] = findingsOf(check, snapshotOf([account({ ...waiting, createdAt: ago(DAY) })]))
  expect(finding?.notice).toBe(`waiting since ${ago(DAY)}`)
})

covers(check, [
  {
    name: 'waiting since a day to come',
    records: [account({ status: 'needs-approval', createdAt: '2031-01-01T00:00:00.000Z' })],
    hostile: true,
    want: ['no_data'],
  },
])
