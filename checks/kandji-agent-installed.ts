import { answer, judgeAgents, judgeFlag } from '../src/domain/agent-checks.ts'
import { sayOf } from '../src/domain/agent-sentences.ts'
import { defineCheck } from '../src/domain/check.ts'
import { isComputer } from '../src/domain/coverage.ts'
import { mdmEnrolled } from './controls.ts'

export const kandjiAgentInstalled = defineCheck({
  id: 'kandji-agent-installed',
  ref: 'KJ-02',
  version: 1,
  title: 'The Kandji (Iru) agent is installed',
  question: 'Is the Kandji (Iru) agent installed on every computer?',
  why: 'What MDM alone cannot enforce or report on a computer, such as scripts, app versions and remediation, the agent does.',
  remediation:
    'In Kandji (Iru) open Devices, the device, and choose Reinstall Agent from its action menu; if the agent does not appear, enrol the device again. Then collect again.',
  severity: 'medium',
  controls: mdmEnrolled,
  vendor: 'kandji',
  needs: [{ kind: 'device' }, { kind: 'agent', from: 'kandji', fields: ['agent_installed'] }],
  run(snapshot) {
    // Phones, tablets and Apple TVs have no agent, whatever `agent_installed` says of them.
    return judgeAgents(snapshot, 'kandji', (host) =>
      isComputer(host.device)
        ? judgeFlag(host, 'agent_installed', true)
        : answer(
            host,
            'not_applicable',
            { agentId: host.agent.key, platform: host.agent.platform },
            'It is no computer, and only computers have the agent.',
          ),
    )
  },
  say: sayOf('kandji', {
    pass: ({ subject }) => `The Kandji (Iru) agent is installed on ${subject.label}.`,
    fail: ({ subject, facts }) =>
      `The Kandji (Iru) agent is not installed on ${subject.label} (device ${facts['agentId']}); reinstall it from the device’s action menu.`,
  }),
})
