import {
  answer,
  failWhileInUse,
  flagOf,
  judgeAgents,
  notSaid,
  syncWindowLimits,
  syncWindowMs,
} from '../src/domain/agent-checks.ts'
import { sayOf } from '../src/domain/agent-sentences.ts'
import { defineCheck } from '../src/domain/check.ts'
import { durationText } from '../src/domain/duration.ts'
import { edrActive } from './controls.ts'

export const sentineloneAgentActive = defineCheck({
  id: 'sentinelone-agent-active',
  ref: 'S1-01',
  version: 1,
  title: 'The SentinelOne agent is active',
  question: 'Does SentinelOne count the agent of every device in use as active?',
  why: 'A device that is in the tailnet while its agent is inactive works without protection, and nobody would see an attack on it.',
  remediation:
    'In the SentinelOne console open Sentinels > Endpoints, filter by Health Status, open the endpoint and start or reinstall its agent; then collect again.',
  severity: 'high',
  controls: edrActive,
  vendor: 'sentinelone',
  needs: [{ kind: 'device' }, { kind: 'agent', from: 'sentinelone', fields: ['isActive'] }],
  limits: syncWindowLimits('sentinelone'),
  run(snapshot) {
    return judgeAgents(snapshot, 'sentinelone', (host) => {
      const isActive = flagOf(host, 'isActive')
      if (isActive === null) return notSaid(host, 'isActive')
      const windowMs = syncWindowMs(snapshot.settings, host.agent.source)
      const facts = {
        agentId: host.agent.key,
        isActive,
        lastActiveDate: host.agent.lastSeen,
        syncWindow: durationText(windowMs),
      }
      // Inactive means "not recently heard": of a device that is switched off it says nothing.
      return isActive ? answer(host, 'pass', facts) : failWhileInUse(snapshot, host, windowMs, facts)
    })
  },
  say: sayOf('sentinelone', {
    pass: ({ subject }) => `SentinelOne counts the agent of ${subject.label} as active.`,
    fail: ({ subject, facts }) =>
      `SentinelOne counts agent ${facts['agentId']} of ${subject.label} as inactive (last active ${facts['lastActiveDate'] ?? 'never'}) while the device is in use; start or reinstall the agent.`,
  }),
})
