import { expect, test } from 'vitest'
import { noAllowAll as check } from '../../checks/no-allow-all.ts'
import { account, answersTo, device, findingsOf, policy, type Row, snapshotOf } from '../helpers/build.ts'
import { covers } from './covers.ts'
import { oddPolicyRows } from './policy-rows.ts'

const file = (over: object) => policy(JSON.stringify(over))
const acl = (src: readonly string[], dst: readonly string[]) => ({ action: 'accept', src, dst })
const two = [account(), account({ key: 'uB', login: 'bob@example.com' })]

test.each<Row>([
  { name: 'neither acls nor grants', records: [file({})], want: ['fail'] },
  { name: 'empty sections deny everything', records: [file({ acls: [] })], want: ['pass'] },
  { name: 'everyone to everything', records: [file({ acls: [acl(['*'], ['*:*'])] })], want: ['fail'] },
  { name: 'members to everything', records: [file({ acls: [acl(['autogroup:member'], ['*:*'])] })], want: ['fail'] },
  {
    name: 'the older spelling',
    records: [file({ ACLs: [{ action: 'accept', users: ['autogroup:members'], ports: ['*:*'] }] })],
    want: ['fail'],
  },
  {
    name: 'danger-all to everything',
    records: [file({ acls: [acl(['autogroup:danger-all'], ['*:*'])] })],
    want: ['fail'],
  },
  {
    name: 'both families of addresses',
    records: [file({ acls: [acl(['0.0.0.0/0', '::/0'], ['0.0.0.0/0:*', '[::/0]:*'])] })],
    want: ['fail'],
  },
  {
    name: 'halves of all addresses, over two rules',
    records: [file({ acls: [acl(['*'], ['0.0.0.0/1:*']), acl(['*'], ['128.0.0.0/1:*'])] })],
    want: ['fail'],
  },
  { name: 'one half only', records: [file({ acls: [acl(['*'], ['0.0.0.0/2:*'])] })], want: ['pass'] },
  {
    name: 'every port, in pieces and two rules',
    records: [file({ acls: [acl(['*'], ['*:0-1023']), acl(['*'], ['*:1024-65535'])] })],
    want: ['fail'],
  },
  {
    name: 'a gap of one port',
    records: [file({ acls: [acl(['*'], ['*:0-1023']), acl(['*'], ['*:1025-65535'])] })],
    want: ['pass'],
  },
  { name: 'a grant', records: [file({ grants: [{ src: ['*'], dst: ['*'], ip: ['*'] }] })], want: ['fail'] },
  { name: 'a grant of TCP', records: [file({ grants: [{ src: ['*'], dst: ['*'], ip: ['tcp:*'] }] })], want: ['fail'] },
  {
    name: 'a grant of ICMP',
    records: [file({ grants: [{ src: ['*'], dst: ['*'], ip: ['icmp:*'] }] })],
    want: ['pass'],
  },
  {
    name: 'a grant of an application only',
    records: [file({ grants: [{ src: ['*'], dst: ['*'], app: { 'example.com/cap': [{}] } }] })],
    want: ['pass'],
  },
  {
    name: 'an acl for ICMP alone',
    records: [file({ acls: [{ ...acl(['*'], ['*:*']), proto: 'icmp' }] })],
    want: ['pass'],
  },
  {
    name: 'acls and grants together',
    records: [
      file({
        acls: [acl(['*'], ['autogroup:member:*'])],
        grants: [{ src: ['autogroup:member'], dst: ['autogroup:tagged'], ip: ['*'] }],
      }),
    ],
    want: ['fail'],
  },
  {
    name: 'members to their own devices',
    records: [file({ acls: [acl(['autogroup:member'], ['autogroup:self:*'])] })],
    want: ['pass'],
  },
  {
    name: 'own devices and all servers',
    records: [file({ acls: [acl(['autogroup:member'], ['autogroup:self:*', 'autogroup:tagged:*'])] })],
    want: ['pass'],
  },
  { name: 'one port to everything', records: [file({ acls: [acl(['*'], ['*:443'])] })], want: ['pass'] },
  {
    name: 'a group that is everybody there is',
    records: [
      file({ groups: { 'group:all': ['alice@example.com', 'Bob@example.com'] }, acls: [acl(['group:all'], ['*:*'])] }),
      ...two,
    ],
    want: ['fail'],
  },
  {
    name: 'two groups that together are everybody',
    records: [file({ acls: [acl(['alice@example.com'], ['*:*']), acl(['bob@example.com'], ['*:*'])] }), ...two],
    want: ['fail'],
  },
  {
    name: 'the whole domain',
    records: [file({ acls: [acl(['user:*@example.com'], ['*:*'])] }), ...two],
    want: ['fail'],
  },
  {
    name: 'one of two people',
    records: [file({ acls: [acl(['alice@example.com'], ['*:*'])] }), ...two],
    want: ['pass'],
  },
  {
    name: 'the administrators',
    records: [file({ acls: [acl(['autogroup:admin'], ['*:*'])] }), ...two],
    want: ['pass'],
  },
  {
    name: 'the only account there is',
    records: [file({ acls: [acl(['alice@example.com'], ['*:*'])] }), account()],
    want: ['pass'],
  },
  {
    name: 'every tag that is in use',
    records: [
      file({ acls: [acl(['*'], ['autogroup:member:*', 'tag:a:*', 'tag:b:*'])] }),
      device({ tags: ['tag:a'] }),
      device({ key: 'nD2', tags: ['tag:b'] }),
    ],
    want: ['fail'],
  },
  {
    name: 'all but one tag',
    records: [
      file({ acls: [acl(['*'], ['autogroup:member:*', 'tag:a:*'])] }),
      device({ tags: ['tag:a'] }),
      device({ key: 'nD2', tags: ['tag:b'] }),
    ],
    want: ['pass'],
  },
  {
    name: 'everyone, but only with a posture',
    records: [
      file({
        postures: { 'posture:ok': ["node:os == 'macos'"] },
        acls: [{ ...acl(['*'], ['*:*']), srcPosture: ['posture:ok'] }],
      }),
    ],
    want: ['pass'],
  },
  {
    name: 'a source that nobody understands',
    records: [file({ acls: [acl(['team-x'], ['*:*'])] })],
    want: ['no_data'],
  },
  {
    name: 'a destination of another shape',
    records: [file({ acls: [{ ...acl(['*'], []), dst: 7 }] })],
    want: ['no_data'],
  },
  { name: 'a file that cannot be read', records: [policy('{')], want: ['no_data'] },
  { name: 'no file', records: [], want: ['no_data'] },
])('$name: $want', (row) => {
  expect(answersTo(check, row)).toEqual(row.want)
})

test('the rules that do it are named, with line and column', () => {
  const text =
    '{\n  "acls": [\n    {"action": "accept", "src": ["tag:a"], "dst": ["tag:b:22"]},\n    {"action": "accept", "src": ["*"], "dst": ["*:*"]},\n  ],\n}'
  const [finding] = findingsOf(check, snapshotOf([policy(text)]))
  expect(finding?.facts).toEqual({
    rules: 'acls[1]',
    who: 'every member',
    line: 4,
    column: 5,
    text: '{"action":"accept","src":["*"],"dst":["*:*"]}',
  })
})

covers(check, oddPolicyRows())
