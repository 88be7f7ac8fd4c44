import { expect, test } from 'vitest'
import { breakGlassTested as check } from '../../checks/break-glass-tested.ts'
import { account, answersTo, type Row } from '../helpers/build.ts'
import { covers } from './covers.ts'

const attested = (answer: 'pass' | 'fail') => ({
  settings: {
    attestations: [
      {
        id: 'A-1',
        check: 'ID-22',
        system: null,
        answer,
        by: 'eve@example.com',
        on: '2026-11-01',
        until: '2027-01-31',
        note: null,
      },
    ],
  },
})

test.each<Row>([
  { name: 'nobody attested it', records: [account()], want: ['not_configured'] },
  { name: 'attested', records: [], want: ['pass'], options: attested('pass') },
  { name: 'attested as not so: shown, never failed', records: [], want: ['not_applicable'], options: attested('fail') },
  {
    name: 'an account over the billing limit',
    records: [account({ status: 'over-billing-limit' })],
    want: ['pass', 'not_applicable'],
    options: attested('pass'),
  },
])('$name: $want', (row) => {
  expect(answersTo(check, row)).toEqual(row.want)
})

covers(check, [
  {
    name: 'an attestation of a day to come',
    records: [],
    options: {
      settings: {
        attestations: [
          {
            id: 'A-1',
            check: 'ID-22',
            system: null,
            answer: 'pass',
            by: 'eve@example.com',
            on: '2031-01-01',
            until: '2031-02-01',
            note: null,
          },
        ],
      },
    },
    hostile: true,
    want: ['not_configured'],
  },
])
