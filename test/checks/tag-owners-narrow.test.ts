import { expect, test } from 'vitest'
import { tagOwnersNarrow as check } from '../../checks/tag-owners-narrow.ts'
import { answersTo, findingsOf, policy, type Row, snapshotOf } from '../helpers/build.ts'
import { covers } from './covers.ts'
import { oddPolicyRows } from './policy-rows.ts'

const file = (over: object) => policy(JSON.stringify(over))

test.each<Row>([
  { name: 'a group', records: [file({ tagOwners: { 'tag:a': ['group:it'] } })], want: ['pass'] },
  {
    name: 'every member',
    records: [file({ tagOwners: { 'tag:a': ['group:it'], 'tag:b': ['autogroup:member'] } })],
    want: ['fail'],
  },
  { name: 'the older spelling', records: [file({ tagOwners: { 'tag:b': ['autogroup:members'] } })], want: ['fail'] },
  { name: 'everything', records: [file({ tagOwners: { 'tag:b': ['*'] } })], want: ['fail'] },
  { name: 'nobody named: administrators', records: [file({ tagOwners: { 'tag:b': [] } })], want: ['pass'] },
  { name: 'none declared', records: [file({})], want: ['not_applicable'] },
  { name: 'of another shape', records: [file({ tagOwners: { 'tag:b': 7 } })], want: ['no_data'] },
  { name: 'a file that cannot be read', records: [policy('{')], want: ['no_data'] },
  { name: 'no file', records: [], want: ['no_data'] },
])('$name: $want', (row) => {
  expect(answersTo(check, row)).toEqual(row.want)
})

test('the line of the tag is quoted', () => {
  const [finding] = findingsOf(
    check,
    snapshotOf([policy('{\n  "tagOwners": {\n    "tag:kiosk": ["autogroup:member"],\n  },\n}')]),
  )
  expect(finding?.facts).toMatchObject({
    open: 'tagOwners.tag:kiosk: autogroup:member',
    line: 3,
    column: 5,
    text: '"tag:kiosk": ["autogroup:member"],',
  })
})

covers(check, oddPolicyRows())
