import { defineCheck } from '../src/domain/check.ts'
import { judgeOwnDevices, said, unsaid } from '../src/domain/device-checks.ts'
import { unreadable } from '../src/domain/roster.ts'
import { sentences } from '../src/domain/sentence.ts'
import { approvals } from './controls.ts'

export const tailnetLockUnbroken = defineCheck({
  id: 'tailnet-lock-unbroken',
  ref: 'DEV-17',
  version: 1,
  title: 'No device has a Tailnet Lock error',
  question: 'Is the signature of every device good where Tailnet Lock is on?',
  why: 'With Tailnet Lock an error means that nobody whom we trust has signed this device: it was forgotten, or somebody tried to let it in.',
  remediation:
    'On a signing device run "tailscale lock status"; where the device is ours, "tailscale lock sign <node key>"; otherwise remove it under Machines in the Tailscale admin console and find out who added it.',
  severity: 'high',
  controls: approvals,
  needs: [{ kind: 'device' }],
  run: (snapshot) =>
    judgeOwnDevices(snapshot, (own) => {
      const { tailnetLockError } = own.device
      if (unreadable(own.device, 'tailnetLockError')) return unsaid(own, 'tailnetLockError')
      // The field exists only while Lock is on (checks.md section 2.8).
      if (tailnetLockError === null)
        return said(own, 'not_applicable', {}, 'Tailnet Lock is off: no lock state is sent.')
      return said(own, tailnetLockError === '' ? 'pass' : 'fail', { tailnetLockError })
    }),
  say: sentences({
    pass: ({ subject }) => `${subject.label} has no Tailnet Lock error.`,
    fail: ({ subject, facts }) =>
      `${subject.label} has a Tailnet Lock error (${facts['tailnetLockError']}); sign it if it is ours, else remove it.`,
  }),
})
