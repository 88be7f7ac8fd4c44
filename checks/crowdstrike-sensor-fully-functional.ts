import { answer, judgeAgents, notSaid, textOf } from '../src/domain/agent-checks.ts'
import { sayOf } from '../src/domain/agent-sentences.ts'
import { defineCheck } from '../src/domain/check.ts'
import { edrActive } from './controls.ts'

export const crowdstrikeSensorFullyFunctional = defineCheck({
  id: 'crowdstrike-sensor-fully-functional',
  ref: 'CS-03',
  version: 1,
  title: 'The Falcon sensor works in full',
  question: 'Is no Falcon sensor in reduced functionality mode?',
  why: 'In reduced functionality mode the sensor runs but does not prevent, mostly because the operating system is newer than it knows.',
  remediation:
    'In the Falcon console open Host setup and management > Host management, filter by Reduced functionality mode, and update the sensor (Sensor update policies) or reboot the host. Then collect again.',
  severity: 'high',
  controls: edrActive,
  vendor: 'crowdstrike',
  needs: [{ kind: 'device' }, { kind: 'agent', from: 'crowdstrike', fields: ['reduced_functionality_mode'] }],
  run(snapshot) {
    return judgeAgents(snapshot, 'crowdstrike', (host) => {
      const mode = textOf(host, 'reduced_functionality_mode')
      // Blank is sent for hosts of which Falcon does not know: never read as "no".
      if (mode !== 'yes' && mode !== 'no') return notSaid(host, 'reduced_functionality_mode', mode)
      const facts = { agentId: host.agent.key, reduced_functionality_mode: mode }
      return answer(host, mode === 'no' ? 'pass' : 'fail', facts)
    })
  },
  say: sayOf('crowdstrike', {
    pass: ({ subject }) => `The Falcon sensor of ${subject.label} is not in reduced functionality mode.`,
    fail: ({ subject, facts }) =>
      `The Falcon sensor of ${subject.label} (host ${facts['agentId']}) is in reduced functionality mode; update the sensor or reboot the host.`,
  }),
})
