import { judgeAgents, judgeFlag } from '../src/domain/agent-checks.ts'
import { sayOf } from '../src/domain/agent-sentences.ts'
import { defineCheck } from '../src/domain/check.ts'
import { mdmEnrolled } from './controls.ts'

export const kandjiMdmEnrolled = defineCheck({
  id: 'kandji-mdm-enrolled',
  ref: 'KJ-01',
  version: 1,
  title: 'The device is enrolled in MDM',
  question: 'Does Kandji (Iru) manage every device by MDM?',
  why: 'Only an enrolled device can be configured, locked and wiped.',
  remediation:
    'In Kandji (Iru) open Devices, find the device by its serial number, and enrol it again (Enrollment > Automated Device Enrollment, or the enrolment portal). Then collect again.',
  severity: 'high',
  controls: mdmEnrolled,
  vendor: 'kandji',
  needs: [{ kind: 'device' }, { kind: 'agent', from: 'kandji', fields: ['mdm_enabled'] }],
  run: (snapshot) => judgeAgents(snapshot, 'kandji', (host) => judgeFlag(host, 'mdm_enabled', true)),
  say: sayOf('kandji', {
    pass: ({ subject }) => `${subject.label} is enrolled in Kandji (Iru).`,
    fail: ({ subject, facts }) =>
      `Kandji (Iru) knows ${subject.label} (device ${facts['agentId']}) but does not manage it by MDM; enrol it again.`,
  }),
})
