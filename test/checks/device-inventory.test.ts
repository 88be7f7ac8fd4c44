import { expect, test } from 'vitest'
import { deviceInventory as check } from '../../checks/device-inventory.ts'
import { answersTo, device, findingsOf, type Row, snapshotOf } from '../helpers/build.ts'
import { covers } from './covers.ts'

test.each<Row>([
  {
    name: 'every device is a row, whosever it is',
    records: [
      device(),
      device({ key: 'nD2', isExternal: true, os: null }),
      device({ key: 'nD3', tags: ['tag:ci'], user: null }),
    ],
    want: ['not_applicable', 'not_applicable', 'not_applicable'],
  },
  { name: 'none', records: [], want: [] },
])('$name: $want', (row) => {
  expect(answersTo(check, row)).toEqual(row.want)
})

test('a row says whose it is and what it runs', () => {
  const [finding] = findingsOf(check, snapshotOf([device()]))
  expect(finding?.facts).toMatchObject({
    owner: 'alice@example.com',
    os: 'macOS',
    clientVersion: '1.86.2',
    external: false,
  })
  expect(check.informational).toBe(true)
})

covers(check, [
  {
    name: 'a name that reads backwards',
    records: [device({ name: 'a\u202egnp.exe', user: '__proto__', os: null })],
    hostile: true,
    want: ['not_applicable'],
  },
])
