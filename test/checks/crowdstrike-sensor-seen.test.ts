import { expect, test } from 'vitest'
import { crowdstrikeSensorSeen as check } from '../../checks/crowdstrike-sensor-seen.ts'
import { DAY, MINUTE } from '../../src/domain/time.ts'
import { agent, ago, device, findingsOf, snapshotOf } from '../helpers/build.ts'
import { covers } from './covers.ts'
import { hostRows } from './host-rows.ts'

const host = agent({ vendor: 'crowdstrike' })
const quiet = agent({ vendor: 'crowdstrike', lastSeen: ago(7 * DAY + MINUTE) })
const judged = (...records: Parameters<typeof snapshotOf>[0]) => findingsOf(check, snapshotOf(records))[0]!

test.each([
  { name: 'seen minutes ago', records: [device(), host], want: 'pass' },
  { name: 'silent while connected', records: [device(), quiet], want: 'fail' },
  {
    name: 'both silent',
    records: [device({ connected: false, lastSeen: ago(8 * DAY) }), quiet],
    want: 'not_applicable',
  },
  { name: 'never seen', records: [device(), agent({ vendor: 'crowdstrike', lastSeen: null })], want: 'unknown' },
])('$name: $want', ({ records, want }) => {
  expect(judged(...records).status).toBe(want)
})

test('the window is the parameter maxSilence', () => {
  const yesterday = agent({ vendor: 'crowdstrike', lastSeen: ago(2 * DAY) })
  const findings = findingsOf(check, snapshotOf([device(), yesterday]), { maxSilence: '24h' })
  expect(findings).toMatchObject([{ status: 'fail', facts: { last_seen: ago(2 * DAY), window: '24h' } }])
})

test('every answer is a sentence', () => {
  expect([
    check.say(judged(device(), host)),
    check.say(judged(device(), quiet)),
    check.say(judged(device({ connected: false }), quiet)),
    check.say(judged(device(), agent({ vendor: 'crowdstrike', lastSeen: null }))),
  ]).toMatchInlineSnapshot(`
    [
      "Falcon heard from the sensor of alice-mac.tailfe8c.ts.net at 2026-11-20T08:50:00.000Z, within 7d.",
      "Falcon last heard from the sensor of alice-mac.tailfe8c.ts.net (host 1001) at 2026-11-13T08:59:00.000Z, while the device was in the tailnet within 7d; restart or reinstall the sensor.",
      "alice-mac.tailfe8c.ts.net is not judged. Not in use: it was never in the tailnet.",
      "CrowdStrike Falcon sent no "last_seen" for alice-mac.tailfe8c.ts.net; open agent 1001 in Host setup and management > Host management, then collect again.",
    ]
  `)
})

covers(check, hostRows('crowdstrike'))
