import { sayPresence } from '../src/domain/agent-sentences.ts'
import { defineCheck } from '../src/domain/check.ts'
import { judgePresence } from '../src/domain/coverage.ts'
import { mdmEnrolled } from './controls.ts'

export const mdmOnEveryComputer = defineCheck({
  id: 'mdm-on-every-computer',
  ref: 'POS-05',
  version: 1,
  title: 'Every computer in scope has an MDM record',
  question: 'Does the MDM know every computer in scope by its serial number?',
  why: 'A computer that the MDM does not know cannot be configured, locked or wiped, and need not belong to the company.',
  remediation:
    'In Kandji (Iru) open Devices and search for the serial number; if it is missing, enrol the computer (Enrollment > Automated Device Enrollment, or the enrolment portal). Then collect again.',
  severity: 'high',
  controls: mdmEnrolled,
  needs: [{ kind: 'device' }, { kind: 'agent', from: 'mdm' }],
  run: (snapshot) => judgePresence(snapshot, ['kandji']),
  say: sayPresence('MDM', 'enrol it, or take it out of deviceTrust.scope'),
})
