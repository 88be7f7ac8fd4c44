import { expect, test } from 'vitest'
import { failedSignInsMonitored as check } from '../../checks/failed-sign-ins-monitored.ts'
import { answersTo, type Row } from '../helpers/build.ts'
import { attested, TO_COME } from './attested.ts'
import { covers } from './covers.ts'

test.each<Row>([
  { name: 'nobody attested it', records: [], want: ['not_configured'] },
  {
    name: 'attested',
    records: [],
    want: ['pass'],
    options: attested('failed-sign-ins-monitored', 'pass', { system: 'tailnet' }),
  },
  {
    name: 'attested as not so',
    records: [],
    want: ['fail'],
    options: attested('failed-sign-ins-monitored', 'fail', { system: 'tailnet' }),
  },
  {
    name: 'ran out yesterday',
    records: [],
    want: ['not_configured'],
    options: attested('failed-sign-ins-monitored', 'pass', { system: 'tailnet', until: '2026-11-19' }),
  },
  {
    name: 'not yet valid',
    records: [],
    want: ['not_configured'],
    options: attested('failed-sign-ins-monitored', 'pass', { system: 'tailnet', on: '2026-11-21' }),
  },
  {
    name: 'for another tailnet',
    records: [],
    want: ['not_configured'],
    options: attested('failed-sign-ins-monitored', 'pass', { system: 'other' }),
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
