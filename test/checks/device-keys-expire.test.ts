import { expect, test } from 'vitest'
import { deviceKeysExpire as check } from '../../checks/device-keys-expire.ts'
import { answersTo, device, type Row } from '../helpers/build.ts'
import { covers } from './covers.ts'

test.each<Row>([
  { name: 'expires', records: [device()], want: ['pass'] },
  { name: 'never expires', records: [device({ keyExpiryDisabled: true })], want: ['fail'] },
  {
    name: 'tagged, without expiry by design',
    records: [device({ tags: ['tag:ci'], keyExpiryDisabled: true })],
    want: ['not_applicable'],
  },
  { name: 'not said', records: [device({ keyExpiryDisabled: null })], want: ['no_data'] },
  { name: 'shared in from another tailnet', records: [device({ isExternal: true })], want: ['not_applicable'] },
  { name: 'not said whose it is', records: [device({ isExternal: null })], want: ['no_data'] },
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
