import { expect, test } from 'vitest'
import { routesApproved as check } from '../../checks/routes-approved.ts'
import { DAY } from '../../src/domain/time.ts'
import { ago, answersTo, carried, device, NOW, type Row, snapshotOf } from '../helpers/build.ts'
import { covers } from './covers.ts'

const router = (over: Parameters<typeof device>[0]) =>
  device({ enabledRoutes: ['10.20.0.0/16'], advertisedRoutes: ['10.20.0.0/16'], ...over })
const offered = device({ advertisedRoutes: ['10.9.0.0/16'] })
const since = (routes: string) => carried('routes-approved', 'nD1', { since: ago(8 * DAY), routes })

test.each<Row>([
  { name: 'no route', records: [device()], want: ['not_applicable'] },
  { name: 'a route on no list', records: [router({})], want: ['fail'] },
  {
    name: 'the route is approved',
    records: [router({})],
    want: ['pass'],
    params: { approved: [{ subject: '10.20.0.0/16', because: 'lab' }] },
  },
  {
    name: 'the device is approved',
    records: [router({})],
    want: ['pass'],
    params: { approved: [{ subject: 'nD1', because: 'lab' }] },
  },
  {
    name: 'an exit node',
    records: [device({ enabledRoutes: ['0.0.0.0/0', '::/0'], advertisedRoutes: ['0.0.0.0/0', '::/0'] })],
    want: ['fail'],
  },
  {
    name: 'an exit node that is approved',
    records: [device({ enabledRoutes: ['0.0.0.0/0', '::/0'] })],
    want: ['pass'],
    params: { approved: [{ subject: 'exit-node', because: 'travel' }] },
  },
  {
    name: 'one of two routes is approved',
    records: [router({ enabledRoutes: ['10.20.0.0/16', '10.0.0.0/8'] })],
    want: ['fail'],
    params: { approved: [{ subject: '10.20.0.0/16', because: 'lab' }] },
  },
  { name: 'offered, first seen now', records: [offered], want: ['pass'] },
  { name: 'offered for eight days', records: [since('10.9.0.0/16'), offered], want: ['fail'] },
  { name: 'something else was offered then', records: [since('10.8.0.0/16'), offered], want: ['pass'] },
  { name: 'routes that cannot be read', records: [device({ unread: ['enabledRoutes'] })], want: ['no_data'] },
  { name: 'shared in from another tailnet', records: [router({ isExternal: true })], want: ['not_applicable'] },
])('$name: $want', (row) => {
  expect(answersTo(check, row)).toEqual(row.want)
})

test('what waits is remembered until it is decided or something else is offered', () => {
  const body = (records: Parameters<typeof snapshotOf>[0]) => check.carry!(snapshotOf(records)).map((one) => one.body)
  expect(body([offered])).toEqual([{ routes: '10.9.0.0/16', since: NOW }])
  expect(body([since('10.9.0.0/16'), offered])).toEqual([{ routes: '10.9.0.0/16', since: ago(8 * DAY) }])
  expect(body([since('10.9.0.0/16'), router({})])).toEqual([])
})

covers(check, [
  {
    name: 'routes that could not be read',
    records: [device({ unread: ['enabledRoutes'] })],
    hostile: true,
    want: ['no_data'],
  },
  {
    name: 'a route that is no network',
    records: [device({ enabledRoutes: ['__proto__'] })],
    hostile: true,
    want: ['fail'],
  },
])
