import { judgeAgents, judgeFlag } from '../src/domain/agent-checks.ts'
import { sayOf } from '../src/domain/agent-sentences.ts'
import { defineCheck } from '../src/domain/check.ts'
import { hostFirewall } from './controls.ts'

export const sentineloneFirewallControlOn = defineCheck({
  id: 'sentinelone-firewall-control-on',
  ref: 'S1-05',
  version: 1,
  title: 'SentinelOne Firewall Control is on',
  question: 'Is SentinelOne Firewall Control, the vendor’s own feature, supported by every agent and on for its group?',
  why: 'SentinelOne Firewall Control enforces the central firewall rules on the device. The field firewallEnabled speaks of that feature alone: it does not show that the firewall of the operating system is on, so it supports firewall controls without testing them.',
  remediation:
    'In the SentinelOne console open Sentinels > Endpoints, note the group of the endpoint, and turn Firewall Control on for that group (Network > Firewall Control). Then collect again.',
  severity: 'medium',
  controls: hostFirewall.map((control) => ({ ...control, indirect: true as const })),
  vendor: 'sentinelone',
  needs: [{ kind: 'device' }, { kind: 'agent', from: 'sentinelone', fields: ['firewallEnabled'] }],
  run: (snapshot) => judgeAgents(snapshot, 'sentinelone', (host) => judgeFlag(host, 'firewallEnabled', true)),
  say: sayOf('sentinelone', {
    pass: ({ subject }) =>
      `SentinelOne Firewall Control is on for ${subject.label}; of the operating system’s own firewall this says nothing.`,
    fail: ({ subject, facts }) =>
      `SentinelOne Firewall Control is off for ${subject.label} (agent ${facts['agentId']}); turn it on for the agent’s group. Of the operating system’s own firewall this says nothing.`,
  }),
})
