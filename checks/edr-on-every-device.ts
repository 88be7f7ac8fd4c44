import { sayPresence } from '../src/domain/agent-sentences.ts'
import { defineCheck } from '../src/domain/check.ts'
import { EDR, judgePresence } from '../src/domain/coverage.ts'
import { edrActive } from './controls.ts'

export const edrOnEveryDevice = defineCheck({
  id: 'edr-on-every-device',
  ref: 'POS-04',
  version: 1,
  title: 'Every device in scope has an EDR record',
  question: 'Does an EDR know every device in scope by its serial number?',
  why: 'A device that no EDR knows is in the tailnet without protection and without anybody noticing an attack on it.',
  remediation:
    'Install the agent: SentinelOne, Sentinels > Packages; CrowdStrike Falcon, Host setup and management > Sensor downloads. Where it is installed, compare the serial number in Sentinels > Endpoints or Host management with that under Machines in the Tailscale admin console. Then collect again.',
  severity: 'high',
  controls: edrActive,
  needs: [{ kind: 'device' }, { kind: 'agent', from: 'edr' }],
  run: (snapshot) => judgePresence(snapshot, EDR),
  say: sayPresence('EDR', 'install the agent on it, or take it out of deviceTrust.scope'),
})
