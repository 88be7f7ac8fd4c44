import { expect, test } from 'vitest'
import { kandjiMdmEnrolled as check } from '../../checks/kandji-mdm-enrolled.ts'
import { agent, device, findingsOf, resultOf, snapshotOf } from '../helpers/build.ts'
import { covers } from './covers.ts'
import { hostRows } from './host-rows.ts'

const enrolled = (value: boolean | null) => agent({ vendor: 'kandji', platform: 'Mac', values: { mdm_enabled: value } })

test.each([
  { name: 'enrolled', records: [device(), enrolled(true)], want: 'pass' },
  { name: 'not enrolled', records: [device(), enrolled(false)], want: 'fail' },
  { name: 'not said', records: [device(), enrolled(null)], want: 'unknown' },
  { name: 'no record', records: [device()], want: 'unknown' },
  { name: 'Windows, which this tenant does not manage', records: [device({ os: 'windows' })], want: 'not_applicable' },
  {
    name: 'Windows, of which this tenant has others',
    records: [device({ os: 'windows' }), agent({ vendor: 'kandji', platform: 'Windows', serial: 'PF-OTHER' })],
    want: 'unknown',
  },
  {
    name: 'Windows with a record',
    records: [device({ os: 'windows' }), agent({ vendor: 'kandji', platform: 'Windows' })],
    want: 'pass',
  },
  { name: 'Linux', records: [device({ os: 'linux' })], want: 'not_applicable' },
])('$name: $want', ({ records, want }) => {
  expect(findingsOf(check, snapshotOf(records)).map((finding) => finding.status)).toEqual([want])
})

test('without a Kandji source it is not applicable', () => {
  expect(resultOf(check, [device()], { only: ['tailnet', 'edr'] })).toMatchObject({
    status: 'not_applicable',
    findings: [],
  })
})

test('every answer is a sentence', () => {
  const say = (...records: Parameters<typeof snapshotOf>[0]) => findingsOf(check, snapshotOf(records)).map(check.say)
  expect([
    ...say(device(), enrolled(true)),
    ...say(device(), enrolled(false)),
    ...say(device(), enrolled(null)),
    ...say(device()),
    ...say(device({ os: 'linux' })),
  ]).toMatchInlineSnapshot(`
    [
      "alice-mac.tailfe8c.ts.net is enrolled in Kandji (Iru).",
      "Kandji (Iru) knows alice-mac.tailfe8c.ts.net (device 1001) but does not manage it by MDM; enrol it again.",
      "Kandji (Iru) sent no "mdm_enabled" for alice-mac.tailfe8c.ts.net; open agent 1001 in Devices, then collect again.",
      "Kandji (Iru) has no record with the serial number C02XK1ABCD01 of alice-mac.tailfe8c.ts.net; install its agent, or take the device out of deviceTrust.scope.",
      "alice-mac.tailfe8c.ts.net is not judged. Kandji (Iru) manages no linux devices here.",
    ]
  `)
})

covers(check, hostRows('kandji'))
