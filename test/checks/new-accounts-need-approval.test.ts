import { expect, test } from 'vitest'
import { newAccountsNeedApproval as check } from '../../checks/new-accounts-need-approval.ts'
import { blind, findingsOf, resultOf, setting, snapshotOf } from '../helpers/build.ts'
import { covers } from './covers.ts'
import { settingRows } from './setting-rows.ts'

const approval = (value: boolean | string | number | null, unread: string[] = []) =>
  setting('usersApprovalOn', value, { unread })

test.each([
  { name: 'on', records: [approval(true)], want: ['pass', null] },
  { name: 'off', records: [approval(false)], want: ['fail', null] },
  { name: 'null: hidden from the credential', records: [approval(null)], want: ['unknown', 'not_visible'] },
  { name: 'missing: hidden from the credential', records: [], want: ['unknown', 'not_visible'] },
  { name: 'sent, but unreadable', records: [approval(null, ['usersApprovalOn'])], want: ['unknown', 'no_data'] },
  { name: 'a text is no true', records: [approval('true')], want: ['unknown', 'no_data'] },
  { name: 'a number is no true', records: [approval(1)], want: ['unknown', 'no_data'] },
  {
    name: 'another setting does not count',
    records: [setting('devicesApprovalOn', true)],
    want: ['unknown', 'not_visible'],
  },
])('$name', ({ records, want }) => {
  expect(findingsOf(check, snapshotOf(records)).map((f) => [f.status, f.unknownReason])).toEqual([want])
})

test('the setting itself is the subject, whether or not it was sent', () => {
  const subject = { kind: 'setting', source: 'tailnet', key: 'usersApprovalOn', label: 'usersApprovalOn' }
  expect(findingsOf(check, snapshotOf([approval(true)]))[0]).toMatchObject({
    subject,
    records: ['tailnet/setting/usersApprovalOn'],
  })
  expect(findingsOf(check, snapshotOf([]))[0]).toMatchObject({
    subject,
    records: [],
    facts: { missing: 'usersApprovalOn' },
  })
})

test('only its own hidden field makes it blind', () => {
  const hidden = (field: string) =>
    resultOf(check, [approval(true)], { sources: [{ blind: [blind('setting', [field])] }] })
  expect(hidden('networkFlowLoggingOn').status).toBe('pass')
  expect(hidden('usersApprovalOn')).toMatchObject({ status: 'unknown', unknownReason: 'not_visible', findings: [] })
})

test('the missing scope is named', () => {
  const [finding] = findingsOf(check, snapshotOf([]))
  expect(check.say(finding!)).toContain('feature_settings:read')
})

covers(check, settingRows('usersApprovalOn', true))
