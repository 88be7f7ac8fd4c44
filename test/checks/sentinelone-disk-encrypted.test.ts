import { expect, test } from 'vitest'
import { sentineloneDiskEncrypted as check } from '../../checks/sentinelone-disk-encrypted.ts'
import { agent, device, findingsOf, snapshotOf } from '../helpers/build.ts'
import { covers } from './covers.ts'
import { hostRows } from './host-rows.ts'

const machine = (machineType: string | null, encryptedApplications: boolean | null) =>
  findingsOf(check, snapshotOf([device(), agent({ values: { machineType, encryptedApplications } })]))[0]!

test.each([
  { type: 'laptop', encrypted: true, want: 'pass' },
  { type: 'laptop', encrypted: false, want: 'fail' },
  { type: 'desktop', encrypted: false, want: 'fail' },
  { type: 'laptop', encrypted: null, want: 'unknown', missing: 'encryptedApplications' },
  { type: 'server', encrypted: false, want: 'not_applicable' },
  { type: 'kubernetes node', encrypted: null, want: 'not_applicable' },
  { type: 'unknown', encrypted: true, want: 'unknown', missing: 'machineType' },
  { type: 'spaceship', encrypted: true, want: 'unknown', missing: 'machineType' },
  { type: null, encrypted: true, want: 'unknown', missing: 'machineType' },
])('$type, encryptedApplications $encrypted: $want', ({ type, encrypted, want, missing }) => {
  const finding = machine(type, encrypted)
  expect(finding.status).toBe(want)
  expect(finding.facts['missing']).toBe(missing)
})

test('every answer is a sentence', () => {
  expect([
    check.say(machine('laptop', true)),
    check.say(machine('desktop', false)),
    check.say(machine('server', false)),
    check.say(machine('unknown', true)),
    check.say(machine('laptop', null)),
  ]).toMatchInlineSnapshot(`
    [
      "SentinelOne says that the disk of the laptop alice-mac.tailfe8c.ts.net is encrypted.",
      "SentinelOne says that the disk of the desktop alice-mac.tailfe8c.ts.net is not encrypted (agent 1001); turn on FileVault or BitLocker.",
      "alice-mac.tailfe8c.ts.net is not judged. Its machine type is server.",
      "SentinelOne sent a value of "machineType" that cannot be judged for alice-mac.tailfe8c.ts.net; open agent 1001 in Sentinels > Endpoints, then collect again.",
      "SentinelOne sent no "encryptedApplications" for alice-mac.tailfe8c.ts.net; open agent 1001 in Sentinels > Endpoints, then collect again.",
    ]
  `)
})

covers(check, hostRows('sentinelone'))
