/** Identity is never guessed: 60 pairs, no wrong join, and every non-join says why. */
import { describe, expect, test } from 'vitest'
import {
  accountByLogin,
  accountOfDevice,
  accountsOf,
  agentOf,
  departed,
  type Owner,
  ownerOf,
  seenWithin,
  silent,
  unknownFor,
} from '../../src/domain/match.ts'
import type { Account, Agent, Device } from '../../src/domain/record.ts'
import { DAY, HOUR, MINUTE } from '../../src/domain/time.ts'
import { account, agent, ago, device, enrolment, NOW, person, settings, snapshotOf } from '../helpers/build.ts'

// ── accounts and people ────────────────────────────────────────────────────────────────────────────────────────────

/** Everybody at once, so that a login has every chance to find the wrong one. */
const PEOPLE = [
  person({ email: 'alice@example.com', aliases: ['alice@github', 'a.architect@example.com'] }),
  person({ email: 'bob@example.com', aliases: ['ops@example.com'] }),
  person({ email: 'carol@example.com', aliases: ['ops@example.com'] }),
  person({ email: 'erik@example.com' }),
  person({ email: 'ian@example.com' }),
  person({ email: 'jos\u00e9@example.com' }),
  person({ email: 'dana.lee@example.com' }),
  person({ email: 'ci@example.com', type: 'service' }),
]
const ALIASES = {
  'bobby@github': 'bob@example.com',
  'Erik@Passkey': 'Erik@Example.com',
  'nobody@github': 'left@example.com',
}
const SERVICES = ['Backup@example.com']

const why = ({ person: found, exempt, candidates }: Owner): string =>
  exempt ?? found?.email ?? (candidates.length === 0 ? 'nobody' : 'several')

describe('an account belongs to the person of exactly its address or a declared alias', () => {
  const crowd = snapshotOf(PEOPLE, { settings: { people: { aliases: ALIASES, serviceAccounts: SERVICES } } })

  test.each([
    { name: 'the address', login: 'alice@example.com', want: 'alice@example.com' },
    { name: 'the address in capitals', login: 'ALICE@EXAMPLE.COM', want: 'alice@example.com' },
    { name: 'an alias of the roster', login: 'alice@github', want: 'alice@example.com' },
    { name: 'an alias in capitals', login: 'Alice@GitHub', want: 'alice@example.com' },
    { name: 'a second alias', login: 'a.architect@example.com', want: 'alice@example.com' },
    { name: 'an alias of the configuration', login: 'bobby@github', want: 'bob@example.com' },
    { name: 'an alias of the configuration, spelled otherwise', login: 'erik@passkey', want: 'erik@example.com' },
    { name: 'a composed accent', login: 'jos\u00e9@example.com', want: 'jos\u00e9@example.com' },
    { name: 'a composed accent in capitals', login: 'JOS\u00c9@example.com', want: 'jos\u00e9@example.com' },
    { name: 'an alias of two people', login: 'ops@example.com', want: 'several' },
    { name: 'an alias whose address is in no roster', login: 'nobody@github', want: 'nobody' },
    { name: 'a GitHub login without a declared alias', login: 'bob@github', want: 'nobody' },
    { name: 'a passkey login without a declared alias', login: 'alice@passkey', want: 'nobody' },
    { name: 'a plus address', login: 'alice+ci@example.com', want: 'nobody' },
    { name: 'a plus address without a tag', login: 'alice+@example.com', want: 'nobody' },
    { name: 'a dot that Gmail would ignore', login: 'danalee@example.com', want: 'nobody' },
    { name: 'a dot more', login: 'b.ob@example.com', want: 'nobody' },
    { name: 'the same name at a subdomain', login: 'alice@eu.example.com', want: 'nobody' },
    { name: 'the same name at another domain', login: 'alice@example.org', want: 'nobody' },
    { name: 'the name alone', login: 'alice', want: 'nobody' },
    { name: 'a Cyrillic a', login: '\u0430lice@example.com', want: 'nobody' },
    { name: 'a Cyrillic o in the domain', login: 'bob@example.c\u043em', want: 'nobody' },
    { name: 'a Greek omicron', login: 'b\u03bfb@example.com', want: 'nobody' },
    { name: 'a digit for a letter', login: 'a1ice@example.com', want: 'nobody' },
    { name: 'a capital I for an l', login: 'aIice@example.com', want: 'nobody' },
    { name: 'a Kelvin sign for a k', login: 'eri\u212a@example.com', want: 'nobody' },
    { name: 'a dotless i', login: '\u0131an@example.com', want: 'nobody' },
    { name: 'a Turkish capital I with a dot', login: '\u0130an@example.com', want: 'nobody' },
    { name: 'a decomposed accent', login: 'jose\u0301@example.com', want: 'nobody' },
    { name: 'no accent', login: 'jose@example.com', want: 'nobody' },
    { name: 'full-width letters', login: '\uff42\uff4f\uff42@example.com', want: 'nobody' },
    { name: 'a zero-width space inside', login: 'bo\u200bb@example.com', want: 'nobody' },
    { name: 'a blank at the end', login: 'bob@example.com ', want: 'nobody' },
    { name: 'an empty login', login: '', want: 'nobody' },
    { name: 'a property of every object', login: 'constructor', want: 'nobody' },
    { name: 'a listed service account', login: 'backup@EXAMPLE.com', want: 'service' },
    { name: 'a service account of the roster', login: 'ci@example.com', want: 'service' },
    { name: 'shared in with the address of one of ours', login: 'alice@example.com', type: 'shared', want: 'shared' },
  ])('$name', ({ login, type = 'member', want }) => {
    expect(why(ownerOf(crowd, account({ login, type })))).toBe(want)
  })

  test('how the person was found is said', () => {
    const method = (login: string) => ownerOf(crowd, account({ login })).method
    expect([method('alice@example.com'), method('alice@github'), method('bobby@github')]).toEqual([
      'e-mail',
      'alias',
      'alias',
    ])
    expect(method('ops@example.com')).toBeNull()
  })

  test('both people of a shared alias are named', () => {
    const { candidates } = ownerOf(crowd, account({ login: 'ops@example.com' }))
    expect(candidates.map(({ email }) => email)).toEqual(['bob@example.com', 'carol@example.com'])
  })

  test('a person’s accounts are all of them, those shared in aside', () => {
    const own = [account(), account({ key: 'uA2', login: 'alice@github' })]
    const foreign = account({ key: 'uA3', login: 'a.architect@example.com', type: 'shared' })
    const snapshot = snapshotOf([PEOPLE[0]!, ...own, foreign])
    expect(accountsOf(snapshot, PEOPLE[0]!).map(({ key }) => key)).toEqual(['uA1', 'uA2'])
  })
})

test.each([
  { name: 'employed', over: {}, want: false },
  { name: 'the end date is over', over: { endDate: '2026-11-19' }, want: true },
  { name: 'the end date is today', over: { endDate: '2026-11-20' }, want: false },
  { name: 'over, whatever the status says', over: { endDate: '2026-11-19', status: 'active' as const }, want: true },
  { name: 'to come, whatever the status says', over: { endDate: '2026-12-31', status: 'left' as const }, want: false },
  { name: 'left on a day that nobody wrote', over: { status: 'left' as const }, want: true },
])('departed: $name', ({ over, want }) => {
  expect(departed(person(over), NOW)).toBe(want)
})

// ── devices and agents ─────────────────────────────────────────────────────────────────────────────────────────────

const S = 'C02XK1ABCD01'
const reporting = (...serials: string[]): Device => device({ serials })
const holding = (serial: string | null, over: Partial<Agent> = {}): Agent => agent({ serial, ...over })

describe('a device meets the agent of exactly its serial number', () => {
  test.each([
    { name: 'the same serial', mine: reporting(S), theirs: [holding(S)], want: '1001' },
    { name: 'other case, blanks around', mine: reporting(` ${S.toLowerCase()} `), theirs: [holding(S)], want: '1001' },
    {
      name: 'blanks inside folded',
      mine: reporting('VMware-42  1A 0D'),
      theirs: [holding('vmware-42 1a 0d')],
      want: '1001',
    },
    { name: 'any of several serials', mine: reporting('BOARD7', S), theirs: [holding(S)], want: '1001' },
    {
      name: 'a filler beside a real one',
      mine: reporting('0', S),
      theirs: [holding(S), holding('0', { key: '9' })],
      want: '1001',
    },
    { name: 'no serial reported', mine: reporting(), theirs: [holding(S)], want: 'no_serial' },
    { name: 'nobody has it', mine: reporting(S), theirs: [holding('OTHER123')], want: 'no_record' },
    { name: 'an agent without a serial', mine: reporting(S), theirs: [holding(null)], want: 'no_record' },
    { name: 'only a removed record', mine: reporting(S), theirs: [holding(S, { removed: true })], want: 'removed' },
    {
      name: 'another vendor’s record',
      mine: reporting(S),
      theirs: [holding(S, { vendor: 'crowdstrike' })],
      want: 'no_record',
    },
    { name: 'the letter O for a zero', mine: reporting('C02XK1ABCDO1'), theirs: [holding(S)], want: 'no_record' },
    { name: 'a Cyrillic C', mine: reporting(`\u0421${S.slice(1)}`), theirs: [holding(S)], want: 'no_record' },
    { name: 'a long s', mine: reporting('\u017f123'), theirs: [holding('S123')], want: 'no_record' },
    { name: 'a dotless i', mine: reporting('\u0131123'), theirs: [holding('I123')], want: 'no_record' },
    { name: 'a serial with more after it', mine: reporting(`${S}X`), theirs: [holding(S)], want: 'no_record' },
    { name: 'a dash more', mine: reporting('C02-XK1ABCD01'), theirs: [holding(S)], want: 'no_record' },
  ])('$name', ({ mine, theirs, want }) => {
    const { agent: found, why: reason } = agentOf(snapshotOf([mine, ...theirs]), mine, 'sentinelone')
    expect(found?.key ?? reason).toBe(want)
  })

  test.each([
    ['', 'N/A', 'na', 'None', 'NULL', 'unknown', '0', '-1', 'System Serial Number'],
    ['To Be Filled By O.E.M.', 'to be filled by o.e.m', 'Default string', 'Not Specified', 'Chassis Serial Number'],
    ['00000000-0000-0000-0000-000000000000', 'XXXXXXXX', '1111111', '........', '  0  ', 'System  Serial  Number'],
  ])('firmware fillers join nothing: %s and others', (...fillers) => {
    for (const filler of fillers) {
      const mine = reporting(filler)
      const match = agentOf(snapshotOf([mine, holding(filler)]), mine, 'sentinelone')
      expect([filler, match.agent, match.why]).toEqual([filler, null, 'placeholder_serial'])
    }
  })

  test('a serial that two devices report joins neither, but an own second serial still does', () => {
    const twin = device({ key: 'nD2', serials: [S] })
    const mine = reporting(S)
    const twins = snapshotOf([mine, twin, holding(S)])
    expect([mine, twin].map((one) => agentOf(twins, one, 'sentinelone').why)).toEqual([
      'shared_serial',
      'shared_serial',
    ])
    const other = reporting(S, 'BOARD7')
    expect(agentOf(snapshotOf([other, twin, holding('BOARD7')]), other, 'sentinelone').agent?.key).toBe('1001')
  })

  test('an external device neither takes a serial away nor borrows an agent by it', () => {
    const mine = reporting(S)
    const foreign = device({ key: 'nX', isExternal: true, serials: [S] })
    const snapshot = snapshotOf([mine, foreign, holding(S)])
    expect(agentOf(snapshot, mine, 'sentinelone').agent?.key).toBe('1001')
    expect(agentOf(snapshot, foreign, 'sentinelone').agent).toBeNull()
  })

  test('of several live records the one last seen counts and the others are named', () => {
    const mine = reporting(S)
    const records = [
      holding(S, { key: 'old', lastSeen: ago(9 * DAY) }),
      holding(S, { key: 'new', lastSeen: ago(HOUR) }),
      holding(S, { key: 'never', lastSeen: null }),
      holding(S, { key: 'ahead', lastSeen: ago(-DAY) }),
      holding(S, { key: 'gone', lastSeen: ago(MINUTE), removed: true }),
    ]
    const match = agentOf(snapshotOf([mine, ...records]), mine, 'sentinelone')
    expect(match.agent?.key).toBe('new')
    expect(match.others.map(({ key }) => key)).toEqual(['old', 'ahead', 'never'])
  })

  test('records seen at the same moment are taken in the order of their keys', () => {
    const mine = reporting(S)
    const keys = (records: Agent[]) => agentOf(snapshotOf([mine, ...records]), mine, 'sentinelone').agent?.key
    expect(keys([holding(S, { key: 'b' }), holding(S, { key: 'a' })])).toBe('a')
  })

  test('Kandji’s device list can call a record removed that Prism still has', () => {
    const mine = reporting(S)
    const mdm = holding(S, { vendor: 'kandji' })
    const match = agentOf(snapshotOf([mine, mdm, enrolment({ isRemoved: true })]), mine, 'kandji')
    expect(match).toMatchObject({ agent: null, why: 'removed', others: [{ key: '1001' }] })
  })

  test('every non-join has the reason that checks give', () => {
    expect(
      (['no_serial', 'placeholder_serial', 'shared_serial', 'no_record', 'removed'] as const).map(unknownFor),
    ).toEqual(['no_serial', 'no_serial', 'no_serial', 'unmatched', 'unmatched'])
  })
})

// ── devices and their owners ───────────────────────────────────────────────────────────────────────────────────────

describe('a device belongs to the account of its login', () => {
  const alice = account()
  test.each([
    { name: 'the login', mine: device(), want: 'uA1' },
    { name: 'the login in capitals', mine: device({ user: 'ALICE@example.com' }), want: 'uA1' },
    { name: 'a look-alike login', mine: device({ user: '\u0430lice@example.com' }), want: null },
    { name: 'an account that is gone', mine: device({ user: 'bob@example.com' }), want: null },
    { name: 'tagged: the tag owns it', mine: device({ tags: ['tag:ci'] }), want: null },
    { name: 'no login said', mine: device({ user: null }), want: null },
  ])('$name', ({ mine, want }) => {
    const found: Account | null = accountOfDevice(snapshotOf([alice, mine]), mine)
    expect(found?.key ?? null).toBe(want)
  })

  test('two tailnets with the same logins and ids do not meet', () => {
    const lab = account({ source: 'lab', role: 'owner' })
    expect(accountByLogin(snapshotOf([alice, lab]), 'alice@example.com')?.role).toBe('member')
  })
})

test.each([
  { name: 'connected', over: { connected: true, lastSeen: null }, want: true },
  { name: 'seen within the window', over: { connected: false, lastSeen: ago(HOUR) }, want: true },
  { name: 'seen before the window', over: { connected: false, lastSeen: ago(3 * DAY) }, want: false },
  { name: 'never online', over: { connected: false, lastSeen: null }, want: false },
  {
    name: 'a time that could not be read',
    over: { connected: false, lastSeen: null, unread: ['lastSeen'] },
    want: null,
  },
  { name: 'a time ahead of us', over: { connected: false, lastSeen: ago(-DAY) }, want: null },
  { name: 'nobody said whether connected', over: { connected: null, lastSeen: null }, want: null },
])('in the tailnet within a day: $name', ({ over, want }) => {
  expect(seenWithin(snapshotOf([]), device(over), DAY)).toBe(want)
})

test.each([
  { name: 'heard from', lastSeen: ago(HOUR), want: false },
  { name: 'exactly at the end of the window', lastSeen: ago(24 * HOUR), want: false },
  { name: 'before the window', lastSeen: ago(25 * HOUR), want: true },
  { name: 'never', lastSeen: null, want: true },
  { name: 'at a time ahead of us', lastSeen: ago(-DAY), want: true },
])('an agent’s silence: $name', ({ lastSeen, want }) => {
  expect(silent(snapshotOf([]), agent({ lastSeen }))).toBe(want)
})

test('a source without a window has no silent agents', () => {
  const sources = settings().sources.map((source) => ({ ...source, syncWindowMs: null }))
  expect(silent(snapshotOf([], { settings: { sources } }), agent({ lastSeen: null }))).toBe(false)
})
