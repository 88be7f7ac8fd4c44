import { expect, test } from 'vitest'
import { devicesPerPerson as check } from '../../checks/devices-per-person.ts'
import { account, answersTo, device, findingsOf, type Row, snapshotOf } from '../helpers/build.ts'
import { covers } from './covers.ts'

test.each<Row>([
  { name: 'one device', records: [account(), device()], want: ['not_applicable'] },
  { name: 'none', records: [account()], want: ['not_applicable'] },
  { name: 'nobody', records: [], want: [] },
])('$name: $want', (row) => {
  expect(answersTo(check, row)).toEqual(row.want)
})

test('more than the usual is noticed; tagged and shared-in devices are nobody’s', () => {
  const many = Array.from({ length: 12 }, (_, n) => device({ key: `n${n}`, user: 'ALICE@example.com' }))
  const others = [device({ key: 't', tags: ['tag:ci'] }), device({ key: 'x', isExternal: true })]
  const [finding] = findingsOf(check, snapshotOf([account(), ...many, ...others]))
  expect(finding).toMatchObject({
    status: 'not_applicable',
    facts: { devices: 12 },
    notice: 'It owns 12 devices, more than 10.',
  })
})

covers(check, [
  {
    name: 'owners that are words of the language count for nobody',
    records: [account(), device({ user: '__proto__' }), device({ key: 'nD2', user: 'constructor' })],
    hostile: true,
    want: ['not_applicable'],
  },
])
