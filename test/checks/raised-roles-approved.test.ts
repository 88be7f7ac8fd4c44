import { expect, test } from 'vitest'
import { raisedRolesApproved as check } from '../../checks/raised-roles-approved.ts'
import { DAY, HOUR, MINUTE, plus } from '../../src/domain/time.ts'
import {
  account,
  ago,
  audit,
  auditlog,
  blind,
  findingsOf,
  NOW,
  type resultOf,
  roleEvent,
  snapshotOf,
} from '../helpers/build.ts'
import { covers } from './covers.ts'
import { inTurn, logAt } from './runs.ts'

const FIRST = ago(DAY)
const THEN = ago(45 * MINUTE)
const alice = account()
const itAdmin = account({ role: 'it-admin' })
const admin = account({ role: 'admin' })
const raise = roleEvent({ at: ago(HOUR) })
const approved = (...references: string[]) => ({
  approved: references.map((because) => ({ subject: 'Alice@Example.com', because })),
})
const first = { at: FIRST, records: [alice, auditlog({ from: ago(91 * DAY), to: plus(FIRST, -MINUTE) })] }
const at = (when: string, ...records: Parameters<typeof resultOf>[1]) => ({
  at: when,
  records: [...records, logAt(when, DAY)],
})

test.each([
  { name: 'nobody has approved it', params: {}, want: 'fail' },
  { name: 'it was approved, by login, case ignored', params: approved('CHG-41'), want: 'pass' },
  { name: 'it was approved by id', params: { approved: [{ subject: 'uA1', because: 'CHG-41' }] }, want: 'pass' },
  { name: 'another was approved', params: { approved: [{ subject: 'uA', because: 'CHG-41' }] }, want: 'fail' },
])('a member became IT administrator: $name', ({ params, want }) => {
  const [, then] = inTurn(check, [first, { ...at(THEN, itAdmin, raise), params }])
  expect(then!.answers).toEqual([want])
  expect(then!.findings[0]!.facts).toMatchObject({
    role: 'it-admin',
    roleBefore: 'member',
    raisedAt: raise.at,
    raisedBy: 'eve@example.com',
    own: false,
    seenAfter: plus(FIRST, -MINUTE),
    seenBefore: plus(THEN, -MINUTE),
    event: `tailnet/audit/${raise.key}`,
  })
})

test('it goes on failing while nobody approves, long after its event has left the window, and passes once somebody does', () => {
  const later = [ago(0), plus(NOW, DAY), plus(NOW, 2 * DAY)].map((when) => at(when, itAdmin))
  const runs = inTurn(check, [
    first,
    at(THEN, itAdmin, raise),
    later[0]!,
    later[1]!,
    { ...later[2]!, params: approved('CHG-41') },
  ])
  expect(runs.map(({ answers }) => answers[0])).toEqual(['not_applicable', 'fail', 'fail', 'fail', 'pass'])
  expect(runs[3]!.findings[0]!.facts).toMatchObject({ raisedBy: 'eve@example.com', raisedAt: raise.at })
  expect(runs[4]!.said).toEqual([
    `alice@example.com was given the role it-admin by eve@example.com at ${raise.at}, approved by reference CHG-41.`,
  ])
})

test('an approval that was given for one raise is none for the next', () => {
  const higher = roleEvent({ at: NOW, before: '["IT admin"]', after: '["Admin"]' })
  const steps = [
    first,
    { ...at(THEN, itAdmin, raise), params: approved('CHG-41') },
    { ...at(NOW, admin, higher), params: approved('CHG-41') },
    { ...at(plus(NOW, HOUR), admin), params: approved('CHG-41', 'CHG-77') },
    { ...at(plus(NOW, 2 * HOUR), alice), params: approved('CHG-41', 'CHG-77') },
    { ...at(plus(NOW, 3 * HOUR), admin), params: approved('CHG-41', 'CHG-77') },
    { ...at(plus(NOW, 4 * HOUR), admin), params: approved('CHG-80') },
  ]
  const runs = inTurn(check, steps)
  expect(runs.map(({ answers }) => answers[0])).toEqual([
    'not_applicable',
    'pass',
    'fail',
    'pass',
    'not_applicable',
    'fail',
    'pass',
  ])
  expect(runs[2]!.findings[0]!.facts).toMatchObject({ roleBefore: 'it-admin', roleGiven: 'admin' })
})

test.each([
  { name: 'by its id', over: { actorId: 'uA1', actor: 'somebody@example.com' } },
  { name: 'by its login, spelled otherwise', over: { actorId: null, actor: 'ALICE@example.com' } },
])('who took the role alone, told $name, fails whatever was approved', ({ over }) => {
  const taken = roleEvent({ at: ago(HOUR), ...over })
  const [, then, , back] = inTurn(check, [
    first,
    { ...at(THEN, itAdmin, taken), params: approved('CHG-41') },
    { ...at(NOW, alice), params: approved('CHG-41') },
    { ...at(plus(NOW, HOUR), itAdmin, roleEvent({ at: plus(NOW, HOUR) })), params: approved('CHG-41') },
  ])
  expect(then!.answers).toEqual(['fail'])
  expect(then!.said[0]).toContain('took the role it-admin without anybody else')
  // Taken back and given again by somebody else; the reference was never used up.
  expect(back!.answers).toEqual(['pass'])
})

test('a raise that the log has nothing of fails and says so; approved, it still names nobody', () => {
  const [, then, late] = inTurn(check, [first, at(THEN, itAdmin), { ...at(NOW, itAdmin), params: approved('CHG-41') }])
  expect(then!.answers).toEqual(['fail'])
  expect(then!.findings[0]!.facts).toMatchObject({ log: 'was read and has no event of it', raisedBy: null })
  expect(late!.answers).toEqual(['pass'])
  expect(late!.findings[0]!.notice).toContain('who gave it is not known')
})

test('a change of role told in words that cannot be read still names who made it', () => {
  const odd = roleEvent({ at: ago(HOUR), before: null, after: '{"roles":7}' })
  const [, then] = inTurn(check, [first, at(THEN, itAdmin, odd)])
  expect(then!.findings[0]!.facts).toMatchObject({ raisedBy: 'eve@example.com', roleBefore: null })
})

test('an event that the log shows one reading later still names who did it', () => {
  const own = roleEvent({ at: ago(HOUR), actorId: 'uA1' })
  const steps = [
    first,
    { ...at(THEN, itAdmin), params: approved('CHG-41') },
    { ...at(NOW, itAdmin, own), params: approved('CHG-41') },
  ]
  expect(inTurn(check, steps).map(({ answers }) => answers[0])).toEqual(['not_applicable', 'pass', 'fail'])
})

test('a gap of the log is told apart from a log without the event', () => {
  const [, then] = inTurn(check, [first, { at: NOW, records: [itAdmin, logAt(NOW, HOUR)] }])
  expect(then!.findings[0]!.facts).toMatchObject({ log: 'was not read for that time' })
})

test('a new account that has power counts as raised from nothing', () => {
  const eve = account({ key: 'uE5', login: 'eve@example.com', role: 'admin' })
  const [, then] = inTurn(check, [first, at(THEN, alice, eve)])
  expect(then!.answers).toEqual(['not_applicable', 'fail'])
  expect(then!.findings[1]!.facts).toMatchObject({ roleBefore: null, roleGiven: 'admin' })
})

test('of an account that was let in with power, whoever invited it gave the role', () => {
  const eve = account({ key: 'uE5', login: 'mallory@example.com', role: 'admin' })
  const invited = audit({
    at: ago(HOUR),
    targetType: 'INVITE',
    targetId: '28950',
    target: 'mallory@example.com',
    action: 'CREATE',
    property: 'TAILNET_INVITE',
  })
  const joined = audit({ at: ago(50 * MINUTE), action: 'CREATE', targetId: 'uE5', actorId: 'uE5', origin: 'CONTROL' })
  const [, then] = inTurn(check, [
    first,
    at(THEN, alice, eve, { ...invited, actorId: 'uA1', actor: alice.login }, joined),
  ])
  expect(then!.answers).toEqual(['not_applicable', 'fail'])
  expect(then!.findings[1]!.facts).toMatchObject({ raisedBy: 'alice@example.com', raisedAt: ago(HOUR), own: false })
})

test('what was held before the first run is taken as found, unless the vendor’s log shows how it was given', () => {
  const log = auditlog({ from: ago(90 * DAY), to: ago(MINUTE) })
  const [held] = inTurn(check, [{ at: NOW, records: [itAdmin, log] }])
  expect(held!.answers).toEqual(['not_applicable'])
  expect(held!.said).toEqual(['alice@example.com is it-admin: held before our first run.'])
  const given = roleEvent({ at: ago(60 * DAY) })
  const [shown] = inTurn(check, [{ at: NOW, records: [itAdmin, log, given] }])
  expect(shown!.answers).toEqual(['fail'])
  expect(shown!.findings[0]!.facts).toMatchObject({ raisedAt: given.at, seenAfter: null, seenBefore: null })
  const unread = roleEvent({ at: ago(60 * DAY), before: '{}', after: '{}' })
  expect(inTurn(check, [{ at: NOW, records: [itAdmin, log, unread] }])[0]!.answers).toEqual(['not_applicable'])
  const lowered = roleEvent({ at: ago(60 * DAY), before: '["Owner"]', after: '["IT admin"]' })
  expect(inTurn(check, [{ at: NOW, records: [itAdmin, log, lowered] }])[0]!.answers).toEqual(['not_applicable'])
})

test('a role made smaller needs no approval, and one made smaller than it was found needs one to come back', () => {
  const owner = account({ role: 'owner' })
  const steps = [
    { ...first, records: [owner, ...first.records.slice(1)] },
    at(THEN, admin),
    at(NOW, admin),
    at(plus(NOW, HOUR), owner),
  ]
  expect(inTurn(check, steps).map(({ answers }) => answers[0])).toEqual([
    'not_applicable',
    'not_applicable',
    'not_applicable',
    'fail',
  ])
})

test('the same window seen twice changes nothing that is carried', () => {
  const step = at(THEN, itAdmin, raise)
  const state = { collectedAt: plus(THEN, -MINUTE) }
  const [, once, twice] = inTurn(check, [first, step, { ...step, at: NOW, state }])
  expect(twice!.carried).toEqual(once!.carried)
})

test('a role that the vendor did not say, or that we do not know, ends nothing that is known', () => {
  const [, , silent, strange, back] = inTurn(check, [
    first,
    at(THEN, itAdmin, raise),
    at(NOW, account({ role: null })),
    at(plus(NOW, HOUR), account({ role: 'super-admin' })),
    at(plus(NOW, 2 * HOUR), itAdmin),
  ])
  expect([silent!.answers, strange!.answers, back!.answers]).toEqual([['no_data'], ['no_data'], ['fail']])
})

test('while the log is hidden the check is not asked and what it knows stays', () => {
  const hidden = { at: NOW, records: [alice], state: { blind: [blind('audit'), blind('auditlog')] } }
  const [, then, dark, after] = inTurn(check, [first, at(THEN, itAdmin, raise), hidden, at(plus(NOW, HOUR), itAdmin)])
  expect(dark!.result).toMatchObject({ status: 'unknown', unknownReason: 'not_visible' })
  expect(dark!.carried).toEqual(then!.carried)
  expect(after!.answers).toEqual(['fail'])
})

test('shared-in accounts and roles without power are not judged', () => {
  const records = [account({ type: 'shared', role: 'admin' }), account({ key: 'uB', role: 'auditor' }), auditlog()]
  expect(findingsOf(check, snapshotOf(records)).map(({ status }) => status)).toEqual([
    'not_applicable',
    'not_applicable',
  ])
})

covers(check, [
  {
    name: 'an event of somebody else with the same login names another account',
    records: [
      account({ role: 'admin' }),
      account({ key: 'uB2', login: 'bob@example.com' }),
      roleEvent({ targetId: 'uB2', after: '["Admin"]' }),
      auditlog(),
    ],
    hostile: true,
    want: ['not_applicable', 'not_applicable'],
  },
])
