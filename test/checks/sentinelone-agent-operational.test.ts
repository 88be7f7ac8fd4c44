import { expect, test } from 'vitest'
import { sentineloneAgentOperational as check } from '../../checks/sentinelone-agent-operational.ts'
import { agent, device, findingsOf, snapshotOf } from '../helpers/build.ts'
import { covers } from './covers.ts'
import { hostRows } from './host-rows.ts'

const states = (operationalState: string | null) => snapshotOf([device(), agent({ values: { operationalState } })])

test.each([
  { state: 'na', want: 'pass' },
  { state: 'partially_disabled', want: 'fail' },
  { state: 'auto_fully_disabled', want: 'fail' },
  { state: 'disabled_error', want: 'fail' },
  { state: 'db_corruption', want: 'fail' },
  { state: 'a word of next year', want: 'fail' },
  { state: 'NA', want: 'fail' },
  { state: '', want: 'unknown' },
  { state: null, want: 'unknown' },
])('operationalState $state: $want', ({ state, want }) => {
  const [finding] = findingsOf(check, states(state))
  expect(finding?.status).toBe(want)
  expect(finding?.facts['operationalState']).toBe(state === '' ? null : state)
})

test('the sentence quotes the value', () => {
  expect(['na', 'db_corruption', null].map((state) => check.say(findingsOf(check, states(state))[0]!))).toEqual([
    'The SentinelOne agent of alice-mac.tailfe8c.ts.net is in full operation (operational state "na").',
    'The operational state of SentinelOne agent 1001 of alice-mac.tailfe8c.ts.net is "db_corruption"; enable the agent again or reinstall it.',
    'SentinelOne sent no "operationalState" for alice-mac.tailfe8c.ts.net; open agent 1001 in Sentinels > Endpoints, then collect again.',
  ])
})

covers(check, hostRows('sentinelone'))
