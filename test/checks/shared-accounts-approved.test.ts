import { expect, test } from 'vitest'
import { sharedAccountsApproved as check } from '../../checks/shared-accounts-approved.ts'
import { account, findingsOf, resultOf, snapshotOf, statusesOf } from '../helpers/build.ts'
import { covers } from './covers.ts'

const vic = { key: 'uS4', login: 'Vic@vendor.io', type: 'shared' } as const

test.each([
  { name: 'on no list', over: vic, approved: [], want: 'fail' },
  { name: 'listed by login, case ignored', over: vic, approved: ['vic@VENDOR.io'], want: 'pass' },
  { name: 'listed by account id', over: vic, approved: ['uS4'], want: 'pass' },
  { name: 'somebody else is listed', over: vic, approved: ['val@vendor.io'], want: 'fail' },
  { name: 'an id is compared as it is', over: vic, approved: ['us4'], want: 'fail' },
  { name: 'suspended and on no list', over: { ...vic, status: 'suspended' }, approved: [], want: 'fail' },
  { name: 'an account of ours', over: {}, approved: [], want: 'not_applicable' },
  { name: 'no type said', over: { ...vic, type: null }, approved: ['uS4'], want: 'unknown' },
])('$name', ({ over, approved, want }) => {
  const list = approved.map((subject) => ({ subject, because: 'audits our backups' }))
  expect(statusesOf(check, snapshotOf([account(over)]), { approved: list })).toEqual([want])
})

test('the reason of the approval is shown with it', () => {
  const approved = [{ subject: 'vic@vendor.io', because: 'audits our backups' }]
  const [finding] = findingsOf(check, snapshotOf([account(vic)]), { approved })
  expect(finding?.facts).toMatchObject({ because: 'audits our backups' })
  expect(check.say(finding!)).toBe('Vic@vendor.io is approved: audits our backups.')
})

test('nobody is approved by default', () => {
  expect(resultOf(check, [account(vic)])).toMatchObject({ status: 'fail', parameters: { approved: [] } })
})

covers(check, [
  {
    name: 'a look-alike of an approved login',
    records: [account({ type: 'shared', login: 'v\u0456c@vendor.io' })],
    params: { approved: [{ subject: 'vic@vendor.io', because: 'audit' }] },
    hostile: true,
    want: ['fail'],
  },
])
