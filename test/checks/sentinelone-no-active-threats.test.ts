import { expect, test } from 'vitest'
import { sentineloneNoActiveThreats as check } from '../../checks/sentinelone-no-active-threats.ts'
import { agent, device, findingsOf, resultOf, snapshotOf } from '../helpers/build.ts'
import { covers } from './covers.ts'
import { hostRows } from './host-rows.ts'

const threats = (activeThreats: number | null) => snapshotOf([device(), agent({ values: { activeThreats } })])

test.each([
  { count: 0, params: {}, want: 'pass' },
  { count: 1, params: {}, want: 'fail' },
  { count: 2, params: { maxActiveThreats: 2 }, want: 'pass' },
  { count: 3, params: { maxActiveThreats: 2 }, want: 'fail' },
  { count: -1, params: {}, want: 'unknown' },
  { count: null, params: {}, want: 'unknown' },
])('$count active threats with $params: $want', ({ count, params, want }) => {
  expect(findingsOf(check, threats(count), params).map((finding) => finding.status)).toEqual([want])
})

test('value and limit stand beside each other', () => {
  const [result] = resultOf(check, [device(), agent({ values: { activeThreats: 2 } })]).findings
  expect(result).toMatchObject({ status: 'fail', facts: { agentId: '1001', activeThreats: 2, maxActiveThreats: 0 } })
})

test('every answer is a sentence', () => {
  expect([0, 2, -1, null].map((count) => check.say(findingsOf(check, threats(count))[0]!))).toMatchInlineSnapshot(`
    [
      "SentinelOne reports 0 active threats on alice-mac.tailfe8c.ts.net; 0 are allowed.",
      "SentinelOne reports 2 active threats on alice-mac.tailfe8c.ts.net (agent 1001); 0 are allowed. Resolve them in the console.",
      "SentinelOne sent a value of "activeThreats" that cannot be judged for alice-mac.tailfe8c.ts.net; open agent 1001 in Sentinels > Endpoints, then collect again.",
      "SentinelOne sent no "activeThreats" for alice-mac.tailfe8c.ts.net; open agent 1001 in Sentinels > Endpoints, then collect again.",
    ]
  `)
})

covers(check, hostRows('sentinelone'))
