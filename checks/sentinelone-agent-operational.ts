import { answer, judgeAgents, notSaid, textOf } from '../src/domain/agent-checks.ts'
import { sayOf } from '../src/domain/agent-sentences.ts'
import { defineCheck } from '../src/domain/check.ts'
import { edrActive } from './controls.ts'

export const sentineloneAgentOperational = defineCheck({
  id: 'sentinelone-agent-operational',
  ref: 'S1-02',
  version: 1,
  title: 'The SentinelOne agent is in full operation',
  question: 'Is the operational state of every SentinelOne agent "na", that is, neither disabled nor corrupted?',
  why: 'An agent that was disabled, by hand or after an error, goes on reporting but protects little or nothing.',
  remediation:
    'In the SentinelOne console open Sentinels > Endpoints, select the endpoint, Actions > Agent Actions > Enable Agent; for db_corruption or disabled_error reinstall the agent. Then collect again.',
  severity: 'high',
  controls: edrActive,
  vendor: 'sentinelone',
  needs: [{ kind: 'device' }, { kind: 'agent', from: 'sentinelone', fields: ['operationalState'] }],
  run(snapshot) {
    return judgeAgents(snapshot, 'sentinelone', (host) => {
      const operationalState = textOf(host, 'operationalState')
      if (operationalState === null) return notSaid(host, 'operationalState')
      // Values we do not know fail too: only "na" is documented as healthy.
      return answer(host, operationalState === 'na' ? 'pass' : 'fail', { agentId: host.agent.key, operationalState })
    })
  },
  say: sayOf('sentinelone', {
    pass: ({ subject }) => `The SentinelOne agent of ${subject.label} is in full operation (operational state "na").`,
    fail: ({ subject, facts }) =>
      `The operational state of SentinelOne agent ${facts['agentId']} of ${subject.label} is "${facts['operationalState']}"; enable the agent again or reinstall it.`,
  }),
})
