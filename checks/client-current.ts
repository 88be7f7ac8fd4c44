import { defineCheck } from '../src/domain/check.ts'
import { cutoff } from '../src/domain/cutoff.ts'
import { judgeOwnDevices, type Own, said, unsaid } from '../src/domain/device-checks.ts'
import { durationText } from '../src/domain/duration.ts'
import type { Finding } from '../src/domain/finding.ts'
import type { Carried, Device } from '../src/domain/record.ts'
import { sentences } from '../src/domain/sentence.ts'
import type { Snapshot } from '../src/domain/snapshot.ts'
import { type Instant, plus } from '../src/domain/time.ts'
import { current } from './controls.ts'

const ID = 'client-current'

export const clientCurrent = defineCheck({
  id: ID,
  ref: 'DEV-07',
  version: 1,
  title: 'The Tailscale client is current',
  question: 'Has every device taken an available update of its Tailscale client within the time allowed?',
  why: 'Security bulletins name the versions that are open to attack; a client that does not follow stays one of them.',
  remediation:
    'On the device run "tailscale update" or update the app, and switch automatic updates on: in the Tailscale admin console, Settings > Device management > Auto-update.',
  severity: 'medium',
  controls: current,
  needs: [{ kind: 'device' }],
  parameters: {
    maxOutdated: {
      type: 'duration',
      default: '14d',
      min: '1d',
      max: '365d',
      says: 'How long an update may be available for a device that stays at its installed version.',
    },
  },
  carry: (snapshot) => snapshot.of('device').flatMap((device) => remembered(snapshot, device)),
  run: (snapshot, { maxOutdated }) => judgeOwnDevices(snapshot, (own) => judge(snapshot, own, maxOutdated)),
  say: sentences({
    pass: ({ subject, facts, notice }) =>
      facts['updateAvailable'] === true
        ? `${subject.label} can be updated from ${facts['clientVersion'] ?? 'its version'} since ${facts['outdatedSince']}. ${notice ?? ''}`.trim()
        : `${subject.label} runs a current client (${facts['clientVersion'] ?? 'version not said'}).`,
    fail: ({ subject, facts }) =>
      `${subject.label} has stayed at client ${facts['clientVersion'] ?? 'of a version not said'} since ${facts['outdatedSince']} though an update is available, longer than ${facts['maxOutdated']}; update it.`,
  }),
})

function judge(snapshot: Snapshot, own: Own, maxOutdated: number): Finding {
  const { updateAvailable, clientVersion } = own.device
  if (updateAvailable === null) return unsaid(own, 'updateAvailable')
  if (!updateAvailable) return said(own, 'pass', { updateAvailable, clientVersion })
  const outdatedSince = sinceAtThisVersion(snapshot, own.device) ?? snapshot.at
  const facts = { updateAvailable, clientVersion, outdatedSince, maxOutdated: durationText(maxOutdated) }
  if (outdatedSince < cutoff(snapshot, maxOutdated)) return said(own, 'fail', facts)
  return said(own, 'pass', facts, `It fails after ${plus(outdatedSince, maxOutdated)}.`)
}

/** When this device was first seen outdated at the version that it still has; null: not before this run. */
function sinceAtThisVersion(snapshot: Snapshot, device: Device): Instant | null {
  const body = snapshot.one('carried', device.source, keyOf(device))?.body
  const since = body?.['since']
  return typeof since === 'string' && body?.['version'] === device.clientVersion ? since : null
}

function keyOf(device: Device): string {
  return `${ID}/${device.key}`
}

/** The clock stops when no update is offered any more; while nothing is said, what is known stays. */
function remembered(snapshot: Snapshot, device: Device): readonly Carried[] {
  if (device.isExternal === true || device.updateAvailable === false) return []
  const key = keyOf(device)
  if (device.updateAvailable === null) {
    const before = snapshot.one('carried', device.source, key)
    return before === null ? [] : [before]
  }
  const body = { version: device.clientVersion, since: sinceAtThisVersion(snapshot, device) ?? snapshot.at }
  return [{ kind: 'carried', source: device.source, key, unread: [], check: ID, body }]
}
