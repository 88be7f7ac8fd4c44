import { expect, test } from 'vitest'
import { accountsBelongToPeople as check } from '../../checks/accounts-belong-to-people.ts'
import { account, findingsOf, person, resultOf, settings, snapshotOf, statusesOf } from '../helpers/build.ts'
import { covers } from './covers.ts'

const bob = person({ email: 'bob@example.com' })

test.each([
  { name: 'one person has the address', records: [person(), account()], want: ['pass'] },
  { name: 'case does not matter', records: [person(), account({ login: 'Alice@Example.COM' })], want: ['pass'] },
  {
    name: 'an alias of the roster',
    records: [person({ aliases: ['alice@github'] }), account({ login: 'alice@github' })],
    want: ['pass'],
  },
  { name: 'nobody has the address', records: [person(), account({ login: 'ghost@example.com' })], want: ['fail'] },
  { name: 'an empty roster', records: [account()], want: ['fail'] },
  {
    name: 'two people share the alias',
    records: [
      person({ aliases: ['ops@example.com'] }),
      { ...bob, aliases: ['ops@example.com'] },
      account({ login: 'ops@example.com' }),
    ],
    want: ['fail'],
  },
  {
    name: 'shared in',
    records: [person(), account({ type: 'shared', login: 'vic@vendor.io' })],
    want: ['not_applicable'],
  },
  { name: 'the vendor names no type', records: [person(), account({ type: null })], want: ['unknown'] },
  {
    name: 'a type that we do not know is an account of ours',
    records: [person(), account({ type: 'guest', login: 'g@example.com' })],
    want: ['fail'],
  },
  {
    name: 'somebody who left is still somebody',
    records: [person({ status: 'left', endDate: '2026-11-01' }), account()],
    want: ['pass'],
  },
])('$name', ({ records, want }) => {
  expect(statusesOf(check, snapshotOf(records))).toEqual(want)
})

test('a declared alias names the person, and the finding says how', () => {
  const snapshot = snapshotOf([person(), account({ login: 'alice@github' })], {
    settings: { people: { ...settings().people, aliases: { 'alice@github': 'alice@example.com' } } },
  })
  const [finding] = findingsOf(check, snapshot)
  expect(finding).toMatchObject({ status: 'pass', facts: { person: 'alice@example.com', method: 'alias' } })
  expect(finding?.records).toEqual(['tailnet/account/uA1', 'roster/person/alice@example.com'])
  expect(check.say(finding!)).toBe('alice@github belongs to alice@example.com (by alias).')
})

test('a listed service account belongs to nobody and is passed over', () => {
  const snapshot = snapshotOf([person(), account({ login: 'CI@acme.example' })], {
    settings: { people: { aliases: {}, serviceAccounts: ['ci@acme.example'] } },
  })
  expect(findingsOf(check, snapshot)[0]).toMatchObject({ status: 'not_applicable', facts: { exempt: 'service' } })
})

test('two people of one address are named, never chosen between', () => {
  const records = [person({ aliases: ['ops@x.y'] }), { ...bob, aliases: ['ops@x.y'] }, account({ login: 'ops@x.y' })]
  const [finding] = findingsOf(check, snapshotOf(records))
  expect(finding?.facts).toEqual({ login: 'ops@x.y', matches: 2, people: 'alice@example.com; bob@example.com' })
  expect(check.say(finding!)).toContain('more than one person (alice@example.com; bob@example.com)')
})

test('a tailnet without accounts passes nothing', () => {
  expect(resultOf(check, [person()])).toMatchObject({ status: 'not_applicable', unknownReason: null, findings: [] })
})

covers(check, [
  {
    name: 'a look-alike of a login is another login',
    records: [person(), account({ login: '\u0430lice@example.com' })],
    hostile: true,
    want: ['fail'],
  },
  {
    name: 'a login that is a word of the language',
    records: [person(), account({ login: '__proto__' })],
    hostile: true,
    want: ['fail'],
  },
])
