import { expect, test } from 'vitest'
import { reusableKeysLeaveNoTrace as check } from '../../checks/reusable-keys-leave-no-trace.ts'
import { HOUR } from '../../src/domain/time.ts'
import { ago, answersTo, authKey as auth, authKey, blind, key, type Row, resultOf } from '../helpers/build.ts'
import { covers } from './covers.ts'

test.each<Row>([
  { name: 'single use', records: [auth()], want: ['not_applicable'] },
  {
    name: 'ephemeral and tagged',
    records: [auth({ reusable: true, ephemeral: true, tags: ['tag:ci'] })],
    want: ['pass'],
  },
  { name: 'tagged and staying', records: [auth({ reusable: true, tags: ['tag:ci'] })], want: ['fail'] },
  { name: 'ephemeral without a tag', records: [auth({ reusable: true, ephemeral: true })], want: ['fail'] },
  { name: 'neither', records: [auth({ reusable: true })], want: ['fail'] },
  { name: 'reusable not said', records: [auth({ reusable: null })], want: ['no_data'] },
  {
    name: 'ephemeral not said',
    records: [auth({ reusable: true, ephemeral: null, tags: ['tag:ci'] })],
    want: ['no_data'],
  },
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
    records: [authKey({ reusable: true, ephemeral: true, unread: ['capabilities.devices.create.tags'] })],
    hostile: true,
    want: ['no_data'],
  },
])
