/** The joiner/leaver ledger over real runs: whose account it was, when the roster said so, and what cannot be said. */
import { afterEach, expect, test } from 'vitest'
import { contractorAccessEnds } from '../../checks/contractor-access-ends.ts'
import { offboardedAccessRemoved } from '../../checks/offboarded-access-removed.ts'
import type { LeaverClock } from '../../src/domain/period.ts'
import { account, audit } from '../helpers/build.ts'
import { type Lived, lived, moment, type Step } from './lived.ts'

const checks = [offboardedAccessRemoved, contractorAccessEnds]
const ALICE = 'alice@example.com,Alice,active,,employee,'
const bob = (status: string, end: string, more = 'employee,'): string => `bob@example.com,Bob,${status},${end},${more}`

const alices = account()
const bobs = account({ key: 'uB', login: 'bob@example.com' })
const gone = { ...bobs, status: 'suspended' }

let open: Lived[] = []
afterEach(async () => {
  await Promise.all(open.map(({ house }) => house.close()))
  open = []
})

async function ledger(steps: readonly Step[], options: { yaml?: string; from?: string; to?: string } = {}) {
  const made = await lived(steps, { checks, ...options })
  open.push(made)
  const { story } = made
  const result = (ref: string) => story.results.find((one) => one.what === 'check' && one.ref === ref)!
  return { story, result, leavers: story.leavers }
}

const short = ({ person, clock, accounts, removal, witness, why }: LeaverClock): string =>
  [
    person,
    clock,
    accounts.join(' ') || 'no account',
    `${removal.after?.slice(5, 16) ?? '-'} to ${removal.before?.slice(5, 16) ?? '-'}`,
    ...(witness === null ? [] : [`log ${witness.at.slice(5, 16)} by ${witness.actor}`]),
    ...(why === null ? [] : [why]),
  ].join(' · ')

test('in time by the pulls alone; the roster’s first word and the deadline stand beside', async () => {
  const { leavers, result } = await ledger([
    { at: '11-09 09:00', says: [alices, bobs], people: [ALICE, bob('active', '')] },
    { at: '11-10 09:00', says: [alices, bobs], people: [ALICE, bob('active', '2026-11-11')] },
    { at: '11-12 08:00', says: [alices, bobs] },
    { at: '11-12 20:00', says: [alices, gone] },
    { at: '11-13 09:00', says: [alices, gone] },
  ])
  expect(leavers.map(short)).toEqual(['bob@example.com · within · bob@example.com · 11-12T08:00 to 11-12T20:00'])
  expect(leavers[0]).toMatchObject({
    endDate: '2026-11-11',
    endsAt: '2026-11-12T00:00:00.000Z',
    rosterSaidAt: moment('11-10 09:00'),
    dueAt: '2026-11-13T00:00:00.000Z',
    removal: { runAfter: 3, runBefore: 4 },
  })
  expect(result('ID-02')).toMatchObject({ population: 1, tested: 1, met: 1, says: '1 leaver: 1 in time' })
  expect(result('ID-18').says).toBe('nobody left')
})

test('an outage over the deadline leaves it open, and the vendor’s second closes it', async () => {
  const steps = (log: boolean): Step[] => [
    { at: '11-09 09:00', says: [alices, bobs], people: [ALICE, bob('active', '2026-11-11', 'contractor,')] },
    { at: '11-12 20:00', says: [alices, bobs] },
    { at: '11-12 23:00', says: null },
    { at: '11-13 02:00', says: null },
    {
      at: '11-13 05:00',
      says: [
        alices,
        gone,
        ...(log ? [audit({ at: moment('11-13 01:30'), targetId: 'uB', target: 'bob@example.com' })] : []),
      ],
    },
  ]
  const without = await ledger(steps(false))
  expect(short(without.leavers[0]!)).toContain('not_determinable')
  expect(without.leavers[0]!.why).toContain('in between the source was not read (failed)')
  expect(without.result('ID-18').says).toBe('1 leaver: 1 not determinable')
  const withLog = await ledger(steps(true))
  expect(withLog.leavers.map(short)).toEqual([
    'bob@example.com · breached · bob@example.com · 11-12T20:00 to 11-13T05:00 · log 11-13T01:30 by eve@example.com',
  ])
  expect(withLog.result('ID-18').says).toBe('1 leaver: 1 late by 1 h 30 min')
})

test('the roster said so only after the deadline: the clock counts from the end all the same', async () => {
  const { leavers } = await ledger([
    { at: '11-09 09:00', says: [alices, bobs], people: [ALICE, bob('active', '')] },
    { at: '11-15 09:00', says: [alices, bobs] },
    { at: '11-16 09:00', says: [alices, bobs], people: [ALICE, bob('left', '2026-11-10')] },
    { at: '11-16 12:00', says: [alices, gone] },
  ])
  expect(leavers[0]).toMatchObject({
    clock: 'breached',
    dueAt: '2026-11-12T00:00:00.000Z',
    rosterSaidAt: moment('11-16 09:00'),
    lateMs: Date.parse(moment('11-16 09:00')) - Date.parse('2026-11-12T00:00:00.000Z'),
  })
})

test('who vanishes, and who left on a day that nobody names, is not determinable; what the check saw fail has deviated', async () => {
  const { leavers, result } = await ledger([
    {
      at: '11-09 09:00',
      says: [alices, bobs],
      people: [ALICE, bob('active', ''), 'carol@example.com,Carol,active,,employee,'],
    },
    { at: '11-10 09:00', says: [alices, bobs], people: [ALICE, bob('left', '')] },
    { at: '11-12 09:00', says: [alices, bobs] },
  ])
  expect(leavers.map(short)).toEqual([
    'bob@example.com · not_determinable · bob@example.com · 11-12T09:00 to - · The roster does not say when they left; access was still there at 2026-11-12 09:00 UTC, later than any end allows.',
    'carol@example.com · no_access · no account · - to -',
  ])
  expect(leavers[1]!.endDate).toBeNull()
  // Who never had access is no removal that was tested.
  expect(result('ID-02')).toMatchObject({ population: 1, met: 0, deviated: 1, notDeterminable: 0 })
  expect(result('ID-02').says).toBe(
    '1 leaver: 1 with access seen after the deadline though the clock is not determinable; 1 more of whom no access was ever seen',
  )
  expect(result('ID-02').counts).toContain('by the clocks of events/leavers.csv')
})

test('an account that was shut at our first reading and never opened is no removal; one that only the log knows is', async () => {
  const first = { at: '11-09 09:00', people: [ALICE, bob('active', '2026-11-10')] }
  const shut = await ledger([
    { ...first, says: [alices, gone] },
    { at: '11-11 12:00', says: [alices, gone] },
  ])
  expect(shut.leavers.map(short)).toEqual(['bob@example.com · no_access · bob@example.com · - to 11-09T09:00'])
  const told = { targetId: 'uB', target: 'bob@example.com' }
  const between = await ledger([
    { ...first, says: [alices] },
    {
      at: '11-11 12:00',
      says: [
        alices,
        audit({ ...told, at: moment('11-10 09:00'), action: 'CREATE' }),
        audit({ ...told, at: moment('11-11 09:00'), action: 'DELETE', group: 'g2' }),
      ],
    },
    { at: '11-12 12:00', says: [alices] },
  ])
  expect(between.leavers.map(short)).toEqual([
    'bob@example.com · within · no account · - to 11-11T12:00 · log 11-11T09:00 by eve@example.com',
  ])
})

test('an account joins by a declared alias, and two people of one name leave it to nobody', async () => {
  const yaml = 'people: { aliases: { "bobby@github": bob@example.com } }\n'
  const hubs = { ...bobs, login: 'bobby@github' }
  const declared = await ledger(
    [
      { at: '11-09 09:00', says: [alices, hubs], people: [ALICE, bob('active', '2026-11-10')] },
      { at: '11-11 20:00', says: [alices, { ...hubs, status: 'suspended' }] },
    ],
    { yaml },
  )
  expect(declared.leavers.map(short)).toEqual(['bob@example.com · within · bobby@github · 11-09T09:00 to 11-11T20:00'])
  const both = await ledger([
    {
      at: '11-09 09:00',
      says: [alices, hubs],
      people: [
        ALICE,
        bob('active', '2026-11-10', 'employee,bobby@github'),
        'rob@example.com,Rob,active,,employee,bobby@github',
      ],
    },
    { at: '11-13 20:00', says: [alices, hubs] },
  ])
  expect(both.leavers[0]).toMatchObject({ clock: 'not_determinable' })
  expect(both.leavers[0]!.why).toContain('Two people in the roster answer to bobby@github')
})

test('a new address is no leaver, where the new row answers to the old one', async () => {
  const { leavers } = await ledger([
    { at: '11-09 09:00', says: [alices, bobs], people: [ALICE, bob('active', '')] },
    {
      at: '11-10 09:00',
      says: [alices, bobs],
      people: [ALICE, 'robert@example.com,Bob,active,,employee,bob@example.com'],
    },
    { at: '11-12 09:00', says: [alices, bobs] },
  ])
  expect(leavers).toEqual([])
})

test('an end that is written over after it had passed makes no clock run better', async () => {
  const { leavers } = await ledger([
    { at: '11-09 09:00', says: [alices, bobs], people: [ALICE, bob('active', '2026-11-10')] },
    { at: '11-12 09:00', says: [alices, bobs] },
    { at: '11-12 12:00', says: [alices, bobs], people: [ALICE, bob('active', '2026-11-12')] },
    { at: '11-13 12:00', says: [alices, gone] },
    { at: '11-14 12:00', says: [alices, gone] },
  ])
  expect(leavers[0]!.clock).toBe('not_determinable')
  expect(leavers[0]!.why).toContain('moved from 2026-11-10 to 2026-11-12')
  expect(leavers[0]!.why).toContain('by the one it would be late, by the other in time')
})

test('back in employment ends the departure, and a second one has a clock of its own', async () => {
  const { leavers } = await ledger([
    { at: '11-09 09:00', says: [alices, bobs], people: [ALICE, bob('active', '2026-11-10')] },
    { at: '11-11 12:00', says: [alices, gone] },
    { at: '11-14 12:00', says: [alices, bobs], people: [ALICE, bob('active', '')] },
    { at: '11-16 12:00', says: [alices, bobs], people: [ALICE, bob('left', '2026-11-16')] },
    { at: '11-19 12:00', says: [alices, bobs] },
  ])
  expect(leavers.map(({ endDate, clock }) => `${endDate} ${clock}`)).toEqual([
    '2026-11-10 within',
    '2026-11-16 breached',
  ])
  expect(leavers.map(({ returned }) => returned)).toEqual([
    { rosterAt: moment('11-14 12:00'), accessAt: moment('11-14 12:00') },
    null,
  ])
})

test('access that comes back while the roster goes on to say that they left is late, and told as come back', async () => {
  const { leavers, result } = await ledger([
    { at: '11-09 09:00', says: [alices, bobs], people: [ALICE, bob('active', '2026-11-10')] },
    { at: '11-11 12:00', says: [alices, gone] },
    { at: '11-14 12:00', says: [alices, bobs] },
    { at: '11-15 12:00', says: [alices, bobs] },
  ])
  expect(leavers[0]).toMatchObject({
    clock: 'breached',
    returned: { rosterAt: null, accessAt: moment('11-14 12:00') },
  })
  expect(result('ID-02')).toMatchObject({ met: 0, deviated: 1 })
})

test('the first roster of all names those of years ago: only who still has access is news', async () => {
  const old = 'old@example.com,Old,left,2024-01-31,employee,'
  const { leavers } = await ledger([
    {
      at: '11-09 09:00',
      says: [alices, account({ key: 'uO', login: 'old@example.com' })],
      people: [
        ALICE,
        old,
        'older@example.com,Older,left,2023-01-31,employee,',
        'undated@example.com,U,left,,employee,',
      ],
    },
    { at: '11-10 09:00', says: [alices] },
  ])
  expect(leavers.map(short)).toEqual(['old@example.com · breached · old@example.com · 11-09T09:00 to 11-10T09:00'])
})

test('the roster may have named the end long before the period, and something else of the person since', async () => {
  const { leavers } = await ledger(
    [
      { at: '11-01 09:00', says: [alices, bobs], people: [ALICE, bob('active', '')] },
      { at: '11-02 09:00', says: [alices, bobs], people: [ALICE, bob('active', '2026-12-24')] },
      { at: '11-03 09:00', says: [alices, bobs], people: [ALICE, bob('active', '2026-11-10')] },
      { at: '11-05 09:00', says: [alices, bobs], people: [ALICE, bob('active', '2026-11-10', 'contractor,')] },
      { at: '11-07 09:00', says: [alices, bobs] },
      { at: '11-11 12:00', says: [alices, gone] },
    ],
    { from: '11-08 00:00' },
  )
  expect(leavers.map(short)).toEqual(['bob@example.com · within · bob@example.com · 11-07T09:00 to 11-11T12:00'])
  expect(leavers[0]!.rosterSaidAt).toBe(moment('11-03 09:00'))
})

test('who is no more in the roster before the end that it names left on a day that nobody knows', async () => {
  const { leavers } = await ledger([
    { at: '11-09 09:00', says: [alices, bobs], people: [ALICE, bob('active', '2026-12-31')] },
    { at: '11-10 09:00', says: [alices, bobs], people: [ALICE] },
    { at: '11-10 12:00', says: [alices, gone] },
  ])
  expect(leavers[0]).toMatchObject({ clock: 'not_determinable', endDate: null, rosterSaidAt: moment('11-10 09:00') })
  expect(leavers[0]!.why).toBe('The roster does not say when they left.')
})

test('what the log says against the readings decides nothing: shut while still seen, open again while seen shut', async () => {
  const steps = (...events: Parameters<typeof audit>[0][]): Step[] => [
    { at: '11-09 09:00', says: [alices, bobs], people: [ALICE, bob('active', '2026-11-10')] },
    { at: '11-11 06:00', says: [alices, bobs] },
    { at: '11-11 12:00', says: [alices, gone] },
    { at: '11-13 12:00', says: [alices, gone, ...events.map((event) => audit({ targetId: 'uB', ...event }))] },
  ]
  const early = await ledger(steps({ at: moment('11-10 09:00') }))
  expect(early.leavers[0]!.why).toBe(
    "The vendor's log has access end at 2026-11-10 09:00 UTC, and our reading of 2026-11-11 06:00 UTC still shows it.",
  )
  const again = await ledger(
    steps(
      { at: moment('11-11 08:00') },
      { at: moment('11-12 08:00'), action: 'RESTORE' },
      { at: moment('11-12 09:00'), group: 'g2' },
    ),
  )
  expect(again.leavers[0]!.why).toBe(
    "The vendor's log has access come back at 2026-11-12 08:00 UTC, which no reading showed.",
  )
  // Suspended and deleted later: the first ended it.
  const both = await ledger(steps({ at: moment('11-11 08:00') }, { at: moment('11-11 09:00'), action: 'DELETE' }))
  expect(both.leavers[0]).toMatchObject({ clock: 'within', witness: { at: moment('11-11 08:00') } })
})

test('of two accounts the later decides, and the log must tell of both where they went together', async () => {
  const second = account({ key: 'uB2', login: 'bob@other.example' })
  const steps = (events: Parameters<typeof audit>[0][]): Step[] => [
    {
      at: '11-09 09:00',
      says: [alices, bobs, second],
      people: [ALICE, bob('active', '2026-11-10', 'employee,bob@other.example')],
    },
    { at: '11-11 20:00', says: [alices, bobs, second] },
    { at: '11-12 08:00', says: [alices, gone, ...events.map((event) => audit(event))] },
  ]
  const one = { at: moment('11-11 21:00'), targetId: 'uB', target: 'bob@example.com' }
  const other = { at: moment('11-11 22:00'), action: 'DELETE', targetId: 'uB2', target: 'bob@other.example' }
  expect((await ledger(steps([one]))).leavers[0]).toMatchObject({ clock: 'not_determinable', witness: null })
  const both = await ledger(steps([one, other]))
  expect(both.leavers[0]).toMatchObject({ clock: 'within', witness: { at: other.at } })
  expect(both.leavers[0]!.accounts).toEqual(['bob@example.com', 'bob@other.example'])
})

test('an announced end that has not come, and a service identity, are no leavers', async () => {
  const { leavers } = await ledger([
    {
      at: '11-09 09:00',
      says: [alices, bobs],
      people: [ALICE, bob('active', '2026-12-31'), 'ci@example.com,CI,left,2026-11-01,service,'],
    },
    { at: '11-10 09:00', says: [alices, bobs] },
  ])
  expect(leavers).toEqual([])
})

test('while the time is not over access may still be there; that is told apart', async () => {
  const { leavers, result } = await ledger(
    [
      { at: '11-09 09:00', says: [alices, bobs], people: [ALICE, bob('active', '2026-11-10')] },
      { at: '11-11 09:00', says: [alices, bobs] },
    ],
    { to: '11-11 10:00' },
  )
  expect(leavers[0]).toMatchObject({ clock: 'open', lateMs: null, why: null })
  expect(result('ID-02')).toMatchObject({ population: 0, says: 'nobody left; 1 more still within its time' })
})
