import { expect, test } from 'vitest'
import { authKeysExpire as check } from '../../checks/auth-keys-expire.ts'
import { HOUR } from '../../src/domain/time.ts'
import { ago, answersTo, authKey as auth, authKey, blind, key, type Row, resultOf } from '../helpers/build.ts'
import { covers } from './covers.ts'

test.each<Row>([
  { name: 'its end is reported', records: [auth()], want: ['not_applicable'] },
  { name: 'no end said', records: [auth({ expiresAt: null })], want: ['no_data'] },
  { name: 'an API access token is no auth key', records: [key()], want: [] },
  { name: 'a kind that was not said', records: [auth({ keyType: null })], want: ['no_data'] },
  { name: 'revoked', records: [auth({ revokedAt: ago(HOUR) })], want: ['not_applicable'] },
  { name: 'over', records: [auth({ expiresAt: ago(HOUR) })], want: ['not_applicable'] },
  { name: 'whether it was revoked is unreadable', records: [auth({ unread: ['revoked'] })], want: ['no_data'] },
])('$name: $want', (row) => {
  expect(answersTo(check, row)).toEqual(row.want)
})

test('where the credential cannot see auth keys, nothing is said of them', () => {
  const sources = [{ id: 'tailnet', blind: [blind('key', ['auth'])] }]
  expect(resultOf(check, [auth()], { sources })).toMatchObject({ status: 'unknown', unknownReason: 'not_visible' })
  expect(
    resultOf(check, [auth()], { sources: [{ id: 'tailnet', blind: [blind('key', ['client'])] }] }).status,
  ).not.toBe('unknown')
})

covers(check, [
  {
    name: 'an end that could not be read',
    records: [authKey({ expiresAt: null, unread: ['expires'] })],
    hostile: true,
    want: ['no_data'],
  },
])
