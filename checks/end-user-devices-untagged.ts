import { defineCheck, type Need } from '../src/domain/check.ts'
import { judgeOwnDevices, type Own, said, unsaid } from '../src/domain/device-checks.ts'
import type { Finding } from '../src/domain/finding.ts'
import { machineClass } from '../src/domain/machine-class.ts'
import { unreadable } from '../src/domain/roster.ts'
import { sentences } from '../src/domain/sentence.ts'
import type { Snapshot } from '../src/domain/snapshot.ts'
import { deviceIdentity } from './controls.ts'

export const endUserDevicesUntagged = defineCheck({
  id: 'end-user-devices-untagged',
  ref: 'DEV-13',
  version: 1,
  title: 'People’s devices carry no tags',
  question: 'Is no laptop, workstation or phone tagged like a server?',
  why: 'A tagged device belongs to its tag and not to a person: its key does not expire, it is no longer somebody’s when they leave, and rules about people pass it by.',
  remediation:
    'In the Tailscale admin console open Machines, the menu at the end of the row, Edit ACL tags, remove the tags, and let the owner sign in on the device again.',
  severity: 'medium',
  controls: deviceIdentity,
  needs: (_settings, _system, snapshot) => vendorNeeds(snapshot),
  run: (snapshot) => judgeOwnDevices(snapshot, (own) => judge(snapshot, own)),
  say: sentences({
    pass: ({ subject }) => `${subject.label} carries no tag.`,
    fail: ({ subject, facts }) =>
      `${subject.label} carries ${facts['tags']} although it is a device for people (${facts['says']}); remove the tags and let its owner sign in.`,
  }),
})

/** A vendor that is a source and cannot be read leaves the question open; without any, the platform alone speaks. */
function vendorNeeds(snapshot: Snapshot): readonly Need[] {
  const vendors = ['sentinelone', 'crowdstrike', 'kandji'] as const
  const configured = vendors.filter((vendor) => snapshot.sources.some(({ kind }) => kind === vendor))
  return [{ kind: 'device' }, ...configured.map((from): Need => ({ kind: 'agent', from }))]
}

function judge(snapshot: Snapshot, own: Own): Finding {
  const { tags } = own.device
  if (unreadable(own.device, 'tags')) return unsaid(own, 'tags')
  if (tags.length === 0) return said(own, 'pass', UNTAGGED)
  const found = machineClass(snapshot, own.device)
  const facts = { tags: tags.join(', '), says: found?.says ?? null }
  if (found?.is === 'end-user') return said(own, 'fail', facts)
  if (found === null && identityUnread(own)) return unsaid(own, 'postureIdentity', facts)
  const notice = found === null ? 'No vendor says what kind of machine it is.' : `It is a server (${found.says}).`
  return said(own, 'not_applicable', facts, notice)
}

const UNTAGGED = { tags: null }

/** Serial numbers that were sent and could not be read: a vendor's record may be there and not be found. */
function identityUnread({ device }: Own): boolean {
  return device.unread.some((field) => field.startsWith('postureIdentity'))
}
