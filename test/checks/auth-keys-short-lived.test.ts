import { expect, test } from 'vitest'
import { authKeysShortLived as check } from '../../checks/auth-keys-short-lived.ts'
import { DAY } from '../../src/domain/time.ts'
import { ago, answersTo, authKey as auth, authKey, type Row } from '../helpers/build.ts'
import { NOT_JUDGED, testHiddenAuthKeys } from './auth-key-rows.ts'
import { covers } from './covers.ts'

test.each<Row>([
  { name: 'made for a week', records: [auth()], want: ['pass'] },
  { name: 'made for ninety days', records: [auth({ expiresAt: ago(-89 * DAY) })], want: ['fail'] },
  { name: 'ninety are allowed', records: [auth({ expiresAt: ago(-89 * DAY) })], want: ['pass'], params: { max: 90 } },
  { name: 'only its seconds were said', records: [auth({ createdAt: null, expirySeconds: 7776000 })], want: ['fail'] },
  { name: 'nothing was said', records: [auth({ createdAt: null })], want: ['no_data'] },
  ...NOT_JUDGED,
])('$name: $want', (row) => {
  expect(answersTo(check, row)).toEqual(row.want)
})

testHiddenAuthKeys(check)

covers(check, [
  {
    name: 'made on a day to come',
    records: [authKey({ createdAt: '2031-01-01T00:00:00.000Z', expiresAt: '2031-01-02T00:00:00.000Z' })],
    hostile: true,
    want: ['no_data'],
  },
])
