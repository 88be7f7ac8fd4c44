import { expect, test } from 'vitest'
import { leaversHoldNoCredentials as check } from '../../checks/leavers-hold-no-credentials.ts'
import { DAY, plus } from '../../src/domain/time.ts'
import {
  account,
  ago,
  blind,
  findingsOf,
  key,
  NOW,
  person,
  resultOf,
  snapshotOf,
  statusesOf,
} from '../helpers/build.ts'
import { covers } from './covers.ts'

const gone = person({ status: 'left', endDate: '2026-11-01' })
const live = account()
const suspended = account({ status: 'suspended' })
const client = { keyType: 'client', expiresAt: null } as const

test.each([
  { name: 'made by somebody employed', records: [person(), live, key()], want: ['pass'] },
  { name: 'creator left, account live: token', records: [gone, live, key()], want: ['fail'] },
  { name: 'creator left, account live: auth key', records: [gone, live, key({ keyType: 'auth' })], want: ['fail'] },
  { name: 'creator left, account live: OAuth client', records: [gone, live, key(client)], want: ['fail'] },
  {
    name: 'creator left, account live: a kind we do not know',
    records: [gone, live, key({ keyType: 'x' })],
    want: ['fail'],
  },
  { name: 'creator suspended: token stops', records: [gone, suspended, key()], want: ['pass'] },
  { name: 'creator suspended: auth key stops', records: [gone, suspended, key({ keyType: 'auth' })], want: ['pass'] },
  { name: 'creator suspended: OAuth client goes on', records: [gone, suspended, key(client)], want: ['fail'] },
  {
    name: 'creator suspended: federated identity goes on',
    records: [gone, suspended, key({ ...client, keyType: 'federated' })],
    want: ['fail'],
  },
  {
    name: 'creator suspended: a kind we do not know',
    records: [gone, suspended, key({ keyType: null })],
    want: ['unknown'],
  },
  { name: 'creator suspended but employed', records: [person(), suspended, key(client)], want: ['pass'] },
  { name: 'creator deleted: token', records: [gone, key()], want: ['fail'] },
  { name: 'creator deleted: OAuth client', records: [gone, key(client)], want: ['fail'] },
  {
    name: 'creator left yesterday',
    records: [person({ endDate: '2026-11-19' }), live, key()],
    want: ['not_applicable'],
  },
  { name: 'creator left, nobody wrote when', records: [person({ status: 'left' }), live, key()], want: ['unknown'] },
  { name: 'creator left, no status said', records: [gone, account({ status: null }), key()], want: ['unknown'] },
  { name: 'creator is nobody we know', records: [live, key()], want: ['unknown'] },
  { name: 'expired', records: [gone, live, key({ expiresAt: ago(DAY) })], want: ['pass'] },
  { name: 'expires this very moment', records: [gone, live, key({ expiresAt: NOW })], want: ['pass'] },
  { name: 'revoked', records: [gone, live, key({ revokedAt: ago(DAY) })], want: ['pass'] },
  {
    name: 'revoked in the future is no date at all',
    records: [gone, live, key({ revokedAt: plus(NOW, DAY) })],
    want: ['unknown'],
  },
  { name: 'invalid', records: [gone, live, key({ invalid: true })], want: ['pass'] },
  {
    name: 'no expiry said: the listing names active keys only',
    records: [gone, live, key({ expiresAt: null })],
    want: ['fail'],
  },
  {
    name: 'an expiry that could not be read',
    records: [gone, live, key({ expiresAt: null, unread: ['expires'] })],
    want: ['unknown'],
  },
  {
    name: 'a revocation that could not be read',
    records: [gone, live, key({ unread: ['revoked'] })],
    want: ['unknown'],
  },
  { name: 'validity that could not be read', records: [gone, live, key({ unread: ['invalid'] })], want: ['unknown'] },
  { name: 'made by a trust credential', records: [gone, live, key({ userId: null })], want: ['not_applicable'] },
  {
    name: 'a creator that could not be read',
    records: [gone, live, key({ userId: null, unread: ['userId'] })],
    want: ['unknown'],
  },
  {
    name: 'the creator is given as a login',
    records: [gone, live, key({ userId: 'alice@example.com' })],
    want: ['fail'],
  },
])('$name', ({ records, want }) => {
  expect(statusesOf(check, snapshotOf(records))).toEqual(want)
})

test('a service account’s keys are nobody’s', () => {
  const snapshot = snapshotOf([account({ login: 'ci@acme.example' }), key()], {
    settings: { people: { aliases: {}, serviceAccounts: ['ci@acme.example'] } },
  })
  expect(findingsOf(check, snapshot)[0]).toMatchObject({
    status: 'not_applicable',
    facts: { because: 'a service account' },
  })
})

test('what still works names its creator, the departure and the deadline', () => {
  const [finding] = findingsOf(check, snapshotOf([gone, suspended, key({ ...client, description: 'grc' })]))
  expect(finding).toMatchObject({
    sla: 'breached',
    facts: {
      family: 'OAuth client',
      keyType: 'client',
      creator: 'alice@example.com',
      accountStatus: 'suspended',
      leftAt: '2026-11-01',
      dueAt: '2026-11-03T00:00:00.000Z',
    },
    records: ['tailnet/key/kA1CNTRL', 'roster/person/alice@example.com', 'tailnet/account/uA1'],
  })
})

test('a family that the credential cannot see is one open answer for the whole of it', () => {
  const result = resultOf(check, [gone, suspended, key()], {
    sources: [{ blind: [blind('key', ['auth', 'federated'])] }],
  })
  expect(result).toMatchObject({ status: 'unknown', unknownReason: 'not_visible' })
  expect(result.counts).toEqual({ pass: 1, fail: 0, unknown: 2, not_applicable: 0, waived: 0 })
  const hidden = result.findings.filter(({ subject }) => subject.kind === 'key-family')
  expect(hidden.map(({ subject }) => [subject.key, subject.label])).toEqual([
    ['auth', 'auth keys'],
    ['federated', 'federated identities'],
  ])
  expect(check.say(hidden[0]!)).toBe(
    'The auth keys were not evaluated: the credential cannot see them; give it the scope key:read.',
  )
})

test('where no key at all can be listed the engine answers', () => {
  const result = resultOf(check, [gone, live], { sources: [{ blind: [blind('key')] }] })
  expect(result).toMatchObject({ status: 'unknown', unknownReason: 'not_visible', findings: [] })
})

covers(check, [
  {
    name: 'a maker that is a word of the language is no account of ours',
    records: [person(), account(), key({ userId: 'constructor' })],
    hostile: true,
    want: ['fail'],
  },
])
