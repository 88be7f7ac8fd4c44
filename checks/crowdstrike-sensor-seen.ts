import { judgeAgents, judgeContact } from '../src/domain/agent-checks.ts'
import { sayOf } from '../src/domain/agent-sentences.ts'
import { defineCheck } from '../src/domain/check.ts'
import { edrActive } from './controls.ts'

export const crowdstrikeSensorSeen = defineCheck({
  id: 'crowdstrike-sensor-seen',
  ref: 'CS-04',
  version: 1,
  title: 'Falcon heard from the sensor recently',
  question: 'Has CrowdStrike Falcon heard from the sensor of every device in use recently?',
  why: 'A sensor that is silent while its device is in the tailnet was stopped, removed or cut off: nothing watches the device.',
  remediation:
    'In the Falcon console open Host setup and management > Host management, sort by Last seen, and restart, reconnect or reinstall the sensor of the host. Then collect again.',
  severity: 'high',
  controls: edrActive,
  vendor: 'crowdstrike',
  needs: [{ kind: 'device' }, { kind: 'agent', from: 'crowdstrike', fields: ['last_seen'] }],
  parameters: {
    maxSilence: {
      type: 'duration',
      default: '7d',
      min: '1h',
      max: '90d',
      says: 'How long a sensor may be silent while its device is in use.',
    },
  },
  run: (snapshot, { maxSilence }) =>
    judgeAgents(snapshot, 'crowdstrike', (host) => judgeContact(snapshot, host, 'last_seen', maxSilence)),
  say: sayOf('crowdstrike', {
    pass: ({ subject, facts }) =>
      `Falcon heard from the sensor of ${subject.label} at ${facts['last_seen']}, within ${facts['window']}.`,
    fail: ({ subject, facts }) =>
      `Falcon last heard from the sensor of ${subject.label} (host ${facts['agentId']}) at ${facts['last_seen']}, while the device was in the tailnet within ${facts['window']}; restart or reinstall the sensor.`,
  }),
})
