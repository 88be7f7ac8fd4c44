import { expect, test } from 'vitest'
import { integrationsMatchHosts as check } from '../../checks/integrations-match-hosts.ts'
import { answersTo, integration, type Row } from '../helpers/build.ts'
import { covers } from './covers.ts'

test.each<Row>([
  {
    name: 'nine of ten',
    records: [integration({ matchedCount: 9, possibleMatchedCount: 10, providerHostCount: 12 })],
    want: ['pass'],
  },
  {
    name: 'eight of ten',
    records: [integration({ matchedCount: 8, possibleMatchedCount: 10, providerHostCount: 12 })],
    want: ['fail'],
  },
  {
    name: 'half is enough',
    records: [integration({ matchedCount: 5, possibleMatchedCount: 10, providerHostCount: 12 })],
    want: ['pass'],
    params: { minRatio: 0.5 },
  },
  {
    name: 'nothing could match',
    records: [integration({ matchedCount: 0, possibleMatchedCount: 0 })],
    want: ['not_applicable'],
  },
  { name: 'never synced', records: [integration({ hasStatus: false })], want: ['no_data'] },
  { name: 'no count', records: [integration({ matchedCount: null })], want: ['no_data'] },
  { name: 'no possible count', records: [integration({ possibleMatchedCount: null })], want: ['no_data'] },
  {
    name: 'a vendor of half the fleet, whose hosts all match',
    records: [integration({ matchedCount: 5, possibleMatchedCount: 10, providerHostCount: 5 })],
    want: ['pass'],
  },
  {
    name: 'the provider has no hosts',
    records: [integration({ matchedCount: 0, possibleMatchedCount: 10, providerHostCount: 0 })],
    want: ['not_applicable'],
  },
  {
    name: 'how many hosts the provider has was not said',
    records: [integration({ matchedCount: 5, possibleMatchedCount: 10, providerHostCount: null })],
    want: ['fail'],
  },
  { name: 'none', records: [], want: [] },
])('$name: $want', (row) => {
  expect(answersTo(check, row)).toEqual(row.want)
})

covers(check, [
  {
    name: 'fewer than no devices matched',
    records: [integration({ matchedCount: -1, possibleMatchedCount: 10, providerHostCount: 10 })],
    hostile: true,
    want: ['fail'],
  },
])
