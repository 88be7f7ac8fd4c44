import { defineCheck } from '../src/domain/check.ts'
import { cutoff } from '../src/domain/cutoff.ts'
import { judgeOwnDevices, type Own, said, unsaid } from '../src/domain/device-checks.ts'
import { durationText } from '../src/domain/duration.ts'
import type { Finding } from '../src/domain/finding.ts'
import { unreadable } from '../src/domain/roster.ts'
import { sentences } from '../src/domain/sentence.ts'
import type { Snapshot } from '../src/domain/snapshot.ts'
import { pastInstant } from '../src/domain/time.ts'
import { deviceIdentity } from './controls.ts'

export const staleDevicesRemoved = defineCheck({
  id: 'stale-devices-removed',
  ref: 'DEV-11',
  version: 1,
  title: 'Devices that nobody uses are removed',
  question: 'Has every device been in the tailnet within the time allowed?',
  why: 'A device that nobody has seen for months may be lost, sold or stolen, and its key may still work.',
  remediation:
    'Ask the owner whether the device still exists. Otherwise, in the Tailscale admin console: Machines, the menu at the end of the row, Remove.',
  severity: 'medium',
  controls: deviceIdentity,
  needs: [{ kind: 'device' }],
  parameters: {
    maxSilent: { type: 'duration', default: '60d', min: '1d', max: '730d', says: 'How long a device may stay away.' },
  },
  run: (snapshot, { maxSilent }) => judgeOwnDevices(snapshot, (own) => judge(snapshot, own, maxSilent)),
  say: sentences({
    pass: ({ subject, facts }) =>
      facts['connected'] === true ? `${subject.label} is connected.` : `${subject.label} was ${lastUse(facts)}.`,
    fail: ({ subject, facts }) =>
      `${subject.label} was ${lastUse(facts)}, longer ago than ${facts['maxSilent']}; remove it, or ask its owner.`,
  }),
})

function lastUse(facts: Finding['facts']): string {
  return facts['lastSeen'] === null
    ? `never online since it joined at ${facts['created']}`
    : `last online at ${facts['lastSeen']}`
}

/** `lastSeen` is left out while a device is connected and where it never was (vendors/tailscale.md section 3). */
function judge(snapshot: Snapshot, own: Own, maxSilent: number): Finding {
  const { device } = own
  if (device.connected === true) return said(own, 'pass', CONNECTED)
  const lastSeen = pastInstant(device.lastSeen, snapshot.at)
  const created = pastInstant(device.createdAt, snapshot.at)
  const never = device.connected === false && device.lastSeen === null && !unreadable(device, 'lastSeen')
  const since = lastSeen ?? (never ? created : null)
  if (since === null) return unsaid(own, never ? 'created' : 'lastSeen')
  const facts = {
    connected: false,
    lastSeen: device.lastSeen,
    created: device.createdAt,
    maxSilent: durationText(maxSilent),
  }
  return said(own, since < cutoff(snapshot, maxSilent) ? 'fail' : 'pass', facts)
}

const CONNECTED = { connected: true }
