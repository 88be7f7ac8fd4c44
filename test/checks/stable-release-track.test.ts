import { expect, test } from 'vitest'
import { stableReleaseTrack as check } from '../../checks/stable-release-track.ts'
import { DAY } from '../../src/domain/time.ts'
import { ago, answersTo, attributes, device, type Row } from '../helpers/build.ts'
import { covers } from './covers.ts'

const says = (value: string | boolean) => attributes({ values: { 'node:tsReleaseTrack': value } })

test.each<Row>([
  { name: 'as wanted', records: [device(), says('stable')], want: ['pass'] },
  { name: 'otherwise', records: [device(), says('unstable')], want: ['fail'] },
  { name: 'absent', records: [device(), attributes()], want: ['no_data'] },
  { name: 'no reading', records: [device()], want: ['no_data'] },
  { name: 'a reading of yesterday', records: [device(), { ...says('stable'), readAt: ago(DAY) }], want: ['stale'] },
  {
    name: 'the vendor has none of the device',
    records: [device(), attributes({ found: false, values: {} })],
    want: ['no_data'],
  },
  { name: 'out of scope', records: [device({ tags: ['tag:ci'] })], want: ['not_applicable'] },
  { name: 'shared in from another tailnet', records: [device({ isExternal: true })], want: ['not_applicable'] },
  {
    name: 'excepted',
    records: [device(), says('unstable')],
    want: ['pass'],
    params: { approved: [{ subject: 'nD1', because: 'tries builds out' }] },
  },
])('$name: $want', (row) => {
  expect(answersTo(check, row)).toEqual(row.want)
})

covers(check, [
  {
    name: 'a track of another type',
    records: [device(), attributes({ values: { 'node:tsReleaseTrack': 5 } })],
    hostile: true,
    want: ['no_data'],
  },
  {
    name: 'a track that only looks stable',
    records: [device(), attributes({ values: { 'node:tsReleaseTrack': 'st\u0430ble' } })],
    hostile: true,
    want: ['fail'],
  },
])
