import { expect, test } from 'vitest'
import { taggedKeyExpiryAccepted as check } from '../../checks/tagged-key-expiry-accepted.ts'
import { answersTo, device, type Row } from '../helpers/build.ts'
import { covers } from './covers.ts'

const tagged = device({ tags: ['tag:ci'], keyExpiryDisabled: true })

test.each<Row>([
  { name: 'owned by a person', records: [device({ keyExpiryDisabled: true })], want: ['not_applicable'] },
  { name: 'tagged and expiring', records: [device({ tags: ['tag:ci'] })], want: ['pass'] },
  { name: 'tagged, no expiry, on no list', records: [tagged], want: ['fail'] },
  {
    name: 'listed by id',
    records: [tagged],
    want: ['pass'],
    params: { approved: [{ subject: 'nD1', because: 'runner' }] },
  },
  {
    name: 'listed by tag',
    records: [tagged],
    want: ['pass'],
    params: { approved: [{ subject: 'tag:ci', because: 'runners' }] },
  },
  {
    name: 'another tag is listed',
    records: [tagged],
    want: ['fail'],
    params: { approved: [{ subject: 'tag:c', because: 'runners' }] },
  },
  { name: 'not said', records: [device({ tags: ['tag:ci'], keyExpiryDisabled: null })], want: ['no_data'] },
  { name: 'shared in from another tailnet', records: [device({ isExternal: true })], want: ['not_applicable'] },
])('$name: $want', (row) => {
  expect(answersTo(check, row)).toEqual(row.want)
})

covers(check, [
  {
    name: 'tags that could not be read',
    records: [device({ unread: ['tags'], keyExpiryDisabled: true })],
    hostile: true,
    want: ['no_data'],
  },
])
