import { expect, test } from 'vitest'
import { authKeysSingleUse as check } from '../../checks/auth-keys-single-use.ts'
import { answersTo, authKey as auth, authKey, type Row } from '../helpers/build.ts'
import { NOT_JUDGED, testHiddenAuthKeys } from './auth-key-rows.ts'
import { covers } from './covers.ts'

test.each<Row>([
  { name: 'single use', records: [auth()], want: ['pass'] },
  { name: 'reusable', records: [auth({ reusable: true })], want: ['fail'] },
  {
    name: 'reusable and approved by id',
    records: [auth({ reusable: true })],
    want: ['pass'],
    params: { approved: [{ subject: 'kAUTH', because: 'runners' }] },
  },
  {
    name: 'reusable and approved by description',
    records: [auth({ reusable: true })],
    want: ['pass'],
    params: { approved: [{ subject: 'App roll-out', because: 'runners' }] },
  },
  { name: 'not said', records: [auth({ reusable: null })], want: ['no_data'] },
  ...NOT_JUDGED,
])('$name: $want', (row) => {
  expect(answersTo(check, row)).toEqual(row.want)
})

testHiddenAuthKeys(check)

covers(check, [
  {
    name: 'a flag of another type',
    records: [authKey({ reusable: null, unread: ['capabilities.devices.create.reusable'] })],
    hostile: true,
    want: ['no_data'],
  },
])
