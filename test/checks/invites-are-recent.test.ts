import { expect, test } from 'vitest'
import { invitesAreRecent as check } from '../../checks/invites-are-recent.ts'
import { DAY } from '../../src/domain/time.ts'
import { ago, answersTo, invite, type Row } from '../helpers/build.ts'
import { covers } from './covers.ts'

test.each<Row>([
  { name: 'of yesterday', records: [invite()], want: ['pass'] },
  { name: 'of eight days ago', records: [invite({ lastEmailSentAt: ago(8 * DAY) })], want: ['fail'] },
  {
    name: 'a month is allowed',
    records: [invite({ lastEmailSentAt: ago(8 * DAY) })],
    want: ['pass'],
    params: { maxAge: '30d' },
  },
  {
    name: 'never sent by mail',
    records: [invite({ lastEmailSentAt: null, email: null, role: null })],
    want: ['no_data'],
  },
  {
    name: 'sent in the far future',
    records: [invite({ lastEmailSentAt: '2031-01-01T00:00:00.000Z' })],
    want: ['no_data'],
  },
  { name: 'none open', records: [], want: [] },
])('$name: $want', (row) => {
  expect(answersTo(check, row)).toEqual(row.want)
})

covers(check, [
  {
    name: 'sent on a day to come',
    records: [invite({ lastEmailSentAt: '2031-01-01T00:00:00.000Z' })],
    hostile: true,
    want: ['no_data'],
  },
])
