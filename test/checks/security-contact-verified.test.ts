import { expect, test } from 'vitest'
import { securityContactVerified as check } from '../../checks/security-contact-verified.ts'
import { answersTo, contact, type Row } from '../helpers/build.ts'
import { covers } from './covers.ts'

test.each<Row>([
  { name: 'verified', records: [contact()], want: ['pass'] },
  { name: 'never verified', records: [contact({ needsVerification: true })], want: ['fail'] },
  { name: 'not said whether verified', records: [contact({ needsVerification: null })], want: ['no_data'] },
  { name: 'no address said', records: [contact({ email: null })], want: ['no_data'] },
  { name: 'only another contact', records: [contact({ key: 'support' })], want: ['no_data'] },
  { name: 'none', records: [], want: ['no_data'] },
])('$name: $want', (row) => {
  expect(answersTo(check, row)).toEqual(row.want)
})

covers(check, [
  {
    name: 'an address that could not be read',
    records: [contact({ email: null, unread: ['email'] })],
    hostile: true,
    want: ['no_data'],
  },
])
