import { expect, test } from 'vitest'
import { deviceOddities as check } from '../../checks/device-oddities.ts'
import { answersTo, device, findingsOf, type Row, snapshotOf } from '../helpers/build.ts'
import { covers } from './covers.ts'

test.each<Row>([
  { name: 'nothing odd', records: [device({ hostname: 'nb-1042' })], want: ['not_applicable'] },
  { name: 'a node key used twice', records: [device({ multipleConnections: true })], want: ['not_applicable'] },
  { name: 'shared in from another tailnet', records: [device({ isExternal: true })], want: ['not_applicable'] },
  { name: 'not said whose it is', records: [device({ isExternal: null })], want: ['no_data'] },
])('$name: $want', (row) => {
  expect(answersTo(check, row)).toEqual(row.want)
})

test('a name that tells of its owner and a cloned state are shown', () => {
  const [finding] = findingsOf(check, snapshotOf([device({ multipleConnections: true })]))
  expect(finding?.notice).toBe('Its node key is connected twice: its state was copied. Its name tells of alice.')
})

covers(check, [
  {
    name: 'an owner and a name of words of the language',
    records: [device({ user: '__proto__', hostname: 'constructor-proto' })],
    hostile: true,
    want: ['not_applicable'],
  },
])
