import { defineCheck, type Need } from '../src/domain/check.ts'
import { judgeOwnDevices, type Own, said, unsaid } from '../src/domain/device-checks.ts'
import type { Finding } from '../src/domain/finding.ts'
import { machineClass } from '../src/domain/machine-class.ts'
import { unreadable } from '../src/domain/roster.ts'
import { sentences } from '../src/domain/sentence.ts'
import type { Snapshot } from '../src/domain/snapshot.ts'
import { deviceIdentity } from './controls.ts'

export const serversAreTagged = defineCheck({
  id: 'servers-are-tagged',
  ref: 'DEV-14',
  version: 1,
  title: 'Servers carry tags',
  question: 'Does every device that is a server carry a tag?',
  why: 'A server without a tag belongs to the person who set it up: it stops when they leave, and it is reached by whatever rules speak of that person.',
  remediation:
    'Declare an owner of the tag in the policy file, then on the server run "tailscale up --advertise-tags=tag:…", or in the Tailscale admin console: Machines, the menu at the end of the row, Edit ACL tags.',
  severity: 'low',
  controls: deviceIdentity,
  needs: (_settings, _system, snapshot) => needsOf(snapshot),
  parameters: {
    servers: {
      type: 'list',
      default: [],
      says: 'Devices by id, name or host name that are servers, beside those that an EDR calls one.',
    },
  },
  run(snapshot, { servers }) {
    const listed = new Set(servers.map((name) => name.toLowerCase()))
    return judgeOwnDevices(snapshot, (own) => judge(snapshot, own, listed))
  },
  say: sentences({
    pass: ({ subject, facts }) => `${subject.label} is a server (${facts['says']}) and carries ${facts['tags']}.`,
    fail: ({ subject, facts }) =>
      `${subject.label} is a server (${facts['says']}) without a tag, so it belongs to ${facts['owner'] ?? 'a person'}; tag it.`,
  }),
})

function needsOf(snapshot: Snapshot): readonly Need[] {
  const vendors = ['sentinelone', 'crowdstrike'] as const
  const configured = vendors.filter((vendor) => snapshot.sources.some(({ kind }) => kind === vendor))
  return [{ kind: 'device' }, ...configured.map((from): Need => ({ kind: 'agent', from }))]
}

function judge(snapshot: Snapshot, own: Own, listed: ReadonlySet<string>): Finding {
  const { key, name, hostname, tags, user } = own.device
  const isListed = (each: string | null): boolean => each !== null && listed.has(each.toLowerCase())
  const declared = listed.size > 0 && [key, name, hostname].some(isListed)
  const found = declared ? null : machineClass(snapshot, own.device)
  if (!declared && found?.is !== 'server') return said(own, 'not_applicable', {}, 'Nobody calls it a server.')
  const facts = {
    says: found?.says ?? 'the list of servers in exhibit.yaml',
    tags: tags.join(', ') || null,
    owner: user,
  }
  if (unreadable(own.device, 'tags')) return unsaid(own, 'tags', facts)
  return said(own, tags.length > 0 ? 'pass' : 'fail', facts)
}
