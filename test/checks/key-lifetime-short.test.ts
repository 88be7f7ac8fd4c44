import { expect, test } from 'vitest'
import { keyLifetimeShort as check } from '../../checks/key-lifetime-short.ts'
import { answersTo, type Row, setting } from '../helpers/build.ts'
import { covers } from './covers.ts'
import { settingRows } from './setting-rows.ts'

test.each<Row>([
  { name: 'ninety days', records: [setting('devicesKeyDurationDays', 90)], want: ['pass'] },
  { name: 'ninety-one days', records: [setting('devicesKeyDurationDays', 91)], want: ['fail'] },
  { name: 'thirty are allowed', records: [setting('devicesKeyDurationDays', 90)], want: ['fail'], params: { max: 30 } },
  { name: 'null', records: [setting('devicesKeyDurationDays', null)], want: ['not_visible'] },
  { name: 'not sent', records: [], want: ['not_visible'] },
  {
    name: 'sent as a text',
    records: [setting('devicesKeyDurationDays', null, { unread: ['value'] })],
    want: ['no_data'],
  },
])('$name: $want', (row) => {
  expect(answersTo(check, row)).toEqual(row.want)
})

covers(check, settingRows('devicesKeyDurationDays', 90))
