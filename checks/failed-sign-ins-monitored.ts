import { attestedAnswer } from '../src/domain/approval.ts'
import { defineCheck } from '../src/domain/check.ts'
import { sentences } from '../src/domain/sentence.ts'
import { auditLog } from './controls.ts'

const SELF = { id: 'failed-sign-ins-monitored', ref: 'LOG-06' } as const

export const failedSignInsMonitored = defineCheck({
  ...SELF,
  version: 1,
  title: 'Failed sign-ins are monitored at the identity provider',
  question: 'Is somebody told when sign-ins fail again and again at the identity provider?',
  why: 'Tailscale sees only sign-ins that succeed; guessing and stolen passwords show at the identity provider alone, where no source of ours looks.',
  remediation:
    'Set up an alert for repeated failed sign-ins at the identity provider, see it arrive once, and record an attestation for this check in exhibit.yaml.',
  severity: 'low',
  controls: auditLog,
  needs: [],
  run: (snapshot) => [attestedAnswer(snapshot, SELF)],
  say: sentences({
    pass: ({ facts }) =>
      `Failed sign-ins are monitored, by attestation ${facts['attestation']} of ${facts['by']}, valid until ${facts['until']}.`,
    fail: ({ facts }) =>
      `Failed sign-ins are not monitored, by attestation ${facts['attestation']} of ${facts['by']}; set up an alert.`,
  }),
})
