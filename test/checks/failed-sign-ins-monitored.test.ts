import { expect, test } from 'vitest'
import { failedSignInsMonitored as check } from '../../checks/failed-sign-ins-monitored.ts'
import { answersTo, type Row } from '../helpers/build.ts'
import { attested, TO_COME } from './attested.ts'
import { covers } from './covers.ts'

const attested = (answer: 'pass' | 'fail', over = {}) => ({
  settings: {
    attestations: [
      {
        id: 'A-1',
        check: 'failed-sign-ins-monitored',
        system: 'tailnet',
        answer,
        by: 'eve@example.com',
        on: '2026-11-01',
        until: '2027-01-31',
        note: null,
        ...over,
      },
    ],
  },
})

test.each<Row>([
  { name: 'nobody attested it', records: [], want: ['not_configured'] },
  { name: 'attested', records: [], want: ['pass'], options: attested('LOG-06', 'pass') },
  { name: 'attested as not so', records: [], want: ['fail'], options: attested('LOG-06', 'fail') },
  {
    name: 'ran out yesterday',
    records: [],
    want: ['not_configured'],
    options: attested('pass', { until: '2026-11-19' }),
  },
  { name: 'not yet valid', records: [], want: ['not_configured'], options: attested('pass', { on: '2026-11-21' }) },
  {
    name: 'for another tailnet',
    records: [],
    want: ['not_configured'],
    options: attested('pass', { system: 'other' }),
  },
])('$name: $want', (row) => {
  expect(answersTo(check, row)).toEqual(row.want)
})

covers(check, [
  {
    name: 'an attestation of a day to come',
    records: [],
    options: attested('LOG-06', 'pass', TO_COME),
    hostile: true,
    want: ['not_configured'],
  },
])
