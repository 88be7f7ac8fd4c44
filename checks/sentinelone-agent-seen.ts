import { judgeAgents, judgeContact, syncWindowLimits, syncWindowMs } from '../src/domain/agent-checks.ts'
import { sayOf } from '../src/domain/agent-sentences.ts'
import { defineCheck } from '../src/domain/check.ts'
import { edrActive } from './controls.ts'

export const sentineloneAgentSeen = defineCheck({
  id: 'sentinelone-agent-seen',
  ref: 'S1-08',
  version: 1,
  title: 'SentinelOne heard from the agent within the sync window',
  question: 'Has SentinelOne heard from the agent of every device in use within the sync window?',
  why: 'What SentinelOne says of a device is worth what it last heard. An agent that is silent while its device is in the tailnet was stopped, removed or cut off.',
  remediation:
    'In the SentinelOne console open Sentinels > Endpoints, sort by Last Active, and start, reconnect or reinstall the agent of the endpoint; check that the device reaches the console. Then collect again.',
  severity: 'high',
  controls: edrActive,
  vendor: 'sentinelone',
  needs: [{ kind: 'device' }, { kind: 'agent', from: 'sentinelone', fields: ['lastActiveDate'] }],
  limits: syncWindowLimits('sentinelone'),
  run(snapshot) {
    return judgeAgents(snapshot, 'sentinelone', (host) =>
      judgeContact(snapshot, host, 'lastActiveDate', syncWindowMs(snapshot.settings, host.agent.source)),
    )
  },
  say: sayOf('sentinelone', {
    pass: ({ subject, facts }) =>
      `SentinelOne heard from the agent of ${subject.label} at ${facts['lastActiveDate']}, within ${facts['window']}.`,
    fail: ({ subject, facts }) =>
      `SentinelOne last heard from agent ${facts['agentId']} of ${subject.label} at ${facts['lastActiveDate']}, while the device was in the tailnet within ${facts['window']}; start or reinstall the agent.`,
  }),
})
