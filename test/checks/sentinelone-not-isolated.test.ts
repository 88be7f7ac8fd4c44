import { expect, test } from 'vitest'
import { sentineloneNotIsolated as check } from '../../checks/sentinelone-not-isolated.ts'
import { agent, device, findingsOf, snapshotOf } from '../helpers/build.ts'
import { covers } from './covers.ts'
import { hostRows } from './host-rows.ts'

const network = (networkStatus: string | null) =>
  findingsOf(check, snapshotOf([device(), agent({ values: { networkStatus } })]))[0]!

test.each([
  { status: 'connected', want: 'pass', noticed: false },
  { status: 'connecting', want: 'pass', noticed: true },
  { status: 'disconnected', want: 'fail', noticed: false },
  { status: 'disconnecting', want: 'fail', noticed: false },
  { status: 'quarantined', want: 'unknown', noticed: false },
  { status: null, want: 'unknown', noticed: false },
])('networkStatus $status: $want', ({ status, want, noticed }) => {
  const finding = network(status)
  expect(finding.status).toBe(want)
  expect(finding.notice !== null).toBe(noticed)
  expect(finding.facts['networkStatus']).toBe(status)
})

test('every answer is a sentence', () => {
  expect(
    ['connected', 'connecting', 'disconnected', 'quarantined', null].map((status) => check.say(network(status))),
  ).toMatchInlineSnapshot(`
    [
      "alice-mac.tailfe8c.ts.net is not isolated by SentinelOne (network status "connected").",
      "alice-mac.tailfe8c.ts.net is not isolated by SentinelOne (network status "connecting").",
      "alice-mac.tailfe8c.ts.net is isolated by SentinelOne (network status "disconnected", agent 1001); resolve the incident, then reconnect it in the console.",
      "SentinelOne sent a value of "networkStatus" that cannot be judged for alice-mac.tailfe8c.ts.net; open agent 1001 in Sentinels > Endpoints, then collect again.",
      "SentinelOne sent no "networkStatus" for alice-mac.tailfe8c.ts.net; open agent 1001 in Sentinels > Endpoints, then collect again.",
    ]
  `)
})

covers(check, hostRows('sentinelone'))
