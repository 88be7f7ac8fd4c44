import { expect, test } from 'vitest'
import { breakGlassTested as check } from '../../checks/break-glass-tested.ts'
import { account, answersTo, type Row } from '../helpers/build.ts'
import { attested, TO_COME } from './attested.ts'
import { covers } from './covers.ts'

test.each<Row>([
  { name: 'nobody attested it', records: [account()], want: ['not_configured'] },
  { name: 'attested', records: [], want: ['pass'], options: attested('ID-22', 'pass') },
  {
    name: 'attested as not so: shown, never failed',
    records: [],
    want: ['not_applicable'],
    options: attested('ID-22', 'fail'),
  },
  {
    name: 'an account over the billing limit',
    records: [account({ status: 'over-billing-limit' })],
    want: ['pass', 'not_applicable'],
    options: attested('ID-22', 'pass'),
  },
])('$name: $want', (row) => {
  expect(answersTo(check, row)).toEqual(row.want)
})

covers(check, [
  {
    name: 'an attestation of a day to come',
    records: [],
    options: attested('ID-22', 'pass', TO_COME),
    hostile: true,
    want: ['not_configured'],
  },
])
