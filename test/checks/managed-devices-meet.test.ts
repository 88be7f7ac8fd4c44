import { expect, test } from 'vitest'
import { managedDevicesMeet as check } from '../../checks/managed-devices-meet.ts'
import { account, agent, answersTo, device, person, type Row } from '../helpers/build.ts'
import { covers } from './covers.ts'

test.each<Row>([
  { name: 'a managed device', records: [person(), account(), device(), agent()], want: ['pass'] },
  { name: 'a device that nobody manages', records: [person(), account(), device()], want: ['fail'] },
  { name: 'an account and no device', records: [person(), account()], want: ['fail'] },
  {
    name: 'a device that does not say who it is',
    records: [person(), account(), device({ serials: [] })],
    want: ['no_serial'],
  },
  { name: 'suspended', records: [person(), account({ status: 'suspended' })], want: ['not_applicable'] },
  { name: 'no account', records: [person()], want: ['not_applicable'] },
  { name: 'left', records: [person({ status: 'left', endDate: '2026-11-01' }), account()], want: ['not_applicable'] },
  { name: 'a service account', records: [person({ type: 'service' }), account()], want: ['not_applicable'] },
  { name: 'status not said', records: [person(), account({ status: null }), device(), agent()], want: ['no_data'] },
  {
    name: 'a host that is not in the tailnet is a row',
    records: [person(), account(), device(), agent(), agent({ key: '9', serial: 'ELSEWHERE1' })],
    want: ['pass', 'not_applicable'],
  },
  {
    name: 'a removed host and one without a serial number are none',
    records: [
      agent({ removed: true, serial: 'X1' }),
      agent({ key: '2', serial: null }),
      agent({ key: '3', serial: '0' }),
    ],
    want: [],
  },
])('$name: $want', (row) => {
  expect(answersTo(check, row)).toEqual(row.want)
})

covers(check, [
  {
    name: 'a person of an odd name without an account',
    records: [person({ email: '__proto__' })],
    hostile: true,
    want: ['not_applicable'],
  },
])
