import { expect, test } from 'vitest'
import { autoApproversNarrow as check } from '../../checks/auto-approvers-narrow.ts'
import { answersTo, findingsOf, policy, type Row, snapshotOf } from '../helpers/build.ts'
import { covers } from './covers.ts'
import { oddPolicyRows } from './policy-rows.ts'

const file = (over: object) => policy(JSON.stringify(over))
const approvers = (autoApprovers: object) => file({ autoApprovers })

test.each<Row>([
  { name: 'a tag', records: [approvers({ routes: { '10.0.0.0/8': ['tag:router'] } })], want: ['pass'] },
  { name: 'every member', records: [approvers({ routes: { '10.0.0.0/8': ['autogroup:member'] } })], want: ['fail'] },
  { name: 'everything, for exit nodes', records: [approvers({ exitNode: ['*'] })], want: ['fail'] },
  {
    name: 'every member, for services',
    records: [approvers({ services: { 'svc:web': ['autogroup:member'] } })],
    want: ['fail'],
  },
  { name: 'none', records: [file({})], want: ['not_applicable'] },
  { name: 'of another shape', records: [approvers({ routes: 7 })], want: ['no_data'] },
  { name: 'a file that cannot be read', records: [policy('{')], want: ['no_data'] },
  { name: 'no file', records: [], want: ['no_data'] },
])('$name: $want', (row) => {
  expect(answersTo(check, row)).toEqual(row.want)
})

test('any exit node that approves itself is a notice', () => {
  const [finding] = findingsOf(check, snapshotOf([approvers({ exitNode: ['tag:exit'] })]))
  expect(finding).toMatchObject({
    status: 'pass',
    notice: 'Exit nodes approve themselves for tag:exit: all traffic may leave through them.',
  })
  const [open] = findingsOf(check, snapshotOf([policy('{"autoApprovers": {\n "exitNode": ["*"]}}')]))
  expect(open?.facts).toMatchObject({ line: 2, column: 2 })
})

covers(check, oddPolicyRows())
