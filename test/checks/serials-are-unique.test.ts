import { expect, test } from 'vitest'
import { serialsAreUnique as check } from '../../checks/serials-are-unique.ts'
import { DAY } from '../../src/domain/time.ts'
import { agent, ago, answersTo, device, findingsOf, type Row, snapshotOf } from '../helpers/build.ts'
import { covers } from './covers.ts'

test.each<Row>([
  { name: 'one of its own', records: [device()], want: ['pass'] },
  { name: 'none', records: [device({ serials: [] })], want: ['not_applicable'] },
  {
    name: 'shared with another device, case and spaces ignored',
    records: [device(), device({ key: 'nD2', name: 'two', serials: [' c02xk1abcd01 '] })],
    want: ['fail', 'fail'],
  },
  {
    name: 'shared with a device of another tailnet',
    records: [device(), device({ key: 'nD2', isExternal: true })],
    want: ['pass', 'not_applicable'],
  },
  { name: 'a firmware filler', records: [device({ serials: ['0'] })], want: ['fail'] },
  { name: 'a filler beside a good one', records: [device({ serials: ['C02XK1ABCD01', 'None'] })], want: ['fail'] },
  { name: 'not said whose it is', records: [device({ isExternal: null })], want: ['no_data'] },
])('$name: $want', (row) => {
  expect(answersTo(check, row)).toEqual(row.want)
})

test('several records at one vendor are a notice, and the one that counts is named', () => {
  const [finding] = findingsOf(check, snapshotOf([device(), agent(), agent({ key: '1002', lastSeen: ago(DAY) })]))
  expect(finding).toMatchObject({ status: 'pass', notice: expect.stringContaining('(1002)') })
})

covers(check, [
  {
    name: 'two devices of one word of the language',
    records: [device({ serials: ['__proto__'] }), device({ key: 'nD2', serials: ['__proto__'] })],
    hostile: true,
    want: ['fail', 'fail'],
  },
])
