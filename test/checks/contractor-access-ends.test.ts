import { expect, test } from 'vitest'
import { contractorAccessEnds as check } from '../../checks/contractor-access-ends.ts'
import { account, answersTo, person, type Row } from '../helpers/build.ts'
import { covers } from './covers.ts'

const contractor = (value: Parameters<typeof person>[0]) => person({ type: 'contractor', ...value })
const over = contractor({ endDate: '2026-11-12' })

test.each<Row>([
  { name: 'an employee', records: [person(), account()], want: ['not_applicable'] },
  {
    name: 'a contract that runs',
    records: [contractor({ endDate: '2026-12-31' }), account()],
    want: ['not_applicable'],
  },
  { name: 'no end is known', records: [contractor({}), account()], want: ['not_applicable'] },
  { name: 'over since a week, account active', records: [over, account()], want: ['fail'] },
  { name: 'over, account suspended', records: [over, account({ status: 'suspended' })], want: ['pass'] },
  {
    name: 'over since this morning',
    records: [contractor({ endDate: '2026-11-19' }), account()],
    want: ['not_applicable'],
  },
  { name: 'over, status not said', records: [over, account({ status: null })], want: ['no_data'] },
  { name: 'left, no date', records: [contractor({ status: 'left' }), account()], want: ['no_data'] },
  { name: 'nobody in the roster', records: [account()], want: ['unmatched'] },
  {
    name: 'what kind of person was unreadable',
    records: [person({ type: null, unread: ['type'] }), account()],
    want: ['no_data'],
  },
  { name: 'shared in', records: [over, account({ type: 'shared' })], want: ['not_applicable'] },
])('$name: $want', (row) => {
  expect(answersTo(check, row)).toEqual(row.want)
})

covers(check, [
  {
    name: 'a kind of contract that could not be read',
    records: [person({ type: null, unread: ['type'], endDate: '2026-11-01' }), account()],
    hostile: true,
    want: ['no_data'],
  },
])
