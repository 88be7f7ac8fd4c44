import { expect, test } from 'vitest'
import { authKeysSingleUse as check } from '../../checks/auth-keys-single-use.ts'
import { HOUR } from '../../src/domain/time.ts'
import { ago, answersTo, authKey as auth, authKey, blind, key, type Row, resultOf } from '../helpers/build.ts'
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
    name: 'a flag of another type',
    records: [authKey({ reusable: null, unread: ['capabilities.devices.create.reusable'] })],
    hostile: true,
    want: ['no_data'],
  },
])
