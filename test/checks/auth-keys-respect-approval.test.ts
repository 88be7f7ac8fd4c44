import { expect, test } from 'vitest'
import { authKeysRespectApproval as check } from '../../checks/auth-keys-respect-approval.ts'
import { HOUR } from '../../src/domain/time.ts'
import { ago, answersTo, authKey as auth, authKey, blind, key, type Row, resultOf } from '../helpers/build.ts'
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
    name: 'tags that could not be read',
    records: [authKey({ preauthorized: true, unread: ['capabilities.devices.create.tags'] })],
    params: { approved: [{ subject: 'kAUTH', because: 'roll-out' }] },
    hostile: true,
    want: ['no_data'],
  },
])
