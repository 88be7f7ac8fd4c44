import { expect, test } from 'vitest'
import { secretsRotated as check } from '../../checks/secrets-rotated.ts'
import { DAY } from '../../src/domain/time.ts'
import { ago, answersTo, blind, integration, key, type Row } from '../helpers/build.ts'
import { covers } from './covers.ts'

const client = (over: Parameters<typeof key>[0] = {}) => key({ keyType: 'client', expiresAt: null, ...over })

test.each<Row>([
  { name: 'a client of this year', records: [client()], want: ['pass'] },
  { name: 'a client of two years ago', records: [client({ createdAt: ago(730 * DAY) })], want: ['fail'] },
  {
    name: 'two years are allowed',
    records: [client({ createdAt: ago(730 * DAY) })],
    want: ['pass'],
    params: { maxAge: '900d' },
  },
  { name: 'creation not said', records: [client({ createdAt: null })], want: ['no_data'] },
  { name: 'revoked', records: [client({ createdAt: ago(730 * DAY), revokedAt: ago(DAY) })], want: ['pass'] },
  { name: 'whether it was revoked is unreadable', records: [client({ unread: ['revoked'] })], want: ['no_data'] },
  { name: 'an integration set up this year', records: [integration()], want: ['pass'] },
  {
    name: 'an integration of two years ago',
    records: [integration({ configUpdatedAt: ago(730 * DAY) })],
    want: ['fail'],
  },
  { name: 'when it was set up was not said', records: [integration({ configUpdatedAt: null })], want: ['no_data'] },
  {
    name: 'a hidden family',
    records: [client()],
    want: ['pass', 'not_visible'],
    options: { sources: [{ id: 'tailnet', blind: [blind('key', ['federated'])] }] },
  },
])('$name: $want', (row) => {
  expect(answersTo(check, row)).toEqual(row.want)
})

covers(check, [
  {
    name: 'made on a day to come',
    records: [key({ createdAt: '2031-01-01T00:00:00.000Z' })],
    hostile: true,
    want: ['no_data'],
  },
])
