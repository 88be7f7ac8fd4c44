import { answer, judgeAgents, notSaid, textOf } from '../src/domain/agent-checks.ts'
import { sayOf } from '../src/domain/agent-sentences.ts'
import { defineCheck } from '../src/domain/check.ts'
import { noThreats } from './controls.ts'

export const sentineloneNotIsolated = defineCheck({
  id: 'sentinelone-not-isolated',
  ref: 'S1-11',
  version: 1,
  title: 'The device is not isolated from the network',
  question: 'Is no device in the tailnet isolated by SentinelOne?',
  why: 'The console isolates a device because of an incident. While that lasts the device must not count as trusted. The field speaks of isolation, not of whether the device can be reached.',
  remediation:
    'In the SentinelOne console open Sentinels > Endpoints, look at the endpoint’s incidents; once they are resolved, Actions > Response > Reconnect to Network. Then collect again.',
  severity: 'high',
  controls: noThreats,
  vendor: 'sentinelone',
  needs: [{ kind: 'device' }, { kind: 'agent', from: 'sentinelone', fields: ['networkStatus'] }],
  run(snapshot) {
    return judgeAgents(snapshot, 'sentinelone', (host) => {
      const networkStatus = textOf(host, 'networkStatus')
      if (networkStatus === null) return notSaid(host, 'networkStatus')
      const facts = { agentId: host.agent.key, networkStatus }
      switch (networkStatus) {
        case 'connected':
          return answer(host, 'pass', facts)
        case 'connecting':
          return answer(host, 'pass', facts, 'Its isolation is just being lifted ("connecting").')
        case 'disconnected':
        case 'disconnecting':
          return answer(host, 'fail', facts)
        default:
          return notSaid(host, 'networkStatus', networkStatus)
      }
    })
  },
  say: sayOf('sentinelone', {
    pass: ({ subject, facts }) =>
      `${subject.label} is not isolated by SentinelOne (network status "${facts['networkStatus']}").`,
    fail: ({ subject, facts }) =>
      `${subject.label} is isolated by SentinelOne (network status "${facts['networkStatus']}", agent ${facts['agentId']}); resolve the incident, then reconnect it in the console.`,
  }),
})
