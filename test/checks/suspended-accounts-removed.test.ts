import { expect, test } from 'vitest'
import { suspendedAccountsRemoved as check } from '../../checks/suspended-accounts-removed.ts'
import { DAY } from '../../src/domain/time.ts'
import { account, ago, answersTo, carried, NOW, type Row, snapshotOf } from '../helpers/build.ts'
import { covers } from './covers.ts'

const suspended = account({ status: 'suspended' })
const since = (days: number) => carried('suspended-accounts-removed', 'uA1', { since: ago(days * DAY) })

test.each<Row>([
  { name: 'active', records: [account()], want: ['not_applicable'] },
  { name: 'suspended, first seen now', records: [suspended], want: ['pass'] },
  { name: 'suspended for 91 days', records: [since(91), suspended], want: ['fail'] },
  { name: 'suspended for 89 days', records: [since(89), suspended], want: ['pass'] },
  { name: 'thirty days are allowed', records: [since(31), suspended], want: ['fail'], params: { maxSuspended: '30d' } },
  { name: 'not said', records: [account({ status: null })], want: ['no_data'] },
])('$name: $want', (row) => {
  expect(answersTo(check, row)).toEqual(row.want)
})

test('the clock starts at first sight and ends with the suspension', () => {
  const carry = (records: Parameters<typeof snapshotOf>[0]) =>
    check.carry!(snapshotOf(records)).map(({ body }) => body['since'])
  expect(carry([suspended])).toEqual([NOW])
  expect(carry([since(9), suspended])).toEqual([ago(9 * DAY)])
  expect(carry([since(9), account({ status: null })])).toEqual([ago(9 * DAY)])
  expect(carry([since(9), account()])).toEqual([])
})

covers(check, [
  {
    name: 'a memory of the wrong type starts the clock anew',
    records: [account({ status: 'suspended' }), carried('suspended-accounts-removed', 'uA1', { since: 7 })],
    hostile: true,
    want: ['pass'],
  },
])
