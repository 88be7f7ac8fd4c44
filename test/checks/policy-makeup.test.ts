import { expect, test } from 'vitest'
import { policyMakeup as check } from '../../checks/policy-makeup.ts'
import { answersTo, findingsOf, policy, type Row, snapshotOf } from '../helpers/build.ts'
import { covers } from './covers.ts'
import { oddPolicyRows } from './policy-rows.ts'

const file = (over: object) => policy(JSON.stringify(over))

test.each<Row>([
  { name: 'a row', records: [file({ acls: [], grants: [] })], want: ['not_applicable'] },
  { name: 'a file that cannot be read', records: [policy('{')], want: ['no_data'] },
  { name: 'no file', records: [], want: ['no_data'] },
])('$name: $want', (row) => {
  expect(answersTo(check, row)).toEqual(row.want)
})

test('names that stand twice are told with their lines', () => {
  const [finding] = findingsOf(
    check,
    snapshotOf([policy('{"acls": [],\n"ACLs": [],\n"groups": {"group:a": [],\n"group:a": []}}')]),
  )
  expect(finding?.facts['namesTwice']).toBe('group:a (lines 3 and 4), ACLs (lines 1 and 2)')
})

covers(check, oddPolicyRows())
