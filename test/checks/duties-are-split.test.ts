import { expect, test } from 'vitest'
import { dutiesAreSplit as check } from '../../checks/duties-are-split.ts'
import { account, answersTo, type Row } from '../helpers/build.ts'
import { covers } from './covers.ts'

const four = ['a', 'b', 'c', 'd'].map((name) => account({ key: `u${name}`, login: `${name}@x.io`, role: 'admin' }))

test.each<Row>([
  { name: 'all are admins', records: four, want: ['fail'] },
  {
    name: 'one is a network admin',
    records: [four[0]!, four[1]!, four[2]!, account({ key: 'u9', login: 'd@x.io', role: 'network-admin' })],
    want: ['pass'],
  },
  { name: 'few administer it', records: [four[0]!, four[1]!], want: ['not_applicable'] },
  {
    name: 'a fourth whose role was not said',
    records: [four[0]!, four[1]!, four[2]!, account({ key: 'u9', role: null })],
    want: ['no_data'],
  },
  {
    name: 'suspended ones do not count',
    records: [four[0]!, four[1]!, four[2]!, account({ key: 'u9', role: 'admin', status: 'suspended' })],
    want: ['not_applicable'],
  },
  { name: 'nobody', records: [], want: [] },
])('$name: $want', (row) => {
  expect(answersTo(check, row)).toEqual(row.want)
})

covers(check, [
  {
    name: 'roles that are words of the language',
    records: [...[1, 2, 3, 4].map((n) => account({ key: `u${n}`, login: `${n}@example.com`, role: 'constructor' }))],
    hostile: true,
    want: ['no_data'],
  },
])
