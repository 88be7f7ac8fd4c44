import { expect, test } from 'vitest'
import { kandjiDeviceCompliant as check } from '../../checks/kandji-device-compliant.ts'
import { agent, answersTo, device, type Row } from '../helpers/build.ts'
import { covers } from './covers.ts'
import { hostRows } from './host-rows.ts'

const mac = (values: object) =>
  agent({
    vendor: 'kandji',
    platform: 'Mac',
    values: { blueprint_name: 'Standard Macs', os_version: '26.1', ...values },
  })

test.each<Row>([
  { name: 'a blueprint, no floor declared', records: [device(), mac({})], want: ['pass'] },
  { name: 'below the floor', records: [device(), mac({})], want: ['fail'], params: { macosFloor: '27.0' } },
  { name: 'at the floor', records: [device(), mac({})], want: ['pass'], params: { macosFloor: '26.1' } },
  { name: 'no blueprint, or not said', records: [device(), mac({ blueprint_name: null })], want: ['no_data'] },
  {
    name: 'version not said',
    records: [device(), mac({ os_version: null })],
    want: ['no_data'],
    params: { macosFloor: '26.1' },
  },
  {
    name: 'a version that is none',
    records: [device(), mac({ os_version: 'Tahoe' })],
    want: ['no_data'],
    params: { macosFloor: '26.1' },
  },
  { name: 'no record', records: [device()], want: ['unmatched'] },
  { name: 'Linux is not managed', records: [device({ os: 'linux' })], want: ['not_applicable'] },
  { name: 'shared in from another tailnet', records: [device({ isExternal: true })], want: ['not_applicable'] },
])('$name: $want', (row) => {
  expect(answersTo(check, row)).toEqual(row.want)
})

covers(check, hostRows('kandji'))
