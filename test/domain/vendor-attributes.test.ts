import { describe, expect, test } from 'vitest'
import type { Agent } from '../../src/domain/record.ts'
import {
  agree,
  comparedAttributes,
  computedAttributes,
  computedBy,
  namespaceOf,
  postureVendorOf,
} from '../../src/domain/vendor-attributes.ts'
import { agent, score } from '../helpers/build.ts'

const values = (of: Agent, zta: Parameters<typeof computedAttributes>[1] = null) =>
  Object.fromEntries([...computedAttributes(of, zta)].map(([key, { value }]) => [key, value]))

describe('attributes computed from the vendor', () => {
  test('a SentinelOne agent gives what Tailscale writes, and two fields more', () => {
    expect(values(agent())).toEqual({
      'sentinelOne:operationalState': 'na',
      'sentinelOne:activeThreats': 0,
      'sentinelOne:agentVersion': '24.2.3.471',
      'sentinelOne:encryptedApplications': true,
      'sentinelOne:firewallEnabled': true,
      'sentinelOne:infected': false,
      'sentinelOne:isActive': true,
      'sentinelOne:networkStatus': 'connected',
      'sentinelOne:isUpToDate': true,
    })
  })

  test('a Falcon host gives its Zero Trust score; a host without one gives no number, and never zero', () => {
    const host = agent({ vendor: 'crowdstrike' })
    expect(values(host, score({ value: 82 }))).toEqual({ 'falcon:ztaScore': 82 })
    expect(values(host, score({ value: null }))).toEqual({ 'falcon:ztaScore': null })
    expect(values(host)).toEqual({ 'falcon:ztaScore': null })
  })

  const kandji = (over: Partial<Agent>, said: Agent['values'] = {}) =>
    values(
      agent({
        vendor: 'kandji',
        platform: null,
        ...over,
        values: { mdm_enabled: true, agent_installed: false, ...said },
      }),
    )
  test.each(['Mac', 'Windows', 'Linux'])('Kandji on %s: enrolment and agent', (family) => {
    const both = { 'kandji:mdmEnabled': true, 'kandji:agentInstalled': false }
    expect(kandji({ platform: family })).toEqual(both)
    expect(kandji({}, { device__family: family })).toEqual(both)
  })
  test.each(['iPhone', 'iPad', 'tvOS', 'AppleTV', 'Android', 'ios'])(
    'Kandji on %s: there is no agent to ask for',
    (family) => {
      expect(kandji({ platform: family })).toEqual({ 'kandji:mdmEnabled': true })
      expect(kandji({ platform: 'x' }, { device__family: family })).toEqual({ 'kandji:mdmEnabled': true })
    },
  )
  test('Kandji on a family that it does not name: as said', () => {
    expect(kandji({})).toEqual({ 'kandji:mdmEnabled': true, 'kandji:agentInstalled': false })
  })

  test.each([
    ['nothing', null, null],
    ['a text', 'False', null],
    ['another number', 2, null],
    ['zero', 0, false],
    ['one', 1, true],
    ['true', true, true],
  ])('infected said as %s', (_, said, value) => {
    expect(values(agent({ values: { infected: said } }))['sentinelOne:infected']).toBe(value)
  })

  test.each([
    ['activeThreats', '0'],
    ['activeThreats', true],
    ['operationalState', 0],
    ['isActive', 1],
    ['firewallEnabled', 'true'],
    ['encryptedApplications', null],
    ['networkStatus', false],
  ])('%s said as %j is not said at all', (field, said) => {
    expect(values(agent({ values: { [field]: said } }))[`sentinelOne:${field}`]).toBeNull()
  })
})

test('names of one vendor in three places', () => {
  expect(postureVendorOf('falcon:ztaScore')).toMatchObject({ provider: 'falcon', vendor: 'crowdstrike' })
  expect(postureVendorOf('sentinelOne:infected')).toMatchObject({ provider: 'sentinelone', vendor: 'sentinelone' })
  expect(postureVendorOf('kandji:x')).toMatchObject({ provider: 'kandji', vendor: 'kandji' })
  expect(postureVendorOf('fleetPolicy:Disk: on')).toMatchObject({ provider: 'fleet', vendor: null })
  expect(postureVendorOf('jamfPro:supervised')?.provider).toBe('jamfpro')
  for (const own of ['node:os', 'ip:country', 'custom:x', 'SentinelOne:infected', 'nothing', '']) {
    expect(postureVendorOf(own)).toBeNull()
  }
  expect(namespaceOf('custom:a:b')).toBe('custom')
})

test('who computes an attribute, and which ones the tailnet knows too', () => {
  expect(computedBy('sentinelOne:networkStatus')).toBe('sentinelone')
  expect(computedBy('falcon:ztaScore')).toBe('crowdstrike')
  expect(computedBy('sentinelOne:somethingNew')).toBeNull()
  expect(computedBy('node:os')).toBeNull()
  expect(comparedAttributes('crowdstrike')).toEqual(['falcon:ztaScore'])
  expect(comparedAttributes('kandji')).toEqual(['kandji:mdmEnabled', 'kandji:agentInstalled'])
  expect(comparedAttributes('sentinelone')).toContain('sentinelOne:infected')
  expect(comparedAttributes('sentinelone')).not.toContain('sentinelOne:isUpToDate')
})

test.each([
  [true, true, true],
  [true, 1, true],
  [0, false, true],
  [false, 1, false],
  [true, 2, false],
  [82, 82, true],
  ['na', 'na', true],
  ['na', 'NA', false],
  ['1', 1, false],
  ['true', true, false],
  [null, false, false],
  [null, null, true],
])('%j and %j agree: %s', (a, b, same) => {
  expect(agree(a, b)).toBe(same)
  expect(agree(b, a)).toBe(same)
})
