import { expect, test } from 'vitest'
import { crowdstrikeScoreMeetsFloor as check } from '../../checks/crowdstrike-score-meets-floor.ts'
import { agent, device, findingsOf, resultOf, score, snapshotOf } from '../helpers/build.ts'
import { covers } from './covers.ts'
import { hostRows } from './host-rows.ts'

const host = agent({ vendor: 'crowdstrike' })
const judged = (value: number | null, params = {}) =>
  findingsOf(check, snapshotOf([device(), host, score({ value })]), params)[0]!

test.each([
  { value: 70, params: {}, want: 'pass' },
  { value: 69, params: {}, want: 'fail' },
  { value: 0, params: {}, want: 'fail' },
  { value: 69, params: { floor: 60 }, want: 'pass' },
  { value: null, params: {}, want: 'unknown' },
])('score $value with $params: $want', ({ value, params, want }) => {
  expect(judged(value, params).status).toBe(want)
})

test('until a floor is declared, every verdict asks for one', () => {
  const records = [device(), host, score()]
  const declared = { [check.id]: { enabled: true, because: null, params: { floor: 70 } } }
  expect(resultOf(check, records)).toMatchObject({ parameters: { floor: 70 } })
  expect(resultOf(check, records).findings[0]?.notice).toContain('declare your own')
  expect(resultOf(check, records, { settings: { checks: declared } }).findings[0]?.notice).toBeNull()
})

test('every answer is a sentence', () => {
  expect([check.say(judged(70)), check.say(judged(69)), check.say(judged(null))]).toMatchInlineSnapshot(`
    [
      "The Zero Trust Assessment score of alice-mac.tailfe8c.ts.net is 70; the floor is 70.",
      "The Zero Trust Assessment score of alice-mac.tailfe8c.ts.net is 69, below the floor of 70; mend the signals not met for host 1001 in the Falcon console.",
      "CrowdStrike Falcon sent no "score" for alice-mac.tailfe8c.ts.net; open agent 1001 in Host setup and management > Host management, then collect again.",
    ]
  `)
})

covers(check, hostRows('crowdstrike'))
