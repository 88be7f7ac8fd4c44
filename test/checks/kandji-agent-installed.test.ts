import { expect, test } from 'vitest'
import { kandjiAgentInstalled as check } from '../../checks/kandji-agent-installed.ts'
import { agent, device, findingsOf, settings, snapshotOf } from '../helpers/build.ts'
import { covers } from './covers.ts'
import { hostRows } from './host-rows.ts'

const everywhere = {
  settings: { deviceTrust: { ...settings().deviceTrust, scope: { os: ['macos', 'ios', 'tvos'], tagged: false } } },
}
const judged = (os: string, agent_installed: boolean | null, platform = 'Mac') =>
  findingsOf(
    check,
    snapshotOf([device({ os }), agent({ vendor: 'kandji', platform, values: { agent_installed } })], everywhere),
  )[0]!

test.each([
  { name: 'a Mac with the agent', finding: judged('macOS', true), want: 'pass' },
  { name: 'a Mac without', finding: judged('macOS', false), want: 'fail' },
  { name: 'a Mac of which nothing is said', finding: judged('macOS', null), want: 'unknown' },
  { name: 'an iPad, whatever is said', finding: judged('iOS', true, 'iPad'), want: 'not_applicable' },
  { name: 'an Apple TV', finding: judged('tvOS', null, 'tvOS'), want: 'not_applicable' },
])('$name: $want', ({ finding, want }) => {
  expect(finding.status).toBe(want)
})

test('every answer is a sentence', () => {
  expect([
    check.say(judged('macOS', true)),
    check.say(judged('macOS', false)),
    check.say(judged('macOS', null)),
    check.say(judged('iOS', true)),
  ]).toMatchInlineSnapshot(`
    [
      "The Kandji (Iru) agent is installed on alice-mac.tailfe8c.ts.net.",
      "The Kandji (Iru) agent is not installed on alice-mac.tailfe8c.ts.net (device 1001); reinstall it from the device’s action menu.",
      "Kandji (Iru) sent no "agent_installed" for alice-mac.tailfe8c.ts.net; open agent 1001 in Devices, then collect again.",
      "alice-mac.tailfe8c.ts.net is not judged. It is no computer, and only computers have the agent.",
    ]
  `)
})

covers(check, hostRows('kandji'))
