import { expect, test } from 'vitest'
import { tailnetPosturesMet as check } from '../../checks/tailnet-postures-met.ts'
import type { AnyRecord } from '../../src/domain/record.ts'
import { HOUR } from '../../src/domain/time.ts'
import { agent, ago, attributes, blind, device, findingsOf, policy, resultOf, snapshotOf } from '../helpers/build.ts'
import { covers } from './covers.ts'
import { oddPolicyRows } from './policy-rows.ts'

const postures = (conditions: readonly string[]) => policy(JSON.stringify({ postures: { 'posture:x': conditions } }))
const held = attributes({
  values: { 'node:os': 'macos', 'sentinelOne:infected': false, 'falcon:ztaScore': 82, 'custom:tier': 'dev' },
  expiries: { 'custom:tier': ago(HOUR) },
})
const judged = (conditions: readonly string[], record: AnyRecord = held, ...more: AnyRecord[]) =>
  findingsOf(check, snapshotOf([device(), postures(conditions), record, ...more]))[0]!

test.each([
  { conditions: ["node:os == 'macos'"], want: 'pass', fact: 'match (macos)' },
  { conditions: ["node:os == 'windows'"], want: 'not_applicable', fact: 'no match (macos)' },
  { conditions: ['falcon:ztaScore >= 90'], want: 'not_applicable', fact: 'no match (82)' },
  { conditions: ['kandji:mdmEnabled == true'], want: 'unknown', fact: 'not evaluable (missing)' },
  { conditions: ["sentinelOne:infected == 'no'"], want: 'unknown', fact: 'not evaluable (type mismatch: false)' },
  { conditions: ['sentinelOne:infected = false'], want: 'unknown', fact: 'not evaluable (unparsable)' },
  { conditions: ["custom:tier == 'dev'"], want: 'unknown', fact: 'not evaluable (missing)' },
  { conditions: ['custom:none NOT SET'], want: 'pass', fact: 'match (not set)' },
])('$conditions: $want, $fact', ({ conditions, want, fact }) => {
  const finding = judged(conditions)
  expect(finding.status).toBe(want)
  expect(finding.facts).toEqual({ [conditions[0]!]: fact })
})

test('one condition that is not met decides, whatever is missing beside it', () => {
  expect(judged(["node:os == 'windows'", 'kandji:mdmEnabled == true']).status).toBe('not_applicable')
})

test('the tailnet’s own copy decides, not the vendor', () => {
  expect(judged(['sentinelOne:infected == false'], held, agent({ values: { infected: true } })).status).toBe('pass')
})

test('one subject per posture and device; it never fails', () => {
  const two = policy(`{ "postures": { "posture:b": ["node:os == 'linux'"], "posture:a": ["node:os == 'macos'"] } }`)
  const result = resultOf(check, [device(), device({ key: 'nD2', isExternal: true }), two, held])
  expect(check.informational).toBe(true)
  expect(result.counts).toMatchObject({ pass: 1, fail: 0, unknown: 0, not_applicable: 3 })
  expect(result.findings.map(({ subject }) => [subject.kind, subject.key])).toEqual([
    ['posture', 'posture:a/nD1'],
    ['posture', 'posture:a/nD2'],
    ['posture', 'posture:b/nD1'],
    ['posture', 'posture:b/nD2'],
  ])
  expect(result.findings[0]?.records).toEqual(['tailnet/policy/policy', 'tailnet/device/nD1', 'tailnet/attributes/nD1'])
})

test('attributes that cannot be used make it unknown for their reason', () => {
  expect(judged(["node:os == 'macos'"], attributes({ readAt: ago(7 * HOUR) })).unknownReason).toBe('stale')
  expect(judged(["node:os == 'macos'"], attributes({ found: false })).unknownReason).toBe('no_data')
  expect(judged([]).unknownReason).toBe('not_configured')
})

test('a policy file that cannot be read or seen gives no verdict; one without postures no subject', () => {
  expect(findingsOf(check, snapshotOf([device(), policy('{'), held]))).toMatchObject([
    { status: 'unknown', subject: { kind: 'policy' } },
  ])
  const sources = [{ id: 'tailnet', blind: [blind('policy')] }]
  expect(resultOf(check, [device(), held], { sources }).unknownReason).toBe('not_visible')
  expect(resultOf(check, [device(), policy('{}'), held]).status).toBe('not_applicable')
})

test('every answer is a sentence', () => {
  expect([
    check.say(judged(["node:os == 'macos'"])),
    check.say(judged(["node:os == 'windows'"])),
    check.say(judged(['kandji:mdmEnabled == true'])),
    check.say(judged([])),
    check.say(findingsOf(check, snapshotOf([device({ isExternal: true }), postures(["node:os == 'macos'"])]))[0]!),
    check.say(findingsOf(check, snapshotOf([policy('{')]))[0]!),
  ]).toMatchInlineSnapshot(`
    [
      "Met: posture:x on alice-mac.tailfe8c.ts.net.",
      "Not judged or not met: posture:x on alice-mac.tailfe8c.ts.net. Not met: node:os == 'windows' → no match (macos).",
      "posture:x on alice-mac.tailfe8c.ts.net cannot be evaluated: kandji:mdmEnabled == true → not evaluable (missing); compare the device’s attributes under Machines, then collect again.",
      "posture:x on alice-mac.tailfe8c.ts.net cannot be evaluated: it has no condition; correct the posture under Access controls.",
      "Not judged or not met: posture:x on alice-mac.tailfe8c.ts.net. It is shared in from another tailnet.",
      "The policy file of tailnet cannot be read (line 1, column 2: parsing value: unexpected EOF); correct it under Access controls in the Tailscale admin console, then collect again.",
    ]
  `)
})

covers(check, [
  {
    name: 'an attribute that is a word of the language',
    records: [device(), postures(["custom:__proto__ == 'x'"]), held],
    hostile: true,
    want: ['no_data'],
  },
  ...oddPolicyRows([device(), held]),
])
