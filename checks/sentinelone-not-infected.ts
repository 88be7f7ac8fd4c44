import { judgeAgents, judgeFlag } from '../src/domain/agent-checks.ts'
import { sayOf } from '../src/domain/agent-sentences.ts'
import { defineCheck } from '../src/domain/check.ts'
import { noThreats } from './controls.ts'

export const sentineloneNotInfected = defineCheck({
  id: 'sentinelone-not-infected',
  ref: 'S1-04',
  version: 1,
  title: 'The device is not infected',
  question: 'Does SentinelOne say of every device that it is not infected?',
  why: 'An infected device in the tailnet can reach whatever its owner reaches.',
  remediation:
    'In the SentinelOne console open Sentinels > Endpoints, filter by Infected, resolve the threats of the endpoint under Incidents (Threats), and disconnect it from the network until that is done. Then collect again.',
  severity: 'critical',
  controls: noThreats,
  vendor: 'sentinelone',
  needs: [{ kind: 'device' }, { kind: 'agent', from: 'sentinelone', fields: ['infected'] }],
  run: (snapshot) => judgeAgents(snapshot, 'sentinelone', (host) => judgeFlag(host, 'infected', false)),
  say: sayOf('sentinelone', {
    pass: ({ subject }) => `SentinelOne says that ${subject.label} is not infected.`,
    fail: ({ subject, facts }) =>
      `SentinelOne says that ${subject.label} is infected (agent ${facts['agentId']}); isolate it and resolve its threats in the console.`,
  }),
})
