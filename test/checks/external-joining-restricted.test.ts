import { expect, test } from 'vitest'
import { externalJoiningRestricted as check } from '../../checks/external-joining-restricted.ts'
import { answersTo, type Row, setting } from '../helpers/build.ts'
import { covers } from './covers.ts'
import { settingRows } from './setting-rows.ts'

test.each<Row>([
  { name: 'nobody', records: [setting('usersRoleAllowedToJoinExternalTailnets', 'none')], want: ['pass'] },
  { name: 'admins', records: [setting('usersRoleAllowedToJoinExternalTailnets', 'admin')], want: ['pass'] },
  { name: 'members', records: [setting('usersRoleAllowedToJoinExternalTailnets', 'member')], want: ['fail'] },
  {
    name: 'a word that we do not know',
    records: [setting('usersRoleAllowedToJoinExternalTailnets', 'friend')],
    want: ['no_data'],
  },
  { name: 'null', records: [setting('usersRoleAllowedToJoinExternalTailnets', null)], want: ['not_visible'] },
  { name: 'not sent', records: [], want: ['not_visible'] },
  {
    name: 'sent as a flag',
    records: [setting('usersRoleAllowedToJoinExternalTailnets', null, { unread: ['value'] })],
    want: ['no_data'],
  },
])('$name: $want', (row) => {
  expect(answersTo(check, row)).toEqual(row.want)
})

covers(check, [
  ...settingRows('usersRoleAllowedToJoinExternalTailnets', 'none'),
  {
    name: 'a word that we do not know',
    records: [setting('usersRoleAllowedToJoinExternalTailnets', '__proto__')],
    hostile: true,
    want: ['no_data'],
  },
])
