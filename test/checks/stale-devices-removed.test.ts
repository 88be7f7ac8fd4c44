import { expect, test } from 'vitest'
import { staleDevicesRemoved as check } from '../../checks/stale-devices-removed.ts'
import { DAY } from '../../src/domain/time.ts'
import { ago, answersTo, device, type Row } from '../helpers/build.ts'
import { covers } from './covers.ts'

const gone = (over: Parameters<typeof device>[0]) => device({ connected: false, ...over })

test.each<Row>([
  { name: 'connected', records: [device()], want: ['pass'] },
  { name: 'last seen 59 days ago', records: [gone({ lastSeen: ago(59 * DAY) })], want: ['pass'] },
  { name: 'last seen 61 days ago', records: [gone({ lastSeen: ago(61 * DAY) })], want: ['fail'] },
  {
    name: 'thirty days are allowed',
    records: [gone({ lastSeen: ago(59 * DAY) })],
    want: ['fail'],
    params: { maxSilent: '30d' },
  },
  { name: 'never online, created long ago', records: [gone({ createdAt: ago(90 * DAY) })], want: ['fail'] },
  { name: 'never online, created yesterday', records: [gone({ createdAt: ago(DAY) })], want: ['pass'] },
  { name: 'never online, creation not said', records: [gone({ createdAt: null })], want: ['no_data'] },
  { name: 'last seen in the far future', records: [gone({ lastSeen: '2031-01-01T00:00:00.000Z' })], want: ['no_data'] },
  { name: 'last seen unreadable', records: [gone({ unread: ['lastSeen'] })], want: ['no_data'] },
  { name: 'whether it is connected was not said', records: [device({ connected: null })], want: ['no_data'] },
  { name: 'shared in from another tailnet', records: [device({ isExternal: true })], want: ['not_applicable'] },
  { name: 'not said whose it is', records: [device({ isExternal: null })], want: ['no_data'] },
])('$name: $want', (row) => {
  expect(answersTo(check, row)).toEqual(row.want)
})

covers(check, [
  {
    name: 'last seen on a day to come',
    records: [device({ connected: false, lastSeen: '2031-01-01T00:00:00.000Z' })],
    hostile: true,
    want: ['no_data'],
  },
])
