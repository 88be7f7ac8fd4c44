/** `review`: frozen accounts go out as a table, decisions come back, and each removal is followed until a pull shows it. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse } from 'csv-parse/sync'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { ReviewSigned } from '../../src/domain/review.ts'
import { HOUR } from '../../src/domain/time.ts'
import { exhibit } from '../helpers/cli.ts'
import { healthyWorld } from '../helpers/healthy-world.ts'
import {
  FIVE_SOURCES,
  someChecks,
  type TestInstallation,
  testClock,
  testInstallation,
} from '../helpers/installation.ts'
import { stringify } from '../helpers/sheets.ts'

type Cells = Record<string, string>
type Listed = {
  reviews: {
    frozen: { id: string }
    signed: ReviewSigned | null
    followUps: { login: string; decision: string; doneAt: string | null; how: string | null }[]
  }[]
}

let folder: string
let installation: TestInstallation
const sheet = (): string => join(folder, 'review.csv')
const review = (...argv: string[]) => exhibit(installation, 'review', ...argv)
const listed = async (): Promise<Listed['reviews']> =>
  (JSON.parse((await review('list', '--format', 'json')).out) as Listed).reviews

/** A name that a spreadsheet would run, and letters of elsewhere. */
const FORMULA = '=HYPERLINK("https://evil.example";"Zoë\n東京")'
const REVIEWER = 'grace.reviewer@fleet.example'

async function open(): Promise<void> {
  folder = mkdtempSync(join(tmpdir(), 'exhibit-review-'))
  const clock = testClock('2026-11-20T09:00:00.000Z')
  const world = healthyWorld(new Date(clock.wall()))
  world.tailscale.users[1]!['displayName'] = FORMULA
  installation = await testInstallation({ clock, world, checks: someChecks })
  await installation.sync()
}
async function close(): Promise<void> {
  await installation.close()
  rmSync(folder, { recursive: true, force: true })
}

async function exported(): Promise<Cells[]> {
  const said = await review('export', '--system', 'tailnet', '-o', sheet())
  expect(said.code, said.err).toBe(0)
  return rowsIn(sheet())
}

function rowsIn(file: string): Cells[] {
  return parse(readFileSync(file), { bom: true, columns: true }) as Cells[]
}

const kept = (rows: readonly Cells[]): Cells[] => rows.map((row) => ({ ...row, decision: 'keep', reviewer: REVIEWER }))

async function imported(rows: readonly Cells[], separator = ',') {
  writeFileSync(sheet(), stringify(rows, separator))
  return review('import', sheet(), '--by', 'Grace R.')
}

describe('export', () => {
  beforeAll(open)
  afterAll(close)

  test('writes every account as it stood, with the person it belongs to, and seals which they are', async () => {
    const rows = await exported()
    const users = installation.world.tailscale.users
    expect(rows.map(({ account }) => account)).toEqual(users.map(({ id }) => id as string).toSorted())
    expect(Object.keys(rows[0]!).slice(0, 3)).toEqual(['review', 'account', 'login'])
    expect(Object.keys(rows[0]!).slice(-4)).toEqual(['decision', 'new role', 'reason', 'reviewer'])
    expect(new Set(rows.map(({ review: id }) => id))).toEqual(new Set(['R-1']))
    expect(rows.map(({ personStatus }) => personStatus)).toContain('shared')
    const [leaf] = await installation.store.leavesOf('review')
    const [run] = await installation.store.runs(1)
    expect(JSON.parse(leaf!.body)).toMatchObject({
      act: 'frozen',
      id: 'R-1',
      system: 'tailnet',
      run: run!.id,
      frozenAt: run!.snapshotAt,
      accounts: rows.length,
      by: 'eve@laptop',
    })
  })

  test('again at the same run is the same review while nobody has decided', async () => {
    await exported()
    const said = await review('export', '--system', 'tailnet', '-o', sheet())
    expect(said.err).toContain('frozen before')
    expect(await installation.store.leavesOf('review')).toHaveLength(1)
  })

  test.each([
    ['a system that is none', ['--system', 'elsewhere'], /known are tailnet/],
    ['a vendor of agents', ['--system', 'edr'], /no system whose accounts are read/],
    ['a moment before the first run', ['--system', 'tailnet', '--as-of', '2026-01-01'], /no run was sealed/],
  ])('%s is refused', async (_, argv, says) => {
    const { code, err } = await review('export', '-o', sheet(), ...argv)
    expect(code).toBe(64)
    expect(err).toMatch(says)
  })

  test('says where the roster was not read in that run', async () => {
    installation.writeRoster('no such columns\n')
    installation.clock.pass(HOUR)
    await installation.sync()
    const { code, err } = await review('export', '--system', 'tailnet', '-o', sheet())
    expect(code).toBe(0)
    expect(err).toMatch(/roster is failed: whose the accounts are is told by its reading of 2026-11-20 09:00/)
  })

  test('over accounts that could not be read is refused: a review of what nobody saw is none', async () => {
    installation.vendors.servers['tailscale']!.faults.add({ kind: 'status', status: 403 })
    installation.clock.pass(HOUR)
    await installation.sync()
    const { code, err } = await review('export', '--system', 'tailnet', '-o', sheet())
    expect(code).toBe(64)
    expect(err).toMatch(/the accounts of tailnet were not read in the run .*: it is (failed|paused)/)
  })
})

describe('import', () => {
  beforeEach(open)
  afterEach(close)

  test('signs what was decided, every account once, and says what is to be done where', async () => {
    const rows = kept(await exported())
    rows[0] = { ...rows[0]!, decision: ' Remove ', reason: '=left last week' }
    rows[2] = { ...rows[2]!, decision: 'CHANGE  ROLE', 'new role': 'Auditor', reason: 'reads only' }
    const said = await imported(rows)
    expect(said.err).toBe('')
    expect(said.code).toBe(0)
    expect(said.out).toContain(`${rows.length - 2} keep, 1 remove, 1 change role, signed by Grace R.`)
    expect(said.out).toContain('login.tailscale.com/admin/users')
    expect(said.out).toContain(`${rows[0]!['login']}: Suspend user or Delete user`)
    expect(said.out).toContain(`${rows[2]!['login']}: Edit role, auditor`)
    const leaf = (await installation.store.leavesOf('review')).at(-1)!
    const signed = JSON.parse(leaf.body) as ReviewSigned
    expect(signed).toMatchObject({ act: 'signed', id: 'R-1', by: 'Grace R.', accounts: rows.length })
    expect(signed.decisions.map(({ account }) => account)).toEqual(rows.map(({ account }) => account))
    expect(signed.decisions[0]).toEqual({
      account: rows[0]!['account'],
      login: rows[0]!['login'],
      decision: 'remove',
      newRole: null,
      reason: '=left last week',
      reviewer: REVIEWER,
    })
  })

  test.each([
    ['in another order of rows', (rows: Cells[]) => rows.toReversed(), ','],
    ['with the separator of another country', (rows: Cells[]) => rows, ';'],
    ['with the columns in another order', (rows: Cells[]) => rows.map(reversedColumns), ','],
    ['without the apostrophes that kept formulas from running', (rows: Cells[]) => rows.map(unguarded), ','],
    ['with the line ends of a spreadsheet inside cells', (rows: Cells[]) => rows.map(windowsLines), ','],
  ])('takes the table %s', async (_, changed, separator) => {
    const said = await imported(changed(kept(await exported())), separator)
    expect(said.err).toBe('')
    expect(said.code).toBe(0)
  })

  test('a second time is refused with when it was signed', async () => {
    const rows = kept(await exported())
    await imported(rows)
    const { code, err } = await imported(rows)
    expect(code).toBe(64)
    expect(err).toMatch(/R-1 was signed already at 2026-11-20T09:\d\d.* by Grace R\./)
    expect(await installation.store.leavesOf('review')).toHaveLength(2)
  })
})

describe('what is not as it went out', () => {
  beforeAll(open)
  afterAll(close)

  type Mistake = [name: string, change: (rows: Cells[]) => Cells[], says: RegExp]
  const at =
    (index: number, over: (row: Cells) => Cells) =>
    (rows: Cells[]): Cells[] =>
      rows.map((row, place) => (place === index ? { ...row, ...over(row) } : row))
  test.each<Mistake>([
    ['an account left out', (rows) => rows.slice(1), /1 of \d+ accounts have no row: \S+@/],
    ['an account twice', (rows) => [...rows, rows[0]!], /line \d+ names \S+ again, which line 2 has/],
    ['an account that is none', at(0, () => ({ account: 'uX' })), /line 2 names the account "uX"/],
    [
      'another login',
      at(0, () => ({ login: 'a@b.example' })),
      /line 2 changes login of \S+: frozen was .*"a@b.example"/,
    ],
    ['another role', at(0, () => ({ role: 'member?' })), /line 2 changes role of/],
    ['an emptied cell', at(0, () => ({ createdAt: '' })), /line 2 changes createdAt .* here is ""/],
    ['nothing decided', at(0, () => ({ decision: '' })), /line 2 decides nothing about/],
    ['another word', at(0, () => ({ decision: 'maybe' })), /line 2 has "maybe" as decision about/],
    ['no reason', at(0, () => ({ decision: 'remove' })), /line 2 gives no reason for remove of/],
    ['no role', at(0, () => ({ decision: 'change role', reason: 'r' })), /line 2 names no new role/],
    [
      'a role that is none',
      at(0, () => ({ decision: 'change role', reason: 'r', 'new role': 'king' })),
      /line 2 has "king" as new role of .*known are owner, admin/,
    ],
    [
      'the role it has',
      at(0, ({ role }) => ({ decision: 'change role', reason: 'r', 'new role': role! })),
      /line 2 gives \S+ the role \S+, which it has/,
    ],
    ['a role beside keep', at(0, () => ({ 'new role': 'auditor' })), /line 2 names a new role for \S+ and says keep/],
    ['no reviewer', at(0, () => ({ reviewer: ' ' })), /line 2 names no reviewer/],
    ['a reviewer without an address', at(0, () => ({ reviewer: 'Grace' })), /line 2 has "Grace" as reviewer/],
    [
      'a reviewer of their own account',
      at(0, ({ login }) => ({ reviewer: login!.toUpperCase() })),
      /line 2 has \S+ decide about their own account/,
    ],
    ['two reviews in one file', at(1, () => ({ review: 'R-9' })), /line 3 belongs to the review "R-9"/],
    ['a review that nobody froze', (rows) => rows.map((row) => ({ ...row, review: 'R-7' })), /no review "R-7"/],
    [
      'a column more',
      (rows) => rows.map((row) => ({ ...row, notes: 'x' })),
      /line 1 names "notes" as a column: valid are/,
    ],
    ['a column less', (rows) => rows.map(({ lastSeen: _, ...row }) => row), /line 1 has no column lastSeen/],
  ])('%s is refused by its line, and nothing is sealed', async (_, change, says) => {
    const { code, err } = await imported(change(kept(await exported())))
    expect(code).toBe(64)
    expect(err).toMatch(says)
    expect(await installation.store.leavesOf('review')).toHaveLength(1)
  })

  test.each([
    ['that is not there', null, /cannot be read \(ENOENT\)/],
    ['that is empty', '', /the file is empty/],
    ['in the letters of another code page', Buffer.from('review,account\nZo\xeb,1', 'latin1'), /not UTF-8/],
    ['with an open quote', '"review,account', /a quote is not closed/],
  ])('a file %s is refused', async (_, text, says) => {
    const file = join(folder, 'other.csv')
    if (text !== null) writeFileSync(file, text)
    const { code, err } = await review('import', file)
    expect(code).toBe(64)
    expect(err).toMatch(says)
  })
})

describe('what was decided is followed', () => {
  beforeEach(open)
  afterEach(close)

  const decide = async (decisions: Readonly<Record<string, Partial<Cells>>>) => {
    const rows = kept(await exported()).map((row) => ({ ...row, ...decisions[row['account']!] }))
    expect((await imported(rows as Cells[])).err).toBe('')
  }
  const users = () => installation.world.tailscale.users
  const goOn = async () => {
    installation.clock.pass(HOUR)
    await installation.sync()
  }

  test('until the first reading that no longer has the account, has it suspended, or has the role', async () => {
    const [one, two, three] = users().map((user) => user['id'] as string)
    await decide({
      [one!]: { decision: 'remove', reason: 'left' },
      [two!]: { decision: 'remove', reason: 'left' },
      [three!]: { decision: 'change role', 'new role': 'billing-admin', reason: 'pays' },
    })
    await goOn()
    expect((await listed())[0]!.followUps.map(({ doneAt }) => doneAt)).toEqual([null, null, null])
    const table = (await review('list')).out
    expect(table).toContain('open')
    expect(table).toContain('change role: billing-admin')

    users().find(({ id }) => id === two)!['status'] = 'suspended'
    users().find(({ id }) => id === three)!['role'] = 'billing-admin'
    await goOn()
    const half = new Map((await listed())[0]!.followUps.map(({ login, how }) => [login, how]))
    expect([...half.values()].toSorted()).toEqual([null, 'role', 'suspended'].toSorted())

    users().splice(
      users().findIndex(({ id }) => id === one),
      1,
    )
    await goOn()
    const pull = await installation.store.lastPull('tailnet')
    const gone = (await listed())[0]!.followUps.find(({ how }) => how === 'gone')
    expect(gone!.doneAt).toBe(pull!.collectedAt)
    // Once found done it stays so, whatever comes back.
    users().find(({ id }) => id === two)!['status'] = 'active'
    await goOn()
    expect((await listed())[0]!.followUps.every(({ doneAt }) => doneAt !== null)).toBe(true)
    expect((await review('list')).out).toMatch(/UTC gone\n/)
  })

  test('a source that failed, or left the configuration, says nothing of who is gone', async () => {
    const [one] = users().map((user) => user['id'] as string)
    await decide({ [one!]: { decision: 'remove', reason: 'left' } })
    installation.vendors.servers['tailscale']!.faults.add({ kind: 'status', status: 500 })
    await goOn()
    installation.vendors.servers['tailscale']!.faults.clear()
    const without = installation.reconfigured({
      yaml: '',
      sources: (vendors, roster) =>
        FIVE_SOURCES(vendors, roster)
          .split('\n')
          .filter((line) => !line.includes('kind: tailscale'))
          .join('\n'),
    })
    installation.clock.pass(HOUR)
    await without.sync({ sources: null, respectPauses: false, accept: null }, () => {})
    expect((await listed())[0]!.followUps[0]!.doneAt).toBeNull()
  })

  test('an empty list says how a review begins', async () => {
    expect((await review('list')).out).toContain('review export --system tailnet')
  })
})

function reversedColumns(row: Cells): Cells {
  return Object.fromEntries(Object.entries(row).toReversed())
}
function unguarded(row: Cells): Cells {
  return Object.fromEntries(Object.entries(row).map(([name, cell]) => [name, cell.replace(/^'(?=[=+\-@])/, '')]))
}
function windowsLines(row: Cells): Cells {
  return Object.fromEntries(Object.entries(row).map(([name, cell]) => [name, cell.replaceAll('\n', '\r\n')]))
}
