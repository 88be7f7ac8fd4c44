import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type PolicyModel, readPolicy } from '../../src/domain/policy.ts'
import { type AttributeSource, isProblem, type Literal, parseCondition } from '../../src/domain/posture.ts'
import { PRESETS } from '../../src/domain/presets.ts'
import type { Vendor } from '../../src/domain/record.ts'
import type { DeviceTrust } from '../../src/domain/settings.ts'
import {
  attributeNamespacesInUse,
  deviceTrustOf,
  inScope,
  platformOf,
  resolvePosture,
  trustedAttributes,
  trustOutcome,
  trustRule,
  type VendorAnswer,
} from '../../src/domain/trust.ts'
import { computedAttributes } from '../../src/domain/vendor-attributes.ts'
import { agent, device, score } from '../helpers/build.ts'

const POSTURES = {
  edr: ['sentinelOne:activeThreats == 0', 'sentinelOne:infected == false', "sentinelOne:operationalState == 'na'"],
  score: ['falcon:ztaScore >= 70'],
  mdm: ['kandji:mdmEnabled == true', 'kandji:agentInstalled == true'],
  broken: ['falcon:ztaScore >= 70', 'falcon:ztaScore at least 70'],
  nothing: [],
}
function trust(require: DeviceTrust['require'] = null): DeviceTrust {
  return { scope: { os: ['macos', 'windows', 'linux'], tagged: false }, postures: POSTURES, require }
}
const need = (allOf: string[], anyOf: string[] = []) => trust({ allOf, anyOf })

const POLICY = readPolicy(`{
  "postures": { "posture:mac": ["node:os == 'macos'"], "posture:zta": ["falcon:ztaScore >= 90", 5], "posture:jamf": ["jamfPro:supervised"],
    "posture:idle": ["intune:isEncrypted == true"] },
  "defaultSrcPosture": ["posture:mac"],
  "ssh": [{ "src": ["*"], "dst": ["tag:x"], "srcPosture": ["posture:jamf", "posture:lost"] }],
}`) as PolicyModel

const has =
  (values: Record<string, Literal>): AttributeSource =>
  (key) =>
    key in values ? { state: 'value', value: values[key]! } : { state: 'missing' }
const HEALTHY = {
  'sentinelOne:activeThreats': 0,
  'sentinelOne:infected': false,
  'sentinelOne:operationalState': 'na',
  'falcon:ztaScore': 82,
  'kandji:mdmEnabled': true,
  'kandji:agentInstalled': true,
  'node:os': 'macos',
}
const judge = (setting: DeviceTrust, values: Record<string, Literal>, policy: PolicyModel | null = POLICY) =>
  deviceTrustOf(trustRule(setting, policy)!, has(values))
const without = (...keys: string[]) =>
  Object.fromEntries(Object.entries(HEALTHY).filter(([key]) => !keys.some((prefix) => key.startsWith(prefix))))

describe('where a posture comes from', () => {
  test('own ones, those of the policy, presets', () => {
    expect(resolvePosture('score', trust(), POLICY)).toMatchObject({
      from: 'own',
      conditions: [{ operator: '>=', values: [70] }],
    })
    expect(resolvePosture('posture:mac', trust(), POLICY)).toMatchObject({
      from: 'policy',
      conditions: [{ attribute: 'node:os' }],
    })
    expect(resolvePosture('netbird:active', trust(), null)).toMatchObject({
      from: 'preset',
      conditions: [{ attribute: 'sentinelOne:isActive' }, { attribute: 'sentinelOne:operationalState' }],
    })
  })

  test.each([
    ['posture:mac', null, 'not_visible', "the tailnet's policy file could not be read"],
    ['posture:lost', POLICY, 'not_configured', "the tailnet's policy file does not define it"],
    ['nothing', POLICY, 'not_configured', 'it has no condition'],
    ['netbird:magic', POLICY, 'not_configured', 'neither a posture of deviceTrust.postures nor a preset'],
    ['toString', POLICY, 'not_configured', 'neither a posture of deviceTrust.postures nor a preset'],
  ])('%s cannot be resolved', (name, policy, reason, problem) => {
    expect(resolvePosture(name, trust(), policy)).toEqual({ name, reason, problem })
    expect(judge(need([name]), HEALTHY, policy)).toEqual({
      outcome: 'not_evaluable',
      reason,
      conditions: [{ posture: name, condition: null, outcome: 'not_evaluable', why: 'unparsable', value: null }],
    })
  })

  test("the policy's posture with a condition that is no text is not judged on the rest", () => {
    expect(judge(need(['posture:zta']), { 'falcon:ztaScore': 95 })).toMatchObject({
      outcome: 'not_evaluable',
      reason: 'not_configured',
      conditions: [{ why: 'pass' }, { condition: '5', why: 'unparsable' }],
    })
  })
})

describe('what is required', () => {
  test('nothing required is not configured', () => {
    expect(trustRule(trust(null), POLICY)).toBeNull()
    expect(trustRule(need([], []), POLICY)).toBeNull()
  })

  test.each([
    { name: 'all healthy', values: HEALTHY, want: 'match' },
    { name: 'no SentinelOne, but a score: one of both suffices', values: without('sentinelOne'), want: 'match' },
    { name: 'infected, but a score', values: { ...HEALTHY, 'sentinelOne:infected': true }, want: 'match' },
    {
      name: 'infected and a low score',
      values: { ...HEALTHY, 'sentinelOne:infected': true, 'falcon:ztaScore': 10 },
      want: 'no_match',
    },
    {
      name: 'a low score, and nothing of SentinelOne',
      values: { ...without('sentinelOne'), 'falcon:ztaScore': 10 },
      want: 'not_evaluable',
    },
    { name: 'neither EDR', values: without('sentinelOne', 'falcon'), want: 'not_evaluable' },
    { name: 'no MDM', values: without('kandji'), want: 'not_evaluable' },
    { name: 'not enrolled', values: { ...HEALTHY, 'kandji:mdmEnabled': false }, want: 'no_match' },
    { name: 'not enrolled, everything else missing', values: { 'kandji:mdmEnabled': false }, want: 'no_match' },
    { name: 'nothing known', values: {}, want: 'not_evaluable' },
  ])('MDM and one EDR; $name: $want', ({ values, want }) => {
    const answer = judge(need(['mdm'], ['edr', 'score']), values as Record<string, Literal>)
    expect(answer.outcome).toBe(want)
    expect(answer.reason).toBe(want === 'not_evaluable' ? 'no_data' : null)
    expect(answer.conditions.map((each) => each.posture)).toEqual(['mdm', 'mdm', 'edr', 'edr', 'edr', 'score'])
  })

  test('an empty anyOf imposes nothing, an empty allOf neither', () => {
    expect(judge(need(['mdm'], []), without('falcon', 'sentinelOne')).outcome).toBe('match')
    expect(judge(need([], ['score']), without('kandji')).outcome).toBe('match')
  })

  test('each condition tells what the device has', () => {
    expect(judge(need(['score', 'posture:mac'], ['score']), { 'falcon:ztaScore': 12 })).toEqual({
      outcome: 'no_match',
      reason: null,
      conditions: [
        { posture: 'score', condition: 'falcon:ztaScore >= 70', outcome: 'no_match', why: 'fail', value: 12 },
        {
          posture: 'posture:mac',
          condition: "node:os == 'macos'",
          outcome: 'not_evaluable',
          why: 'missing',
          value: null,
        },
      ],
    })
  })

  test('a posture that nobody can read whole is not met by the rest', () => {
    expect(judge(need(['broken']), HEALTHY)).toMatchObject({ outcome: 'not_evaluable', reason: 'not_configured' })
    expect(judge(need(['broken']), { 'falcon:ztaScore': 1 }).outcome).toBe('no_match')
  })
})

describe('whose answer counts', () => {
  const tailnet = has({
    'sentinelOne:infected': true,
    'falcon:ztaScore': 11,
    'node:os': 'macos',
    'sentinelOne:new': 'x',
  })
  const asked = (vendors: [Vendor, VendorAnswer][]) => trustedAttributes(new Map(vendors), tailnet)
  const edr: VendorAnswer = {
    state: 'agent',
    attributes: computedAttributes(agent({ values: { firewallEnabled: null } }), null),
  }

  test("a vendor's own answer where it is a source, the tailnet's copy otherwise", () => {
    const source = asked([['sentinelone', edr]])
    expect(source('sentinelOne:infected')).toEqual({ state: 'value', value: false })
    expect(source('falcon:ztaScore')).toEqual({ state: 'value', value: 11 })
    expect(source('node:os')).toEqual({ state: 'value', value: 'macos' })
    // We do not compute it, so the tailnet is asked.
    expect(source('sentinelOne:new')).toEqual({ state: 'value', value: 'x' })
    expect(source('custom:x')).toEqual({ state: 'missing' })
  })

  test('a field that the vendor left out is unreadable, not missing', () => {
    expect(asked([['sentinelone', edr]])('sentinelOne:firewallEnabled')).toEqual({
      state: 'unreadable',
      reason: 'no_data',
    })
  })

  test("no record of the device is missing, whatever the tailnet's copy says", () => {
    expect(asked([['sentinelone', { state: 'absent' }]])('sentinelOne:infected')).toEqual({ state: 'missing' })
  })

  test('a vendor that could not be asked is unreadable for its reason, also in the answer', () => {
    const source = asked([['sentinelone', { state: 'unreadable', reason: 'no_serial' }]])
    expect(source('sentinelOne:infected')).toEqual({ state: 'unreadable', reason: 'no_serial' })
    expect(deviceTrustOf(trustRule(need(['edr']), null)!, source)).toMatchObject({
      outcome: 'not_evaluable',
      reason: 'no_serial',
    })
  })

  test("Kandji's agent on a phone is missing", () => {
    const phone = computedAttributes(agent({ vendor: 'kandji', platform: 'iPhone' }), null)
    const source = asked([['kandji', { state: 'agent', attributes: phone }]])
    expect(source('kandji:mdmEnabled')).toEqual({ state: 'value', value: true })
    expect(source('kandji:agentInstalled')).toEqual({ state: 'missing' })
  })
})

describe("NetBird's criteria", () => {
  const answer = (preset: string, values: Parameters<typeof agent>[0] = {}) => {
    const vendors = new Map([
      ['sentinelone', { state: 'agent', attributes: computedAttributes(agent(values), null) }],
    ] as const)
    return deviceTrustOf(trustRule(need([preset]), null)!, trustedAttributes(vendors, has({}))).outcome
  }
  test('are seven, and every one can be read', () => {
    expect([...PRESETS.keys()]).toHaveLength(7)
    for (const conditions of PRESETS.values()) {
      for (const condition of conditions) expect(isProblem(parseCondition(condition))).toBe(false)
    }
  })
  test.each([
    ['netbird:threats', { activeThreats: 1 }],
    ['netbird:encryption', { encryptedApplications: false }],
    ['netbird:firewall', { firewallEnabled: false }],
    ['netbird:not-infected', { infected: true }],
    ['netbird:connected', { networkStatus: 'disconnected' }],
    ['netbird:connected', { networkStatus: 'connecting' }],
    ['netbird:active', { isActive: false }],
    ['netbird:active', { operationalState: 'db_corruption' }],
    ['netbird:latest', { isUpToDate: false }],
  ])('%s: met by a healthy agent, not with %o, not evaluable without the field', (preset, values) => {
    expect(answer(preset)).toBe('match')
    expect(answer(preset, { values: values as Record<string, Literal> })).toBe('no_match')
    expect(answer(preset, { values: { [Object.keys(values)[0]!]: null } })).toBe('not_evaluable')
  })
})

test('namespaces in use: what we require, and what a rule of the policy names', () => {
  expect(attributeNamespacesInUse(need(['mdm'], ['score', 'netbird:threats', 'gone']), null)).toEqual(
    new Set(['kandji', 'falcon', 'sentinelOne']),
  )
  // posture:idle is defined, but no rule asks for it.
  expect(attributeNamespacesInUse(trust(null), POLICY)).toEqual(new Set(['node', 'jamfPro']))
  expect(attributeNamespacesInUse(trust(null), null)).toEqual(new Set())
})

describe('which devices are judged', () => {
  const { scope } = trust()
  test.each([
    { name: "a person's Mac", over: { os: 'macOS' }, want: true },
    { name: 'a Linux laptop', over: { os: 'linux' }, want: true },
    { name: 'a phone', over: { os: 'iOS' }, want: false },
    { name: 'a device whose system is not known', over: { os: null }, want: true },
    { name: 'a tagged server', over: { os: 'linux', tags: ['tag:prod'] }, want: false },
    { name: 'a device shared in', over: { isExternal: true }, want: false },
    { name: 'one not known to be shared in', over: { isExternal: null }, want: true },
  ])('$name: $want', ({ over, want }) => {
    expect(inScope(device(over), scope)).toBe(want)
  })
  test('tagged ones where they are wanted', () => {
    expect(inScope(device({ os: 'linux', tags: ['tag:prod'] }), { ...scope, tagged: true })).toBe(true)
  })
  test.each([
    ['macOS', 'macos'],
    ['iOS', 'ios'],
    ['tvOS', 'tvos'],
    ['windows', 'windows'],
    [null, null],
  ])('%s is %s', (os, platform) => {
    expect(platformOf({ os })).toBe(platform)
  })
})

test('the short way to the outcome leads where the long one does', () => {
  const conditions = ["node:os == 'macos'", 'custom:a == 1', 'custom:b == true', 'custom:c NOT SET', 'unreadable =']
  const value = fc.constantFrom<Literal | undefined>('macos', 'linux', 1, 2, true, false, undefined)
  const names = fc.subarray(['one', 'two', 'three', 'posture:none'])
  const postures = fc.record({
    one: fc.subarray(conditions),
    two: fc.subarray(conditions),
    three: fc.subarray(conditions),
  })
  const values = fc.record({ 'node:os': value, 'custom:a': value, 'custom:b': value, 'custom:c': value })
  fc.assert(
    fc.property(postures, names, names, values, (own, allOf, anyOf, given) => {
      const rule = trustRule({ scope: { os: [], tagged: false }, postures: own, require: { allOf, anyOf } }, null)
      if (rule === null) return
      const source: AttributeSource = (name) => {
        const found = given[name as keyof typeof given]
        return found === undefined ? { state: 'missing' } : { state: 'value', value: found }
      }
      expect(trustOutcome(rule, source)).toBe(deviceTrustOf(rule, source).outcome)
    }),
    { numRuns: 2_000 },
  )
})

test('twenty thousand devices against ten conditions, each read once', () => {
  const rule = trustRule(need(['mdm', 'edr', 'score', 'netbird:active', 'posture:mac']), POLICY)!
  const healthy = agent()
  const mac = agent({ vendor: 'kandji' })
  const falcon = agent({ vendor: 'crowdstrike' })
  const outcomes = Array.from({ length: 20_000 }, (_, index) => {
    const zta = score({ value: index % 100 })
    const vendors = new Map<Vendor, VendorAnswer>([
      ['sentinelone', { state: 'agent', attributes: computedAttributes(healthy, null) }],
      ['kandji', { state: 'agent', attributes: computedAttributes(mac, null) }],
      ['crowdstrike', { state: 'agent', attributes: computedAttributes(falcon, zta) }],
    ])
    return deviceTrustOf(rule, trustedAttributes(vendors, has({ 'node:os': 'macos' }))).outcome
  })
  expect(outcomes.filter((outcome) => outcome === 'match')).toHaveLength(6000)
  expect(outcomes.filter((outcome) => outcome === 'no_match')).toHaveLength(14_000)
})
