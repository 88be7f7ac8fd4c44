import { expect, test } from 'vitest'
import { sshRootNeedsCheck as check } from '../../checks/ssh-root-needs-check.ts'
import { answersTo, policy, type Row } from '../helpers/build.ts'
import { covers } from './covers.ts'
import { oddPolicyRows } from './policy-rows.ts'

const file = (over: object) => policy(JSON.stringify(over))
const ssh = (over: object) =>
  file({ ssh: [{ action: 'accept', src: ['group:a'], dst: ['tag:a'], users: ['ubuntu'], ...over }] })

test.each<Row>([
  { name: 'a named user', records: [ssh({})], want: ['not_applicable'] },
  { name: 'root', records: [ssh({ users: ['root'] })], want: ['fail'] },
  { name: 'anybody', records: [ssh({ users: ['*'] })], want: ['fail'] },
  { name: 'root in check mode, no period', records: [ssh({ action: 'check', users: ['root'] })], want: ['pass'] },
  {
    name: 'check at every session',
    records: [ssh({ action: 'check', checkPeriod: 'always', users: ['root'] })],
    want: ['pass'],
  },
  { name: 'a sensitive target', records: [ssh({})], want: ['fail'], params: { targets: ['tag:a'] } },
  { name: 'another target', records: [ssh({})], want: ['not_applicable'], params: { targets: ['tag:b'] } },
  {
    name: 'a destination that nobody understands',
    records: [ssh({ dst: ['what-is-this'] })],
    want: ['no_data'],
    params: { targets: ['tag:a'] },
  },
  { name: 'an action that we do not know', records: [ssh({ action: 'allow', users: ['root'] })], want: ['no_data'] },
  { name: 'no action', records: [ssh({ action: null })], want: ['no_data'] },
  { name: 'users of another shape', records: [ssh({ users: 7 })], want: ['no_data'] },
  { name: 'none', records: [file({})], want: [] },
  { name: 'a file that cannot be read', records: [policy('{')], want: ['no_data'] },
  { name: 'no file', records: [], want: ['no_data'] },
])('$name: $want', (row) => {
  expect(answersTo(check, row)).toEqual(row.want)
})

covers(check, oddPolicyRows())
