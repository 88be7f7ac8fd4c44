import { defineCheck } from '../src/domain/check.ts'
import { duplicatesNotice, joined } from '../src/domain/coverage.ts'
import { judgeOwnDevices, type Own, said } from '../src/domain/device-checks.ts'
import type { Finding } from '../src/domain/finding.ts'
import { agentOf, devicesBySerial, isPlaceholder, serialsOf } from '../src/domain/match.ts'
import { sentences } from '../src/domain/sentence.ts'
import type { Snapshot } from '../src/domain/snapshot.ts'
import { deviceIdentity } from './controls.ts'

export const serialsAreUnique = defineCheck({
  id: 'serials-are-unique',
  ref: 'DEV-20',
  version: 1,
  title: 'Serial numbers name one device each',
  question: 'Does no device report a serial number that another one reports, or one that names no machine?',
  why: 'Where two devices share a serial number, one of them borrows the good health of the other; a firmware filler is shared by thousands.',
  remediation:
    'Where a device joined twice, remove the entry that is no longer used (Machines in the Tailscale admin console). Where a virtual machine was cloned, or the firmware holds a filler, give it a serial number of its own.',
  severity: 'medium',
  controls: deviceIdentity,
  needs: [{ kind: 'device' }],
  run(snapshot) {
    const bySerial = devicesBySerial(snapshot)
    return judgeOwnDevices(snapshot, (own) => judge(snapshot, own, bySerial))
  },
  say: sentences({
    pass: ({ subject, facts }) => `${subject.label} alone reports the serial number ${facts['serialNumbers']}.`,
    fail: ({ subject, facts }) =>
      facts['sharedWith'] === undefined
        ? `${subject.label} reports "${facts['serialNumbers']}", which names no single machine; set its serial number in the firmware.`
        : `${subject.label} shares the serial number ${facts['serialNumbers']} with ${facts['sharedWith']}; remove the entry that is no longer used.`,
  }),
})

function judge(snapshot: Snapshot, own: Own, bySerial: ReturnType<typeof devicesBySerial>): Finding {
  const { device } = own
  if (device.serials.length === 0)
    return said(own, 'not_applicable', {}, 'It reports no serial number; DEV-19 judges that.')
  const facts = { serialNumbers: device.serials.length === 1 ? device.serials[0]! : device.serials.join(', ') }
  const usable = serialsOf(snapshot, device)
  // Nearly all devices have one serial number, and it is theirs.
  if (device.serials.length === 1 && usable.length === 1 && bySerial.get(usable[0]!)?.length === 1) {
    return said(own, 'pass', facts, vendorDuplicates(snapshot, own))
  }
  const others = usable.flatMap((serial) => bySerial.get(serial)?.filter((other) => other !== device) ?? [])
  if (others.length > 0) {
    const sharedWith = others.map((other) => other.name ?? other.key).join(', ')
    return said(own, 'fail', { ...facts, sharedWith })
  }
  if (usable.length === 0 || device.serials.some(isPlaceholder)) return said(own, 'fail', facts)
  return said(own, 'pass', facts, vendorDuplicates(snapshot, own))
}

function vendorDuplicates(snapshot: Snapshot, { device }: Own): string | null {
  let notice: string | null = null
  for (const vendor of ['sentinelone', 'crowdstrike', 'kandji'] as const) {
    const { agent, others } = agentOf(snapshot, device, vendor)
    if (agent !== null && others.length > 0) notice = joined(notice, duplicatesNotice(agent, others))
  }
  return notice
}
