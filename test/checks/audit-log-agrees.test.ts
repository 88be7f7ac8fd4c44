import { describe, expect, test } from 'vitest'
import { auditLogAgrees as check } from '../../checks/audit-log-agrees.ts'
import type { AnyRecord, AuditEvent } from '../../src/domain/record.ts'
import { DAY, HOUR, MINUTE, plus } from '../../src/domain/time.ts'
import {
  account,
  audit,
  auditlog,
  blind,
  device,
  key,
  NOW,
  policy,
  roleEvent,
  snapshotOf,
  statusesOf,
} from '../helpers/build.ts'
import { covers } from './covers.ts'
import { inTurn, logAt, type Step } from './runs.ts'

/** A run so many hours after the first; the log of the last three hours was read. */
const at = (hours: number, ...records: AnyRecord[]): Step => {
  const when = plus(NOW, hours * HOUR)
  return { at: when, records: [...records, logAt(when, 3 * HOUR)] }
}
const HALF = plus(NOW, 30 * MINUTE)
const alice = account()
const bob = account({ key: 'uB2', login: 'bob@example.com' })
const ofBob = (over: Partial<AuditEvent>) => audit({ at: HALF, targetId: 'uB2', target: 'bob@example.com', ...over })
const made = (over: Partial<AuditEvent> = {}) =>
  audit({ at: HALF, targetType: 'API_KEY', targetId: 'kN', target: 'new key', action: 'CREATE', ...over })
const revoked = (over: Partial<AuditEvent> = {}) => made({ targetId: 'kOAUTH22', action: 'REVOKE', ...over })
const client = key({ key: 'kOAUTH22', keyType: 'client', createdAt: '2025-12-09T23:22:39.000Z', expiresAt: null })
const fresh = key({ key: 'kN', keyType: 'client', createdAt: HALF, expiresAt: null })
const edited = (over: Partial<AuditEvent> = {}) =>
  audit({ at: HALF, targetType: 'TAILNET', targetId: 'T1', action: 'UPDATE', property: 'ACL', ...over })

/** What the second reading shows of the tailnet that the first had. */
function compare(before: readonly AnyRecord[], after: readonly AnyRecord[]) {
  const [, then] = inTurn(check, [at(0, ...before), at(1, ...after)])
  return then!
}

describe('a change and its event', () => {
  const suspended = { ...bob, status: 'suspended' }
  test.each([
    { name: 'a suspension', before: [bob], after: [suspended], event: ofBob({ action: 'SUSPEND' }) },
    { name: 'a restoration', before: [suspended], after: [bob], event: ofBob({ action: 'RESTORE' }) },
    { name: 'a deletion', before: [bob], after: [], event: ofBob({ action: 'DELETE' }) },
    { name: 'a new account', before: [], after: [bob], event: ofBob({ action: 'CREATE' }) },
    {
      name: 'an account that was invited',
      before: [],
      after: [bob],
      event: ofBob({ action: 'INVITE', targetId: null }),
    },
    {
      name: 'an account that accepted an invitation of last month',
      before: [],
      after: [bob],
      event: audit({
        at: HALF,
        targetType: 'INVITE',
        targetId: '28950',
        target: 'bob@private.example',
        action: 'ACCEPT',
        property: 'TAILNET_INVITE',
        actorId: 'uB2',
        actor: 'bob@example.com',
      }),
    },
    { name: 'an account that was approved', before: [], after: [bob], event: ofBob({ action: 'APPROVE' }) },
    { name: 'an account that was pushed', before: [], after: [bob], event: ofBob({ action: 'PUSH_USER' }) },
    {
      name: 'a role',
      before: [bob],
      after: [{ ...bob, role: 'it-admin' }],
      event: ofBob(roleEvent({ at: HALF, targetId: 'uB2', target: 'bob@example.com' })),
    },
    { name: 'a new key', before: [client], after: [client, fresh], event: made() },
    { name: 'a revoked key', before: [client], after: [], event: revoked() },
    { name: 'a key that ended before its day', before: [client], after: [], event: revoked({ action: 'EXPIRED' }) },
    { name: 'a policy', before: [policy('{} // 1')], after: [policy('{} // 2')], event: edited() },
  ])('$name: with its event it agrees, without it nobody can explain it', ({ before, after, event }) => {
    const both = compare([alice, ...before], [alice, ...after, event])
    expect(both.answers).toEqual(['pass'])
    expect(both.findings[0]!.facts).toMatchObject({
      event: `tailnet/audit/${event.key}`,
      at: HALF,
      by: event.actor,
    })
    const alone = compare([alice, ...before], [alice, ...after])
    expect(alone.answers).toEqual(['fail'])
    expect(alone.said[0]).toContain('the audit log has no event of it')
    expect(alone.findings[0]!.facts).toMatchObject({
      seenAfter: plus(NOW, -MINUTE),
      seenBefore: plus(NOW, HOUR - MINUTE),
    })
  })
})

test.each([
  { name: 'a suspension', records: [alice, bob], event: ofBob({ action: 'SUSPEND' }) },
  { name: 'a restoration', records: [alice, { ...bob, status: 'suspended' }], event: ofBob({ action: 'RESTORE' }) },
  { name: 'a deletion', records: [alice, bob], event: ofBob({ action: 'DELETE' }) },
  { name: 'a role', records: [alice, bob], event: roleEvent({ at: HALF, targetId: 'uB2', target: 'bob@example.com' }) },
  { name: 'a new account', records: [alice], event: ofBob({ action: 'CREATE' }) },
  { name: 'a new key', records: [alice, client], event: made() },
  { name: 'a revoked key', records: [alice, client], event: revoked() },
  {
    name: 'a policy that we see as it was before',
    records: [alice, policy('{}')],
    event: edited({ before: '"{}"', after: '"other"' }),
  },
])('an event that nothing came of fails: $name', ({ records, event }) => {
  const ran = compare(records, [...records, event])
  expect(ran.answers).toEqual(['fail'])
  expect(ran.said[0]).toContain('that nothing came of')
  expect(ran.findings[0]!.facts).toMatchObject({ event: `tailnet/audit/${event.key}` })
})

test.each([
  { name: 'nothing at all', before: [], after: [] },
  { name: 'idle', before: [bob], after: [{ ...bob, status: 'idle' }] },
  { name: 'approved, which is no suspension', before: [{ ...bob, status: 'needs-approval' }], after: [bob] },
  { name: 'a status that was not said', before: [bob], after: [{ ...bob, status: null }] },
  { name: 'a status that we do not know', before: [bob], after: [{ ...bob, status: 'asleep' }] },
  { name: 'a role that was not said', before: [bob], after: [{ ...bob, role: null }] },
  { name: 'a guest', before: [], after: [{ ...bob, type: 'shared' }] },
  { name: 'a guest who goes', before: [{ ...bob, type: 'shared' }], after: [] },
  {
    name: 'an auth key that is used up',
    before: [key({ key: 'kA', keyType: 'auth', reusable: false, createdAt: '2026-11-01T00:00:00.000Z' })],
    after: [],
  },
  { name: 'a key that has run out', before: [{ ...client, expiresAt: plus(NOW, 40 * MINUTE) }], after: [] },
  { name: 'a key that came back with its creator', before: [], after: [client] },
  { name: 'a key of nobody who is there any more', before: [{ ...client, userId: 'uGone' }], after: [] },
  {
    name: 'a token of an hour',
    before: [],
    after: [key({ key: 'kT', keyType: 'api', userId: null, createdAt: HALF })],
  },
  { name: 'a key of a family without a name', before: [], after: [{ ...fresh, keyType: null }] },
  { name: 'a policy that could not be seen before', before: [], after: [policy('{}')] },
  { name: 'a policy that cannot be seen now', before: [policy('{}')], after: [] },
  { name: 'a token that a client made itself', before: [], after: [made({ targetType: 'OAUTH_ACCESS_TOKEN' })] },
  { name: 'a device', before: [], after: [audit({ at: HALF, targetType: 'NODE', action: 'CREATE' })] },
  {
    name: 'an operation that failed',
    before: [bob],
    after: [bob, ofBob({ action: 'SUSPEND', failure: 'not allowed' })],
  },
  { name: 'an invitation', before: [], after: [ofBob({ action: 'INVITE', targetId: null })] },
  {
    name: 'an event of before the first reading',
    before: [bob],
    after: [bob, ofBob({ action: 'SUSPEND', at: plus(NOW, -HOUR) })],
  },
  {
    name: 'an event of just now',
    before: [bob],
    after: [bob, ofBob({ action: 'SUSPEND', at: plus(NOW, HOUR - 2 * MINUTE) })],
  },
  {
    name: 'a policy told in a text that is not ours',
    before: [policy('{}')],
    after: [policy('{}'), edited({ before: '"a"', after: '"b"' })],
  },
])('is no change that the log tells, or no news: $name', ({ name, before, after }) => {
  const ran = compare([alice, ...before], [alice, ...after])
  // A policy event that left what we see as it was agrees with it.
  expect(ran.answers).toEqual([name.includes('in a text') ? 'pass' : 'not_applicable'])
})

test('a key that a device used up at once is no contradiction', () => {
  const joined = audit({ at: plus(HALF, MINUTE), targetType: 'NODE', targetId: 'nD9', action: 'CREATE' })
  expect(compare([alice], [alice, made(), joined, device()]).answers).toEqual(['not_applicable'])
})

test('a key of somebody who is out by now, seen by nobody, is none either', () => {
  const eve = account({ key: 'uE5', login: 'eve@example.com', status: 'suspended' })
  expect(compare([alice, eve], [alice, eve, made()]).answers).toEqual(['not_applicable'])
  const nobody = made({ actorId: null })
  expect(compare([alice, eve], [alice, eve, nobody]).answers).toEqual(['fail'])
})

test('the keys of an account that was suspended or deleted go without an event for each', () => {
  const owned = { ...client, userId: 'uB2' }
  const gone = compare([alice, bob, owned], [alice, ofBob({ action: 'DELETE' })])
  expect(gone.findings.map(({ subject, status }) => [subject.key, status])).toEqual([['uB2', 'pass']])
  const out = { ...bob, status: 'suspended' }
  expect(compare([alice, bob, owned], [alice, out, ofBob({ action: 'SUSPEND' })]).answers).toEqual(['pass'])
})

test('several changes that took one another back agree where the last one is what we see', () => {
  const events = [ofBob({ action: 'SUSPEND' }), ofBob({ action: 'RESTORE', at: plus(HALF, MINUTE), group: 'g2' })]
  expect(compare([alice, bob], [alice, bob, ...events]).answers).toEqual(['pass'])
  expect(
    compare(
      [alice, bob],
      [alice, bob, ...events.toReversed().map((event, index) => ({ ...event, at: plus(HALF, index * MINUTE) }))],
    ).answers,
  ).toEqual(['fail'])
})

test('an unexplained change does not vanish with the next run, nor under a later change that has its event', () => {
  const admin = { ...bob, role: 'admin' }
  const back = roleEvent({
    at: plus(NOW, 90 * MINUTE),
    targetId: 'uB2',
    target: 'bob@example.com',
    before: '["Admin"]',
    after: '["Member"]',
  })
  const steps = [
    at(0, alice, bob),
    at(1, alice, admin),
    at(2, alice, bob, back),
    at(24, alice, bob),
    at(7 * 24, alice, bob),
    at(8 * 24, alice, bob),
  ]
  const runs = inTurn(check, steps)
  expect(runs.map(({ answers }) => answers)).toEqual([
    ['not_applicable'],
    ['fail'],
    ['fail'],
    ['fail'],
    ['fail'],
    ['not_applicable'],
  ])
  expect(runs[3]!.findings[0]!.facts).toMatchObject({ change: 'role member → admin' })
})

test('how long it stays can be set', () => {
  const params = { keep: '1d' }
  const steps = [at(0, alice, bob), at(1, alice), at(20, alice), at(26, alice)].map((step) => ({ ...step, params }))
  expect(inTurn(check, steps).map(({ answers }) => answers[0])).toEqual([
    'not_applicable',
    'fail',
    'fail',
    'not_applicable',
  ])
})

test('an event that the log shows late explains the change of the run before', () => {
  const steps = [at(0, alice, bob), at(1, alice), at(1.25, alice, ofBob({ action: 'DELETE' })), at(30, alice)]
  const runs = inTurn(check, steps)
  expect(runs.map(({ answers }) => answers)).toEqual([['not_applicable'], ['fail'], ['pass'], ['pass']])
})

test('a change that we see late explains the event of the run before', () => {
  const event = ofBob({ action: 'SUSPEND' })
  const steps = [at(0, alice, bob), at(1, alice, bob, event), at(1.25, alice, { ...bob, status: 'suspended' }, event)]
  expect(inTurn(check, steps).map(({ answers }) => answers)).toEqual([['not_applicable'], ['fail'], ['pass']])
})

test('what happened while we were reading belongs to the next pull', () => {
  const event = ofBob({ action: 'SUSPEND', at: plus(NOW, HOUR - 2 * MINUTE) })
  const steps = [at(0, alice, bob), at(1, alice, bob, event), at(1.25, alice, { ...bob, status: 'suspended' }, event)]
  expect(inTurn(check, steps).map(({ answers }) => answers)).toEqual([['not_applicable'], ['not_applicable'], ['pass']])
})

test('an old event does not explain a later change to the same state', () => {
  const given = roleEvent({ at: HALF, targetId: 'uB2', target: 'bob@example.com' })
  const taken = roleEvent({
    at: plus(NOW, 80 * MINUTE),
    targetId: 'uB2',
    target: 'bob@example.com',
    before: '["IT admin"]',
    after: '["Member"]',
  })
  const itAdmin = { ...bob, role: 'it-admin' }
  const steps = [
    at(0, alice, bob),
    at(1, alice, itAdmin, given),
    at(2, alice, bob, given, taken),
    at(3, alice, itAdmin, given, taken),
    at(3.25, alice, itAdmin, given, taken),
  ]
  const runs = inTurn(check, steps)
  expect(runs.map(({ answers }) => answers[0])).toEqual(['not_applicable', 'pass', 'pass', 'fail', 'fail'])
  expect(runs[4]!.findings[0]!.facts).toMatchObject({ change: 'role member → it-admin', event: null })
})

test('a change of an hour in which nobody read the log is unknown until it was read', () => {
  const when = plus(NOW, 10 * HOUR)
  const short = { at: when, records: [alice, auditlog({ from: plus(when, -HOUR), to: plus(when, -MINUTE) })] }
  const later = plus(when, HOUR)
  const whole = (event: AnyRecord[]) => ({ at: later, records: [alice, ...event, logAt(later, DAY)] })
  const [, dark, told] = inTurn(check, [at(0, alice, bob), short, whole([ofBob({ action: 'DELETE' })])])
  expect(dark!.answers).toEqual(['not_visible'])
  expect(dark!.said[0]).toContain('the audit log of that time was not read')
  expect(told!.answers).toEqual(['pass'])
  expect(inTurn(check, [at(0, alice, bob), short, whole([])])[2]!.answers).toEqual(['fail'])
})

test('while the log is hidden the check is not asked, and what changed meanwhile is unknown where the log does not reach back', () => {
  const hidden = { ...at(1, alice, bob), state: { blind: [blind('audit'), blind('auditlog')] } }
  const runs = inTurn(check, [at(0, alice, bob), hidden, at(20, alice)])
  expect(runs[1]!.result).toMatchObject({ status: 'unknown', unknownReason: 'not_visible' })
  expect(runs[2]!.answers).toEqual(['not_visible'])
})

test.each([
  { name: 'a family of keys', hides: blind('key', ['client']) },
  { name: 'the list of keys', hides: blind('key') },
])('$name that comes into sight or goes out of it is no change', ({ hides }) => {
  const state = { blind: [hides] }
  const steps = [
    at(0, alice, client),
    { ...at(1, alice), state },
    { ...at(2, alice, made()), state },
    at(3, alice, client, fresh),
  ]
  expect(inTurn(check, steps).map(({ answers }) => answers[0])).toEqual(Array(4).fill('not_applicable'))
})

test('a key of which the vendor does not say what it is has neither come nor gone', () => {
  const strange = { ...client, keyType: null, unread: ['keyType'] }
  const steps = [at(0, alice, client), at(1, alice, strange), at(2, alice, client), at(3, alice)]
  expect(inTurn(check, steps).map(({ answers }) => answers)).toEqual([
    ['not_applicable'],
    ['not_applicable'],
    ['not_applicable'],
    ['fail'],
  ])
})

test.each([
  { name: 'its family', over: { keyType: null }, unread: 'keyType' },
  { name: 'a family that has a name', over: { keyType: 'quantum' }, unread: 'keyType' },
  { name: 'when it ends', over: { expiresAt: null }, unread: 'expires' },
  { name: 'whose it is', over: { keyType: 'api', userId: null }, unread: 'userId' },
])('a key of which the vendor no longer says $name is still the same key', ({ over, unread }) => {
  const mine = { ...client, keyType: over.keyType === 'api' ? 'api' : 'client', expiresAt: plus(NOW, 150 * MINUTE) }
  const odd = { ...mine, ...over, unread: [unread] }
  const steps = [at(0, alice, mine), at(1, alice, odd), at(2, alice, mine), at(2.25, alice, odd), at(3, alice)]
  // At the end it has run out, as was known before the field went.
  expect(inTurn(check, steps).map(({ answers }) => answers[0])).toEqual(Array(5).fill('not_applicable'))
})

test('an account of a type that was never said may be a guest, so its coming and going stay open', () => {
  const untyped = { ...bob, type: null }
  const runs = inTurn(check, [at(0, alice), at(1, alice, untyped), at(2, alice, bob), at(3, alice)])
  expect(runs.map(({ answers }) => answers)).toEqual([['not_applicable'], ['no_data'], ['no_data'], ['fail']])
  expect(compare([alice, untyped], [alice]).answers).toEqual(['no_data'])
  expect(compare([alice], [alice, untyped, ofBob({ action: 'CREATE' })]).answers).toEqual(['pass'])
  const silent = [at(0, alice, bob), at(1, alice, untyped), at(2, alice, bob)]
  expect(inTurn(check, silent).map(({ answers }) => answers[0])).toEqual(Array(3).fill('not_applicable'))
})

test('an event whose time cannot be read, and a key whose day was not said, leave the change open', () => {
  expect(compare([alice, bob], [alice, ofBob({ action: 'DELETE', at: null })]).answers).toEqual(['no_data'])
  const ran = compare([alice], [alice, { ...fresh, createdAt: null }])
  expect(ran.answers).toEqual(['no_data'])
  expect(compare([alice], [alice, { ...fresh, createdAt: null }, made()]).answers).toEqual(['pass'])
})

test('a log that spells ids in its own way is read by logins', () => {
  const event = ofBob({ action: 'SUSPEND', targetId: '123456', target: 'Bob@Example.com' })
  expect(compare([alice, bob], [alice, { ...bob, status: 'suspended' }, event]).answers).toEqual(['pass'])
})

test('a role told in words that cannot be read explains a change of role, and contradicts none', () => {
  const odd = roleEvent({ at: HALF, targetId: 'uB2', target: 'bob@example.com', before: null, after: '{}' })
  expect(compare([alice, bob], [alice, { ...bob, role: 'auditor' }, odd]).answers).toEqual(['pass'])
  expect(compare([alice, bob], [alice, bob, odd]).answers).toEqual(['not_applicable'])
})

test('a deletion of one account says nothing of another that has its login now', () => {
  const second = account({ key: 'uB3', login: 'bob@example.com', createdAt: plus(HALF, MINUTE) })
  const events = [ofBob({ action: 'DELETE' }), ofBob({ action: 'CREATE', targetId: 'uB3', at: plus(HALF, MINUTE) })]
  const ran = compare([alice, bob], [alice, second, ...events])
  expect(ran.findings.map(({ subject, status }) => [subject.key, status])).toEqual([
    ['uB2', 'pass'],
    ['uB3', 'pass'],
  ])
})

test('the same pull seen twice changes nothing that is carried', () => {
  const step = at(1, alice, { ...bob, role: 'admin' }, ofBob({ action: 'SUSPEND' }))
  const state = { collectedAt: plus(step.at, -MINUTE) }
  const [, once, twice] = inTurn(check, [at(0, alice, bob), step, { ...step, at: plus(step.at, 10 * MINUTE), state }])
  expect(once!.answers).toEqual(['fail'])
  expect(twice!.carried).toEqual(once!.carried)
})

test('what is carried is one record an account, a key and the policy, beside the changes', () => {
  const [first] = inTurn(check, [at(0, alice, bob, client, policy('{}'), device())])
  expect(first!.carried.map(({ key: name }) => name)).toEqual([
    'audit-log-agrees',
    'audit-log-agrees/seen/account/uA1',
    'audit-log-agrees/seen/account/uB2',
    'audit-log-agrees/seen/key/kOAUTH22',
    'audit-log-agrees/seen/policy',
  ])
})

test('without two readings there is nothing to compare', () => {
  expect(statusesOf(check, snapshotOf([alice, auditlog()]))).toEqual(['not_applicable'])
})

covers(check, [
  {
    name: 'events about names that are words of the language',
    records: [alice, auditlog(), audit({ targetId: '__proto__', target: 'constructor' })],
    hostile: true,
    want: ['not_applicable'],
  },
])
