import { expect, test } from 'vitest'
import { reusableKeysLeaveNoTrace as check } from '../../checks/reusable-keys-leave-no-trace.ts'
import { answersTo, authKey as auth, authKey, type Row } from '../helpers/build.ts'
import { NOT_JUDGED, testHiddenAuthKeys } from './auth-key-rows.ts'
import { covers } from './covers.ts'

test.each<Row>([
  { name: 'single use', records: [auth()], want: ['not_applicable'] },
  {
    name: 'ephemeral and tagged',
    records: [auth({ reusable: true, ephemeral: true, tags: ['tag:ci'] })],
    want: ['pass'],
  },
  { name: 'tagged and staying', records: [auth({ reusable: true, tags: ['tag:ci'] })], want: ['fail'] },
  { name: 'ephemeral without a tag', records: [auth({ reusable: true, ephemeral: true })], want: ['fail'] },
  { name: 'neither', records: [auth({ reusable: true })], want: ['fail'] },
  { name: 'reusable not said', records: [auth({ reusable: null })], want: ['no_data'] },
  {
    name: 'ephemeral not said',
    records: [auth({ reusable: true, ephemeral: null, tags: ['tag:ci'] })],
    want: ['no_data'],
  },
  ...NOT_JUDGED,
])('$name: $want', (row) => {
  expect(answersTo(check, row)).toEqual(row.want)
})

testHiddenAuthKeys(check)

covers(check, [
  {
    name: 'tags that could not be read',
    records: [authKey({ reusable: true, ephemeral: true, unread: ['capabilities.devices.create.tags'] })],
    hostile: true,
    want: ['no_data'],
  },
])
