import { expect, test } from 'vitest'
import { newDevicesNeedApproval as check } from '../../checks/new-devices-need-approval.ts'
import { answersTo, type Row, setting } from '../helpers/build.ts'
import { covers } from './covers.ts'
import { settingRows } from './setting-rows.ts'

test.each<Row>([
  { name: 'on', records: [setting('devicesApprovalOn', true)], want: ['pass'] },
  { name: 'off', records: [setting('devicesApprovalOn', false)], want: ['fail'] },
  { name: 'null is not off', records: [setting('devicesApprovalOn', null)], want: ['not_visible'] },
  { name: 'not sent', records: [], want: ['not_visible'] },
  { name: 'sent as a text', records: [setting('devicesApprovalOn', null, { unread: ['value'] })], want: ['no_data'] },
])('$name: $want', (row) => {
  expect(answersTo(check, row)).toEqual(row.want)
})

covers(check, settingRows('devicesApprovalOn', true))
