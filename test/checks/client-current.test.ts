import { expect, test } from 'vitest'
import { clientCurrent as check } from '../../checks/client-current.ts'
import { DAY } from '../../src/domain/time.ts'
import { ago, answersTo, carried, device, NOW, type Row, snapshotOf } from '../helpers/build.ts'
import { covers } from './covers.ts'

const outdated = device({ updateAvailable: true })
const since = (days: number, version: string) => carried('client-current', 'nD1', { since: ago(days * DAY), version })

test.each<Row>([
  { name: 'no update offered', records: [device()], want: ['pass'] },
  { name: 'offered, first seen now', records: [outdated], want: ['pass'] },
  { name: 'offered for 13 days at this version', records: [since(13, '1.86.2'), outdated], want: ['pass'] },
  { name: 'offered for 15 days at this version', records: [since(15, '1.86.2'), outdated], want: ['fail'] },
  { name: 'updated meanwhile, and again behind', records: [since(15, '1.84.0'), outdated], want: ['pass'] },
  {
    name: 'a hostile memory',
    records: [carried('client-current', 'nD1', { since: 7, version: '1.86.2' }), outdated],
    want: ['pass'],
  },
  { name: 'not said', records: [device({ updateAvailable: null })], want: ['no_data'] },
  { name: 'shared in from another tailnet', records: [device({ isExternal: true })], want: ['not_applicable'] },
])('$name: $want', (row) => {
  expect(answersTo(check, row)).toEqual(row.want)
})

test('the clock of a version runs on from run to run, and stops when nothing is offered', () => {
  const body = (records: Parameters<typeof snapshotOf>[0]) => check.carry!(snapshotOf(records)).map((one) => one.body)
  expect(body([outdated])).toEqual([{ version: '1.86.2', since: NOW }])
  expect(body([since(3, '1.86.2'), outdated])).toEqual([{ version: '1.86.2', since: ago(3 * DAY) }])
  expect(body([since(3, '1.84.0'), outdated])).toEqual([{ version: '1.86.2', since: NOW }])
  expect(body([since(3, '1.86.2'), device({ updateAvailable: null })])).toEqual([
    { version: '1.86.2', since: ago(3 * DAY) },
  ])
  expect(body([since(3, '1.86.2'), device()])).toEqual([])
})

covers(check, [
  {
    name: 'a memory of the wrong type starts the clock anew',
    records: [
      device({ updateAvailable: true, clientVersion: '__proto__' }),
      carried('client-current', 'nD1', { version: '__proto__', since: 5 }),
    ],
    hostile: true,
    want: ['pass'],
  },
])
