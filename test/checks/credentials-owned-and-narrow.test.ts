import { expect, test } from 'vitest'
import { credentialsOwnedAndNarrow as check } from '../../checks/credentials-owned-and-narrow.ts'
import { HOUR } from '../../src/domain/time.ts'
import { account, ago, answersTo, blind, key, person, type Row } from '../helpers/build.ts'
import { covers } from './covers.ts'

const people = [person(), account()]
const client = (over: Parameters<typeof key>[0] = {}) =>
  key({ key: 'kO', keyType: 'client', expiresAt: null, scopes: ['devices:core:read'], ...over })

test.each<Row>([
  { name: 'an OAuth client of somebody employed', records: [...people, client()], want: ['pass'] },
  { name: 'scope all', records: [...people, client({ scopes: ['all'] })], want: ['fail'] },
  { name: 'an API access token with all rights', records: [...people, key()], want: ['fail'] },
  {
    name: 'reads everything, which changes nothing',
    records: [...people, client({ scopes: ['all:read'] })],
    want: ['pass'],
  },
  { name: 'minted by a client', records: [...people, key({ userId: null })], want: ['not_applicable'] },
  { name: 'made by a trust credential', records: [...people, client({ userId: null })], want: ['fail'] },
  {
    name: 'made by a trust credential, owner named',
    records: [...people, client({ userId: null })],
    want: ['pass'],
    params: { owners: { kO: 'ops@example.com' } },
  },
  {
    name: 'owners is no place for inherited names',
    records: [...people, client({ key: 'toString', userId: null })],
    want: ['fail'],
  },
  { name: 'its maker no longer exists', records: [...people, client({ userId: 'uGone' })], want: ['fail'] },
  { name: 'nobody in the roster is its maker', records: [account(), client()], want: ['unmatched'] },
  {
    name: 'who made it is unreadable',
    records: [...people, client({ userId: null, unread: ['userId'] })],
    want: ['no_data'],
  },
  { name: 'no scopes said', records: [...people, client({ scopes: [] })], want: ['no_data'] },
  { name: 'a kind that was not said', records: [...people, client({ keyType: null })], want: ['no_data'] },
  { name: 'revoked', records: [...people, client({ revokedAt: ago(HOUR) })], want: ['pass'] },
  {
    name: 'whether it was revoked is unreadable',
    records: [...people, client({ unread: ['revoked'] })],
    want: ['no_data'],
  },
  { name: 'an auth key', records: [...people, key({ keyType: 'auth' })], want: [] },
  {
    name: 'a family that is hidden is said to be so',
    records: [...people, client()],
    want: ['pass', 'not_visible'],
    options: { sources: [{ id: 'tailnet', blind: [blind('key', ['api'])] }] },
  },
  {
    name: 'hidden auth keys are no matter here',
    records: [...people, client()],
    want: ['pass'],
    options: { sources: [{ id: 'tailnet', blind: [blind('key', ['auth'])] }] },
  },
])('$name: $want', (row) => {
  expect(answersTo(check, row)).toEqual(row.want)
})

covers(check, [
  {
    name: 'a key whose id is a word of the language has no owner',
    records: [
      person(),
      account(),
      key({ key: '__proto__', userId: null, keyType: 'client', expiresAt: null, scopes: ['devices:core:read'] }),
    ],
    hostile: true,
    want: ['fail'],
  },
])
