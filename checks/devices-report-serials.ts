import { defineCheck } from '../src/domain/check.ts'
import { isComputer, standings } from '../src/domain/coverage.ts'
import { briefly, type Finding, finding, unknown } from '../src/domain/finding.ts'
import { serialsOf } from '../src/domain/match.ts'
import type { Device } from '../src/domain/record.ts'
import { sentences } from '../src/domain/sentence.ts'
import type { Snapshot } from '../src/domain/snapshot.ts'
import { deviceIdentity } from './controls.ts'

export const devicesReportSerials = defineCheck({
  id: 'devices-report-serials',
  ref: 'DEV-19',
  version: 1,
  title: 'Every device in scope reports its serial number',
  question: 'Does every device in scope report a serial number by which it can be recognised?',
  why: 'A device that does not say who it is cannot be compared with EDR and MDM; it looks unmanaged, or escapes notice because it is.',
  remediation:
    'On the device run "tailscale set --posture-checking=true" (client 1.52 or later), or set the system policy PostureChecking to always; on some Linux machines the client needs to run as root to read the serial number.',
  severity: 'medium',
  controls: deviceIdentity,
  needs: [{ kind: 'device' }],
  run(snapshot) {
    const judgeDevice = (device: Device): Finding => judge(snapshot, device)
    return standings(snapshot).map(({ device, outside }) => outside ?? briefly(judgeDevice, device))
  },
  say: sentences({
    pass: ({ subject, facts }) => `${subject.label} reports the serial number ${facts['serialNumbers']}.`,
    fail: ({ subject }) =>
      `${subject.label} has not agreed to report its serial number; run "tailscale set --posture-checking=true" on it.`,
    open: ({ subject, facts, unknownReason }) =>
      unknownReason !== 'no_serial'
        ? null
        : facts['serialNumbers'] === null
          ? `${subject.label} reports no serial number; look at "tailscale set --posture-checking" and the system policy PostureChecking on it.`
          : `${subject.label} reports "${facts['serialNumbers']}", which names no single machine; set its serial number in the firmware.`,
  }),
})

function judge(snapshot: Snapshot, device: Device): Finding {
  const facts = { identity: device.identity, serialNumbers: device.serials.join(', ') || null }
  if (device.identity === 'disabled') {
    // A phone cannot agree by itself: only an MDM can hand it its serial number.
    return isComputer(device)
      ? finding('fail', device, { facts })
      : finding('not_applicable', device, { facts, notice: PHONE })
  }
  if (serialsOf(snapshot, device).length > 0) return finding('pass', device, { facts })
  return isComputer(device)
    ? unknown('no_serial', device, { facts })
    : finding('not_applicable', device, { facts, notice: PHONE })
}

const PHONE = 'Phones and televisions know their serial number only from an MDM.'
