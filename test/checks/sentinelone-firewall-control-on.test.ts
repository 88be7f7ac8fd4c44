import { expect, test } from 'vitest'
import { sentineloneFirewallControlOn as check } from '../../checks/sentinelone-firewall-control-on.ts'
import { agent, device, findingsOf, snapshotOf } from '../helpers/build.ts'
import { covers } from './covers.ts'
import { hostRows } from './host-rows.ts'

const firewall = (firewallEnabled: boolean | null) => snapshotOf([device(), agent({ values: { firewallEnabled } })])

test.each([
  { value: true, want: 'pass' },
  { value: false, want: 'fail' },
  { value: null, want: 'unknown' },
])('firewallEnabled $value: $want', ({ value, want }) => {
  expect(findingsOf(check, firewall(value)).map((finding) => finding.status)).toEqual([want])
})

test('nothing claims that this is the firewall of the operating system', () => {
  expect(check.title).toContain('SentinelOne Firewall Control')
  expect(check.controls.length).toBeGreaterThan(0)
  expect(check.controls.every((control) => control.indirect === true)).toBe(true)
  expect([true, false, null].map((value) => check.say(findingsOf(check, firewall(value))[0]!))).toMatchInlineSnapshot(`
    [
      "SentinelOne Firewall Control is on for alice-mac.tailfe8c.ts.net; of the operating system’s own firewall this says nothing.",
      "SentinelOne Firewall Control is off for alice-mac.tailfe8c.ts.net (agent 1001); turn it on for the agent’s group. Of the operating system’s own firewall this says nothing.",
      "SentinelOne sent no "firewallEnabled" for alice-mac.tailfe8c.ts.net; open agent 1001 in Sentinels > Endpoints, then collect again.",
    ]
  `)
})

covers(check, hostRows('sentinelone'))
