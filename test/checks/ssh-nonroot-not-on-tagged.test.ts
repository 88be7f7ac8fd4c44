import { expect, test } from 'vitest'
import { sshNonrootNotOnTagged as check } from '../../checks/ssh-nonroot-not-on-tagged.ts'
import { answersTo, policy, type Row } from '../helpers/build.ts'
import { covers } from './covers.ts'
import { oddPolicyRows } from './policy-rows.ts'

const file = (over: object) => policy(JSON.stringify(over))
const ssh = (over: object) =>
  file({ ssh: [{ action: 'accept', src: ['group:a'], dst: ['tag:a'], users: ['ubuntu'], ...over }] })

test.each<Row>([
  { name: 'named users on a tag', records: [ssh({})], want: ['pass'] },
  { name: 'nonroot on a tag', records: [ssh({ users: ['autogroup:nonroot'] })], want: ['fail'] },
  {
    name: 'nonroot on any tag',
    records: [ssh({ users: ['autogroup:nonroot'], dst: ['autogroup:tagged'] })],
    want: ['fail'],
  },
  {
    name: 'nonroot on one’s own devices',
    records: [ssh({ users: ['autogroup:nonroot'], dst: ['autogroup:self'] })],
    want: ['not_applicable'],
  },
  { name: 'users of another shape', records: [ssh({ users: 7 })], want: ['no_data'] },
  { name: 'none', records: [file({})], want: [] },
  { name: 'a file that cannot be read', records: [policy('{')], want: ['no_data'] },
  { name: 'no file', records: [], want: ['no_data'] },
])('$name: $want', (row) => {
  expect(answersTo(check, row)).toEqual(row.want)
})

covers(check, oddPolicyRows())
