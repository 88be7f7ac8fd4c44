import { expect, test } from 'vitest'
import { identityCollectionOn as check } from '../../checks/identity-collection-on.ts'
import { answersTo, type Row, setting } from '../helpers/build.ts'
import { covers } from './covers.ts'
import { settingRows } from './setting-rows.ts'

test.each<Row>([
  { name: 'on', records: [setting('postureIdentityCollectionOn', true)], want: ['pass'] },
  { name: 'off', records: [setting('postureIdentityCollectionOn', false)], want: ['fail'] },
  { name: 'null is not off', records: [setting('postureIdentityCollectionOn', null)], want: ['not_visible'] },
  { name: 'not sent', records: [], want: ['not_visible'] },
  {
    name: 'sent as a text',
    records: [setting('postureIdentityCollectionOn', null, { unread: ['value'] })],
    want: ['no_data'],
  },
])('$name: $want', (row) => {
  expect(answersTo(check, row)).toEqual(row.want)
})

covers(check, settingRows('postureIdentityCollectionOn', true))
