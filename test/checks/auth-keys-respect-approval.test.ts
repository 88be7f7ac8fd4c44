import { expect, test } from 'vitest'
import { authKeysRespectApproval as check } from '../../checks/auth-keys-respect-approval.ts'
import { answersTo, authKey as auth, authKey, type Row } from '../helpers/build.ts'
import { NOT_JUDGED, testHiddenAuthKeys } from './auth-key-rows.ts'
import { covers } from './covers.ts'

test.each<Row>([
  { name: 'waits for approval', records: [auth()], want: ['pass'] },
  { name: 'pre-approved', records: [auth({ preauthorized: true })], want: ['fail'] },
  {
    name: 'tagged automation that is approved',
    records: [auth({ preauthorized: true, tags: ['tag:ci'] })],
    want: ['pass'],
    params: { approved: [{ subject: 'kAUTH', because: 'runners' }] },
  },
  {
    name: 'approved, but for people’s devices',
    records: [auth({ preauthorized: true })],
    want: ['fail'],
    params: { approved: [{ subject: 'kAUTH', because: 'runners' }] },
  },
  { name: 'tagged and on no list', records: [auth({ preauthorized: true, tags: ['tag:ci'] })], want: ['fail'] },
  { name: 'not said', records: [auth({ preauthorized: null })], want: ['no_data'] },
  ...NOT_JUDGED,
])('$name: $want', (row) => {
  expect(answersTo(check, row)).toEqual(row.want)
})

testHiddenAuthKeys(check)

covers(check, [
  {
    name: 'tags that could not be read',
    records: [authKey({ preauthorized: true, unread: ['capabilities.devices.create.tags'] })],
    params: { approved: [{ subject: 'kAUTH', because: 'roll-out' }] },
    hostile: true,
    want: ['no_data'],
  },
])
