/** What all checks over the records of one vendor have in common, through one check of each vendor. */
import { describe, expect, test } from 'vitest'
import { crowdstrikeSensorFullyFunctional } from '../../checks/crowdstrike-sensor-fully-functional.ts'
import { kandjiMdmEnrolled } from '../../checks/kandji-mdm-enrolled.ts'
import { sentineloneNotInfected } from '../../checks/sentinelone-not-infected.ts'
import { syncWindowLimits } from '../../src/domain/agent-checks.ts'
import type { AnyRecord } from '../../src/domain/record.ts'
import { DAY, HOUR } from '../../src/domain/time.ts'
import { agent, ago, device, findingsOf, resultOf, settings, snapshotOf } from '../helpers/build.ts'

const s1 = sentineloneNotInfected
const judged = (records: readonly AnyRecord[], check = s1) => findingsOf(check, snapshotOf(records))[0]!

describe('who is not judged, and why', () => {
  test.each([
    { name: 'shared in', over: { isExternal: true }, because: 'It is shared in from another tailnet.' },
    {
      name: 'tagged',
      over: { tags: ['tag:ci'] },
      because: 'It is tagged, and deviceTrust.scope leaves tagged devices out.',
    },
    { name: 'another platform', over: { os: 'iOS' }, because: 'Its platform ios is not in deviceTrust.scope.' },
  ])('$name', ({ over, because }) => {
    const finding = judged([device(over), agent()])
    expect(finding).toMatchObject({ status: 'not_applicable', notice: because })
    expect(s1.say(finding)).toBe(`alice-mac.tailfe8c.ts.net is not judged. ${because}`)
  })

  test('a phone in scope without a record: no EDR can know it; with one it is judged', () => {
    const deviceTrust = { ...settings().deviceTrust, scope: { os: ['ios', 'macos'], tagged: false } }
    const phone = device({ os: 'iOS' })
    const of = (records: readonly AnyRecord[]) => findingsOf(s1, snapshotOf(records, { settings: { deviceTrust } }))
    expect(of([phone])).toMatchObject([
      { status: 'not_applicable', notice: 'SentinelOne manages no iOS devices here.' },
    ])
    expect(of([phone, agent()])).toMatchObject([{ status: 'pass' }])
  })

  test('tagged devices are judged where the scope says so', () => {
    const deviceTrust = { ...settings().deviceTrust, scope: { os: ['macos'], tagged: true } }
    const snapshot = snapshotOf([device({ tags: ['tag:ci'] }), agent()], { settings: { deviceTrust } })
    expect(findingsOf(s1, snapshot)).toMatchObject([{ status: 'pass' }])
  })
})

describe('a device without a record', () => {
  test.each([
    { name: 'no serial number', over: { serials: [] }, reason: 'no_serial', match: 'no_serial' },
    {
      name: 'a firmware filler',
      over: { serials: ['System Serial Number'] },
      reason: 'no_serial',
      match: 'placeholder_serial',
    },
    {
      name: 'a serial number that the vendor does not have',
      over: { serials: ['PF0001'] },
      reason: 'unmatched',
      match: 'no_record',
    },
    {
      name: 'a platform of which nothing is known',
      over: { os: null, serials: ['PF0001'] },
      reason: 'unmatched',
      match: 'no_record',
    },
  ])('$name: $reason', ({ over, reason, match }) => {
    const finding = judged([device(over), agent()])
    expect(finding).toMatchObject({ status: 'unknown', unknownReason: reason, facts: { match } })
    expect(s1.say(finding)).toMatch(/; .+\.$/)
  })

  test('a serial number that two devices report joins neither', () => {
    const findings = findingsOf(s1, snapshotOf([device(), device({ key: 'nD2' }), agent()]))
    expect(findings).toMatchObject([{ unknownReason: 'no_serial' }, { unknownReason: 'no_serial' }])
    expect(s1.say(findings[0]!)).toContain('shares the serial number C02XK1ABCD01')
  })

  test('a record that was removed at the vendor is none, and is named', () => {
    const finding = judged([device(), agent({ removed: true })])
    expect(finding).toMatchObject({ unknownReason: 'unmatched', facts: { match: 'removed' } })
    expect(s1.say(finding)).toContain('only as removed (edr/agent/1001)')
  })

  test('where another EDR has it, it is not applicable; an MDM does not count', () => {
    const falcon = agent({ vendor: 'crowdstrike' })
    expect(judged([device(), falcon])).toMatchObject({
      status: 'not_applicable',
      notice: 'CrowdStrike Falcon has it.',
      records: ['tailnet/device/nD1', 'falcon/agent/1001'],
    })
    expect(judged([device(), agent()], crowdstrikeSensorFullyFunctional)).toMatchObject({
      status: 'not_applicable',
      notice: 'SentinelOne has it.',
    })
    expect(judged([device(), agent({ vendor: 'kandji' })])).toMatchObject({ unknownReason: 'unmatched' })
    expect(judged([device(), agent()], kandjiMdmEnrolled)).toMatchObject({ unknownReason: 'unmatched' })
  })

  test('an EDR on which no verdict may rest does not stand in for the other', () => {
    const sources = [{ id: 'falcon', status: 'stale' as const }]
    const result = resultOf(s1, [device(), agent({ vendor: 'crowdstrike' })], { sources })
    expect(result).toMatchObject({ status: 'unknown', unknownReason: 'unmatched' })
  })
})

test('of several live records the one last seen counts and the others are named', () => {
  const old = agent({ key: '999', lastSeen: ago(3 * HOUR), values: { infected: true } })
  expect(judged([device(), old, agent()])).toMatchObject({
    status: 'pass',
    facts: { agentId: '1001' },
    notice: 'SentinelOne has further live records with this serial number (999); the one last seen counts.',
  })
})

test('values of an agent that is silent are judged, with a notice of their age', () => {
  const lastSeen = ago(3 * DAY)
  expect(judged([device(), agent({ lastSeen })])).toMatchObject({
    status: 'pass',
    notice: `SentinelOne last heard from this agent at ${lastSeen}; its values are of then.`,
  })
  expect(judged([device(), agent({ lastSeen: null })]).notice).toBe(
    'SentinelOne does not say when it last heard from this agent.',
  )
})

test('no device, no verdict: not applicable', () => {
  expect(resultOf(s1, [agent()])).toMatchObject({ status: 'not_applicable', counts: { pass: 0 } })
})

test('each of several sources shows its own window', () => {
  const one = settings().sources.find((source) => source.id === 'edr')!
  const sources = [one, { ...one, id: 'edr2', syncWindowMs: 48 * HOUR }]
  expect(syncWindowLimits('sentinelone')(settings({ sources }))).toEqual({
    'syncWindow of edr': '24h',
    'syncWindow of edr2': '2d',
  })
})
