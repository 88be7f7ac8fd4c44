import { expect, test } from 'vitest'
import { deviceKeysRenewed as check } from '../../checks/device-keys-renewed.ts'
import { DAY } from '../../src/domain/time.ts'
import { ago, answersTo, device, findingsOf, type Row, snapshotOf } from '../helpers/build.ts'
import { covers } from './covers.ts'

test.each<Row>([
  { name: 'ends in four months', records: [device()], want: ['pass'] },
  { name: 'ended', records: [device({ expiresAt: ago(DAY) })], want: ['pass'] },
  { name: 'ends beyond the cap', records: [device({ expiresAt: ago(-200 * DAY) })], want: ['fail'] },
  { name: 'ends beyond a shorter cap', records: [device()], want: ['fail'], params: { cap: '90d' } },
  {
    name: 'no expiry, with a date left over',
    records: [device({ keyExpiryDisabled: true, expiresAt: ago(-900 * DAY) })],
    want: ['not_applicable'],
  },
  { name: 'no date', records: [device({ expiresAt: null })], want: ['no_data'] },
  { name: 'not said', records: [device({ keyExpiryDisabled: null })], want: ['no_data'] },
  { name: 'shared in from another tailnet', records: [device({ isExternal: true })], want: ['not_applicable'] },
])('$name: $want', (row) => {
  expect(answersTo(check, row)).toEqual(row.want)
})

test('a key that ends within days passes with a notice', () => {
  const [soon] = findingsOf(check, snapshotOf([device({ expiresAt: ago(-3 * DAY) })]))
  expect(soon).toMatchObject({ status: 'pass', notice: `Ends at ${ago(-3 * DAY)}.` })
})

covers(check, [
  {
    name: 'a key until the end of time',
    records: [device({ expiresAt: '9999-12-31T23:59:59.000Z' })],
    hostile: true,
    want: ['fail'],
  },
])
