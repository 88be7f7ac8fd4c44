import { expect, test } from 'vitest'
import { funnelLimited as check } from '../../checks/funnel-limited.ts'
import { answersTo, policy, type Row } from '../helpers/build.ts'
import { covers } from './covers.ts'
import { oddPolicyRows } from './policy-rows.ts'

const file = (over: object) => policy(JSON.stringify(over))
const funnel = (target: readonly string[]) => file({ nodeAttrs: [{ target, attr: ['funnel'] }] })

test.each<Row>([
  { name: 'nobody', records: [file({})], want: ['pass'] },
  { name: 'every member', records: [funnel(['autogroup:member'])], want: ['fail'] },
  { name: 'a tag on no list', records: [funnel(['tag:web'])], want: ['fail'] },
  {
    name: 'a tag that is approved',
    records: [funnel(['tag:web'])],
    want: ['pass'],
    params: { approved: [{ subject: 'tag:web', because: 'public site' }] },
  },
  {
    name: 'one of two is approved',
    records: [funnel(['tag:web', 'tag:kiosk'])],
    want: ['fail'],
    params: { approved: [{ subject: 'tag:web', because: 'public site' }] },
  },
  { name: 'another attribute', records: [file({ nodeAttrs: [{ target: ['*'], attr: ['mullvad'] }] })], want: ['pass'] },
  { name: 'of another shape', records: [file({ nodeAttrs: 7 })], want: ['no_data'] },
  { name: 'a file that cannot be read', records: [policy('{')], want: ['no_data'] },
  { name: 'no file', records: [], want: ['no_data'] },
])('$name: $want', (row) => {
  expect(answersTo(check, row)).toEqual(row.want)
})

covers(check, oddPolicyRows())
