import { expect, test } from 'vitest'
import { dangerAllUnused as check } from '../../checks/danger-all-unused.ts'
import { answersTo, findingsOf, policy, type Row, snapshotOf } from '../helpers/build.ts'
import { covers } from './covers.ts'
import { oddPolicyRows } from './policy-rows.ts'

const file = (over: object) => policy(JSON.stringify(over))

test.each<Row>([
  { name: 'unused', records: [file({ acls: [] })], want: ['pass'] },
  { name: 'as a source', records: [file({ acls: [{ src: ['autogroup:danger-all'] }] })], want: ['fail'] },
  {
    name: 'as a destination with ports',
    records: [file({ acls: [{ dst: ['autogroup:danger-all:443'] }] })],
    want: ['fail'],
  },
  {
    name: 'in a place that we do not read',
    records: [file({ nodeAttrs: [{ target: ['autogroup:danger-all'] }] })],
    want: ['fail'],
  },
  { name: 'a group that is only called so', records: [file({ groups: { 'group:danger-all': [] } })], want: ['pass'] },
  { name: 'in a comment', records: [policy('// autogroup:danger-all\n{}')], want: ['pass'] },
  { name: 'a file that cannot be read', records: [policy('{')], want: ['no_data'] },
  { name: 'no file', records: [], want: ['no_data'] },
])('$name: $want', (row) => {
  expect(answersTo(check, row)).toEqual(row.want)
})

test('every line that uses it is named, and the first is quoted', () => {
  const text = '{\n"acls": [\n  {"src": ["autogroup:danger-all"]},\n  {"src": ["autogroup:danger-all"]}]}'
  const [finding] = findingsOf(check, snapshotOf([policy(text)]))
  expect(finding?.facts).toEqual({ lines: '3, 4', line: 3, column: 12, text: '{"src": ["autogroup:danger-all"]},' })
})

covers(check, oddPolicyRows())
