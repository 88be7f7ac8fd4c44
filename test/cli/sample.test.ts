/** `sample`: the frame is sealed first, the seed comes second, and a shell draws the same rows. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { unzipSync } from 'fflate'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { inputsPath, samplePath } from '../../src/domain/packet.ts'
import type { DrawLeaf, FrameLeaf, SampleFile } from '../../src/domain/sample.ts'
import { DAY, HOUR, MINUTE } from '../../src/domain/time.ts'
import { sha256 } from '../../src/lib/digest.ts'
import { type Authority, startAuthority } from '../helpers/authority.ts'
import { exhibit } from '../helpers/cli.ts'
import { healthyWorld } from '../helpers/healthy-world.ts'
import { someChecks, type TestInstallation, testClock, testInstallation } from '../helpers/installation.ts'
import { toolsOrSkip } from '../helpers/tools-at-hand.ts'

const shell = toolsOrSkip('a sample drawn again by a shell', ['bash', 'sha256sum', 'sort', 'head', 'cut'])
const STRANGE = `Zoë "Zed" O’Neil, 東京 $(id) \`x\` 'y'`

let folder: string
let authority: Authority
let installation: TestInstallation

const file = (name: string): string => join(folder, name)
const sample = (...argv: string[]) => exhibit(installation, 'sample', ...argv)
const json = async <T>(...argv: string[]): Promise<T> => {
  const said = await sample(...argv, '--format', 'json')
  expect(said.code, said.err).toBe(0)
  return JSON.parse(said.out) as T
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'exhibit-sample-'))
  authority = await startAuthority()
  const clock = testClock('2026-11-20T09:00:00.000Z')
  const world = healthyWorld(new Date(clock.wall()))
  world.tailscale.devices[0]!['name'] = STRANGE
  installation = await testInstallation({
    clock,
    world: { ...world, roster: `${world.roster}${rosterLine(world.roster)}` },
    checks: someChecks,
    yaml: `ledger: { timestamps: { url: "${authority.url.href}", every: 24h } }`,
  })
  await installation.sync()
})

afterAll(async () => {
  await installation.close()
  await authority.close()
  rmSync(folder, { recursive: true, force: true })
})

/** A person whose address and name are not plain letters, under the columns of the roster. */
function rosterLine(roster: string): string {
  const columns = roster.split(/\r?\n/, 1)[0]!.split(',')
  const cells: Record<string, string> = { email: 'zoë@acme.example', name: STRANGE, status: 'active' }
  return `${columns.map((column) => `"${(cells[column] ?? '').replaceAll('"', '""')}"`).join(',')}\n`
}

/** As an auditor would, with the tools of any system. */
const REDRAW = `
set -euo pipefail
keys=$1 seed=$2 size=$3
sha256sum < "$keys" | cut -c 1-64
while IFS= read -r key; do
  printf '%s  %s\\n' "$(printf '%s%s' "$seed" "$key" | sha256sum | cut -c 1-64)" "$key"
done < "$keys" | LC_ALL=C sort | head -n "$size"
`
function redrawn(keys: string, seed: string, size: number): { digest: string; lines: readonly string[] } {
  writeFileSync(file('redraw.sh'), REDRAW)
  const text = execFileSync('bash', [file('redraw.sh'), keys, seed, String(size)], { encoding: 'utf8' })
  const [digest, ...lines] = text.trimEnd().split('\n')
  return { digest: digest!, lines }
}

const linesOf = ({ rows }: SampleFile): string[] => rows.map(({ order, key }) => `${order}  ${key}`)

describe('a draw', () => {
  test('is refused before a frame is sealed: nobody may know the seed first', async () => {
    const said = await sample('device', '--size', '3', '--seed', '42')
    expect(said.code).toBe(64)
    expect(said.err).toMatch(/no frame of device was sealed before the seed; none was sealed yet/)
    expect(said.err.trimEnd().split('\n')).toHaveLength(1)
    expect(await installation.store.leavesOf('draw')).toEqual([])
  })

  test.runIf(shell).each(['account', 'device', 'person', 'agent', 'key'])(
    'of %s gives the rows that a shell script gives from the keys alone',
    async (kind) => {
      const keys = file(`${kind}.txt`)
      const sealed = await sample(kind, '-o', keys)
      expect(sealed.code).toBe(0)
      expect(sealed.out).toContain('Give this digest to the auditor')
      const seed = `It's "13" & 東京 ${kind}`
      const drawn = await json<SampleFile>(kind, '--size', '3', '--seed', seed)
      expect(drawn.rows).toHaveLength(Math.min(3, drawn.frame.rows))
      const shelled = redrawn(keys, seed, 3)
      expect(shelled.digest).toBe(drawn.frame.digest)
      expect(sealed.out).toContain(drawn.frame.digest)
      expect(shelled.lines).toEqual(linesOf(drawn))
    },
  )

  test('names of every letter keep their place: the frame is in the order of its bytes', async () => {
    const frame = await json<FrameLeaf>('person', '-o', file('people.txt'))
    const keys = readFileSync(file('people.txt'), 'utf8').trimEnd().split('\n')
    expect(keys).toContain('roster/person/zoë@acme.example')
    expect(keys).toEqual(keys.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))))
    expect(sha256(readFileSync(file('people.txt')))).toBe(frame.digest)
    const { rows } = await json<SampleFile>('person', '--size', '999', '--seed', 'all')
    expect(rows.map(({ label }) => label)).toContain('zoë@acme.example')
  })

  test('shows labels as they are: quotes, spaces and letters of elsewhere', async () => {
    const { rows } = await json<SampleFile>('device', '--size', '99', '--seed', 'labels')
    expect(rows.map(({ label }) => label)).toContain(STRANGE)
  })

  test('stands in the ledger after its frame, with who drew and every key in order', async () => {
    const drawn = await json<SampleFile>('account', '--size', '2', '--seed', 'once')
    const [frame] = (await installation.store.leavesOf('frame')).map(({ index, body }) => ({
      index,
      ...(JSON.parse(body) as FrameLeaf),
    }))
    const leaf = (await installation.store.leavesOf('draw')).at(-1)!
    const draw = JSON.parse(leaf.body) as DrawLeaf
    expect(draw).toEqual(drawn.draw)
    expect(draw).toMatchObject({ frame: frame!.id, frameLeaf: frame!.index, seedFrom: 'auditor', by: 'eve@laptop' })
    expect(draw.keys).toEqual(drawn.rows.map(({ key }) => key))
    expect(leaf.index).toBeGreaterThan(draw.frameLeaf)
    // The frame is what was there at its run, and the rows say which that is.
    const run = (await installation.store.runs(1))[0]!
    expect(drawn.rows.every((row) => row.run === run.id && row.at === run.snapshotAt)).toBe(true)
  })

  test('drawn again is the same draw, and writes nothing', async () => {
    const first = await json<SampleFile>('account', '--size', '2', '--seed', 'again')
    const leaves = await installation.store.leavesOf('draw')
    installation.clock.pass(MINUTE)
    expect(await json<SampleFile>('account', '--size', '2', '--seed', 'again')).toEqual(first)
    expect(await installation.store.leavesOf('draw')).toEqual(leaves)
  })

  test('of more than there is draws all, and says so', async () => {
    const said = await sample('account', '--size', '1000', '--seed', 'many')
    expect(said.code).toBe(0)
    expect(said.err).toMatch(/the frame has \d+ rows, fewer than the 1000 asked for: all are drawn/)
  })

  test('-o writes the file that a packet takes', async () => {
    const said = await sample('account', '--size', '2', '--seed', 'filed', '-o', file('s.json'))
    expect(said.err).toContain('packet --sample')
    const written = JSON.parse(readFileSync(file('s.json'), 'utf8')) as SampleFile
    expect(written.schema).toBe('exhibit.sample/1')
    expect(written.rows.map(({ key }) => key)).toEqual(written.draw.keys)
    expect(said.out).toContain(written.rows[0]!.key)
  })
})

describe('a frame', () => {
  test('sealed twice over the same population is one frame', async () => {
    const before = await installation.store.leavesOf('frame')
    const said = await sample('account')
    expect(said.out).toContain('sealed before')
    expect(await installation.store.leavesOf('frame')).toEqual(before)
  })

  test('as of a day stays that of its run, whatever is read later', async () => {
    const sealed = await json<FrameLeaf>('device', '--as-of', '2026-11-20')
    installation.clock.pass(15 * MINUTE)
    await installation.sync()
    const drawn = await json<SampleFile>('device', '--as-of', '2026-11-20', '--size', '1', '--seed', 'later')
    expect(drawn.frame.id).toBe(sealed.id)
    const newer = await json<FrameLeaf>('device')
    expect(newer.span).not.toEqual(sealed.span)
    expect((await json<SampleFile>('device', '--size', '1', '--seed', 'newest')).frame.id).toBe(newer.id)
    expect((await json<SampleFile>('device', '--frame', sealed.id, '--size', '1', '--seed', 'x')).frame.id).toBe(
      sealed.id,
    )
  })

  test('of a period holds what came and what went, each with the last run that had it', async () => {
    const { world, clock } = installation
    const gone = world.tailscale.users[0]!
    const last = (await installation.store.runs(1))[0]!
    clock.pass(DAY)
    world.tailscale.users.splice(0, 1)
    await installation.sync()
    const drawn = async () => {
      await sample('account', '--from', '2026-11-20', '--to', '2026-11-22')
      return json<SampleFile>('account', '--from', '2026-11-20', '--to', '2026-11-22', '--size', '99', '--seed', 'p')
    }
    const { rows, frame } = await drawn()
    const newest = (await installation.store.runs(1))[0]!
    // The period is not over: the frame ends with the newest run, which is what can be built again.
    expect(frame.span).toEqual({ from: '2026-11-20T00:00:00.000Z', to: newest.snapshotAt })
    expect(rows.find(({ key }) => key === `tailnet/account/${gone.id}`)).toMatchObject({
      run: last.id,
      at: last.snapshotAt,
    })
    expect(rows.filter(({ run }) => run === newest.id)).toHaveLength(rows.length - 1)
  })
})

describe('what happened in a period can be drawn too', () => {
  const period = ['--from', '2026-11-20', '--to', '2026-11-30']
  const users = () => installation.world.tailscale.users
  let leaver: string
  const seal = async (kind: string) => {
    const keys = file(`${kind}.txt`)
    await json<FrameLeaf>(kind, ...period, '-o', keys)
    const drawn = await json<SampleFile>(kind, ...period, '--size', '50', '--seed', 'events')
    if (shell) expect(redrawn(keys, 'events', 50).lines).toEqual(linesOf(drawn))
    return drawn
  }
  beforeAll(async () => {
    const [first, second] = users()
    second!['role'] = 'auditor'
    leaver = String(second!['loginName'])
    const line = new RegExp(`^(${leaver},.*),active,([^,]*),,`, 'm')
    installation.writeRoster(installation.world.roster.replace(line, '$1,left,$2,2026-11-20,'))
    users().push({ ...first, id: 'uJOIN1CNTRL', loginName: 'jo.joined@fleet.example', displayName: 'Jo' })
    installation.clock.pass(HOUR)
    await installation.sync()
    users().splice(users().length - 1, 1)
    installation.world.tailscale.policy += '\n// another comment\n'
    installation.clock.pass(HOUR)
    await installation.sync()
  })

  test('who joined, under the moment of the first run that showed it', async () => {
    const { rows } = await seal('joiner')
    const joined = rows.filter(({ label }) => label === 'jo.joined@fleet.example')
    expect(joined).toHaveLength(1)
    const { key, run, at } = joined[0]!
    const runs = await installation.store.runsBetween('2026-11-20T00:00:00.000Z', '2026-11-30T00:00:00.000Z')
    expect(key).toBe(`tailnet/account/uJOIN1CNTRL@${at}`)
    expect(runs.find(({ id }) => id === run)?.snapshotAt).toBe(at)
  })

  test('whose role changed, with what was and what is', async () => {
    const { rows } = await seal('role-change')
    expect(rows.map(({ label }) => label).join()).toMatch(/@fleet\.example \(\w[\w-]* → auditor\)/)
  })

  test('who left, from the ledger of leavers', async () => {
    const { rows } = await seal('leaver')
    expect(rows.map(({ key }) => key)).toEqual([`tailnet/person/${leaver}@2026-11-21T00:00:00.000Z`])
  })

  test('how often the policy changed', async () => {
    expect((await seal('policy-change')).rows.map(({ key }) => key).join()).toContain('tailnet/policy/policy@')
  })
})

describe('packet --sample', () => {
  const packet = (...argv: string[]) =>
    exhibit(installation, 'packet', '--from', '2026-11-20', '--to', '2026-11-30', '-o', file('p.zip'), ...argv)

  test('packs the sample and the run that shows each row, and verifies', async () => {
    // Drawn of a period: rows that are gone by its end have their evidence in an earlier run.
    await sample('account', '--from', '2026-11-20', '--to', '2026-11-30')
    await sample(
      'account',
      '--from',
      '2026-11-20',
      '--to',
      '2026-11-30',
      '--size',
      '99',
      '--seed',
      's',
      '-o',
      file('s.json'),
    )
    const { rows, draw } = JSON.parse(readFileSync(file('s.json'), 'utf8')) as SampleFile
    expect(new Set(rows.map(({ run }) => run)).size).toBeGreaterThan(1)
    const said = await packet('--sample', file('s.json'))
    expect(said.err).toContain('wrote')
    expect(said.code).toBe(0)
    const entries = Object.keys(unzipSync(readFileSync(file('p.zip'))))
    expect(entries).toContain(samplePath(draw.id))
    for (const { run } of rows) expect(entries).toContain(inputsPath(run))
    expect((await exhibit(installation, 'verify', file('p.zip'))).out).not.toMatch(/does not verify/i)
  })

  test.each<[string, (sample: SampleFile) => unknown, RegExp]>([
    ['another seed', (one) => ({ ...one, draw: { ...one.draw, seed: 'mine' } }), /no draw D-\d+ as the file tells it/],
    ['other keys', (one) => ({ ...one, draw: { ...one.draw, keys: one.draw.keys.slice(1) } }), /as the file tells it/],
    ['a draw that is none', (one) => ({ ...one, draw: { ...one.draw, id: 'D-999' } }), /no draw D-999/],
    ['another schema', (one) => ({ ...one, schema: 'exhibit.sample/9' }), /is no sample/],
    ['a list', () => [], /is no sample/],
  ])('refuses a file with %s', async (_, changed, says) => {
    const drawn = await json<SampleFile>('account', '--size', '2', '--seed', 'true')
    writeFileSync(file('false.json'), JSON.stringify(changed(drawn)))
    const { code, err } = await packet('--sample', file('false.json'))
    expect(code).toBe(64)
    expect(err).toMatch(says)
  })
})

describe('a seed from outside', () => {
  test('is the digest of the first stamp over the frame; before there is one, nothing is drawn', async () => {
    const frame = await json<FrameLeaf>('key')
    const early = await sample('key', '--size', '2', '--seed', 'timestamp')
    expect(early.code).toBe(2)
    expect(early.err).toMatch(/No outside time stamp covers the frame F-\d+/)
    installation.clock.pass(2 * DAY)
    await installation.sync()
    const drawn = await json<SampleFile>('key', '--size', '2', '--seed', 'timestamp', '--frame', frame.id)
    const [stamp] = await installation.store.stamps(drawn.draw.frameLeaf + 1)
    expect(drawn.draw).toMatchObject({ seed: sha256(stamp!.reply), seedFrom: 'timestamp' })
  })
})

test.each<[string, string[], RegExp]>([
  ['an unknown kind', ['laptop'], /Allowed choices/],
  ['a seed without a size', ['account', '--seed', '1'], /--size/],
  ['a seed of two lines', ['account', '--size', '1', '--seed', 'a\nb'], /one line/],
  ['an empty seed', ['account', '--size', '1', '--seed', ''], /one line/],
  ['a frame that is none', ['account', '--size', '1', '--seed', '1', '--frame', 'F-99'], /no sealed frame "F-99"/],
  ['the keys of a frame of another kind', ['key', '--frame', 'F-1'], /not of key/],
  ['a frame of another kind', ['key', '--size', '1', '--seed', '1', '--frame', 'F-1'], /not of key/],
  ['a moment and a period', ['account', '--as-of', '2026-11-20', '--from', '2026-11-20'], /one or the other/],
  [
    'a period that ends before it begins',
    ['account', '--from', '2026-11-21', '--to', '2026-11-20'],
    /before it begins/,
  ],
  ['leavers of a moment', ['leaver', '--as-of', '2026-11-20'], /in a period/],
  ['a moment before the first run', ['account', '--as-of', '2026-10-01'], /no run was sealed by/],
])('%s is refused in words', async (_, argv, says) => {
  const { code, err } = await sample(...argv)
  expect(code).toBe(64)
  expect(err).toMatch(says)
})
