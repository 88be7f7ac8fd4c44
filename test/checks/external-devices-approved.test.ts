import { expect, test } from 'vitest'
import { externalDevicesApproved as check } from '../../checks/external-devices-approved.ts'
import { answersTo, device, type Row } from '../helpers/build.ts'
import { covers } from './covers.ts'

const outside = device({ key: 'nX', isExternal: true, name: 'nas.vendor.ts.net', user: 'vic@vendor.io' })

test.each<Row>([
  { name: 'our own', records: [device()], want: ['not_applicable'] },
  { name: 'on no list', records: [outside], want: ['fail'] },
  {
    name: 'listed by id',
    records: [outside],
    want: ['pass'],
    params: { approved: [{ subject: 'nX', because: 'backup' }] },
  },
  {
    name: 'listed by name, case ignored',
    records: [outside],
    want: ['pass'],
    params: { approved: [{ subject: 'NAS.vendor.ts.net', because: 'backup' }] },
  },
  { name: 'not said whose it is', records: [device({ isExternal: null })], want: ['no_data'] },
])('$name: $want', (row) => {
  expect(answersTo(check, row)).toEqual(row.want)
})

covers(check, [
  {
    name: 'a look-alike of an approved name',
    records: [device({ isExternal: true, name: 'p\u0430rtner-nas' })],
    params: { approved: [{ subject: 'partner-nas', because: 'backup' }] },
    hostile: true,
    want: ['fail'],
  },
])
