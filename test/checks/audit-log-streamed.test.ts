import { expect, test } from 'vitest'
import { auditLogStreamed as check } from '../../checks/audit-log-streamed.ts'
import { answersTo, blind, credential, logstream, type Row, resultOf } from '../helpers/build.ts'
import { covers } from './covers.ts'

const none = logstream({ configured: false })

test.each<Row>([
  { name: 'a stream is configured', records: [logstream()], want: ['pass'] },
  { name: 'none, and the token holds the scope', records: [none, credential()], want: ['fail'] },
  {
    name: 'none, and the scope was granted by name',
    records: [none, credential({ scopes: ['log_streaming:read'] })],
    want: ['fail'],
  },
  {
    name: 'none, and it was not granted',
    records: [none, credential({ scopes: ['users:read'] })],
    want: ['not_visible'],
  },
  { name: 'none, and an API access token says nothing of its rights', records: [none], want: ['not_visible'] },
  {
    name: 'an API access token that names "all" may still not see it',
    records: [none, credential({ key: 'key', what: 'API access token', scopes: ['all'] })],
    want: ['not_visible'],
  },
  { name: 'only flow logs are streamed', records: [logstream({ key: 'network' })], want: ['no_data'] },
  { name: 'no answer at all', records: [], want: ['no_data'] },
])('$name: $want', (row) => {
  expect(answersTo(check, row)).toEqual(row.want)
})

test('where the scope is known to be missing, the engine says so', () => {
  const sources = [{ id: 'tailnet', blind: [blind('logstream')] }]
  expect(resultOf(check, [none], { sources })).toMatchObject({ status: 'unknown', unknownReason: 'not_visible' })
})

covers(check, [
  {
    name: 'a granted scope that is a word of the language',
    records: [none, credential({ scopes: ['__proto__'] })],
    hostile: true,
    want: ['not_visible'],
  },
])
