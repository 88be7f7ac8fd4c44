import { expect, test } from 'vitest'
import { offboardedAccessRemoved as check } from '../../checks/offboarded-access-removed.ts'
import { carryForward } from '../../src/domain/evaluate.ts'
import type { Finding } from '../../src/domain/finding.ts'
import type { AnyRecord } from '../../src/domain/record.ts'
import { HOUR } from '../../src/domain/time.ts'
import {
  account,
  carried,
  findingsOf,
  NOW,
  person,
  resultOf,
  settings,
  snapshotOf,
  statusesOf,
  wholeSnapshotOf,
} from '../helpers/build.ts'
import { covers } from './covers.ts'

/** The snapshot is of 2026-11-20 09:00 UTC; an end date is over with its day. */
const left = { status: 'left', endDate: '2026-11-01' } as const
const undated = { status: 'left', endDate: null } as const
const seen = (seenLeftAt: string) =>
  carried(check.id, 'roster/alice@example.com', { saidAt: '2026-11-10T09:00:00.000Z', seenLeftAt })

test.each([
  { name: 'still employed: nothing to say', records: [person(), account()], want: ['not_applicable'] },
  { name: 'left, account active', records: [person(left), account()], want: ['fail'] },
  { name: 'left, account idle', records: [person(left), account({ status: 'idle' })], want: ['fail'] },
  {
    name: 'left, one click from access',
    records: [person(left), account({ status: 'needs-approval' })],
    want: ['fail'],
  },
  {
    name: 'left, one seat from access',
    records: [person(left), account({ status: 'over-billing-limit' })],
    want: ['fail'],
  },
  {
    name: 'left, a status that we do not know',
    records: [person(left), account({ status: 'paused' })],
    want: ['fail'],
  },
  { name: 'left, account suspended', records: [person(left), account({ status: 'suspended' })], want: ['pass'] },
  { name: 'left, the vendor names no status', records: [person(left), account({ status: null })], want: ['unknown'] },
  { name: 'left, no account', records: [person(left)], want: ['pass'] },
  {
    name: 'the end date decides, whatever the status says',
    records: [person({ status: 'active', endDate: '2026-11-01' }), account()],
    want: ['fail'],
  },
  {
    name: 'the last day is not over',
    records: [person({ endDate: '2026-11-20' }), account()],
    want: ['not_applicable'],
  },
  {
    name: 'marked as left, but the end date is to come',
    records: [person({ ...left, endDate: '2026-12-31' }), account()],
    want: ['not_applicable'],
  },
  {
    name: 'left, within the time allowed',
    records: [person({ endDate: '2026-11-19' }), account()],
    want: ['not_applicable'],
  },
  { name: 'left, one day later: late', records: [person({ endDate: '2026-11-18' }), account()], want: ['fail'] },
  {
    name: 'left, nobody wrote when, seen for the first time',
    records: [person(undated), account()],
    want: ['unknown'],
  },
  {
    name: 'left, nobody wrote when, first seen 23 h ago',
    records: [person(undated), account(), seen('2026-11-19T10:00:00.000Z')],
    want: ['unknown'],
  },
  {
    name: 'left, nobody wrote when, first seen 24 h ago',
    records: [person(undated), account(), seen('2026-11-19T09:00:00.000Z')],
    want: ['fail'],
  },
  {
    name: 'left, nobody wrote when, suspended',
    records: [person(undated), account({ status: 'suspended' })],
    want: ['pass'],
  },
  { name: 'left, nobody wrote when, no account', records: [person(undated)], want: ['pass'] },
  { name: 'shared in', records: [person(left), account({ type: 'shared' })], want: ['not_applicable', 'pass'] },
  { name: 'the vendor names no type', records: [person(left), account({ type: null })], want: ['unknown'] },
  { name: 'an account of nobody', records: [person(), account({ login: 'ghost@example.com' })], want: ['unknown'] },
  {
    name: 'two accounts of one leaver are judged each',
    records: [
      person({ ...left, aliases: ['alice@github'] }),
      account(),
      account({ key: 'uA2', login: 'alice@github', status: 'suspended' }),
    ],
    want: ['fail', 'pass'],
  },
])('$name', ({ records, want }) => {
  expect(statusesOf(check, snapshotOf(records))).toEqual(want)
})

test('a failure after the deadline is breached at once and shows how the deadline came about', () => {
  const [finding] = findingsOf(check, snapshotOf([person(left), account({ role: 'admin' })]))
  expect(finding).toEqual({
    status: 'fail',
    unknownReason: null,
    subject: { kind: 'account', source: 'tailnet', key: 'uA1', label: 'alice@example.com' },
    notice: null,
    facts: {
      role: 'admin',
      accountStatus: 'active',
      leftAt: '2026-11-01',
      rosterSaidAt: NOW,
      dueAt: '2026-11-03T00:00:00.000Z',
      within: '24h',
    },
    records: ['tailnet/account/uA1', 'roster/person/alice@example.com'],
    sla: 'breached',
  })
  expect(check.say(finding!)).toBe(
    'alice@example.com left on 2026-11-01 and the account is still active, due to be gone by 2026-11-03T00:00:00.000Z; suspend or delete it.',
  )
})

test('before the deadline the notice names it', () => {
  const [finding] = findingsOf(check, snapshotOf([person({ endDate: '2026-11-19' }), account()]))
  expect(finding).toMatchObject({ status: 'not_applicable', notice: 'due by 2026-11-21T00:00:00.000Z' })
  expect(finding).not.toHaveProperty('sla')
})

test('the deadline is the moment itself, not the one after', () => {
  const records = [person({ endDate: '2026-11-18' }), account()]
  const at = (moment: string) => statusesOf(check, snapshotOf(records, { at: moment }))
  expect(at('2026-11-19T23:59:59.999Z')).toEqual(['not_applicable'])
  expect(at('2026-11-20T00:00:00.000Z')).toEqual(['fail'])
})

test('how fast a leaver must be out is what the critical system says, and the result shows it', () => {
  const [system] = settings().criticalSystems
  const slow = { settings: { criticalSystems: [{ ...system!, offboardingWithinMs: 72 * HOUR }] } }
  const result = resultOf(check, [person({ endDate: '2026-11-17' }), account()], slow)
  expect(result.parameters).toEqual({ within: '3d' })
  expect(result.findings[0]).toMatchObject({ status: 'not_applicable', notice: 'due by 2026-11-21T00:00:00.000Z' })
  expect(resultOf(check, [person()], { settings: { criticalSystems: [] } }).parameters).toEqual({ within: '24h' })
})

test('without an end date the clock runs from our first sight and its SLA cannot be determined', () => {
  const [finding] = findingsOf(check, snapshotOf([person(undated), account(), seen('2026-11-12T09:00:00.000Z')]))
  expect(finding).toMatchObject({
    status: 'fail',
    sla: 'not_determinable',
    facts: { leftAt: null, rosterSaidAt: '2026-11-10T09:00:00.000Z', dueAt: '2026-11-13T09:00:00.000Z' },
  })
  expect(finding?.records).toContain('tailnet/carried/offboarded-access-removed/roster/alice@example.com')
})

test('until that clock has run out the answer is open, says what is missing and by when', () => {
  const [finding] = findingsOf(check, snapshotOf([person(undated), account()]))
  expect(finding).toMatchObject({
    status: 'unknown',
    unknownReason: 'no_data',
    notice: 'due by 2026-11-21T09:00:00.000Z',
    facts: { missing: 'end_date' },
  })
  expect(check.say(finding!)).toContain('the roster names no end date')
})

test('a leaver whose address is shared in stands as gone, with a notice', () => {
  const findings = findingsOf(check, snapshotOf([person(left), account({ type: 'shared' })]))
  expect(findings[1]).toMatchObject({
    subject: { kind: 'person' },
    notice: 'an account with this address is shared in from another tailnet',
  })
})

test('nobody says "no account" of a leaver while an account may be theirs', () => {
  const both = { aliases: ['ops@example.com'] }
  const records = [
    person({ ...left, ...both }),
    person({ email: 'bob@example.com', ...both }),
    account({ login: 'ops@example.com' }),
  ]
  const findings = findingsOf(check, snapshotOf(records))
  expect(findings.map(({ subject, unknownReason }) => [subject.kind, unknownReason])).toEqual([
    ['account', 'unmatched'],
    ['person', 'unmatched'],
  ])
  expect(check.say(findings[0]!)).toContain('alice@example.com; bob@example.com')
})

test('a service account is passed over even where its roster row has left', () => {
  const records = [
    person({ ...left, email: 'ci@acme.example', type: 'service' }),
    account({ login: 'ci@acme.example' }),
  ]
  expect(statusesOf(check, snapshotOf(records))).toEqual(['not_applicable'])
})

// ── what the next run knows ────────────────────────────────────────────────────────────────────────────────────────

const remember = (records: Parameters<typeof wholeSnapshotOf>[0], at = NOW) =>
  carryForward(wholeSnapshotOf(records, { at }), [check]).map(({ body }) => body)

test('the first sight of a departure is remembered and kept', () => {
  const first = carryForward(wholeSnapshotOf([person(undated)]), [check])
  expect(first.map(({ body }) => body)).toEqual([{ saidAt: NOW, seenLeftAt: NOW, lateAt: null, goneAt: NOW }])
  const later = '2026-11-22T09:00:00.000Z'
  expect(remember([person(undated), ...first], later)).toEqual([
    { saidAt: NOW, seenLeftAt: NOW, lateAt: null, goneAt: NOW },
  ])
  expect(statusesOf(check, snapshotOf([person(undated), account(), ...first], { at: later }))).toEqual(['fail'])
})

test('an end date to come is remembered as said, not as seen', () => {
  expect(remember([person({ endDate: '2026-12-31' })])).toEqual([
    { saidAt: NOW, seenLeftAt: null, lateAt: null, goneAt: null },
  ])
})

test('who comes back is forgotten, so that a second departure starts a clock of its own', () => {
  expect(remember([person(), seen('2026-11-12T09:00:00.000Z')])).toEqual([])
})

test('while the roster cannot be read, what is known of departures stays', () => {
  const memory = seen('2026-11-12T09:00:00.000Z')
  const snapshot = wholeSnapshotOf([memory], { sources: [{ id: 'roster', status: 'failed' }] })
  expect(carryForward(snapshot, [check])).toEqual([memory])
})

// ── whether access that is gone went in time ───────────────────────────────────────────────────────────────────────

/** Runs one after the other, each with what the one before remembered; the last one's finding. */
function history(...runs: readonly (readonly [at: string, status: string | null])[]) {
  let memory: readonly AnyRecord[] = []
  let last: Finding | undefined
  for (const [at, status] of runs) {
    const records = [person({ endDate: '2026-11-18' }), ...(status === null ? [] : [account({ status })])]
    memory = carryForward(wholeSnapshotOf([...records, ...memory], { at }), [check])
    last = findingsOf(check, snapshotOf([...records, ...memory], { at }))[0]
  }
  return last
}

const BEFORE = '2026-11-18T12:00:00.000Z'
const IN_TIME = '2026-11-19T12:00:00.000Z'
const DUE = '2026-11-20T00:00:00.000Z'
const LATE = '2026-11-20T12:00:00.000Z'
const LATER = '2026-11-21T12:00:00.000Z'

test.each([
  {
    name: 'suspended before the deadline',
    runs: [
      [BEFORE, 'active'],
      [IN_TIME, 'suspended'],
    ],
    want: 'in time',
  },
  {
    name: 'deleted before the deadline',
    runs: [
      [BEFORE, 'active'],
      [IN_TIME, null],
    ],
    want: 'in time',
  },
  {
    name: 'first seen gone at the deadline',
    runs: [
      [IN_TIME, 'active'],
      [DUE, 'suspended'],
    ],
    want: 'in time',
  },
  {
    name: 'seen with access after it',
    runs: [
      [LATE, 'active'],
      [LATER, 'suspended'],
    ],
    want: 'late',
  },
  {
    name: 'seen with access after it, then deleted',
    runs: [
      [LATE, 'idle'],
      [LATER, null],
    ],
    want: 'late',
  },
  {
    name: 'gone at some time around it',
    runs: [
      [IN_TIME, 'active'],
      [LATE, 'suspended'],
    ],
    want: 'not determinable',
  },
  { name: 'gone before we ever looked', runs: [[LATE, 'suspended']], want: 'not determinable' },
  {
    name: 'gone in time, restored, gone again',
    runs: [
      [IN_TIME, 'suspended'],
      [LATE, 'active'],
      [LATER, 'suspended'],
    ],
    want: 'late',
  },
  {
    name: 'stays gone',
    runs: [
      [IN_TIME, 'suspended'],
      [LATE, 'suspended'],
      [LATER, null],
    ],
    want: 'in time',
  },
] as const)('removal: $name', ({ runs, want }) => {
  expect(history(...runs)).toMatchObject({ status: 'pass', facts: { removal: want } })
})

test('a late removal passes with a word about it', () => {
  const found = history([LATE, 'active'], [LATER, 'suspended'])
  expect(found?.facts).toMatchObject({ accessSeenAfterDueAt: LATE, firstSeenWithoutAccessAt: LATER })
  expect(check.say(found!)).toBe(
    `alice@example.com left on 2026-11-18 and the account is suspended; removed late: access was still there at ${LATE}, due by ${DUE}.`,
  )
})

test('what is remembered does not move while a leaver keeps access', () => {
  const records = [person({ endDate: '2026-11-18' }), account()]
  const first = carryForward(wholeSnapshotOf(records, { at: LATE }), [check])
  expect(carryForward(wholeSnapshotOf([...records, ...first], { at: LATER }), [check])).toEqual(first)
})

covers(check, [
  {
    name: 'a look-alike of a leaver is nobody',
    records: [person(left), account({ login: '\u0430lice@example.com' })],
    hostile: true,
    want: ['unmatched', 'pass'],
  },
])
