import { expect, test } from 'vitest'
import { policyHasTests as check } from '../../checks/policy-has-tests.ts'
import { answersTo, findingsOf, policy, type Row, snapshotOf } from '../helpers/build.ts'
import { covers } from './covers.ts'
import { oddPolicyRows } from './policy-rows.ts'

const file = (over: object) => policy(JSON.stringify(over))

test.each<Row>([
  {
    name: 'both',
    records: [
      file({
        tests: [
          { src: 'a@x.io', accept: ['tag:a:22'] },
          { src: 'a@x.io', deny: ['tag:b:22'] },
        ],
      }),
    ],
    want: ['pass'],
  },
  { name: 'none', records: [file({ acls: [] })], want: ['fail'] },
  { name: 'only accepting', records: [file({ tests: [{ src: 'a@x.io', accept: ['tag:a:22'] }] })], want: ['fail'] },
  {
    name: 'an empty deny denies nothing',
    records: [file({ tests: [{ src: 'a@x.io', accept: ['tag:a:22'], deny: [] }] })],
    want: ['fail'],
  },
  { name: 'of another shape', records: [file({ tests: 7 })], want: ['no_data'] },
  { name: 'a file that cannot be read', records: [policy('{')], want: ['no_data'] },
  { name: 'no file', records: [], want: ['no_data'] },
])('$name: $want', (row) => {
  expect(answersTo(check, row)).toEqual(row.want)
})

test('ssh rules without sshTests are a notice', () => {
  const tests = [{ src: 'a@x.io', accept: ['tag:a:22'], deny: ['tag:b:22'] }]
  const notice = (over: object) => findingsOf(check, snapshotOf([file({ tests, ...over })]))[0]?.notice
  expect(notice({ ssh: [{ action: 'check' }] })).toBe('The file has ssh rules and no sshTests.')
  expect(notice({ ssh: [{ action: 'check' }], sshTests: [{ src: 'a@x.io', deny: ['root'] }] })).toBe(null)
})

covers(check, oddPolicyRows())
