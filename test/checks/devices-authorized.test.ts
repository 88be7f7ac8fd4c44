import { expect, test } from 'vitest'
import { devicesAuthorized as check } from '../../checks/devices-authorized.ts'
import { DAY, HOUR } from '../../src/domain/time.ts'
import { ago, answersTo, carried, device, NOW, type Row, snapshotOf } from '../helpers/build.ts'
import { covers } from './covers.ts'

const look = carried('devices-authorized', 'last-look', { lookedAt: ago(6 * HOUR) })
const lost = carried('devices-authorized', 'nD1', { since: ago(2 * DAY) })

test.each<Row>([
  { name: 'authorized', records: [device()], want: ['pass'] },
  {
    name: 'waiting since two hours',
    records: [device({ authorized: false, createdAt: ago(2 * HOUR) })],
    want: ['not_applicable'],
  },
  { name: 'waiting since two days', records: [device({ authorized: false, createdAt: ago(2 * DAY) })], want: ['fail'] },
  {
    name: 'two days are allowed',
    records: [device({ authorized: false, createdAt: ago(2 * DAY) })],
    want: ['not_applicable'],
    params: { maxWait: '3d' },
  },
  {
    name: 'lost its authorization since the last look',
    records: [look, device({ authorized: false, createdAt: ago(300 * DAY) })],
    want: ['not_applicable'],
  },
  {
    name: 'lost it two days ago, as is remembered',
    records: [look, lost, device({ authorized: false, createdAt: ago(300 * DAY) })],
    want: ['fail'],
  },
  {
    name: 'created after the last look',
    records: [look, device({ authorized: false, createdAt: ago(2 * HOUR) })],
    want: ['not_applicable'],
  },
  { name: 'not said', records: [device({ authorized: null })], want: ['no_data'] },
  {
    name: 'waiting, and created in the far future',
    records: [device({ authorized: false, createdAt: '2031-01-01T00:00:00.000Z' })],
    want: ['no_data'],
  },
  { name: 'shared in from another tailnet', records: [device({ isExternal: true })], want: ['not_applicable'] },
  { name: 'not said whose it is', records: [device({ isExternal: null })], want: ['no_data'] },
])('$name: $want', (row) => {
  expect(answersTo(check, row)).toEqual(row.want)
})

test('what waits is remembered, and the look itself only twice a day', () => {
  const waiting = device({ authorized: false, createdAt: ago(2 * HOUR) })
  const first = check.carry!(snapshotOf([waiting, device({ key: 'nD2' })]))
  expect(first.map(({ key, body }) => [key, body])).toEqual([
    ['devices-authorized/last-look', { lookedAt: NOW }],
    ['devices-authorized/nD1', { since: ago(2 * HOUR) }],
  ])
  expect(check.carry!(snapshotOf([look, device()]))).toEqual([look])
})

covers(check, [
  {
    name: 'waiting since a day to come',
    records: [device({ authorized: false, createdAt: '2031-01-01T00:00:00.000Z' })],
    hostile: true,
    want: ['no_data'],
  },
])
