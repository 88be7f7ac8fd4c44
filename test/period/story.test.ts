/** Transitions, populations and period results over real runs. */
import { afterEach, expect, test } from 'vitest'
import { deviceKeysExpire } from '../../checks/device-keys-expire.ts'
import { offboardedAccessRemoved } from '../../checks/offboarded-access-removed.ts'
import type { PeriodResult, Transition } from '../../src/domain/period.ts'
import type { AnyRecord, Kind } from '../../src/domain/record.ts'
import { account, audit, blind, device, key, policy, roleEvent } from '../helpers/build.ts'
import { type Lived, lived, moment, type Step, storyOf } from './lived.ts'

let open: Lived[] = []
afterEach(async () => {
  await Promise.all(open.map(({ house }) => house.close()))
  open = []
})

async function told(steps: readonly Step[], options: { yaml?: string; from?: string; to?: string } = {}) {
  const made = await lived(steps, { checks: [offboardedAccessRemoved, deviceKeysExpire], ...options })
  open.push(made)
  return made.story
}

const short = ({ kind, key: id, from, to, bounds, witness, beforeFirstRun }: Transition): string =>
  [
    `${kind} ${id}`,
    `${from ?? ''} → ${to ?? ''}`,
    `${bounds.after?.slice(5, 16) ?? '-'} to ${bounds.before?.slice(5, 16) ?? '-'}`,
    ...(witness === null ? [] : [`log ${witness.at.slice(5, 16)} ${witness.actor}`]),
    ...(beforeFirstRun ? ['before our first run'] : []),
  ].join(' · ')

const alice = account()
const bob = account({ key: 'uB', login: 'bob@example.com' })
const mac = device()
/** A list that is empty all at once is held until somebody accepts it. */
const stays = device({ key: 'nZ', name: 'stays' })
const event = (over: Parameters<typeof audit>[0]): AnyRecord =>
  audit({ targetId: 'uB', target: 'bob@example.com', ...over })

test('what came, went and changed lies between two pulls, with the vendor’s second and actor where its log has them', async () => {
  const phone = device({ key: 'nP', name: 'phone' })
  const ci = device({ key: 'nE', name: 'runner', isEphemeral: true })
  const minted = key({ key: 'kM', keyType: 'api', userId: null })
  const { transitions } = await told([
    { at: '11-10 09:00', says: [alice, mac, stays, policy('{}')] },
    {
      at: '11-10 12:00',
      says: [
        { ...alice, role: 'it-admin', status: 'idle' },
        bob,
        stays,
        phone,
        ci,
        minted,
        key({ key: 'kA' }),
        policy('{ "acls": [] }'),
        roleEvent({ at: moment('11-10 11:00') }),
        event({ at: moment('11-10 10:00'), action: 'CREATE' }),
        // Of another account, before anybody read.
        event({ at: moment('11-10 08:00'), action: 'CREATE', targetId: 'uZ', target: 'zoe@example.com' }),
      ],
    },
    {
      at: '11-10 15:00',
      says: [
        { ...alice, role: 'it-admin' },
        { ...bob, status: 'suspended' },
        stays,
        key({ key: 'kA', revokedAt: moment('11-10 14:00') }),
        policy('{ "acls": [] }'),
      ],
    },
    { at: '11-10 18:00', says: [{ ...alice, role: 'it-admin' }, stays, policy('{ "acls": [] }')] },
  ])
  expect(transitions.map(short)).toEqual([
    'joiner uZ ·  → present · - to 11-10T09:00 · log 11-10T08:00 eve@example.com · before our first run',
    'role-change uA1 · member → it-admin · 11-10T09:00 to 11-10T12:00 · log 11-10T11:00 eve@example.com',
    'joiner uB ·  → present · 11-10T09:00 to 11-10T12:00 · log 11-10T10:00 eve@example.com',
    'gone-device nD1 · present → gone · 11-10T09:00 to 11-10T12:00',
    'new-device nP ·  → present · 11-10T09:00 to 11-10T12:00',
    'new-key kA ·  → present · 11-10T09:00 to 11-10T12:00',
    expect.stringMatching(/^policy-change policy · [0-9a-f]{64} → [0-9a-f]{64} · 11-10T09:00 to 11-10T12:00$/),
    'status-change uB · active → suspended · 11-10T12:00 to 11-10T15:00',
    'gone-device nP · present → gone · 11-10T12:00 to 11-10T15:00',
    'gone-key kA · present → revoked · 11-10T12:00 to 11-10T15:00',
    'leaver uB · present → gone · 11-10T15:00 to 11-10T18:00',
  ])
})

test('a pull that failed shows nothing; what the log alone knows of before our first run is told as that', async () => {
  const { transitions } = await told(
    [
      { at: '11-10 09:00', says: [alice, event({ at: moment('11-09 10:00'), action: 'DELETE' })] },
      { at: '11-10 12:00', says: null },
      { at: '11-10 15:00', says: [alice, bob] },
    ],
    { from: '11-08 00:00' },
  )
  expect(transitions.map(short)).toEqual([
    'leaver uB · present → gone · - to 11-10T09:00 · log 11-09T10:00 eve@example.com · before our first run',
    'joiner uB ·  → present · 11-10T09:00 to 11-10T15:00',
  ])
})

test('a credential that loses a right for a while makes nobody go: only who is not there afterwards has gone', async () => {
  const { transitions } = await told([
    { at: '11-10 09:00', says: [alice, bob, mac] },
    { at: '11-10 12:00', says: [mac], blind: [blind('account')] },
    { at: '11-10 15:00', says: [mac], blind: [blind('account')] },
    { at: '11-10 18:00', says: [alice, mac] },
  ])
  expect(transitions.map(short)).toEqual(['leaver uB · present → gone · 11-10T09:00 to 11-10T18:00'])
})

test('a family of keys that the credential may not list for a while is not revoked', async () => {
  const auth = key({ key: 'kA', keyType: 'auth', userId: 'uA1' })
  const client = key({ key: 'kC', keyType: 'client', userId: 'uA1' })
  const { transitions } = await told([
    { at: '11-10 09:00', says: [alice, auth, client] },
    { at: '11-10 12:00', says: [alice, client], blind: [blind('key', ['auth'])] },
    { at: '11-10 15:00', says: [alice, auth] },
    { at: '11-10 18:00', says: [alice] },
  ])
  expect(transitions.map(short)).toEqual([
    'gone-key kC · present → gone · 11-10T12:00 to 11-10T15:00',
    'gone-key kA · present → gone · 11-10T15:00 to 11-10T18:00',
  ])
})

test('the period begins with what was there: only what happened in it is told', async () => {
  const steps: Step[] = [
    { at: '11-10 09:00', says: [alice, mac, stays] },
    { at: '11-10 12:00', says: [alice, bob, mac, stays] },
    { at: '11-11 09:00', says: [alice, bob, stays] },
  ]
  const { transitions, subjects } = await told(steps, { from: '11-11 00:00' })
  expect(transitions.map(short)).toEqual(['gone-device nD1 · present → gone · 11-10T12:00 to 11-11T09:00'])
  const list = async (kind: Kind) =>
    (await Array.fromAsync(subjects(kind))).map(({ key: id, firstSeen, lastSeen, lastRun, atBegin, atEnd }) =>
      [id, firstSeen.slice(5, 16), lastSeen.slice(5, 16), lastRun, atBegin, atEnd].join(' '),
    )
  expect(await list('account')).toEqual([
    'uA1 11-10T12:00 11-11T09:00 3 true true',
    'uB 11-10T12:00 11-11T09:00 3 true true',
  ])
  expect(await list('device')).toEqual([
    'nD1 11-10T12:00 11-10T12:00 2 true false',
    'nZ 11-10T12:00 11-11T09:00 3 true true',
  ])
})

test('a period of which runs are deleted by the retention rule is not told in part', async () => {
  const made = await lived(
    [
      { at: '11-01 09:00', says: [alice, mac, stays] },
      { at: '11-02 09:00', says: [alice, mac, stays] },
      { at: '11-04 09:00', says: [alice, bob, mac, stays] },
      { at: '11-10 12:00', says: [alice, bob, stays] },
      { at: '11-12 12:00', says: [alice, bob, stays] },
    ],
    { checks: [offboardedAccessRemoved] },
  )
  open.push(made)
  const { house } = made
  const needed = moment('11-09 00:00')
  for (let day = 13; day < 30; day++) {
    const rule = { days: 1, raw: 'all', hold: false, neededFrom: needed } as const
    for (let done = false; !done; ) ({ done } = await house.store.retain(rule, moment(`11-${day} 09:00`)))
  }
  const to = '2026-11-12T23:59:59.999Z'
  const kept = await storyOf(house, { from: needed, to })
  expect(kept.transitions.map(short)).toEqual(['gone-device nD1 · present → gone · 11-04T09:00 to 11-10T12:00'])
  await expect(storyOf(house, { from: moment('11-01 00:00'), to })).rejects.toMatchObject({ code: 'usage' })
})

test('a population names what no check judges, and why', async () => {
  const { subjects } = await told(
    [
      {
        at: '11-10 09:00',
        says: [
          alice,
          account({ key: 'uG', login: 'vic@vendor.example', type: 'shared' }),
          account({ key: 'uS', login: 'ci@example.com' }),
          mac,
          device({ key: 'nT', tags: ['tag:server'] }),
          device({ key: 'nX', isExternal: true }),
        ],
      },
      { at: '11-10 10:00', says: [alice, mac] },
    ],
    { yaml: 'people: { serviceAccounts: [ci@example.com] }\n' },
  )
  const excluded = async (kind: Kind) =>
    (await Array.fromAsync(subjects(kind))).map(({ key: id, excluded: why }) => [id, why])
  expect(await excluded('account')).toEqual([
    ['uA1', null],
    ['uG', 'It is shared in from another tailnet.'],
    ['uS', 'It is a listed service account.'],
  ])
  expect(await excluded('device')).toEqual([
    ['nD1', null],
    ['nT', 'It is tagged, and deviceTrust.scope leaves tagged devices out.'],
    ['nX', 'It is shared in from another tailnet.'],
  ])
})

// ── results ────────────────────────────────────────────────────────────────────────────────────────────────────────

const off = (id: string): AnyRecord => device({ key: id, name: id, keyExpiryDisabled: true })
const on = (id: string): AnyRecord => device({ key: id, name: id })
const unsaid = (id: string): AnyRecord => device({ key: id, name: id, keyExpiryDisabled: null })

test('a period is its own test: who failed once has deviated, who was open once is not determinable, whoever came after', async () => {
  const { results } = await told([
    { at: '11-10 09:00', says: [alice, on('n1'), off('n2'), unsaid('n3'), unsaid('n4')] },
    { at: '11-10 12:00', says: [alice, on('n1'), on('n2'), on('n3'), off('n4')] },
    { at: '11-10 15:00', says: [alice, on('n1'), on('n2'), on('n5')] },
  ])
  const result = results.find(({ ref, what }) => what === 'check' && ref === 'DEV-03')!
  expect(result).toMatchObject({
    id: 'device-keys-expire',
    system: 'tailnet',
    population: 5,
    tested: 4,
    met: 2,
    deviated: 2,
    notDeterminable: 1,
    says: '5 subjects: 2 met, 2 deviated, 1 not determinable',
    longestGapCause: 'before the first run',
  })
})

const WAIVER = (until: string): string =>
  `waivers: [{ id: W-1, check: DEV-03, subject: n2, owner: a@acme.example, approver: b@acme.example, reason: r, created: 2026-11-01, expires: ${until} }]\n`

test('a deviation is accepted only where a waiver held in every run of it', async () => {
  const steps = (yaml: string | undefined): Step[] => [
    { at: '11-10 09:00', says: [alice, on('n2')], yaml: WAIVER('2026-12-01') },
    { at: '11-10 12:00', says: [alice, off('n2')], ...(yaml === undefined ? {} : { yaml }) },
    { at: '11-11 12:00', says: [alice, off('n2')], yaml: WAIVER('2026-12-01') },
  ]
  const waived = async (yaml?: string): Promise<number> =>
    (await told(steps(yaml ?? WAIVER('2026-12-01')))).results.find(({ ref }) => ref === 'DEV-03')!.waived
  expect(await waived()).toBe(1)
  expect(await waived('')).toBe(0)
  expect(await waived(WAIVER('2026-11-09'))).toBe(0)
})

test('a control is told by its mapped checks and never passes; the organisation’s own come before the frameworks’', async () => {
  const yaml = 'controls:\n  - { id: AC-1, text: Leavers lose access, checks: [ID-02, device-keys-expire] }\n'
  const { results } = await told(
    [
      {
        at: '11-10 09:00',
        says: [alice, bob, on('n1')],
        people: ['alice@example.com,Alice,active,,employee,', 'bob@example.com,Bob,active,2026-11-10,employee,'],
      },
      { at: '11-11 09:00', says: [alice, off('n1')] },
    ],
    { yaml },
  )
  const [own, ...criteria] = results.filter(({ what }) => what !== 'check')
  expect(own).toMatchObject({
    what: 'control',
    id: 'AC-1',
    checks: { met: 1, mapped: 2 },
    says: '1 of 2 mapped checks met, 1 with deviations; other parts of each control are not tested here',
  })
  expect(criteria.length).toBeGreaterThan(3)
  expect(criteria.every(({ what }) => what === 'criterion')).toBe(true)
  expect(criteria.find(({ id }) => id === 'soc2 CC6.3')!.checks).toEqual({ met: 1, mapped: 1 })
  const words = results.map(({ says }: PeriodResult) => says).join(' ')
  expect(words).not.toMatch(/pass/)
  for (const { population, met, deviated, notDeterminable, tested } of results) {
    expect([met + deviated + notDeterminable, met + deviated]).toEqual([population, tested])
  }
})
