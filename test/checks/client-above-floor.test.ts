import { expect, test } from 'vitest'
import { clientAboveFloor as check } from '../../checks/client-above-floor.ts'
import { answersTo, device, type Row } from '../helpers/build.ts'
import { covers } from './covers.ts'

test.each<Row>([
  { name: 'above', records: [device()], want: ['pass'] },
  { name: 'at the floor', records: [device({ clientVersion: '1.80.0-tabc123' })], want: ['pass'] },
  { name: 'below', records: [device({ clientVersion: 'v1.36.0' })], want: ['fail'] },
  { name: '1.9 is below 1.80', records: [device({ clientVersion: '1.9.0' })], want: ['fail'] },
  { name: 'long form', records: [device({ clientVersion: '1.22.2-t60b671955-gecc5d9846' })], want: ['fail'] },
  { name: 'a floor of three parts', records: [device()], want: ['fail'], params: { floor: '1.86.3' } },
  { name: 'not said', records: [device({ clientVersion: null })], want: ['no_data'] },
  { name: 'no version at all', records: [device({ clientVersion: 'unstable; rm -rf /' })], want: ['no_data'] },
  { name: 'the floor is no version', records: [device()], want: ['not_configured'], params: { floor: 'newest' } },
  { name: 'shared in from another tailnet', records: [device({ isExternal: true })], want: ['not_applicable'] },
])('$name: $want', (row) => {
  expect(answersTo(check, row)).toEqual(row.want)
})

covers(check, [
  {
    name: 'a version with something unseen in it',
    records: [device({ clientVersion: '1.86\u200b.2' })],
    hostile: true,
    want: ['no_data'],
  },
])
