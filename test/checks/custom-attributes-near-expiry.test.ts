import { expect, test } from 'vitest'
import { customAttributesNearExpiry as check } from '../../checks/custom-attributes-near-expiry.ts'
import { DAY } from '../../src/domain/time.ts'
import { ago, answersTo, attributes, device, findingsOf, type Row, snapshotOf } from '../helpers/build.ts'
import { covers } from './covers.ts'

const ends = (at: string) => attributes({ expiries: { 'custom:myScore': at } })

test.each<Row>([
  { name: 'nothing ends', records: [device(), attributes()], want: ['not_applicable'] },
  { name: 'ends in a week: shown', records: [device(), ends('2026-11-27T09:00:00.000Z')], want: ['not_applicable'] },
  { name: 'no reading', records: [device()], want: ['no_data'] },
  { name: 'an old reading', records: [device(), attributes({ readAt: ago(DAY) })], want: ['stale'] },
  { name: 'shared in from another tailnet', records: [device({ isExternal: true })], want: ['not_applicable'] },
])('$name: $want', (row) => {
  expect(answersTo(check, row)).toEqual(row.want)
})

test('what ends soon is named; what has ended or ends later is not', () => {
  const notice = (at: string) => findingsOf(check, snapshotOf([device(), ends(at)]))[0]?.notice ?? ''
  expect(notice('2026-11-27T09:00:00.000Z')).toBe('Ending soon: custom:myScore at 2026-11-27T09:00:00.000Z.')
  expect(notice('2026-12-27T09:00:00.000Z')).toBe('')
  expect(notice('2026-11-19T09:00:00.000Z')).toBe('')
})

test('stand by name, in whatever order the vendor sends them', () => {
  const [first, second] = ['2026-11-26T09:00:00.000Z', '2026-11-27T09:00:00.000Z']
  const facts = (expiries: Record<string, string>) =>
    findingsOf(check, snapshotOf([device(), attributes({ expiries })]))[0]?.facts
  expect(facts({ 'custom:b': first, 'custom:a': second })).toEqual(facts({ 'custom:a': second, 'custom:b': first }))
  expect(facts({ 'custom:b': first, 'custom:a': second })).toMatchObject({
    ending: `custom:a at ${second}, custom:b at ${first}`,
  })
})

covers(check, [
  {
    name: 'an attribute that ended long ago',
    records: [
      device(),
      attributes({ values: { 'custom:x': true }, expiries: { 'custom:x': '0001-01-01T00:00:00.000Z' } }),
    ],
    hostile: true,
    want: ['not_applicable'],
  },
])
