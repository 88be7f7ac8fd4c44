import { defineCheck, type Need } from '../src/domain/check.ts'
import { VENDOR_NAME } from '../src/domain/coverage.ts'
import { type Finding, finding, unknown } from '../src/domain/finding.ts'
import {
  accountOfDevice,
  accountsOf,
  agentOf,
  agentSerial,
  departed,
  devicesBySerial,
  serialsOf,
} from '../src/domain/match.ts'
import type { Agent, Device, Person } from '../src/domain/record.ts'
import { unreadable } from '../src/domain/roster.ts'
import { sentences } from '../src/domain/sentence.ts'
import type { Snapshot } from '../src/domain/snapshot.ts'
import { deviceIdentity } from './controls.ts'

const VENDORS = ['sentinelone', 'crowdstrike', 'kandji'] as const

export const managedDevicesMeet = defineCheck({
  id: 'managed-devices-meet',
  ref: 'POS-06',
  version: 1,
  title: 'People with access have a managed device',
  question: 'Does everybody who has a working account own a device that EDR or MDM knows?',
  why: 'Somebody who has access and no managed device uses one that nobody looks after, or none at all. Hosts that a vendor knows and the tailnet does not are shown beside it.',
  remediation:
    'Ask the person which device they use: enrol it at the MDM and install the agent, or suspend an account that is not needed.',
  severity: 'low',
  controls: deviceIdentity,
  needs: (_settings, _system, snapshot) => [
    { kind: 'person' },
    { kind: 'account' },
    { kind: 'device' },
    ...VENDORS.filter((vendor) => snapshot.sources.some(({ kind }) => kind === vendor)).map(
      (from): Need => ({ kind: 'agent', from }),
    ),
  ],
  run(snapshot) {
    const owned = snapshot.derive(devicesByAccount)
    const people = snapshot.of('person').map((person) => judgePerson(snapshot, person, owned))
    return [...people, ...snapshot.of('agent').flatMap((agent) => missingFromTailnet(snapshot, agent))]
  },
  say: sentences({
    pass: ({ subject, facts }) => `${subject.label} has a managed device (${facts['managed']}).`,
    fail: ({ subject, facts }) =>
      facts['devices'] === 0
        ? `${subject.label} has an account and no device in the tailnet; ask which one is used.`
        : `${subject.label} has no device that EDR or MDM knows (devices in the tailnet: ${facts['devices']}); enrol one.`,
  }),
})

function judgePerson(snapshot: Snapshot, person: Person, owned: ReadonlyMap<string, readonly Owned[]>): Finding {
  const aside = (notice: string) => finding('not_applicable', person, { notice })
  if (person.type === 'service') return aside('It is a service account.')
  if (departed(person, snapshot.at)) return aside('The person has left.')
  const accounts = accountsOf(snapshot, person)
  if (accounts.some(({ status }) => status === null)) {
    return unknown('no_data', person, { with: accounts, facts: { missing: 'status' } })
  }
  const working = accounts.filter(({ status }) => status === 'active' || status === 'idle')
  if (working.length === 0) return aside('The person has no working account.')
  const devices = working.flatMap(({ key }) => owned.get(key) ?? [])
  // Whether a device whose tags could not be read is a person's at all, nobody knows.
  const whose = devices.find((each) => each.unclear)?.device
  if (whose !== undefined) return unknown('no_data', person, { with: [...working, whose], facts: { missing: 'tags' } })
  const managed = devices.find((each) => each.managed)?.device
  const facts = { devices: devices.length, managed: managed === undefined ? null : (managed.name ?? managed.key) }
  // Whether a device that does not say who it is is managed, nobody knows.
  const silent =
    managed === undefined ? devices.find(({ device }) => serialsOf(snapshot, device).length === 0)?.device : undefined
  if (silent !== undefined) return unknown('no_serial', person, { with: [...working, silent], facts })
  return finding(managed === undefined ? 'fail' : 'pass', person, { with: [...working, managed ?? null], facts })
}

interface Owned {
  readonly device: Device
  /** A vendor has a record of it. */
  readonly managed: boolean
  /** Its tags could not be read. */
  readonly unclear: boolean
}

function devicesByAccount(snapshot: Snapshot): ReadonlyMap<string, readonly Owned[]> {
  const owned = new Map<string, Owned[]>()
  for (const device of snapshot.of('device')) {
    const account = device.isExternal === true ? null : accountOfDevice(snapshot, device)
    if (account === null) continue
    const managed = VENDORS.some((vendor) => agentOf(snapshot, device, vendor).agent !== null)
    const entry = { device, managed, unclear: unreadable(device, 'tags') }
    const list = owned.get(account.key)
    if (list === undefined) owned.set(account.key, [entry])
    else list.push(entry)
  }
  return owned
}

/** A row, no verdict: a host may have good reasons not to be in the tailnet. */
function missingFromTailnet(snapshot: Snapshot, agent: Agent): Finding[] {
  const serial = agent.removed ? null : agentSerial(agent)
  if (serial === null || devicesBySerial(snapshot).has(serial)) return NOT_SHOWN
  const notice = `${VENDOR_NAME[agent.vendor]} knows it, and no device of the tailnet reports its serial number.`
  return [finding('not_applicable', agent, { facts: { serialNumber: agent.serial, lastSeen: agent.lastSeen }, notice })]
}

const NOT_SHOWN: Finding[] = []
