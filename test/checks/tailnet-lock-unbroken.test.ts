import { expect, test } from 'vitest'
import { tailnetLockUnbroken as check } from '../../checks/tailnet-lock-unbroken.ts'
import { answersTo, device, type Row } from '../helpers/build.ts'
import { covers } from './covers.ts'

test.each<Row>([
  { name: 'no error', records: [device()], want: ['pass'] },
  { name: 'an error', records: [device({ tailnetLockError: 'node key is not signed' })], want: ['fail'] },
  { name: 'Lock is off', records: [device({ tailnetLockError: null })], want: ['not_applicable'] },
  {
    name: 'sent as something else',
    records: [device({ tailnetLockError: null, unread: ['tailnetLockError'] })],
    want: ['no_data'],
  },
  { name: 'shared in from another tailnet', records: [device({ isExternal: true })], want: ['not_applicable'] },
  { name: 'not said whose it is', records: [device({ isExternal: null })], want: ['no_data'] },
])('$name: $want', (row) => {
  expect(answersTo(check, row)).toEqual(row.want)
})

covers(check, [
  {
    name: 'a state that could not be read',
    records: [device({ tailnetLockError: null, unread: ['tailnetLockError'] })],
    hostile: true,
    want: ['no_data'],
  },
])
