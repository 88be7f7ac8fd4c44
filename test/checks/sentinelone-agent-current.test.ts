import { describe, expect, test } from 'vitest'
import { sentineloneAgentCurrent as check } from '../../checks/sentinelone-agent-current.ts'
import { carryForward } from '../../src/domain/evaluate.ts'
import type { AnyRecord } from '../../src/domain/record.ts'
import { DAY, MINUTE } from '../../src/domain/time.ts'
import { agent, ago, carried, device, FAILED, findingsOf, NOW, snapshotOf, wholeSnapshotOf } from '../helpers/build.ts'
import { covers } from './covers.ts'
import { hostRows } from './host-rows.ts'

const outdated = agent({ values: { isUpToDate: false } })
const since = (at: string, version = '24.2.3.471') => carried(check.id, 'nD1', { version, since: at })
const judged = (records: readonly AnyRecord[], params = {}) => findingsOf(check, snapshotOf(records), params)[0]!

test.each([
  { name: 'up to date', records: [device(), agent()], want: 'pass', notice: null },
  { name: 'outdated, first seen now', records: [device(), outdated], want: 'pass', notice: `${ago(-14 * DAY)}` },
  { name: 'outdated for 14 days', records: [device(), outdated, since(ago(14 * DAY))], want: 'pass', notice: NOW },
  {
    name: 'outdated a minute longer',
    records: [device(), outdated, since(ago(14 * DAY + MINUTE))],
    want: 'fail',
    notice: null,
  },
  {
    name: 'outdated for long, at another version by now',
    records: [device(), outdated, since(ago(90 * DAY), '23.1.1.1')],
    want: 'pass',
    notice: `${ago(-14 * DAY)}`,
  },
  { name: 'not said', records: [device(), agent({ values: { isUpToDate: null } })], want: 'unknown', notice: null },
  {
    name: 'outdated, version not said, since long',
    records: [
      device(),
      agent({ values: { isUpToDate: false, agentVersion: null } }),
      carried(check.id, 'nD1', { version: null, since: ago(20 * DAY) }),
    ],
    want: 'fail',
    notice: null,
  },
])('$name', ({ records, want, notice }) => {
  const finding = judged(records)
  expect(finding.status).toBe(want)
  if (notice === null) expect(finding.notice).toBeNull()
  else expect(finding.notice).toBe(`Outdated; it fails after ${notice}.`)
})

test.each([
  { version: '24.2.3.471', floor: '24.2.3.471', want: 'pass' },
  { version: '24.2.3.471', floor: '24.10.0.0', want: 'fail' },
  { version: '24.10.0.1', floor: '24.9', want: 'pass' },
  { version: '24.x', floor: '24.1', want: 'unknown' },
  { version: null, floor: '24.1', want: 'unknown' },
  { version: '24.2.3.471', floor: 'newest', want: 'unknown' },
])('version $version with floor $floor: $want', ({ version, floor, want }) => {
  expect(judged([device(), agent({ values: { agentVersion: version } })], { floor }).status).toBe(want)
})

describe('what the next run must know', () => {
  const carry = (records: readonly AnyRecord[], sources = {}) =>
    carryForward(wholeSnapshotOf(records, sources), [check]).map(({ key, body }) => ({ key, body }))
  const mark = (at: string) => ({ key: `${check.id}/nD1`, body: { version: '24.2.3.471', since: at } })

  test('the clock starts at the first sight and goes on while version and verdict stay', () => {
    expect(carry([device(), outdated])).toEqual([mark(NOW)])
    expect(carry([device(), outdated, since(ago(3 * DAY))])).toEqual([mark(ago(3 * DAY))])
  })
  test('another version starts it again, an agent called current ends it', () => {
    expect(carry([device(), outdated, since(ago(3 * DAY), '23.1.1.1')])).toEqual([mark(NOW)])
    expect(carry([device(), agent(), since(ago(3 * DAY))])).toEqual([])
  })
  test('silence of the vendor stops nothing', () => {
    const mute = agent({ values: { isUpToDate: null } })
    expect(carry([device(), mute, since(ago(3 * DAY))])).toEqual([mark(ago(3 * DAY))])
    expect(carry([device(), since(ago(3 * DAY))])).toEqual([mark(ago(3 * DAY))])
    expect(carry([device(), agent(), since(ago(3 * DAY))], { sources: [{ id: 'edr', ...FAILED }] })).toEqual([
      mark(ago(3 * DAY)),
    ])
  })
  test('a device that is gone leaves nothing behind', () => {
    expect(carry([since(ago(3 * DAY))])).toEqual([])
  })
})

test('every answer is a sentence', () => {
  expect([
    check.say(judged([device(), agent()])),
    check.say(judged([device(), outdated])),
    check.say(judged([device(), outdated, since(ago(20 * DAY))])),
    check.say(judged([device(), agent()], { floor: '25.1' })),
    check.say(judged([device(), agent()], { floor: 'newest' })),
    check.say(judged([device(), agent({ values: { isUpToDate: null } })])),
  ]).toMatchInlineSnapshot(`
    [
      "The SentinelOne agent of alice-mac.tailfe8c.ts.net is current (version 24.2.3.471).",
      "The SentinelOne agent of alice-mac.tailfe8c.ts.net has been outdated at version 24.2.3.471 since 2026-11-20T09:00:00.000Z; update it within 14d of then.",
      "SentinelOne agent 1001 of alice-mac.tailfe8c.ts.net has stayed outdated at version 24.2.3.471 since 2026-10-31T09:00:00.000Z, longer than 14d; update it.",
      "SentinelOne agent 1001 of alice-mac.tailfe8c.ts.net has version 24.2.3.471, below the floor 25.1; update it.",
      "The floor "newest" is no version such as 24.1.2.6; correct checks.sentinelone-agent-current.params.floor in exhibit.yaml.",
      "SentinelOne sent no "isUpToDate" for alice-mac.tailfe8c.ts.net; open agent 1001 in Sentinels > Endpoints, then collect again.",
    ]
  `)
})

covers(check, hostRows('sentinelone'))
