import { expect, test } from 'vitest'
import { kandjiDeviceCheckedIn as check } from '../../checks/kandji-device-checked-in.ts'
import { DAY, HOUR, MINUTE } from '../../src/domain/time.ts'
import { agent, ago, blind, device, enrolment, findingsOf, resultOf, snapshotOf } from '../helpers/build.ts'
import { covers } from './covers.ts'
import { hostRows } from './host-rows.ts'

const mac = agent({ vendor: 'kandji', platform: 'Mac' })
const quiet = agent({ vendor: 'kandji', platform: 'Mac', lastSeen: ago(7 * DAY + MINUTE) })
const quietToo = enrolment({ lastCheckIn: ago(8 * DAY) })
const gone = { connected: false, lastSeen: ago(9 * DAY) } as const
const judged = (...records: Parameters<typeof snapshotOf>[0]) => findingsOf(check, snapshotOf(records))[0]!

test.each([
  { name: 'checked in minutes ago', records: [device(), mac, enrolment()], want: 'pass' },
  {
    name: 'exactly a week ago',
    records: [device(), agent({ vendor: 'kandji', lastSeen: ago(7 * DAY) }), quietToo],
    want: 'pass',
  },
  { name: 'silent while connected', records: [device(), quiet, quietToo], want: 'fail' },
  { name: 'Prism lags behind the device list', records: [device(), quiet, enrolment()], want: 'pass' },
  { name: 'both silent', records: [device(gone), quiet, quietToo], want: 'not_applicable' },
  {
    name: 'silent, nobody said whether connected',
    records: [device({ connected: null }), quiet, quietToo],
    want: 'unknown',
  },
  { name: 'missing', records: [device(), mac, enrolment({ isMissing: true })], want: 'fail' },
  { name: 'missing, and away', records: [device(gone), quiet, enrolment({ isMissing: true })], want: 'fail' },
  { name: 'removed', records: [device(), mac, enrolment({ isRemoved: true })], want: 'fail' },
  {
    name: 'removed once, enrolled again under another id',
    records: [
      device(),
      mac,
      enrolment({ isRemoved: true }),
      agent({ vendor: 'kandji', key: '1002' }),
      enrolment({ key: '1002' }),
    ],
    want: 'pass',
  },
  { name: 'not said whether missing', records: [device(), mac, enrolment({ isMissing: null })], want: 'unknown' },
  { name: 'not said whether removed', records: [device(), mac, enrolment({ isRemoved: null })], want: 'unknown' },
  {
    name: 'never checked in',
    records: [device(), agent({ vendor: 'kandji', lastSeen: null }), enrolment({ lastCheckIn: null })],
    want: 'unknown',
  },
  { name: 'no record', records: [device()], want: 'unknown' },
])('$name: $want', ({ records, want }) => {
  expect(judged(...records).status).toBe(want)
})

test('a token that sees Prism alone is judged by the check-in, and says so', () => {
  const sources = [{ id: 'mdm', blind: [blind('enrolment')] }]
  const { status, findings } = resultOf(check, [device(), mac], { sources })
  expect(status).toBe('pass')
  expect(findings[0]?.notice).toContain('the check-in alone decided')
})

test('every answer is a sentence', () => {
  expect([
    check.say(judged(device(), mac, enrolment())),
    check.say(judged(device(), quiet, quietToo)),
    check.say(judged(device(), mac, enrolment({ isMissing: true }))),
    check.say(judged(device(), mac, enrolment({ isRemoved: true }))),
    check.say(judged(device(gone), quiet, quietToo)),
    check.say(judged(device(), mac, enrolment({ isMissing: null, unread: ['is_missing'] }))),
    check.say(judged(device(), agent({ vendor: 'kandji', lastSeen: ago(-HOUR) }))),
  ]).toMatchInlineSnapshot(`
    [
      "alice-mac.tailfe8c.ts.net checked in with Kandji (Iru) at 2026-11-20T08:50:00.000Z, within 7d.",
      "alice-mac.tailfe8c.ts.net (device 1001) last checked in with Kandji (Iru) at 2026-11-13T08:59:00.000Z, while it was in the tailnet within 7d; let it check in or enrol it again.",
      "Kandji (Iru) lists alice-mac.tailfe8c.ts.net (device 1001) as missing, last check-in 2026-11-20T08:50:00.000Z; find it, or remove it from the tailnet.",
      "alice-mac.tailfe8c.ts.net (device 1001) was removed from Kandji (Iru) but is still in the tailnet; enrol it again or remove it from the tailnet.",
      "alice-mac.tailfe8c.ts.net is not judged. Not in use: it was last in the tailnet at 2026-11-11T09:00:00.000Z.",
      "Kandji (Iru) sent a value of "is_missing" that cannot be judged for alice-mac.tailfe8c.ts.net; open agent 1001 in Devices, then collect again.",
      "Kandji (Iru) sent a value of "last_checkin" that cannot be judged for alice-mac.tailfe8c.ts.net; open agent 1001 in Devices, then collect again.",
    ]
  `)
})

covers(check, hostRows('kandji'))
