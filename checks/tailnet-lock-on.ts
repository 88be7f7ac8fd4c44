import { attestedAnswer } from '../src/domain/approval.ts'
import { defineCheck } from '../src/domain/check.ts'
import { sentences } from '../src/domain/sentence.ts'
import { approvals } from './controls.ts'

const SELF = { id: 'tailnet-lock-on', ref: 'DEV-16' } as const

export const tailnetLockOn = defineCheck({
  ...SELF,
  version: 1,
  title: 'Tailnet Lock is on',
  question: 'Must devices of our own sign every new device before the others talk to it?',
  why: 'With Tailnet Lock not even Tailscale itself can let a device in. No call of the API says whether it is on, so somebody looks and attests it.',
  remediation:
    'In the Tailscale admin console open Settings > Device management > Tailnet Lock; "tailscale lock status" on any device says the same. Then record an attestation for this check in exhibit.yaml. Where Lock is not wanted, disable this check with its reason.',
  severity: 'low',
  controls: approvals,
  needs: [],
  run: (snapshot) => [attestedAnswer(snapshot, SELF)],
  say: sentences({
    pass: ({ facts }) =>
      `Tailnet Lock is on, by attestation ${facts['attestation']} of ${facts['by']}, valid until ${facts['until']}.`,
    fail: ({ facts }) => `Tailnet Lock is off, by attestation ${facts['attestation']} of ${facts['by']}; switch it on.`,
  }),
})
