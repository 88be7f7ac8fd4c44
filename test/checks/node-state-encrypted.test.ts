import { expect, test } from 'vitest'
import { nodeStateEncrypted as check } from '../../checks/node-state-encrypted.ts'
import { DAY } from '../../src/domain/time.ts'
import { ago, answersTo, attributes, device, type Row } from '../helpers/build.ts'
import { covers } from './covers.ts'

const says = (value: string | boolean) => attributes({ values: { 'node:tsStateEncrypted': value } })

test.each<Row>([
  { name: 'as wanted', records: [device(), says(true)], want: ['pass'] },
  { name: 'otherwise', records: [device(), says(false)], want: ['fail'] },
  { name: 'absent', records: [device(), attributes()], want: ['no_data'] },
  { name: 'no reading', records: [device()], want: ['no_data'] },
  { name: 'a reading of yesterday', records: [device(), { ...says(true), readAt: ago(DAY) }], want: ['stale'] },
  {
    name: 'the vendor has none of the device',
    records: [device(), attributes({ found: false, values: {} })],
    want: ['no_data'],
  },
  { name: 'out of scope', records: [device({ tags: ['tag:ci'] })], want: ['not_applicable'] },
  { name: 'shared in from another tailnet', records: [device({ isExternal: true })], want: ['not_applicable'] },
  { name: 'a text is no truth value', records: [device(), says('true')], want: ['no_data'] },
])('$name: $want', (row) => {
  expect(answersTo(check, row)).toEqual(row.want)
})

covers(check, [
  {
    name: 'a text instead of a truth value',
    records: [device(), attributes({ values: { 'node:tsStateEncrypted': 'true' } })],
    hostile: true,
    want: ['no_data'],
  },
])
