import { describe, expect, test } from 'vitest'
import { newAccessAuthorised as check } from '../../checks/new-access-authorised.ts'
import type { AuditEvent } from '../../src/domain/record.ts'
import { DAY, HOUR, MINUTE, plus } from '../../src/domain/time.ts'
import { account, ago, audit, auditlog, blind, NOW, snapshotOf, statusesOf } from '../helpers/build.ts'
import { covers } from './covers.ts'
import { inTurn, logAt } from './runs.ts'

const MADE = ago(20 * DAY)
const bob = account({ key: 'uB2', login: 'Bob@example.com', createdAt: MADE })
const LONG = auditlog({ from: ago(90 * DAY), to: ago(MINUTE) })
const ofBob = (over: Partial<AuditEvent>) => audit({ at: MADE, targetId: 'uB2', target: 'bob@example.com', ...over })
const scim = { actorId: null, actorType: 'SCIM', actor: 'User & group provisioning', origin: 'IDENTITY_PROVIDER' }

describe('at the first reading, which goes back 90 days, without anything carried', () => {
  test.each([
    { name: 'somebody approved it', event: { action: 'APPROVE' }, want: 'pass' },
    { name: 'somebody invited it', event: { action: 'INVITE' }, want: 'pass' },
    {
      name: 'somebody invited the address',
      event: { action: 'INVITE', targetId: 'invite-7', target: 'BOB@example.com' },
      want: 'pass',
    },
    {
      name: 'an invitation was made for the address',
      event: { targetType: 'INVITE', targetId: '28950', action: 'CREATE', property: 'TAILNET_INVITE' },
      want: 'pass',
    },
    {
      name: 'it accepted an invitation that nobody is seen to have made',
      event: {
        targetType: 'INVITE',
        targetId: '28950',
        action: 'ACCEPT',
        property: 'TAILNET_INVITE',
        actorId: 'uB2',
        actor: 'bob@example.com',
      },
      want: 'fail',
    },
    { name: 'somebody made it in the console', event: { action: 'CREATE' }, want: 'pass' },
    {
      name: 'a program of ours made it',
      event: { action: 'CREATE', origin: 'CONFIG_API', actorType: 'OAUTH_CLIENT', actor: null, actorId: 'kC1' },
      want: 'pass',
    },
    { name: 'the directory made it', event: { action: 'CREATE', ...scim }, want: 'pass' },
    { name: 'the directory pushed it', event: { action: 'PUSH_USER', property: 'ATTRIBUTES', ...scim }, want: 'pass' },
    { name: 'it made itself', event: { action: 'CREATE', actorId: 'uB2', actor: 'bob@example.com' }, want: 'fail' },
    {
      name: 'it approved itself, told by its login',
      event: { action: 'APPROVE', actorId: null, actor: 'BOB@example.com' },
      want: 'fail',
    },
    { name: 'it signed up', event: { action: 'CREATE', origin: 'CONTROL' }, want: 'fail' },
    { name: 'an origin that we do not know', event: { action: 'CREATE', origin: 'MOON_BASE' }, want: 'fail' },
    { name: 'an origin that was not said', event: { action: 'CREATE', origin: null }, want: 'unknown' },
    {
      name: 'an approval of nobody',
      event: { action: 'APPROVE', actorId: null, actor: null, actorType: null },
      want: 'unknown',
    },
    { name: 'an approval that failed', event: { action: 'APPROVE', failure: 'seats used up' }, want: 'fail' },
    {
      name: 'another account was approved',
      event: { action: 'APPROVE', targetId: 'uA1', target: 'alice@example.com' },
      want: 'fail',
    },
    { name: 'it was suspended', event: { action: 'SUSPEND' }, want: 'fail' },
  ])('$name: $want', ({ event, want }) => {
    expect(statusesOf(check, snapshotOf([account(), bob, LONG, ofBob(event)]))).toEqual(['not_applicable', want])
  })
})

test.each([
  { name: 'older than the log', over: { createdAt: ago(91 * DAY) }, want: 'not_applicable' },
  { name: 'shared in', over: { type: 'shared' }, want: 'not_applicable' },
  { name: 'its type was not said', over: { type: null }, want: 'no_data' },
  { name: 'the day it was made was not said', over: { createdAt: null }, want: 'no_data' },
  { name: 'made in the future', over: { createdAt: plus(NOW, DAY) }, want: 'no_data' },
  { name: 'waiting for approval', over: { status: 'needs-approval' }, want: 'not_applicable' },
  { name: 'suspended meanwhile', over: { status: 'suspended' }, want: 'fail' },
])('$name: $want', ({ over, want }) => {
  const [ran] = inTurn(check, [{ at: NOW, records: [account({ ...bob, ...over }), LONG] }])
  expect(ran!.answers).toEqual([want])
})

test('a reference in the configuration allows an account', () => {
  const params = { approved: [{ subject: 'bob@EXAMPLE.com', because: 'HR-220' }] }
  const [ran] = inTurn(check, [{ at: NOW, records: [bob, LONG], params }])
  expect(ran!.said).toEqual([`Bob@example.com, made at ${MADE}, is on record: HR-220.`])
})

test('who let an account in is known long after the event has left the window', () => {
  const event = ofBob({ action: 'APPROVE' })
  const later = plus(NOW, 30 * DAY)
  const [, then] = inTurn(check, [
    { at: NOW, records: [bob, LONG, event] },
    { at: later, records: [bob, logAt(later, 31 * DAY)] },
  ])
  expect(then!.answers).toEqual(['pass'])
  expect(then!.findings[0]!.facts).toMatchObject({
    how: 'approved',
    by: 'eve@example.com',
    authorisedAt: MADE,
    event: `tailnet/audit/${event.key}`,
  })
  expect(then!.said).toEqual([`Bob@example.com, made at ${MADE}, was approved by eve@example.com.`])
})

test('an invitation waits for its account, and not for ever', () => {
  const invited = audit({ at: ago(HOUR), action: 'INVITE', targetId: null, target: 'new@example.com' })
  const joined = (at: string) => account({ key: 'uN1', login: 'New@example.com', createdAt: plus(at, -10 * MINUTE) })
  const first = { at: NOW, records: [account(), LONG, invited] }
  const answersAt = (at: string) =>
    inTurn(check, [
      first,
      { at: plus(at, -15 * MINUTE), records: [account(), logAt(plus(at, -15 * MINUTE), 120 * DAY)] },
      { at, records: [account(), joined(at), logAt(at)] },
    ]).at(-1)!
  expect(answersAt(plus(NOW, 9 * DAY)).answers).toEqual(['not_applicable', 'pass'])
  expect(answersAt(plus(NOW, 91 * DAY)).answers).toEqual(['not_applicable', 'fail'])
  expect(answersAt(plus(NOW, 91 * DAY)).carried.filter(({ key }) => key.includes('waiting'))).toEqual([])
})

test('one who invites the address that he then uses himself is not let in by that', () => {
  const own = audit({
    at: ago(HOUR),
    action: 'INVITE',
    targetId: null,
    target: 'new@example.com',
    actorId: null,
    actor: 'new@example.com',
  })
  const at = plus(NOW, DAY)
  const joined = account({ key: 'uN1', login: 'new@example.com', createdAt: plus(at, -10 * MINUTE) })
  const [, then] = inTurn(check, [
    { at: NOW, records: [account(), LONG, own] },
    { at, records: [account(), joined, logAt(at, 2 * DAY)] },
  ])
  expect(then!.answers).toEqual(['not_applicable', 'fail'])
})

test('of an hour in which nobody read the log nothing can be said, and once it is read there can', () => {
  const at = plus(NOW, DAY)
  const made = plus(NOW, 3 * HOUR)
  const joined = account({ key: 'uN1', login: 'new@example.com', createdAt: made })
  const steps = [
    { at: NOW, records: [account(), LONG] },
    { at, records: [account(), joined, logAt(at, 2 * HOUR)] },
    { at: plus(at, HOUR), records: [account(), joined, logAt(plus(at, HOUR), 2 * DAY)] },
  ]
  const [, dark, read] = inTurn(check, steps)
  expect(dark!.answers).toEqual(['not_applicable', 'not_visible'])
  expect(dark!.said[1]).toContain(`the credential cannot see the audit log of ${made}`)
  expect(read!.answers).toEqual(['not_applicable', 'fail'])
})

test('an account that is newer than what was read of the log waits for the next reading', () => {
  const joined = account({ key: 'uN1', login: 'new@example.com', createdAt: ago(0) })
  expect(inTurn(check, [{ at: NOW, records: [joined, LONG] }])[0]!.answers).toEqual(['not_visible'])
})

test('the same window seen twice changes nothing that is carried', () => {
  const records = [
    bob,
    LONG,
    ofBob({ action: 'APPROVE' }),
    audit({ action: 'INVITE', targetId: null, target: 'x@example.com' }),
  ]
  const [once, twice] = inTurn(check, [
    { at: NOW, records },
    { at: plus(NOW, HOUR), records },
  ])
  expect(twice!.carried).toEqual(once!.carried)
})

test('while the log is hidden the check is not asked', () => {
  const [ran] = inTurn(check, [{ at: NOW, records: [bob], state: { blind: [blind('audit'), blind('auditlog')] } }])
  expect(ran!.result).toMatchObject({ status: 'unknown', unknownReason: 'not_visible' })
})

test('a log of which nothing was read allows no answer', () => {
  expect(statusesOf(check, snapshotOf([bob]))).toEqual(['unknown'])
})

covers(check, [
  {
    name: 'the approval of an account that had the same login and is gone',
    records: [account(), bob, LONG, ofBob({ action: 'APPROVE', targetId: 'uOld' }), audit({ action: 'RESTORE' })],
    hostile: true,
    want: ['not_applicable', 'fail'],
  },
])
