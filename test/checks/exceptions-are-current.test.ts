import { expect, test } from 'vitest'
import { exceptionsAreCurrent as check } from '../../checks/exceptions-are-current.ts'
import { answersTo, type Row } from '../helpers/build.ts'
import { covers } from './covers.ts'

const waiver = {
  id: 'W-1',
  check: 'client-current',
  subject: 'nD1',
  owner: 'bob@example.com',
  approver: 'eve@example.com',
  reason: 'vendor image',
  created: '2026-10-01',
  expires: '2027-01-31',
}
const attestation = {
  id: 'A-1',
  check: 'tailnet-lock-on',
  system: null,
  answer: 'pass',
  by: 'eve@example.com',
  on: '2026-10-01',
  until: '2027-01-31',
  note: null,
} as const

test.each<Row>([
  { name: 'none', records: [], want: [] },
  { name: 'a waiver that holds', records: [], want: ['pass'], options: { settings: { waivers: [waiver] } } },
  {
    name: 'one that ran out',
    records: [],
    want: ['fail'],
    options: { settings: { waivers: [{ ...waiver, expires: '2026-11-19' }] } },
  },
  {
    name: 'one on its last day',
    records: [],
    want: ['pass'],
    options: { settings: { waivers: [{ ...waiver, expires: '2026-11-20' }] } },
  },
  {
    name: 'an attestation that ran out',
    records: [],
    want: ['fail'],
    options: { settings: { attestations: [{ ...attestation, until: '2026-11-19' }] } },
  },
  {
    name: 'one that ran out and was given again',
    records: [],
    want: ['not_applicable', 'pass'],
    options: {
      settings: {
        attestations: [
          { ...attestation, until: '2026-11-19' },
          { ...attestation, id: 'A-2' },
        ],
      },
    },
  },
  {
    name: 'given again for another check',
    records: [],
    want: ['fail', 'pass'],
    options: {
      settings: {
        attestations: [
          { ...attestation, until: '2026-11-19' },
          { ...attestation, id: 'A-2', check: 'LOG-06' },
        ],
      },
    },
  },
])('$name: $want', (row) => {
  expect(answersTo(check, row)).toEqual(row.want)
})

covers(check, [
  {
    name: 'one that ends on a day of no calendar',
    records: [],
    options: { settings: { waivers: [{ ...waiver, id: '__proto__', expires: '0000-00-00' }] } },
    hostile: true,
    want: ['fail'],
  },
])
