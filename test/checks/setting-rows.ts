/** Lines that every check over one setting of the tailnet has in common. */
import type { Row } from '../helpers/build.ts'
import { setting } from '../helpers/build.ts'

/** @param good a value that passes */
export function settingRows(field: string, good: string | number | boolean): readonly Row[] {
  const other = typeof good === 'string' ? 1 : String(good)
  return [
    { name: 'hidden: sent as null', records: [setting(field, null)], want: ['not_visible'] },
    { name: 'hidden: not sent', records: [], want: ['not_visible'] },
    {
      name: 'null because it could not be read',
      records: [setting(field, null, { unread: [field] })],
      hostile: true,
      want: ['no_data'],
    },
    { name: 'the right word in the wrong type', records: [setting(field, other)], hostile: true, want: ['no_data'] },
    {
      name: 'good, but of another tailnet',
      records: [setting(field, good, { source: 'lab' })],
      hostile: true,
      want: ['not_visible'],
    },
  ]
}
