import { expect, test } from 'vitest'
import { accountRolesValid as check } from '../../checks/account-roles-valid.ts'
import { offboardedAccessRemoved } from '../../checks/offboarded-access-removed.ts'
import type { AccessLine } from '../../src/domain/settings.ts'
import { account, findingsOf, person, settings, snapshotOf, statusesOf } from '../helpers/build.ts'
import { covers } from './covers.ts'

/** By default: member for anybody; owner, admin, it-admin, network-admin for the department IT. */
const ada = person({ department: 'IT' })
const admin = account({ role: 'admin' })
const [system] = settings().criticalSystems
const declaring = (...access: AccessLine[]) => ({ settings: { criticalSystems: [{ ...system!, access }] } })

test.each([
  { name: 'a member', records: [person(), account()], want: ['pass'] },
  { name: 'an administrator from IT', records: [ada, admin], want: ['pass'] },
  { name: 'the department in other letters', records: [person({ department: ' it ' }), admin], want: ['pass'] },
  { name: 'an administrator from elsewhere', records: [person(), admin], want: ['fail'] },
  {
    name: 'an administrator whose department nobody wrote',
    records: [person({ department: null }), admin],
    want: ['unknown'],
  },
  {
    name: 'an administrator whose department is blank',
    records: [person({ department: ' ' }), admin],
    want: ['unknown'],
  },
  { name: 'a role that no line names', records: [ada, account({ role: 'auditor' })], want: ['fail'] },
  { name: 'a role that we do not know', records: [ada, account({ role: 'superadmin' })], want: ['fail'] },
  { name: 'a role that we do not know, of nobody', records: [account({ role: 'superadmin' })], want: ['fail'] },
  { name: 'no role said', records: [person(), account({ role: null })], want: ['unknown'] },
  { name: 'no type said', records: [person(), account({ type: null })], want: ['unknown'] },
  { name: 'a member who left', records: [person({ endDate: '2026-11-01' }), account()], want: ['fail'] },
  { name: 'a member of nobody', records: [account()], want: ['unknown'] },
  {
    name: 'a role that no line names, of nobody: the person could not decide',
    records: [account({ role: 'auditor' })],
    want: ['fail'],
  },
  { name: 'shared in', records: [account({ type: 'shared', role: 'admin' })], want: ['not_applicable'] },
])('$name', ({ records, want }) => {
  expect(statusesOf(check, snapshotOf(records))).toEqual(want)
})

test.each([
  { name: 'all columns match', people: { department: ['IT', 'Security'], type: ['employee'] }, want: 'pass' },
  { name: 'one of several values matches', people: { department: ['Legal', 'it'] }, want: 'pass' },
  { name: 'one column says otherwise', people: { department: ['IT'], type: ['contractor'] }, want: 'fail' },
  {
    name: 'a column that says otherwise beats one that is missing',
    people: { cost_center: ['42'], type: ['contractor'] },
    want: 'fail',
  },
  { name: 'a column of our own', people: { Team: ['platform'] }, want: 'pass' },
  { name: 'a column of our own, other value', people: { team: ['sales'] }, want: 'fail' },
  { name: 'a column that the roster has not', people: { cost_center: ['42'] }, want: 'unknown' },
  { name: 'by address', people: { email: ['ALICE@example.com'] }, want: 'pass' },
  { name: 'by second factor', people: { mfa: ['true'] }, want: 'pass' },
  { name: 'by alias', people: { aliases: ['alice@github'] }, want: 'pass' },
  { name: 'a list without values admits nobody', people: { department: [] }, want: 'fail' },
])('roster columns: $name', ({ people, want }) => {
  const who = person({ department: 'IT', extra: { team: 'Platform' }, aliases: ['alice@github'] })
  const snapshot = snapshotOf([who, admin], declaring({ roles: ['admin'], people }))
  expect(statusesOf(check, snapshot)).toEqual([want])
})

test('a line that matches makes up for one that the roster leaves open', () => {
  const lines = declaring(
    { roles: ['admin'], people: { cost_center: ['42'] } },
    { roles: ['Admin'], people: { department: ['IT'] } },
  )
  const [finding] = findingsOf(check, snapshotOf([ada, admin], lines))
  expect(finding).toMatchObject({
    status: 'pass',
    facts: { role: 'admin', person: 'alice@example.com', line: 'access[1]' },
  })
})

test('a service account is admitted by its login or by an open line, never by a department', () => {
  const people = { aliases: {}, serviceAccounts: ['ci@acme.example'] }
  const judged = (role: string, line: AccessLine) =>
    statusesOf(
      check,
      snapshotOf([account({ login: 'ci@acme.example', role })], { settings: { people, ...declaring(line).settings } }),
    )
  expect(judged('member', { roles: ['member'], people: null })).toEqual(['pass'])
  expect(judged('admin', { roles: ['admin'], people: { email: ['CI@acme.example'] } })).toEqual(['pass'])
  expect(judged('admin', { roles: ['admin'], people: { department: ['IT'] } })).toEqual(['fail'])
})

test('where nothing is declared nobody can be wrong, and the step is named', () => {
  const [finding] = findingsOf(check, snapshotOf([person(), account()], { settings: { criticalSystems: [] } }))
  expect(finding).toMatchObject({ status: 'unknown', unknownReason: 'not_configured' })
  expect(check.say(finding!)).toContain('write criticalSystems.access')
})

test('what is missing is named where it has to be written', () => {
  const [roster] = findingsOf(check, snapshotOf([person({ department: null }), admin]))
  expect(check.say(roster!)).toContain('fill in the column department of alice@example.com in the roster')
  const [vendor] = findingsOf(check, snapshotOf([person(), account({ role: null })]))
  expect(check.say(vendor!)).toContain('role is absent or unreadable; open its raw page')
})

test('a leaver whose account is suspended may no longer have its role, although ID-02 is content', () => {
  // ID-06 passes for an employed person or a service account only; that nothing can be done with the account is ID-02.
  const records = [person({ status: 'left', endDate: '2026-11-01' }), account({ status: 'suspended' })]
  const [finding] = findingsOf(check, snapshotOf(records))
  expect(finding).toMatchObject({ status: 'fail', facts: { employed: false, accountStatus: 'suspended' } })
  expect(check.say(finding!)).toBe(
    'alice@example.com is still member though alice@example.com has left; delete the account.',
  )
  expect(statusesOf(offboardedAccessRemoved, snapshotOf(records))).toEqual(['pass'])
})

covers(check, [
  {
    name: 'a role that is a word of the language',
    records: [person(), account({ role: '__proto__' })],
    hostile: true,
    want: ['fail'],
  },
  {
    name: 'a role in capitals is another role',
    records: [person(), account({ role: 'Member' })],
    hostile: true,
    want: ['fail'],
  },
])
