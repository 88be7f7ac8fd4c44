import { expect, test } from 'vitest'
import { mdmOnEveryComputer as check } from '../../checks/mdm-on-every-computer.ts'
import { agent, device, enrolment, findingsOf, settings, snapshotOf } from '../helpers/build.ts'
import { covers } from './covers.ts'

const deviceTrust = { ...settings().deviceTrust, scope: { os: ['macos', 'windows', 'linux', 'ios'], tagged: false } }
const judged = (...records: Parameters<typeof snapshotOf>[0]) =>
  findingsOf(check, snapshotOf(records, { settings: { deviceTrust } }))[0]!
const mac = agent({ vendor: 'kandji', platform: 'Mac' })

test.each([
  { name: 'enrolled', records: [device(), mac, enrolment()], want: 'pass' },
  { name: 'not known', records: [device()], want: 'fail' },
  { name: 'known to an EDR alone', records: [device(), agent()], want: 'fail' },
  { name: 'removed', records: [device(), mac, enrolment({ isRemoved: true })], want: 'fail' },
  { name: 'no serial number', records: [device({ serials: [] }), mac], want: 'unknown' },
  { name: 'a phone', records: [device({ os: 'iOS' })], want: 'not_applicable' },
  { name: 'Linux', records: [device({ os: 'linux' })], want: 'not_applicable' },
  {
    name: 'Windows in a tenant of Macs',
    records: [device({ os: 'windows' }), agent({ vendor: 'kandji', serial: 'X1', platform: 'Mac' })],
    want: 'not_applicable',
  },
  {
    name: 'Windows in a tenant that manages Windows',
    records: [device({ os: 'windows' }), agent({ vendor: 'kandji', serial: 'X1', platform: 'Windows' })],
    want: 'fail',
  },
])('$name: $want', ({ records, want }) => {
  expect(judged(...records).status).toBe(want)
})

test('every answer is a sentence', () => {
  expect([
    check.say(judged(device(), mac)),
    check.say(judged(device())),
    check.say(judged(device({ serials: [] }))),
    check.say(judged(device({ os: 'linux' }))),
  ]).toMatchInlineSnapshot(`
    [
      "The MDM has a record with the serial number of alice-mac.tailfe8c.ts.net.",
      "The MDM has no record with the serial number C02XK1ABCD01 of alice-mac.tailfe8c.ts.net; enrol it, or take it out of deviceTrust.scope.",
      "alice-mac.tailfe8c.ts.net reports no serial number; turn on device identity collection (Settings > Device management) and run "tailscale set --posture-checking=true" on it.",
      "alice-mac.tailfe8c.ts.net is not judged. Kandji (Iru) manages no linux devices here.",
    ]
  `)
})

covers(check, [
  {
    name: 'serial numbers that are words of the language',
    records: [device({ serials: ['constructor'] }), agent({ vendor: 'kandji', serial: '__proto__' })],
    hostile: true,
    want: ['fail'],
  },
])
