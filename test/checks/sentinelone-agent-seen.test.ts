import { expect, test } from 'vitest'
import { sentineloneAgentSeen as check } from '../../checks/sentinelone-agent-seen.ts'
import { HOUR, MINUTE } from '../../src/domain/time.ts'
import { agent, ago, device, findingsOf, resultOf, snapshotOf, statusesOf } from '../helpers/build.ts'
import { covers } from './covers.ts'
import { hostRows } from './host-rows.ts'

const quiet = agent({ lastSeen: ago(24 * HOUR + MINUTE) })

test.each([
  { name: 'heard minutes ago', records: [device(), agent()], want: 'pass' },
  { name: 'heard exactly a day ago', records: [device(), agent({ lastSeen: ago(24 * HOUR) })], want: 'pass' },
  { name: 'four minutes ahead of our clock', records: [device(), agent({ lastSeen: ago(-4 * MINUTE) })], want: 'pass' },
  { name: 'silent while the device is connected', records: [device(), quiet], want: 'fail' },
  {
    name: 'silent, device in the tailnet within the window',
    records: [device({ connected: false, lastSeen: ago(23 * HOUR) }), quiet],
    want: 'fail',
  },
  {
    name: 'both silent',
    records: [device({ connected: false, lastSeen: ago(25 * HOUR) }), quiet],
    want: 'not_applicable',
  },
  {
    name: 'silent, nobody said when the device was there',
    records: [device({ connected: false, lastSeen: null, unread: ['lastSeen'] }), quiet],
    want: 'unknown',
  },
  { name: 'never heard', records: [device(), agent({ lastSeen: null })], want: 'unknown' },
  { name: 'heard in the future', records: [device(), agent({ lastSeen: ago(-HOUR) })], want: 'unknown' },
])('$name', ({ records, want }) => {
  expect(statusesOf(check, snapshotOf(records))).toEqual([want])
})

test('the window stands among the parameters and beside the facts', () => {
  const result = resultOf(check, [device(), quiet])
  expect(result.parameters).toEqual({ syncWindow: '24h' })
  expect(result.findings[0]?.facts).toEqual({
    agentId: '1001',
    lastActiveDate: ago(24 * HOUR + MINUTE),
    window: '24h',
    deviceConnected: true,
    deviceLastSeen: null,
  })
})

test('every answer is a sentence', () => {
  const say = (...records: Parameters<typeof snapshotOf>[0]) => findingsOf(check, snapshotOf(records)).map(check.say)
  expect([
    ...say(device(), agent()),
    ...say(device(), quiet),
    ...say(device({ connected: false }), quiet),
    ...say(device({ connected: null }), quiet),
    ...say(device(), agent({ lastSeen: ago(-HOUR) })),
  ]).toMatchInlineSnapshot(`
    [
      "SentinelOne heard from the agent of alice-mac.tailfe8c.ts.net at 2026-11-20T08:50:00.000Z, within 24h.",
      "SentinelOne last heard from agent 1001 of alice-mac.tailfe8c.ts.net at 2026-11-19T08:59:00.000Z, while the device was in the tailnet within 24h; start or reinstall the agent.",
      "alice-mac.tailfe8c.ts.net is not judged. Not in use: it was never in the tailnet.",
      "Tailscale sent no readable "lastSeen" for alice-mac.tailfe8c.ts.net; look at the device under Machines, then collect again.",
      "SentinelOne sent a value of "lastActiveDate" that cannot be judged for alice-mac.tailfe8c.ts.net; open agent 1001 in Sentinels > Endpoints, then collect again.",
    ]
  `)
})

covers(check, hostRows('sentinelone'))
