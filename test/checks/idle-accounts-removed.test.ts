import { expect, test } from 'vitest'
import { idleAccountsRemoved as check } from '../../checks/idle-accounts-removed.ts'
import { DAY, HOUR, MINUTE } from '../../src/domain/time.ts'
import { account, ago, findingsOf, resultOf, snapshotOf, statusesOf } from '../helpers/build.ts'
import { covers } from './covers.ts'

const away = { currentlyConnected: false } as const

test.each([
  { name: 'connected', over: { currentlyConnected: true, lastSeen: ago(400 * DAY) }, want: 'pass' },
  { name: 'seen yesterday', over: { ...away, lastSeen: ago(DAY) }, want: 'pass' },
  {
    name: 'called idle by Tailscale after 28 days',
    over: { ...away, status: 'idle', lastSeen: ago(40 * DAY) },
    want: 'pass',
  },
  { name: 'seen exactly 90 days ago', over: { ...away, lastSeen: ago(90 * DAY) }, want: 'pass' },
  { name: 'seen a minute earlier', over: { ...away, lastSeen: ago(90 * DAY + MINUTE) }, want: 'fail' },
  { name: 'suspended', over: { ...away, status: 'suspended', lastSeen: ago(400 * DAY) }, want: 'not_applicable' },
  { name: 'suspended but still looking connected', over: { status: 'suspended' }, want: 'not_applicable' },
  { name: 'never seen, made long ago', over: { ...away, lastSeen: null, createdAt: ago(91 * DAY) }, want: 'fail' },
  { name: 'never seen, made last week', over: { ...away, lastSeen: null, createdAt: ago(7 * DAY) }, want: 'pass' },
  { name: 'never seen, nobody said when made', over: { ...away, lastSeen: null, createdAt: null }, want: 'unknown' },
  {
    name: 'seen at a time that could not be read',
    over: { ...away, lastSeen: null, unread: ['lastSeen'] },
    want: 'unknown',
  },
  { name: 'seen in the future', over: { ...away, lastSeen: ago(-HOUR) }, want: 'unknown' },
  { name: 'seen four minutes ahead of our clock', over: { ...away, lastSeen: ago(-4 * MINUTE) }, want: 'pass' },
  {
    name: 'seen long ago, nobody said whether connected',
    over: { currentlyConnected: null, lastSeen: ago(91 * DAY) },
    want: 'unknown',
  },
  {
    name: 'seen yesterday, nobody said whether connected',
    over: { currentlyConnected: null, lastSeen: ago(DAY) },
    want: 'pass',
  },
  { name: 'no status said', over: { status: null }, want: 'unknown' },
])('$name', ({ over, want }) => {
  expect(statusesOf(check, snapshotOf([account(over)]))).toEqual([want])
})

test('the limit is the parameter maxIdle, as written', () => {
  const idle = account({ ...away, lastSeen: ago(40 * DAY) })
  const given = { 'idle-accounts-removed': { enabled: true, because: null, params: { maxIdle: '30d' } } }
  const result = resultOf(check, [idle], { settings: { checks: given } })
  expect(result).toMatchObject({ status: 'fail', parameters: { maxIdle: '30d' } })
  expect(result.findings[0]?.facts).toMatchObject({ lastSeen: ago(40 * DAY), maxIdle: '30d' })
})

test('what is missing is named as the vendor names it', () => {
  const missing = (over: Parameters<typeof account>[0]) =>
    findingsOf(check, snapshotOf([account(over)]))[0]?.facts['missing']
  expect(missing({ ...away, lastSeen: ago(-HOUR) })).toBe('lastSeen')
  expect(missing({ ...away, lastSeen: null, createdAt: null })).toBe('created')
  expect(missing({ currentlyConnected: null, lastSeen: ago(91 * DAY) })).toBe('currentlyConnected')
})

test('sentences name moments, never ages', () => {
  const [finding] = findingsOf(check, snapshotOf([account({ ...away, lastSeen: '2026-08-01T00:00:00.000Z' })]))
  expect(check.say(finding!)).toBe(
    'alice@example.com was last used 2026-08-01T00:00:00.000Z, longer ago than 90d; suspend or delete it unless it is needed.',
  )
})

covers(check, [
  {
    name: 'last seen on a day to come',
    records: [account({ currentlyConnected: false, lastSeen: '2031-01-01T00:00:00.000Z' })],
    hostile: true,
    want: ['no_data'],
  },
])
