import { describe, expect, test } from 'vitest'
import { postureCopyAgrees as check } from '../../checks/posture-copy-agrees.ts'
import { carryForward } from '../../src/domain/evaluate.ts'
import type { AnyRecord } from '../../src/domain/record.ts'
import { HOUR, MINUTE } from '../../src/domain/time.ts'
import {
  agent,
  ago,
  attributes,
  blind,
  carried,
  device,
  FAILED,
  findingsOf,
  integration,
  NOW,
  resultOf,
  score,
  snapshotOf,
  wholeSnapshotOf,
} from '../helpers/build.ts'
import { covers } from './covers.ts'

const COPY = {
  'node:os': 'macos',
  'sentinelOne:operationalState': 'na',
  'sentinelOne:activeThreats': 0,
  'sentinelOne:infected': false,
  'sentinelOne:firewallEnabled': true,
}
const copy = (values: Record<string, string | number | boolean> = {}, over = {}) =>
  attributes({ values: { ...COPY, ...values }, readAt: NOW, ...over })
const changed = (ms: number) => agent({ changedAt: ago(ms) })
const seen = (attribute: string, value: string | number | boolean, since: string) =>
  carried(check.id, `nD1/${attribute}`, { value, since })
const infected = copy({ 'sentinelOne:infected': true })
const judged = (...records: AnyRecord[]) => findingsOf(check, snapshotOf(records))[0]!

test.each([
  { name: 'all alike', records: [device(), agent(), copy()], want: 'pass' },
  { name: '0 for false', records: [device(), agent(), copy({ 'sentinelOne:infected': 0 })], want: 'pass' },
  { name: '1 for false', records: [device(), changed(HOUR), copy({ 'sentinelOne:infected': 1 })], want: 'fail' },
  { name: 'different since 31 minutes', records: [device(), changed(31 * MINUTE), infected], want: 'fail' },
  { name: 'different since 30 minutes', records: [device(), changed(30 * MINUTE), infected], want: 'not_applicable' },
  {
    name: 'different, the vendor record changed since, but we saw the value before',
    records: [device(), changed(MINUTE), infected, seen('sentinelOne:infected', false, ago(2 * HOUR))],
    want: 'fail',
  },
  {
    name: 'different, and what we saw before was another value',
    records: [device(), changed(MINUTE), infected, seen('sentinelOne:infected', true, ago(2 * HOUR))],
    want: 'not_applicable',
  },
  {
    name: 'different, the vendor does not say since when',
    records: [device(), agent({ changedAt: null }), infected],
    want: 'not_applicable',
  },
  {
    name: 'the tailnet was read before the vendor changed its mind',
    records: [device(), changed(HOUR), copy({ 'sentinelOne:infected': true }, { readAt: ago(2 * HOUR) })],
    want: 'not_applicable',
  },
  {
    name: 'a key that the vendor left out',
    records: [device(), agent({ values: { infected: null } }), infected],
    want: 'pass',
  },
  {
    name: 'a key that the tailnet left out',
    records: [device(), agent(), attributes({ values: { 'sentinelOne:activeThreats': 0 } })],
    want: 'pass',
  },
  {
    name: 'no attribute of the provider, integration there',
    records: [device(), changed(HOUR), attributes({ readAt: NOW }), integration()],
    want: 'fail',
  },
  {
    name: 'no attribute of the provider, vendor record new',
    records: [device(), changed(MINUTE), attributes({ readAt: NOW }), integration()],
    want: 'not_applicable',
  },
  {
    name: 'no attribute of the provider, no integration',
    records: [device(), changed(HOUR), attributes({ readAt: NOW })],
    want: 'not_applicable',
  },
  { name: 'attributes never read', records: [device(), agent()], want: 'unknown' },
  { name: 'attributes answered with 404', records: [device(), agent(), attributes({ found: false })], want: 'unknown' },
  { name: 'attributes too old', records: [device(), agent(), copy({}, { readAt: ago(7 * HOUR) })], want: 'unknown' },
  { name: 'no vendor has the device', records: [device(), copy()], want: 'unknown' },
  { name: 'no serial number', records: [device({ serials: [] }), agent(), copy()], want: 'unknown' },
  { name: 'shared in', records: [device({ isExternal: true }), agent(), copy()], want: 'not_applicable' },
])('$name: $want', ({ records, want }) => {
  expect(judged(...records).status).toBe(want)
})

test.each([
  { tailnet: 85, vendor: 85, since: null, want: 'pass' },
  { tailnet: 85, vendor: 84, since: null, want: 'not_applicable' },
  { tailnet: 85, vendor: 84, since: ago(HOUR), want: 'fail' },
])('Falcon score $vendor beside $tailnet, first seen $since: $want', ({ tailnet, vendor, since, want }) => {
  // The host record was changed long ago, which says nothing of its score.
  const host = agent({ vendor: 'crowdstrike', changedAt: ago(99 * HOUR) })
  const records: AnyRecord[] = [
    device(),
    host,
    score({ value: vendor }),
    attributes({ values: { 'falcon:ztaScore': tailnet }, readAt: NOW }),
  ]
  if (since !== null) records.push(seen('falcon:ztaScore', vendor, since))
  expect(judged(...records).status).toBe(want)
})

test('a host without a score is no disagreement', () => {
  const host = agent({ vendor: 'crowdstrike', changedAt: ago(HOUR) })
  expect(judged(device(), host, attributes(), integration({ provider: 'falcon' }))).toMatchObject({
    status: 'unknown',
    unknownReason: 'no_data',
    facts: { missing: 'falcon:ztaScore' },
  })
})

test('the disagreeing keys stand in the facts with both values, and every record that was read is named', () => {
  const since = ago(2 * HOUR)
  const both = copy({ 'sentinelOne:infected': true, 'sentinelOne:activeThreats': 2 })
  expect(judged(device(), agent({ changedAt: since }), both)).toMatchObject({
    status: 'fail',
    facts: {
      tolerance: '30m',
      'sentinelOne:infected': false,
      'sentinelOne:infected in the tailnet': true,
      'sentinelOne:infected since': since,
      'sentinelOne:activeThreats': 0,
      'sentinelOne:activeThreats in the tailnet': 2,
    },
    records: ['tailnet/device/nD1', 'tailnet/attributes/nD1', 'edr/agent/1001'],
  })
})

test('while one vendor or the attributes cannot be seen there is no verdict', () => {
  const records = [device(), agent(), copy()]
  expect(resultOf(check, records, { sources: [{ id: 'edr', ...FAILED }] }).unknownReason).toBe('source_error')
  expect(resultOf(check, records, { sources: [{ id: 'tailnet', blind: [blind('attributes')] }] }).unknownReason).toBe(
    'not_visible',
  )
  expect(resultOf(check, records, { only: ['tailnet'] }).unknownReason).toBe('not_configured')
})

describe('first sights', () => {
  const carry = (records: AnyRecord[], options = {}) =>
    carryForward(wholeSnapshotOf(records, options), [check]).map(({ key, body }) => [key, body['value'], body['since']])
  const key = `${check.id}/nD1/sentinelOne:infected`
  const mute = agent({ changedAt: null })

  test('begin with the first disagreement and stay while the vendor says the same', () => {
    expect(carry([device(), mute, infected])).toEqual([[key, false, NOW]])
    expect(carry([device(), mute, infected, seen('sentinelOne:infected', false, ago(HOUR))])).toEqual([
      [key, false, ago(HOUR)],
    ])
  })
  test('begin anew with another value and end with agreement', () => {
    expect(carry([device(), mute, infected, seen('sentinelOne:infected', true, ago(HOUR))])).toEqual([
      [key, false, NOW],
    ])
    expect(carry([device(), mute, copy(), seen('sentinelOne:infected', false, ago(HOUR))])).toEqual([])
  })
  test('hold the vendor record’s own change time where that is earlier', () => {
    expect(carry([device(), changed(3 * HOUR), infected])).toEqual([[key, false, ago(3 * HOUR)]])
  })
  test('stay while one side cannot be read', () => {
    const before = seen('sentinelOne:infected', false, ago(HOUR))
    expect(carry([device(), mute, before])).toEqual([[key, false, ago(HOUR)]])
    expect(carry([device(), agent({ values: { infected: null } }), infected, before])).toEqual([
      [key, false, ago(HOUR)],
    ])
    expect(carry([device(), mute, copy(), before], { sources: [{ id: 'edr', ...FAILED }] })).toEqual([
      [key, false, ago(HOUR)],
    ])
  })
  test('of a missing copy end when the copy is there', () => {
    const missing = seen('sentinelOne:*', 'present', ago(HOUR))
    expect(carry([device(), mute, attributes(), integration(), missing])).toEqual([
      [`${check.id}/nD1/sentinelOne:*`, 'present', ago(HOUR)],
    ])
    expect(carry([device(), mute, copy(), integration(), missing])).toEqual([])
  })
  test('leave with the device', () => {
    expect(carry([seen('sentinelOne:infected', false, ago(HOUR))])).toEqual([])
  })
})

test('every answer is a sentence', () => {
  expect([
    check.say(judged(device(), agent(), copy())),
    check.say(judged(device(), changed(HOUR), copy({ 'sentinelOne:infected': true, 'sentinelOne:activeThreats': 2 }))),
    check.say(judged(device(), changed(HOUR), attributes({ readAt: NOW }), integration())),
    check.say(judged(device(), changed(MINUTE), infected)),
    check.say(judged(device(), changed(HOUR), attributes({ readAt: NOW }))),
    check.say(judged(device(), agent())),
    check.say(judged(device(), agent(), copy({}, { readAt: ago(7 * HOUR) }))),
    check.say(judged(device(), copy())),
    check.say(judged(device({ serials: [] }), agent(), copy())),
    check.say(judged(device(), agent({ vendor: 'crowdstrike' }), attributes())),
  ]).toMatchInlineSnapshot(`
    [
      "The tailnet’s attributes of alice-mac.tailfe8c.ts.net say what the vendor says (4 compared).",
      "For alice-mac.tailfe8c.ts.net the tailnet disagrees with the vendor: sentinelOne:activeThreats is 2 instead of 0, since 2026-11-20T08:00:00.000Z; sentinelOne:infected is true instead of false, since 2026-11-20T08:00:00.000Z; look at the integration under Settings > Device management > Device posture integrations.",
      "For alice-mac.tailfe8c.ts.net the tailnet disagrees with the vendor: it has no attribute sentinelOne:* though the vendor has the device, since 2026-11-20T08:00:00.000Z; look at the integration under Settings > Device management > Device posture integrations.",
      "alice-mac.tailfe8c.ts.net is not judged. The tailnet says otherwise of sentinelOne:infected. The vendor’s value stands since 2026-11-20T08:59:00.000Z; a reading after 2026-11-20T09:29:00.000Z decides.",
      "alice-mac.tailfe8c.ts.net is not judged. The tailnet has no attribute of it that a configured vendor also has; whether the integration exists is POS-01.",
      "The tailnet’s attributes of alice-mac.tailfe8c.ts.net could not be read; pull the tailnet again.",
      "The tailnet’s attributes of alice-mac.tailfe8c.ts.net were last read at 2026-11-20T02:00:00.000Z, too long ago to compare; pull the tailnet again.",
      "No configured vendor has a record with the serial number C02XK1ABCD01 of alice-mac.tailfe8c.ts.net; install an agent, or take the device out of deviceTrust.scope.",
      "alice-mac.tailfe8c.ts.net reports no serial number; turn on device identity collection (Settings > Device management) and run "tailscale set --posture-checking=true" on it.",
      "CrowdStrike Falcon sent no "falcon:ztaScore" for alice-mac.tailfe8c.ts.net; open agent 1001 in Host setup and management > Host management, then collect again.",
    ]
  `)
})

covers(check, [
  {
    name: 'a copy in another type',
    records: [
      device(),
      agent({ changedAt: ago(24 * HOUR) }),
      attributes({ values: { 'sentinelOne:activeThreats': '0' } }),
    ],
    hostile: true,
    want: ['fail'],
  },
])
