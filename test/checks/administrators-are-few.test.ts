import { expect, test } from 'vitest'
import { administratorsAreFew as check } from '../../checks/administrators-are-few.ts'
import { account, findingsOf, resultOf, snapshotOf, statusesOf } from '../helpers/build.ts'
import { covers } from './covers.ts'

const accounts = (...roles: (string | null)[]) =>
  roles.map((role, index) => account({ key: `u${index}`, login: `p${index}@example.com`, role }))
const four = accounts('owner', 'admin', 'it-admin', 'network-admin')
const fifth = { key: 'u9', login: 'p9@example.com' }

test.each([
  { name: 'an owner alone', records: accounts('owner'), want: ['pass'] },
  { name: 'four administrators', records: four, want: ['pass'] },
  { name: 'five administrators', records: [...four, account({ ...fifth, role: 'admin' })], want: ['fail'] },
  {
    name: 'auditors, billing admins and members do not count',
    records: [...four, ...accounts('auditor', 'billing-admin', 'member')],
    want: ['pass'],
  },
  {
    name: 'a suspended one does not count',
    records: [...four, account({ ...fifth, role: 'admin', status: 'suspended' })],
    want: ['pass'],
  },
  {
    name: 'an idle one counts',
    records: [...four, account({ ...fifth, role: 'admin', status: 'idle' })],
    want: ['fail'],
  },
  { name: 'a fifth whose role nobody said', records: [...four, account({ ...fifth, role: null })], want: ['unknown'] },
  {
    name: 'a fifth whose role we do not know',
    records: [...four, account({ ...fifth, role: 'superadmin' })],
    want: ['unknown'],
  },
  {
    name: 'a fifth whose status nobody said',
    records: [...four, account({ ...fifth, role: 'admin', status: null })],
    want: ['unknown'],
  },
  {
    name: 'a member whose status nobody said',
    records: [...four, account({ ...fifth, status: null })],
    want: ['pass'],
  },
  { name: 'a role nobody said, where it would not be one too many', records: accounts('owner', null), want: ['pass'] },
])('$name', ({ records, want }) => {
  expect(statusesOf(check, snapshotOf(records))).toEqual(want)
})

test('who they are stands in the facts, beside the limit', () => {
  const [finding] = findingsOf(check, snapshotOf(accounts('owner', 'admin')), { max: 1 })
  expect(finding).toMatchObject({
    status: 'fail',
    subject: { kind: 'system', source: 'tailnet', key: 'tailnet' },
    facts: { administrators: 2, max: 1, who: 'p0@example.com (owner); p1@example.com (admin)' },
    records: ['tailnet/account/u0', 'tailnet/account/u1'],
  })
})

test('who could be one too many is named', () => {
  const [finding] = findingsOf(check, snapshotOf([...four, account({ ...fifth, role: null })]))
  expect(check.say(finding!)).toContain('role or status of p9@example.com is absent or unreadable')
})

test('a tailnet without accounts passes nothing', () => {
  expect(resultOf(check, []).status).toBe('not_applicable')
})

covers(check, [
  {
    name: 'five roles in capitals may be five administrators',
    records: [...[1, 2, 3, 4, 5].map((n) => account({ key: `u${n}`, login: `${n}@example.com`, role: 'Owner' }))],
    hostile: true,
    want: ['no_data'],
  },
])
