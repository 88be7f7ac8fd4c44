import { describe, expect, test } from 'vitest'
import { ledgerAnchoredOutside as check } from '../../checks/ledger-anchored-outside.ts'
import { DAY, HOUR, MINUTE } from '../../src/domain/time.ts'
import { ago, anchor, resultOf } from '../helpers/build.ts'
import { covers } from './covers.ts'

const never = { checkpointSize: null, stampedAt: null }

describe('COL-08', () => {
  test.each([
    { name: 'no authority is configured', records: [], want: 'not_configured' },
    { name: 'stamped an hour ago', records: [anchor()], want: 'pass' },
    { name: 'stamped exactly 24 hours ago', records: [anchor({ stampedAt: ago(DAY) })], want: 'pass' },
    { name: 'stamped a millisecond longer ago', records: [anchor({ stampedAt: ago(DAY + 1) })], want: 'fail' },
    { name: 'a young stamp, and the newest attempt failed', records: [anchor({ failure: 'refused' })], want: 'pass' },
    { name: 'the first run, when nothing could be stamped', records: [anchor(never)], want: 'no_data' },
    {
      name: 'never stamped, because the authority refuses',
      records: [anchor({ ...never, failure: 'refused' })],
      want: 'fail',
    },
    {
      name: 'the authority’s clock is a little ahead',
      records: [anchor({ stampedAt: ago(-4 * MINUTE) })],
      want: 'pass',
    },
    { name: 'a stamp of tomorrow', records: [anchor({ stampedAt: ago(-HOUR) })], want: 'no_data' },
  ])('$name', ({ records, want }) => {
    const { findings } = resultOf(check, records)
    expect(findings.map(({ status, unknownReason }) => unknownReason ?? status)).toEqual([want])
    for (const finding of findings) expect(check.say(finding)).toMatch(/^\S.*[^.]\.$/)
  })

  test('why there is no stamp is said', () => {
    const { findings } = resultOf(check, [anchor({ ...never, failure: 'POST / answered 503' })])
    expect(check.say(findings[0]!)).toBe(
      'tsa.example has never stamped the ledger. The last attempt failed: POST / answered 503.',
    )
  })
})

covers(check, [
  {
    name: 'a stamp of ten years ahead',
    records: [anchor({ authority: '__proto__', stampedAt: '2036-01-01T00:00:00.000Z' })],
    hostile: true,
    want: ['no_data'],
  },
])
