import { expect, test } from 'vitest'
import { sentineloneNotInfected as check } from '../../checks/sentinelone-not-infected.ts'
import { agent, device, findingsOf, snapshotOf } from '../helpers/build.ts'
import { covers } from './covers.ts'
import { hostRows } from './host-rows.ts'

const infected = (value: boolean | number | string | null) =>
  snapshotOf([device(), agent({ values: { infected: value } })])

test.each([
  { value: false, want: 'pass' },
  { value: true, want: 'fail' },
  { value: null, want: 'unknown' },
  { value: 'False', want: 'unknown' },
])('infected $value: $want', ({ value, want }) => {
  expect(findingsOf(check, infected(value))).toMatchObject([
    { status: want, unknownReason: want === 'unknown' ? 'no_data' : null },
  ])
})

test('every answer is a sentence', () => {
  expect([false, true, null].map((value) => check.say(findingsOf(check, infected(value))[0]!))).toMatchInlineSnapshot(`
    [
      "SentinelOne says that alice-mac.tailfe8c.ts.net is not infected.",
      "SentinelOne says that alice-mac.tailfe8c.ts.net is infected (agent 1001); isolate it and resolve its threats in the console.",
      "SentinelOne sent no "infected" for alice-mac.tailfe8c.ts.net; open agent 1001 in Sentinels > Endpoints, then collect again.",
    ]
  `)
})

covers(check, hostRows('sentinelone'))
