import { describe, expect, test } from 'vitest'
import { tailnetAttributes, trustAttributes } from '../../src/domain/attribute-sources.ts'
import type { AnyRecord } from '../../src/domain/record.ts'
import { DAY, HOUR, MINUTE } from '../../src/domain/time.ts'
import {
  agent,
  ago,
  attributes,
  blind,
  device,
  NOW,
  type SnapshotOptions,
  score,
  snapshotOf,
} from '../helpers/build.ts'

describe('the tailnet’s attributes', () => {
  const read = (attribute: string, ...records: AnyRecord[]) =>
    tailnetAttributes(snapshotOf(records), device())(attribute)

  test.each([
    { name: 'a value', record: attributes(), want: { state: 'value', value: 'macos' } },
    { name: 'not there', record: attributes({ values: {} }), want: { state: 'missing' } },
    {
      name: 'there but of no readable type',
      record: attributes({ values: {}, unread: ['attributes.node:os'] }),
      want: { state: 'unreadable', reason: 'no_data' },
    },
    {
      name: 'answered with 404',
      record: attributes({ found: false, values: {} }),
      want: { state: 'unreadable', reason: 'no_data' },
    },
    {
      name: 'read six hours ago',
      record: attributes({ readAt: ago(6 * HOUR) }),
      want: { state: 'value', value: 'macos' },
    },
    {
      name: 'read longer ago',
      record: attributes({ readAt: ago(6 * HOUR + MINUTE) }),
      want: { state: 'unreadable', reason: 'stale' },
    },
    { name: 'expired by now', record: attributes({ expiries: { 'node:os': NOW } }), want: { state: 'missing' } },
    {
      name: 'about to expire',
      record: attributes({ expiries: { 'node:os': ago(-MINUTE) } }),
      want: { state: 'value', value: 'macos' },
    },
  ])('$name', ({ record, want }) => {
    expect(read('node:os', record)).toEqual(want)
  })

  test('never read', () => {
    expect(read('node:os')).toEqual({ state: 'unreadable', reason: 'no_data' })
  })
  test('names of JavaScript’s own are no attributes', () => {
    expect(read('constructor', attributes())).toEqual({ state: 'missing' })
  })
})

describe('the attributes that trust rests on', () => {
  const key = 'sentinelOne:infected'
  const read = (attribute: string, records: readonly AnyRecord[], options: SnapshotOptions = {}) => {
    const snapshot = snapshotOf(records, options)
    return trustAttributes(snapshot, snapshot.of('device')[0]!)(attribute)
  }
  const copy = attributes({ values: { [key]: true, 'node:os': 'macos', 'intune:isEncrypted': true } })

  test('of a vendor that is a source, from its own answer, never from the tailnet’s copy', () => {
    expect(read(key, [device(), agent(), copy])).toEqual({ state: 'value', value: false })
    expect(read(key, [device(), copy])).toEqual({ state: 'missing' })
    expect(read('falcon:ztaScore', [device(), agent({ vendor: 'crowdstrike' }), score()])).toEqual({
      state: 'value',
      value: 85,
    })
    expect(read('falcon:ztaScore', [device(), agent({ vendor: 'crowdstrike' })])).toEqual({
      state: 'unreadable',
      reason: 'no_data',
    })
  })
  test('of all others, from the tailnet', () => {
    expect(read('node:os', [device(), agent(), copy])).toEqual({ state: 'value', value: 'macos' })
    expect(read('intune:isEncrypted', [device(), copy])).toEqual({ state: 'value', value: true })
    expect(read(key, [device(), copy], { only: ['tailnet'] })).toEqual({ state: 'value', value: true })
  })
  test('an agent that is silent for longer than the sync window counts as absent', () => {
    expect(read(key, [device(), agent({ lastSeen: ago(DAY + MINUTE) })])).toEqual({ state: 'missing' })
    expect(read(key, [device(), agent({ lastSeen: null })])).toEqual({ state: 'missing' })
  })
  test('without a usable serial number nothing can be looked up', () => {
    const want = { state: 'unreadable', reason: 'no_serial' }
    expect(read(key, [device({ serials: [] }), agent()])).toEqual(want)
    expect(read(key, [device({ serials: ['None'] }), agent()])).toEqual(want)
    expect(read(key, [device(), device({ key: 'nD2' }), agent()])).toEqual(want)
  })
  test('a value that the vendor did not give is not evaluable', () => {
    expect(read(key, [device(), agent({ values: { infected: null } })])).toEqual({
      state: 'unreadable',
      reason: 'no_data',
    })
  })
  test('a source on which nothing may rest makes nothing absent', () => {
    const options = (status: 'held' | 'paused' | 'stale' | 'never' | 'failed') => ({ sources: [{ id: 'edr', status }] })
    expect(read(key, [device()], options('stale'))).toEqual({ state: 'unreadable', reason: 'stale' })
    expect(read(key, [device()], options('held'))).toEqual({ state: 'unreadable', reason: 'partial_population' })
    expect(read(key, [device()], options('paused'))).toEqual({ state: 'unreadable', reason: 'auth_error' })
    expect(read(key, [device()], options('failed'))).toEqual({ state: 'unreadable', reason: 'source_error' })
    expect(read(key, [device()], options('never'))).toEqual({ state: 'unreadable', reason: 'no_data' })
    const refused = { sources: [{ id: 'edr', blind: [blind('agent')] }] }
    expect(read(key, [device()], refused)).toEqual({ state: 'unreadable', reason: 'not_visible' })
  })
})
