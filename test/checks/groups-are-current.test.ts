import { expect, test } from 'vitest'
import { groupsAreCurrent as check } from '../../checks/groups-are-current.ts'
import { account, answersTo, findingsOf, person, policy, type Row, snapshotOf } from '../helpers/build.ts'
import { covers } from './covers.ts'
import { oddPolicyRows } from './policy-rows.ts'

const file = (over: object) => policy(JSON.stringify(over))
const group = (members: readonly string[]) => file({ groups: { 'group:a': members } })
const bob = person({ email: 'bob@example.com', key: 'bob@example.com', endDate: '2026-11-01', status: 'left' })

test.each<Row>([
  { name: 'employed', records: [group(['alice@example.com']), person()], want: ['pass'] },
  { name: 'left', records: [group(['alice@example.com', 'bob@example.com']), person(), bob], want: ['fail'] },
  {
    name: 'left, named with ports in a rule',
    records: [file({ acls: [{ src: ['*'], dst: ['bob@example.com:22'] }] }), bob],
    want: ['fail'],
  },
  {
    name: 'left, under an alias',
    records: [group(['bob@github']), person({ ...bob, aliases: ['bob@github'] })],
    want: ['fail'],
  },
  { name: 'nobody in the roster', records: [group(['carol@example.com']), person()], want: ['unmatched'] },
  {
    name: 'left decides before unmatched',
    records: [group(['carol@example.com', 'bob@example.com']), bob],
    want: ['fail'],
  },
  {
    name: 'nobody is named',
    records: [file({ acls: [{ src: ['autogroup:member'] }] }), person()],
    want: ['not_applicable'],
  },
  { name: 'a whole domain names nobody', records: [group(['user:*@example.com']), person()], want: ['not_applicable'] },
  { name: 'a file that cannot be read', records: [policy('{')], want: ['no_data'] },
  { name: 'no file', records: [], want: ['no_data'] },
])('$name: $want', (row) => {
  expect(answersTo(check, row)).toEqual(row.want)
})

test('the first line that names somebody who left is quoted', () => {
  const text = '{"groups": {\n  "group:a": ["alice@example.com"],\n  "group:b": ["Bob@Example.com"]}}'
  const [finding] = findingsOf(check, snapshotOf([policy(text), person(), bob]))
  expect(finding?.facts).toMatchObject({ departed: 'bob@example.com', line: 3, column: 15 })
})

covers(check, oddPolicyRows([person(), account()]))
