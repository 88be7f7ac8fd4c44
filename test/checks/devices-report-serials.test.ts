import { expect, test } from 'vitest'
import { devicesReportSerials as check } from '../../checks/devices-report-serials.ts'
import { answersTo, device, type Row } from '../helpers/build.ts'
import { covers } from './covers.ts'

const phones = {
  settings: { deviceTrust: { scope: { os: ['macos', 'ios', 'android'], tagged: false }, postures: {}, require: null } },
}

test.each<Row>([
  { name: 'reports', records: [device()], want: ['pass'] },
  { name: 'has not agreed', records: [device({ identity: 'disabled', serials: [] })], want: ['fail'] },
  { name: 'says nothing', records: [device({ identity: 'absent', serials: [] })], want: ['no_serial'] },
  { name: 'an empty list', records: [device({ serials: [] })], want: ['no_serial'] },
  { name: 'a firmware filler', records: [device({ serials: ['To be filled by O.E.M.'] })], want: ['no_serial'] },
  {
    name: 'a phone without MDM',
    records: [device({ os: 'iOS', identity: 'absent', serials: [] })],
    want: ['not_applicable'],
    options: phones,
  },
  { name: 'a phone that an MDM told', records: [device({ os: 'iOS' })], want: ['pass'], options: phones },
  {
    name: 'a phone that did not agree',
    records: [device({ os: 'android', identity: 'disabled', serials: [] })],
    want: ['not_applicable'],
    options: phones,
  },
  { name: 'tagged, out of scope', records: [device({ tags: ['tag:ci'], serials: [] })], want: ['not_applicable'] },
  { name: 'shared in from another tailnet', records: [device({ isExternal: true })], want: ['not_applicable'] },
])('$name: $want', (row) => {
  expect(answersTo(check, row)).toEqual(row.want)
})

covers(check, [
  {
    name: 'a serial number that thousands share',
    records: [device({ serials: ['System Serial Number'] })],
    hostile: true,
    want: ['no_serial'],
  },
])
