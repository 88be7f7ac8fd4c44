import { expect, test } from 'vitest'
import { sshSessionsRecorded as check } from '../../checks/ssh-sessions-recorded.ts'
import { answersTo, policy, type Row } from '../helpers/build.ts'
import { covers } from './covers.ts'
import { oddPolicyRows } from './policy-rows.ts'

const file = (over: object) => policy(JSON.stringify(over))
const ssh = (over: object) =>
  file({ ssh: [{ action: 'accept', src: ['group:a'], dst: ['tag:a'], users: ['ubuntu'], ...over }] })

test.each<Row>([
  { name: 'nothing requires it', records: [ssh({})], want: ['not_applicable'] },
  { name: 'required, not recorded', records: [ssh({})], want: ['fail'], params: { targets: ['tag:a'] } },
  {
    name: 'required and enforced',
    records: [ssh({ recorder: ['tag:rec'], enforceRecorder: true })],
    want: ['pass'],
    params: { targets: ['tag:a'] },
  },
  {
    name: 'recorded, not enforced',
    records: [ssh({ recorder: ['tag:rec'] })],
    want: ['fail'],
    params: { targets: ['tag:a'] },
  },
  {
    name: 'enforced without a recorder',
    records: [ssh({ enforceRecorder: true })],
    want: ['fail'],
    params: { targets: ['tag:a'] },
  },
  { name: 'another target', records: [ssh({})], want: ['not_applicable'], params: { targets: ['tag:b'] } },
  {
    name: 'enforced in words',
    records: [ssh({ recorder: ['tag:rec'], enforceRecorder: 'yes' })],
    want: ['no_data'],
    params: { targets: ['tag:a'] },
  },
  {
    name: 'a destination that nobody understands',
    records: [ssh({ dst: ['what-is-this'] })],
    want: ['no_data'],
    params: { targets: ['tag:a'] },
  },
  { name: 'a file that cannot be read', records: [policy('{')], want: ['no_data'] },
  { name: 'no file', records: [], want: ['no_data'] },
])('$name: $want', (row) => {
  expect(answersTo(check, row)).toEqual(row.want)
})

covers(check, oddPolicyRows())
