import { defineCheck } from '../src/domain/check.ts'
import { briefly, type Finding, finding, unknown } from '../src/domain/finding.ts'
import { accountOfDevice, agentOf, departed, ownerOf, ownerOfLogin } from '../src/domain/match.ts'
import { carryDepartures, offboardingLimits, stillHasAccess } from '../src/domain/offboarding.ts'
import type { Agent, Device, Person, Vendor } from '../src/domain/record.ts'
import { unmatched, unreadable } from '../src/domain/roster.ts'
import { notEvaluated } from '../src/domain/sentence.ts'
import type { Snapshot } from '../src/domain/snapshot.ts'
import { offboarded } from './controls.ts'

const ID = 'leavers-own-no-devices'
const VENDORS: readonly Vendor[] = ['sentinelone', 'crowdstrike', 'kandji']

export const leaversOwnNoDevices = defineCheck({
  id: ID,
  ref: 'ID-03',
  version: 1,
  title: 'Nobody who left owns a device in the tailnet',
  question: 'Is every device that a person owns owned by somebody who still works here?',
  why: 'A device stays signed in until its key expires, whatever happens to its owner; while the account lives, so does the way in.',
  remediation:
    'In the Tailscale admin console suspend or delete the owner under Users, or remove the device: Machines, the menu at the end of the row, Remove. A device that stays in service is handed over by signing in with another account or by giving it a tag.',
  severity: 'high',
  controls: offboarded,
  needs: [{ kind: 'person' }, { kind: 'account' }, { kind: 'device' }],
  limits: offboardingLimits,
  carry: carryDepartures(ID),
  run(snapshot) {
    const judgeDevice = (device: Device): Finding => judge(snapshot, device)
    return snapshot.of('device').map((device) => briefly(judgeDevice, device))
  },
  say(finding) {
    const { subject, facts, notice } = finding
    switch (finding.status) {
      case 'pass':
        return facts['accountStatus'] === 'suspended'
          ? `${subject.label} carries no traffic: its owner ${facts['owner']} is suspended${notice === null ? '' : '; remove it within 30 days'}.`
          : `${subject.label} is owned by ${facts['owner']}, who is employed.`
      case 'not_applicable':
        if (facts['dueAt'] !== undefined) {
          return `${subject.label} is owned by ${facts['owner']}, who left on ${facts['leftAt']}; remove it before ${facts['dueAt']}.`
        }
        return `${subject.label} has no owner among our people (${facts['because']})${notice === null ? '' : `; ${notice}`}.`
      case 'fail':
        return facts['accountStatus'] === 'deleted'
          ? `${subject.label} is registered to ${facts['owner']}, an account that no longer exists; remove the device.`
          : `${subject.label} is owned by ${facts['owner']}, who has left and whose account is ${facts['accountStatus']}; due to be gone by ${facts['dueAt']}.`
      case 'unknown':
        return facts['missing'] === 'end_date'
          ? `${subject.label} is owned by ${facts['owner']}, who has left on a day that the roster does not name; write the end date there and remove the device before ${facts['dueAt']}.`
          : notEvaluated(finding)
    }
  },
})

function judge(snapshot: Snapshot, device: Device): Finding {
  if (device.isExternal === true) return finding('not_applicable', device, { facts: { because: 'external' } })
  if (device.isExternal === null) return unknown('no_data', device, { facts: { missing: 'isExternal' } })
  if (unreadable(device, 'tags')) return unknown('no_data', device, { facts: { missing: 'tags' } })
  if (device.tags.length > 0) return tagged(snapshot, device)
  if (device.user === null || device.user === '') return unknown('no_data', device, { facts: { missing: 'user' } })

  const account = accountOfDevice(snapshot, device)
  if (account === null) {
    const { person } = ownerOfLogin(snapshot, device.user)
    return finding('fail', device, { with: [person], facts: { owner: device.user, accountStatus: 'deleted' } })
  }
  const owner = ownerOf(snapshot, account)
  const facts = { owner: account.login, accountStatus: account.status }
  if (owner.exempt !== null) {
    return finding('not_applicable', device, {
      with: [account],
      facts: { ...facts, because: `${owner.exempt} account` },
    })
  }
  const { person } = owner
  const employed = person !== null && !departed(person, snapshot.at)
  if (employed) return finding('pass', device, { with: [account, person], facts })
  // A suspended account's devices carry no traffic, so whose they are can wait (vendors/tailscale.md section 12).
  if (account.status === 'suspended') {
    return finding('pass', device, { with: [account, person], facts, notice: 'clean up within 30 days' })
  }
  if (person === null) return unmatched(device, owner, facts)
  if (account.status === null)
    return unknown('no_data', device, { with: [account, person], facts: { missing: 'status' } })
  return stillHasAccess(snapshot, ID, device, person, { facts, with: [account] })
}

/** The tag owns the device, not a person; but where EDR or MDM names a leaver as its holder, somebody should look. */
function tagged(snapshot: Snapshot, device: Device): Finding {
  const facts = { because: 'tagged', tags: device.tags.join(' ') }
  for (const vendor of VENDORS) {
    const { agent } = agentOf(snapshot, device, vendor)
    const leaver = agent === null ? null : assignedLeaver(snapshot, agent)
    if (leaver === null) continue
    return finding('not_applicable', device, {
      with: [agent, leaver],
      facts: { ...facts, assignedTo: leaver.email },
      notice: `${vendor} assigns it to ${leaver.email}, who has left`,
    })
  }
  return finding('not_applicable', device, { facts })
}

function assignedLeaver(snapshot: Snapshot, agent: Agent): Person | null {
  if (agent.assignedTo === null) return null
  const { person } = ownerOfLogin(snapshot, agent.assignedTo)
  return person !== null && departed(person, snapshot.at) ? person : null
}
