import { expect, test } from 'vitest'
import { authKeysExpire as check } from '../../checks/auth-keys-expire.ts'
import { answersTo, authKey as auth, authKey, type Row } from '../helpers/build.ts'
import { NOT_JUDGED, testHiddenAuthKeys } from './auth-key-rows.ts'
import { covers } from './covers.ts'

test.each<Row>([
  { name: 'its end is reported', records: [auth()], want: ['not_applicable'] },
  { name: 'no end said', records: [auth({ expiresAt: null })], want: ['no_data'] },
  ...NOT_JUDGED,
])('$name: $want', (row) => {
  expect(answersTo(check, row)).toEqual(row.want)
})

testHiddenAuthKeys(check)

covers(check, [
  {
    name: 'an end that could not be read',
    records: [authKey({ expiresAt: null, unread: ['expires'] })],
    hostile: true,
    want: ['no_data'],
  },
])
