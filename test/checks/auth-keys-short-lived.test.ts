import { expect, test } from 'vitest'
import { authKeysShortLived as check } from '../../checks/auth-keys-short-lived.ts'
import { DAY, HOUR } from '../../src/domain/time.ts'
import { ago, answersTo, authKey as auth, authKey, blind, key, type Row, resultOf } from '../helpers/build.ts'
import { covers } from './covers.ts'

test.each<Row>([
  { name: 'made for a week', records: [auth()], want: ['pass'] },
  { name: 'made for ninety days', records: [auth({ expiresAt: ago(-89 * DAY) })], want: ['fail'] },
  { name: 'ninety are allowed', records: [auth({ expiresAt: ago(-89 * DAY) })], want: ['pass'], params: { max: 90 } },
  { name: 'only its seconds were said', records: [auth({ createdAt: null, expirySeconds: 7776000 })], want: ['fail'] },
  { name: 'nothing was said', records: [auth({ createdAt: null })], want: ['no_data'] },
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
    name: 'made on a day to come',
    records: [authKey({ createdAt: '2031-01-01T00:00:00.000Z', expiresAt: '2031-01-02T00:00:00.000Z' })],
    hostile: true,
    want: ['no_data'],
  },
])
