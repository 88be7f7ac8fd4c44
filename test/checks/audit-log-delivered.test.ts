import { expect, test } from 'vitest'
import { auditLogDelivered as check } from '../../checks/audit-log-delivered.ts'
import { DAY } from '../../src/domain/time.ts'
import { ago, answersTo, logstream, type Row } from '../helpers/build.ts'
import { covers } from './covers.ts'

test.each<Row>([
  { name: 'delivers', records: [logstream()], want: ['pass'] },
  { name: 'an error', records: [logstream({ lastError: 'AccessDenied' })], want: ['fail'] },
  { name: 'silent for two days', records: [logstream({ lastActivityAt: ago(2 * DAY) })], want: ['fail'] },
  {
    name: 'a week is allowed',
    records: [logstream({ lastActivityAt: ago(2 * DAY) })],
    want: ['pass'],
    params: { maxSilent: '7d' },
  },
  { name: 'never delivered', records: [logstream({ lastActivityAt: null })], want: ['no_data'] },
  {
    name: 'delivered in the far future',
    records: [logstream({ lastActivityAt: '2031-01-01T00:00:00.000Z' })],
    want: ['no_data'],
  },
  { name: 'an error that cannot be read', records: [logstream({ unread: ['lastError'] })], want: ['no_data'] },
  { name: 'not configured', records: [logstream({ configured: false })], want: ['not_applicable'] },
  { name: 'none', records: [], want: [] },
])('$name: $want', (row) => {
  expect(answersTo(check, row)).toEqual(row.want)
})

covers(check, [
  {
    name: 'a date that could not be read',
    records: [logstream({ lastActivityAt: null, unread: ['lastActivity'] })],
    hostile: true,
    want: ['no_data'],
  },
])
