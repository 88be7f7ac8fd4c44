import { expect, test } from 'vitest'
import { authKeysExpire as check } from '../../checks/auth-keys-expire.ts'
import { DAY, HOUR } from '../../src/domain/time.ts'
import { ago, answersTo, blind, key, type Row, resultOf } from '../helpers/build.ts'

const auth = (over: Parameters<typeof key>[0] = {}) =>
  key({
    key: 'kAUTH',
    keyType: 'auth',
    description: 'app roll-out',
    createdAt: ago(DAY),
    expiresAt: ago(-6 * DAY),
    reusable: false,
    ephemeral: false,
    preauthorized: false,
    scopes: [],
    ...over,
  })

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
