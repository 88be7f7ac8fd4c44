import { expect, test } from 'vitest'
import { autoUpdatesOn as check } from '../../checks/auto-updates-on.ts'
import { answersTo, attributes, device, findingsOf, type Row, setting, snapshotOf } from '../helpers/build.ts'
import { covers } from './covers.ts'
import { settingRows } from './setting-rows.ts'

test.each<Row>([
  { name: 'on', records: [setting('devicesAutoUpdatesOn', true)], want: ['pass'] },
  { name: 'off', records: [setting('devicesAutoUpdatesOn', false)], want: ['fail'] },
  { name: 'null is not off', records: [setting('devicesAutoUpdatesOn', null)], want: ['not_visible'] },
  { name: 'not sent', records: [], want: ['not_visible'] },
  {
    name: 'sent as a text',
    records: [setting('devicesAutoUpdatesOn', null, { unread: ['value'] })],
    want: ['no_data'],
  },
])('$name: $want', (row) => {
  expect(answersTo(check, row)).toEqual(row.want)
})

test('the devices that say it themselves are counted beside it', () => {
  const says = (key: string, on: boolean) => attributes({ key, values: { 'node:tsAutoUpdate': on } })
  const records = [device(), device({ key: 'nD2' }), device({ key: 'nD3' }), says('nD1', true), says('nD2', false)]
  const [finding] = findingsOf(check, snapshotOf([...records, setting('devicesAutoUpdatesOn', true)]))
  expect(finding?.facts).toEqual({ devicesAutoUpdatesOn: true, devicesOn: 1, devicesOff: 1 })
})

covers(check, settingRows('devicesAutoUpdatesOn', true))
