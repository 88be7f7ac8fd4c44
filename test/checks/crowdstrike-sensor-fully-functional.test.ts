import { expect, test } from 'vitest'
import { crowdstrikeSensorFullyFunctional as check } from '../../checks/crowdstrike-sensor-fully-functional.ts'
import { agent, device, findingsOf, snapshotOf } from '../helpers/build.ts'
import { covers } from './covers.ts'
import { hostRows } from './host-rows.ts'

const mode = (reduced_functionality_mode: string | null) =>
  findingsOf(
    check,
    snapshotOf([device(), agent({ vendor: 'crowdstrike', values: { reduced_functionality_mode } })]),
  )[0]!

test.each([
  { value: 'no', want: 'pass' },
  { value: 'yes', want: 'fail' },
  { value: '', want: 'unknown' },
  { value: null, want: 'unknown' },
  { value: 'maybe', want: 'unknown' },
])('reduced_functionality_mode "$value": $want', ({ value, want }) => {
  expect(mode(value).status).toBe(want)
})

test('every answer is a sentence', () => {
  expect(['no', 'yes', null, 'maybe'].map((value) => check.say(mode(value)))).toMatchInlineSnapshot(`
    [
      "The Falcon sensor of alice-mac.tailfe8c.ts.net is not in reduced functionality mode.",
      "The Falcon sensor of alice-mac.tailfe8c.ts.net (host 1001) is in reduced functionality mode; update the sensor or reboot the host.",
      "CrowdStrike Falcon sent no "reduced_functionality_mode" for alice-mac.tailfe8c.ts.net; open agent 1001 in Host setup and management > Host management, then collect again.",
      "CrowdStrike Falcon sent a value of "reduced_functionality_mode" that cannot be judged for alice-mac.tailfe8c.ts.net; open agent 1001 in Host setup and management > Host management, then collect again.",
    ]
  `)
})

covers(check, hostRows('crowdstrike'))
