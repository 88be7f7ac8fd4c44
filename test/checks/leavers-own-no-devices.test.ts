import { expect, test } from 'vitest'
import { leaversOwnNoDevices as check } from '../../checks/leavers-own-no-devices.ts'
import {
  account,
  agent,
  carried,
  device,
  findingsOf,
  person,
  resultOf,
  snapshotOf,
  statusesOf,
} from '../helpers/build.ts'
import { covers } from './covers.ts'

const left = { status: 'left', endDate: '2026-11-01' } as const
const gone = person(left)
const live = account()
const suspended = account({ status: 'suspended' })

test.each([
  { name: 'the owner is employed', records: [person(), live, device()], want: ['pass'] },
  { name: 'the owner is employed and suspended', records: [person(), suspended, device()], want: ['pass'] },
  { name: 'the owner left, account live', records: [gone, live, device()], want: ['fail'] },
  { name: 'the owner left, account idle', records: [gone, account({ status: 'idle' }), device()], want: ['fail'] },
  { name: 'the owner left, account suspended', records: [gone, suspended, device()], want: ['pass'] },
  { name: 'the owner left, no status said', records: [gone, account({ status: null }), device()], want: ['unknown'] },
  {
    name: 'the owner left yesterday',
    records: [person({ endDate: '2026-11-19' }), live, device()],
    want: ['not_applicable'],
  },
  {
    name: 'the owner left, nobody wrote when',
    records: [person({ status: 'left' }), live, device()],
    want: ['unknown'],
  },
  { name: 'the owner account no longer exists', records: [person(), device()], want: ['fail'] },
  {
    name: 'the owner is nobody we know',
    records: [account({ login: 'x@y.z' }), device({ user: 'x@y.z' })],
    want: ['unknown'],
  },
  {
    name: 'the owner is nobody we know, but suspended',
    records: [account({ login: 'x@y.z', status: 'suspended' }), device({ user: 'x@y.z' })],
    want: ['pass'],
  },
  {
    name: 'the login is spelled otherwise',
    records: [person(), live, device({ user: 'ALICE@example.com' })],
    want: ['pass'],
  },
  { name: 'external', records: [gone, live, device({ isExternal: true })], want: ['not_applicable'] },
  { name: 'nobody said whether external', records: [gone, live, device({ isExternal: null })], want: ['unknown'] },
  { name: 'tagged', records: [gone, live, device({ tags: ['tag:ci'] })], want: ['not_applicable'] },
  { name: 'tags that could not be read', records: [gone, live, device({ unread: ['tags'] })], want: ['unknown'] },
  { name: 'no owner said', records: [person(), device({ user: null })], want: ['unknown'] },
  { name: 'owned by a shared-in account', records: [account({ type: 'shared' }), device()], want: ['not_applicable'] },
])('$name', ({ records, want }) => {
  expect(statusesOf(check, snapshotOf(records))).toEqual(want)
})

test('late is late at once; without an end date it cannot be said how late', () => {
  expect(findingsOf(check, snapshotOf([gone, live, device()]))[0]).toMatchObject({
    sla: 'breached',
    facts: { owner: 'alice@example.com', accountStatus: 'active', leftAt: '2026-11-01', within: '24h' },
    records: ['tailnet/device/nD1', 'roster/person/alice@example.com', 'tailnet/account/uA1'],
  })
  const seen = carried(check.id, 'roster/alice@example.com', {
    saidAt: '2026-11-01T00:00:00.000Z',
    seenLeftAt: '2026-11-01T00:00:00.000Z',
  })
  const [undated] = findingsOf(check, snapshotOf([person({ status: 'left' }), live, device(), seen]))
  expect(undated).toMatchObject({ status: 'fail', sla: 'not_determinable' })
})

test('a suspended leaver leaves devices to clean up', () => {
  const [finding] = findingsOf(check, snapshotOf([gone, suspended, device()]))
  expect(finding?.notice).toBe('clean up within 30 days')
  expect(check.say(finding!)).toContain('remove it within 30 days')
})

test('a suspended employee keeps devices without a notice', () => {
  expect(findingsOf(check, snapshotOf([person(), suspended, device()]))[0]?.notice).toBeNull()
})

test('a tagged device that MDM assigns to a leaver is pointed out', () => {
  const mdm = agent({ vendor: 'kandji', assignedTo: 'Alice@example.com' })
  const [finding] = findingsOf(check, snapshotOf([gone, live, device({ tags: ['tag:ci'] }), mdm]))
  expect(finding).toMatchObject({
    status: 'not_applicable',
    notice: 'kandji assigns it to alice@example.com, who has left',
  })
  const [other] = findingsOf(check, snapshotOf([person(), live, device({ tags: ['tag:ci'] }), mdm]))
  expect(other?.notice).toBeNull()
})

test('an MDM that could not be read points nothing out', () => {
  const records = [
    gone,
    live,
    device({ tags: ['tag:ci'] }),
    agent({ vendor: 'kandji', assignedTo: 'alice@example.com' }),
  ]
  const result = resultOf(check, records, { sources: [{ id: 'mdm', status: 'failed' }] })
  expect(result.findings[0]).toMatchObject({ status: 'not_applicable', notice: null })
})

covers(check, [
  {
    name: 'an owner that is a word of the language is no account of ours',
    records: [person(), account(), device({ user: '__proto__' })],
    hostile: true,
    want: ['fail'],
  },
  {
    name: 'tags that could not be read',
    records: [person(), account(), device({ unread: ['tags'] })],
    hostile: true,
    want: ['no_data'],
  },
])
