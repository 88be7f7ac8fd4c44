import { expect, test } from 'vitest'
import { crowdstrikeScorePresent as check } from '../../checks/crowdstrike-score-present.ts'
import { agent, blind, device, findingsOf, resultOf, score, snapshotOf } from '../helpers/build.ts'
import { covers } from './covers.ts'
import { hostRows } from './host-rows.ts'

const host = agent({ vendor: 'crowdstrike' })
const judged = (...records: Parameters<typeof snapshotOf>[0]) => findingsOf(check, snapshotOf(records))[0]!

test.each([
  { name: 'scored', records: [device(), host, score()], want: 'pass' },
  { name: 'scored zero', records: [device(), host, score({ value: 0 })], want: 'pass' },
  { name: 'not scored', records: [device(), host], want: 'unknown' },
  { name: 'score not readable', records: [device(), host, score({ value: null, unread: ['score'] })], want: 'unknown' },
  { name: 'no host', records: [device(), score()], want: 'unknown' },
])('$name: $want', ({ records, want }) => {
  expect(judged(...records).status).toBe(want)
})

test('a credential without the scope for scores gives no verdict at all', () => {
  const sources = [{ id: 'falcon', blind: [blind('score')] }]
  expect(resultOf(check, [device(), host], { sources })).toMatchObject({
    status: 'unknown',
    unknownReason: 'not_visible',
  })
})

test('the score is among the records that were read', () => {
  expect(judged(device(), host, score())).toMatchObject({
    facts: { agentId: '1001', score: 85 },
    records: ['tailnet/device/nD1', 'falcon/agent/1001', 'falcon/score/1001'],
  })
})

test('every answer is a sentence', () => {
  expect([
    check.say(judged(device(), host, score())),
    check.say(judged(device(), host)),
    check.say(judged(device(), host, score({ value: null, unread: ['score'] }))),
    check.say(judged(device())),
  ]).toMatchInlineSnapshot(`
    [
      "CrowdStrike gives alice-mac.tailfe8c.ts.net the Zero Trust Assessment score 85.",
      "CrowdStrike Falcon sent no "score" for alice-mac.tailfe8c.ts.net; open agent 1001 in Host setup and management > Host management, then collect again.",
      "CrowdStrike Falcon sent a value of "score" that cannot be judged for alice-mac.tailfe8c.ts.net; open agent 1001 in Host setup and management > Host management, then collect again.",
      "CrowdStrike Falcon has no record with the serial number C02XK1ABCD01 of alice-mac.tailfe8c.ts.net; install its agent, or take the device out of deviceTrust.scope.",
    ]
  `)
})

covers(check, hostRows('crowdstrike'))
