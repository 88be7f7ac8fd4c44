import { expect, test } from 'vitest'
import { edrOnEveryDevice as check } from '../../checks/edr-on-every-device.ts'
import { DAY } from '../../src/domain/time.ts'
import { agent, ago, device, FAILED, findingsOf, resultOf, settings, snapshotOf } from '../helpers/build.ts'
import { covers } from './covers.ts'

const judged = (...records: Parameters<typeof snapshotOf>[0]) => findingsOf(check, snapshotOf(records))[0]!

test.each([
  { name: 'known to SentinelOne', records: [device(), agent()], want: 'pass' },
  { name: 'known to CrowdStrike', records: [device(), agent({ vendor: 'crowdstrike' })], want: 'pass' },
  { name: 'spelled differently', records: [device(), agent({ serial: ' c02xk1abcd01 ' })], want: 'pass' },
  { name: 'known to the MDM alone', records: [device(), agent({ vendor: 'kandji' })], want: 'fail' },
  { name: 'known to nobody', records: [device()], want: 'fail' },
  { name: 'decommissioned', records: [device(), agent({ removed: true })], want: 'fail' },
  { name: 'no serial number', records: [device({ serials: [] }), agent()], want: 'unknown' },
  { name: 'a firmware filler', records: [device({ serials: ['0'] }), agent({ serial: '0' })], want: 'unknown' },
  { name: 'shared in', records: [device({ isExternal: true })], want: 'not_applicable' },
  { name: 'tagged', records: [device({ tags: ['tag:ci'] })], want: 'not_applicable' },
  { name: 'out of scope', records: [device({ os: 'android' })], want: 'not_applicable' },
  { name: 'platform not known', records: [device({ os: null })], want: 'fail' },
])('$name: $want', ({ records, want }) => {
  expect(judged(...records).status).toBe(want)
})

test('phones in scope are no subject of an EDR', () => {
  const deviceTrust = { ...settings().deviceTrust, scope: { os: ['ios'], tagged: false } }
  const findings = findingsOf(check, snapshotOf([device({ os: 'iOS' })], { settings: { deviceTrust } }))
  expect(findings).toMatchObject([{ status: 'not_applicable', notice: 'It is no computer (iOS).' }])
})

test('a silent record passes here with a notice; silence is judged elsewhere', () => {
  expect(judged(device(), agent({ lastSeen: ago(3 * DAY) }))).toMatchObject({
    status: 'pass',
    facts: { 'sentinelone agentId': '1001' },
    notice: `SentinelOne last heard from this agent at ${ago(3 * DAY)}; its values are of then.`,
  })
})

test('while one EDR cannot be read, nobody is said to have no record', () => {
  expect(resultOf(check, [device()], { sources: [{ id: 'falcon', ...FAILED }] })).toMatchObject({
    status: 'unknown',
    unknownReason: 'source_error',
    findings: [],
  })
  expect(resultOf(check, [device()], { only: ['tailnet', 'mdm'] })).toMatchObject({ unknownReason: 'not_configured' })
})

test('every answer is a sentence', () => {
  expect([
    check.say(judged(device(), agent())),
    check.say(judged(device())),
    check.say(judged(device(), agent({ removed: true }))),
    check.say(judged(device({ serials: [] }))),
    check.say(judged(device({ serials: ['0'] }))),
    check.say(judged(device(), device({ key: 'nD2' }))),
    check.say(judged(device({ isExternal: true }))),
  ]).toMatchInlineSnapshot(`
    [
      "The EDR has a record with the serial number of alice-mac.tailfe8c.ts.net.",
      "The EDR has no record with the serial number C02XK1ABCD01 of alice-mac.tailfe8c.ts.net; install the agent on it, or take it out of deviceTrust.scope.",
      "The EDR has only a removed record with the serial number C02XK1ABCD01 of alice-mac.tailfe8c.ts.net; install the agent on it, or take it out of deviceTrust.scope.",
      "alice-mac.tailfe8c.ts.net reports no serial number; turn on device identity collection (Settings > Device management) and run "tailscale set --posture-checking=true" on it.",
      "alice-mac.tailfe8c.ts.net reports "0", which names no single machine; set its serial number in the firmware.",
      "alice-mac.tailfe8c.ts.net shares the serial number C02XK1ABCD01 with another device of the tailnet; remove the one that is no longer used (Machines).",
      "alice-mac.tailfe8c.ts.net is not judged. It is shared in from another tailnet.",
    ]
  `)
})

covers(check, [
  {
    name: 'serial numbers that are words of the language',
    records: [device({ serials: ['constructor'] }), agent({ serial: '__proto__' })],
    hostile: true,
    want: ['fail'],
  },
])
