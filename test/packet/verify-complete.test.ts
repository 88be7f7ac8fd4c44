/** That nothing is left out of what happened: held against whole listings, one after the other. */
import { expect, test } from 'vitest'
import type { EventKind } from '../../src/domain/period.ts'
import type { AnyRecord } from '../../src/domain/record.ts'
import type { Blindness } from '../../src/domain/snapshot.ts'
import { Broken } from '../../src/packet/broken.ts'
import { completeness } from '../../src/packet/verify-complete.ts'
import { account, device } from '../helpers/build.ts'

const alice = account({ key: 'uA' })
const bob = account({ key: 'uB' })
const mac = device({ key: 'nD' })
const NO_DEVICES: Blindness = { kind: 'device', fields: null, scope: 'devices:core:read', because: 'answered 403' }

interface Seen {
  readonly records: readonly AnyRecord[]
  readonly blind?: readonly Blindness[]
}

/** Readings of runs 1, 2, … and what is told to have happened up to which run. */
function found(
  readings: readonly Seen[],
  ...told: readonly (readonly [EventKind, key: string, run: number])[]
): string {
  const requireTold = completeness(
    told.map(([kind, key, runBefore]) => ({
      kind,
      source: 'tailnet',
      key,
      bounds: { after: null, before: null, runAfter: runBefore - 1, runBefore },
    })),
  )
  try {
    for (const [at, { records, blind = [] }] of readings.entries()) {
      requireTold({ source: 'tailnet', sequence: at + 1, shows: ['account', 'device'], blind, records })
    }
    return ''
  } catch (error) {
    if (!(error instanceof Broken)) throw error
    return `${error.thing.where}: ${error.thing.what}`
  }
}

const both = { records: [alice, bob, mac] }

test.each<[string, Seen, ...(readonly [EventKind, string, number])[]]>([
  ['nothing, where nothing differs', both],
  [
    'nothing of somebody whose coming is told',
    { records: [alice, bob, mac, account({ key: 'uC' })] },
    ['joiner', 'uC', 2],
  ],
  ['nothing of a device whose going is told', { records: [alice, bob] }, ['gone-device', 'nD', 2]],
  ['nothing of an ephemeral device', { records: [...both.records, device({ key: 'nE', isEphemeral: true })] }],
  ['nothing of who is idle, and did nothing', { records: [alice, { ...bob, status: 'idle' }, mac] }],
  ['nothing of what the credential was refused', { records: [alice, bob], blind: [NO_DEVICES] }],
  [
    'nothing of who was gone in between and came back with another role',
    { records: [alice, { ...bob, role: 'admin' }, mac] },
    ['leaver', 'uB', 2],
    ['joiner', 'uB', 2],
  ],
])('finds %s', (_, now, ...told) => {
  expect(found([both, now], ...told)).toBe('')
})

test.each<[string, RegExp, Seen, ...(readonly [EventKind, string, number])[]]>([
  [
    'who came',
    /events\/joiner.csv: it does not tell of tailnet\/account\/uC between runs 1 and 2/,
    { records: [...both.records, account({ key: 'uC' })] },
  ],
  ['who went', /leaver.csv.*uB/, { records: [alice, mac] }],
  ['a role', /role-change.csv.*uB/, { records: [alice, { ...bob, role: 'admin' }, mac] }],
  [
    'a role told too late',
    /role-change.csv.*uB/,
    { records: [alice, { ...bob, role: 'admin' }, mac] },
    ['role-change', 'uB', 3],
  ],
  ['a suspension', /status-change.csv.*uB/, { records: [alice, { ...bob, status: 'suspended' }, mac] }],
  ['a device that came', /new-device.csv.*nE/, { records: [...both.records, device({ key: 'nE' })] }],
  ['a device that went', /gone-device.csv.*nD/, { records: [alice, bob] }],
])('finds that %s is left out', (_, says, now, ...told) => {
  expect(found([both, now], ...told)).toMatch(says)
})

test('over a reading that saw none of them, what differs before and after is found', () => {
  const unseen = { records: [alice, bob], blind: [NO_DEVICES] }
  expect(found([both, unseen, { records: [alice, bob] }])).toMatch(/gone-device.csv.*between runs 1 and 3/)
})
