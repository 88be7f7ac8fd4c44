import { answer, judgeAgents, notSaid, numberOf } from '../src/domain/agent-checks.ts'
import { sayOf } from '../src/domain/agent-sentences.ts'
import { defineCheck } from '../src/domain/check.ts'
import { noThreats } from './controls.ts'

export const sentineloneNoActiveThreats = defineCheck({
  id: 'sentinelone-no-active-threats',
  ref: 'S1-03',
  version: 1,
  title: 'No active threats on the device',
  question: 'Does SentinelOne report no more active threats than allowed on any device?',
  why: 'An active threat is a detection that nobody has dealt with, on a device that reaches the tailnet.',
  remediation:
    'In the SentinelOne console open Sentinels > Endpoints, select the endpoint, and resolve its threats under Incidents (Threats); isolate the device meanwhile. Then collect again.',
  severity: 'critical',
  controls: noThreats,
  vendor: 'sentinelone',
  needs: [{ kind: 'device' }, { kind: 'agent', from: 'sentinelone', fields: ['activeThreats'] }],
  parameters: {
    maxActiveThreats: {
      type: 'number',
      default: 0,
      unit: 'threats',
      min: 0,
      max: 1000,
      says: 'Active threats that a device may have.',
    },
  },
  run(snapshot, { maxActiveThreats }) {
    return judgeAgents(snapshot, 'sentinelone', (host) => {
      const activeThreats = numberOf(host, 'activeThreats')
      if (activeThreats === null) return notSaid(host, 'activeThreats')
      if (activeThreats < 0) return notSaid(host, 'activeThreats', activeThreats)
      const facts = { agentId: host.agent.key, activeThreats, maxActiveThreats }
      return answer(host, activeThreats <= maxActiveThreats ? 'pass' : 'fail', facts)
    })
  },
  say: sayOf('sentinelone', {
    pass: ({ subject, facts }) =>
      `SentinelOne reports ${facts['activeThreats']} active threats on ${subject.label}; ${facts['maxActiveThreats']} are allowed.`,
    fail: ({ subject, facts }) =>
      `SentinelOne reports ${facts['activeThreats']} active threats on ${subject.label} (agent ${facts['agentId']}); ${facts['maxActiveThreats']} are allowed. Resolve them in the console.`,
  }),
})
