import { expect, test } from 'vitest'
import { memberRulesReviewed as check } from '../../checks/member-rules-reviewed.ts'
import { answersTo, policy, type Row } from '../helpers/build.ts'
import { covers } from './covers.ts'
import { oddPolicyRows } from './policy-rows.ts'

const file = (over: object) => policy(JSON.stringify(over))

test.each<Row>([
  { name: 'a group', records: [file({ acls: [{ src: ['group:a'], dst: ['tag:a:22'] }] })], want: ['not_applicable'] },
  {
    name: 'every member',
    records: [file({ acls: [{ src: ['autogroup:member'], dst: ['tag:a:22'] }] })],
    want: ['fail'],
  },
  {
    name: 'every member, approved by place',
    records: [file({ acls: [{ src: ['autogroup:member'], dst: ['tag:a:22'] }] })],
    want: ['pass'],
    params: { approved: [{ subject: 'acls[0]', because: 'printers' }] },
  },
  {
    name: 'everything is every member too',
    records: [file({ grants: [{ src: ['*'], dst: ['tag:a'], ip: ['*'] }] })],
    want: ['fail'],
  },
  {
    name: 'their own devices',
    records: [file({ acls: [{ src: ['autogroup:member'], dst: ['autogroup:self:*'] }] })],
    want: ['not_applicable'],
  },
  { name: 'none', records: [file({ acls: [] })], want: [] },
  { name: 'a file that cannot be read', records: [policy('{')], want: ['no_data'] },
  { name: 'no file', records: [], want: ['no_data'] },
])('$name: $want', (row) => {
  expect(answersTo(check, row)).toEqual(row.want)
})

covers(check, oddPolicyRows())
