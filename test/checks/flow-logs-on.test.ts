import { expect, test } from 'vitest'
import { flowLogsOn as check } from '../../checks/flow-logs-on.ts'
import { answersTo, blind, type Row, resultOf, setting } from '../helpers/build.ts'
import { covers } from './covers.ts'
import { settingRows } from './setting-rows.ts'

test.each<Row>([
  { name: 'on', records: [setting('networkFlowLoggingOn', true)], want: ['pass'] },
  { name: 'off', records: [setting('networkFlowLoggingOn', false)], want: ['fail'] },
  { name: 'null is not off', records: [setting('networkFlowLoggingOn', null)], want: ['not_visible'] },
  { name: 'not sent', records: [], want: ['not_visible'] },
  {
    name: 'sent as a text',
    records: [setting('networkFlowLoggingOn', null, { unread: ['value'] })],
    want: ['no_data'],
  },
  { name: 'the plan has none', records: [], want: ['not_applicable'], params: { inPlan: false } },
])('$name: $want', (row) => {
  expect(answersTo(check, row)).toEqual(row.want)
})

test('where the plan has no flow logs, a hidden setting is no obstacle', () => {
  const off = { enabled: true, because: null, params: { inPlan: false } }
  const options = {
    settings: { checks: { 'flow-logs-on': off } },
    sources: [{ id: 'tailnet', blind: [blind('setting', ['networkFlowLoggingOn'])] }],
  }
  expect(resultOf(check, [], options).status).toBe('not_applicable')
  expect(resultOf(check, [], { sources: options.sources })).toMatchObject({
    status: 'unknown',
    unknownReason: 'not_visible',
  })
})

covers(check, settingRows('networkFlowLoggingOn', true))
