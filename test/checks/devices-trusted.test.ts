import { expect, test } from 'vitest'
import { devicesTrusted as check } from '../../checks/devices-trusted.ts'
import type { AnyRecord } from '../../src/domain/record.ts'
import { DAY } from '../../src/domain/time.ts'
import {
  agent,
  ago,
  attributes,
  blind,
  device,
  FAILED,
  findingsOf,
  policy,
  resultOf,
  type SnapshotOptions,
  score,
  settings,
  snapshotOf,
} from '../helpers/build.ts'
import { covers } from './covers.ts'

/** The rule of the starter configuration. */
const postures = {
  edr: ['sentinelOne:activeThreats == 0', 'sentinelOne:infected == false'],
  score: ['falcon:ztaScore >= 70'],
  mdm: ['kandji:mdmEnabled == true'],
  own: ["node:os == 'macos'"],
}
const trust = (allOf: readonly string[], anyOf: readonly string[] = []): SnapshotOptions => ({
  settings: { deviceTrust: { ...settings().deviceTrust, postures, require: { allOf, anyOf } } },
})
const usual = trust(['mdm'], ['edr', 'score'])
const mdm = agent({ vendor: 'kandji', platform: 'Mac' })
const falcon = agent({ vendor: 'crowdstrike' })
const judged = (records: readonly AnyRecord[], options = usual) => findingsOf(check, snapshotOf(records, options))[0]!

test.each([
  { name: 'MDM and a healthy EDR', records: [device(), mdm, agent()], want: 'pass', reason: null },
  { name: 'MDM and a good score', records: [device(), mdm, falcon, score()], want: 'pass', reason: null },
  {
    name: 'one of two EDRs is enough',
    records: [device(), mdm, agent({ values: { infected: true } }), falcon, score()],
    want: 'pass',
    reason: null,
  },
  {
    name: 'not enrolled',
    records: [device(), agent({ vendor: 'kandji', values: { mdm_enabled: false } }), agent()],
    want: 'fail',
    reason: null,
  },
  {
    name: 'both EDRs object',
    records: [device(), mdm, agent({ values: { activeThreats: 1 } }), falcon, score({ value: 60 })],
    want: 'fail',
    reason: null,
  },
  {
    name: 'one EDR objects, the other does not know it',
    records: [device(), mdm, agent({ values: { activeThreats: 1 } })],
    want: 'unknown',
    reason: 'no_data',
  },
  { name: 'no EDR knows it', records: [device(), mdm], want: 'unknown', reason: 'no_data' },
  {
    name: 'its agent is silent and counts as absent',
    records: [device(), mdm, agent({ lastSeen: ago(2 * DAY) })],
    want: 'unknown',
    reason: 'no_data',
  },
  {
    name: 'enrolment not said',
    records: [device(), agent({ vendor: 'kandji', values: { mdm_enabled: null } }), agent()],
    want: 'unknown',
    reason: 'no_data',
  },
  { name: 'no serial number', records: [device({ serials: [] }), mdm, agent()], want: 'unknown', reason: 'no_serial' },
  { name: 'shared in', records: [device({ isExternal: true }), mdm, agent()], want: 'not_applicable', reason: null },
])('$name: $want', ({ records, want, reason }) => {
  expect(judged(records)).toMatchObject({ status: want, unknownReason: reason })
})

test('the answer of each condition stands in the facts, and what was read is named', () => {
  expect(judged([device(), mdm, agent({ values: { activeThreats: 2 } })])).toMatchObject({
    facts: {
      'mdm: kandji:mdmEnabled == true': 'match (true)',
      'edr: sentinelOne:activeThreats == 0': 'no match (2)',
      'edr: sentinelOne:infected == false': 'match (false)',
      'score: falcon:ztaScore >= 70': 'not evaluable (missing)',
    },
    records: ['tailnet/device/nD1', 'mdm/agent/1001', 'edr/agent/1001'],
  })
})

test('without deviceTrust.require nothing is judged', () => {
  const result = resultOf(check, [device(), agent()])
  expect(result).toMatchObject({ status: 'unknown', unknownReason: 'not_configured', counts: { unknown: 1 } })
})

test('presets and the tailnet’s own postures can be required', () => {
  const text = policy(`{ "postures": { "posture:mac": ["node:os == 'macos'"] } }`)
  const records = [device(), agent(), attributes(), text]
  expect(judged(records, trust(['netbird:active', 'posture:mac'])).status).toBe('pass')
  expect(judged(records, trust(['posture:gone']))).toMatchObject({ status: 'unknown', unknownReason: 'not_configured' })
  expect(judged(records, trust(['gone']))).toMatchObject({ status: 'unknown', unknownReason: 'not_configured' })
})

test('only what the rule rests on has to be readable', () => {
  const records = [device(), mdm, agent(), falcon, score(), attributes()]
  const status = (require: SnapshotOptions, sources: SnapshotOptions['sources']) =>
    resultOf(check, records, { ...require, sources: sources ?? [] })
  const falconDown = [{ id: 'falcon', ...FAILED }]
  const tailnetBlind = [{ id: 'tailnet', blind: [blind('attributes'), blind('policy')] }]
  expect(status(trust(['mdm', 'edr']), falconDown).status).toBe('pass')
  expect(status(trust(['score']), falconDown).unknownReason).toBe('source_error')
  expect(status(trust(['score']), [{ id: 'falcon', blind: [blind('score')] }]).unknownReason).toBe('not_visible')
  expect(status(trust(['edr']), tailnetBlind).status).toBe('pass')
  expect(status(trust(['own']), tailnetBlind).unknownReason).toBe('not_visible')
  expect(status(trust(['edr', 'posture:mac']), tailnetBlind).unknownReason).toBe('not_visible')
})

test('a vendor that is no source is read from the tailnet’s copy', () => {
  const records = [device(), attributes({ values: { 'falcon:ztaScore': 82 } })]
  expect(resultOf(check, records, { ...trust(['score']), only: ['tailnet', 'edr'] }).status).toBe('pass')
})

test('every answer is a sentence', () => {
  expect([
    check.say(judged([device(), mdm, agent()])),
    check.say(judged([device(), mdm, agent({ values: { activeThreats: 1 } }), falcon, score({ value: 60 })])),
    check.say(judged([device(), mdm])),
    check.say(judged([device({ serials: [] }), mdm, agent()])),
    check.say(judged([device({ isExternal: true })])),
    check.say(findingsOf(check, snapshotOf([device()]))[0]!),
    check.say(judged([device()], trust(['gone']))),
  ]).toMatchInlineSnapshot(`
    [
      "alice-mac.tailfe8c.ts.net meets deviceTrust.require.",
      "alice-mac.tailfe8c.ts.net does not meet deviceTrust.require: edr: sentinelOne:activeThreats == 0 → no match (1); score: falcon:ztaScore >= 70 → no match (60); mend it in the vendor’s console.",
      "Whether alice-mac.tailfe8c.ts.net meets deviceTrust.require cannot be said: edr: sentinelOne:activeThreats == 0 → not evaluable (missing); edr: sentinelOne:infected == false → not evaluable (missing); score: falcon:ztaScore >= 70 → not evaluable (missing); see what the vendor and the tailnet say of it, then collect again.",
      "alice-mac.tailfe8c.ts.net reports no serial number; turn on device identity collection (Settings > Device management) and run "tailscale set --posture-checking=true" on it.",
      "alice-mac.tailfe8c.ts.net is not judged. It is shared in from another tailnet.",
      "When a device is trusted is not declared; write deviceTrust.require in exhibit.yaml.",
      "Whether alice-mac.tailfe8c.ts.net meets deviceTrust.require cannot be said: gone → not evaluable (no such posture can be read); correct deviceTrust in exhibit.yaml.",
    ]
  `)
})

covers(check, [
  {
    name: 'attributes that were read long ago',
    records: [device(), attributes({ readAt: ago(DAY) })],
    options: trust(['own']),
    want: ['stale'],
  },
  {
    name: 'a posture named like a word of the language',
    records: [device(), mdm],
    options: trust(['__proto__', 'constructor']),
    hostile: true,
    want: ['not_configured'],
  },
  {
    name: 'a value that only looks the same',
    records: [device(), attributes({ values: { 'node:os': 'm\u0430cos' } })],
    options: trust(['own']),
    hostile: true,
    want: ['fail'],
  },
])
