import { approvedBy } from '../src/domain/approval.ts'
import { defineCheck } from '../src/domain/check.ts'
import { finding, subjectOf, unknown } from '../src/domain/finding.ts'
import { sentences } from '../src/domain/sentence.ts'
import { newAccess } from './controls.ts'

export const externalDevicesApproved = defineCheck({
  id: 'external-devices-approved',
  ref: 'DEV-12',
  version: 1,
  title: 'Devices from outside are known and approved',
  question: 'Is every device that is shared in from another tailnet on the list of approved ones?',
  why: 'A shared-in device is run by another organisation, by rules that are not ours, and no posture of ours binds it.',
  remediation:
    'Where the device is wanted, write it under approved for this check in exhibit.yaml, with its reason. Otherwise, in the Tailscale admin console: Machines, the menu at the end of its row, Remove.',
  severity: 'medium',
  controls: newAccess,
  needs: [{ kind: 'device' }],
  parameters: {
    approved: { type: 'approved', default: [], says: 'Shared-in devices by id or name, each with a reason.' },
  },
  run: (snapshot, { approved }) =>
    snapshot.of('device').map((device) => {
      if (device.isExternal === null) return unknown('no_data', device, { facts: { missing: 'isExternal' } })
      if (!device.isExternal) return finding('not_applicable', device, OWN)
      const entry = approvedBy(approved, subjectOf(device))
      const facts = { sharedBy: device.user, os: device.os }
      return entry === null
        ? finding('fail', device, { facts })
        : finding('pass', device, { facts: { ...facts, because: entry.because } })
    }),
  say: sentences({
    pass: ({ subject, facts }) => `${subject.label} is approved: ${facts['because']}.`,
    fail: ({ subject, facts }) =>
      `${subject.label} is shared in by ${facts['sharedBy'] ?? 'another tailnet'} and on no list; approve it with a reason or remove it.`,
  }),
})

const OWN = { notice: 'It is a device of our own.' }
