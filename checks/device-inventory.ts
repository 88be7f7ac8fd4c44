import { defineCheck } from '../src/domain/check.ts'
import { briefly, type Finding, finding } from '../src/domain/finding.ts'
import type { Device } from '../src/domain/record.ts'
import { deviceIdentity } from './controls.ts'

export const deviceInventory = defineCheck({
  id: 'device-inventory',
  ref: 'DEV-21',
  version: 1,
  title: 'Inventory of the devices in the tailnet',
  question: 'Which devices are in the tailnet, and whose are they?',
  why: 'The inventory is the population of every other device check; an auditor samples from it. It judges nothing.',
  remediation: 'Nothing is to be done: this is a list.',
  severity: 'low',
  controls: deviceIdentity,
  informational: true,
  needs: [{ kind: 'device' }],
  run: (snapshot) => snapshot.of('device').map((device) => briefly(row, device)),
  say: ({ subject, facts }) =>
    `${subject.label} belongs to ${facts['owner'] ?? 'an owner that is not said'} and runs ${facts['os'] ?? 'a system that is not said'}, client ${facts['clientVersion'] ?? 'not said'}.`,
})

function row(device: Device): Finding {
  return finding('not_applicable', device, {
    facts: {
      owner: device.tags.length > 0 ? device.tags.join(', ') : device.user,
      os: device.os,
      clientVersion: device.clientVersion,
      external: device.isExternal,
      created: device.createdAt,
    },
  })
}
