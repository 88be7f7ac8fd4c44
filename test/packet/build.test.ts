import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { parse } from 'csv-parse/sync'
import { unzipSync } from 'fflate'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { checks as allChecks } from '../../checks/index.ts'
import { PACKET, type PacketSummary, UNLISTED } from '../../src/domain/packet.ts'
import type { RunInputs } from '../../src/domain/reperform.ts'
import { HOUR, MINUTE } from '../../src/domain/time.ts'
import { openCheckpoint, parseProof } from '../../src/ledger/checkpoint.ts'
import { leafHash } from '../../src/ledger/leaf.ts'
import { verifyConsistency, verifyInclusion } from '../../src/ledger/merkle.ts'
import { vkeyOf } from '../../src/ledger/note.ts'
import { exhibit } from '../helpers/cli.ts'
import { GOVERNED, someChecks, type TestInstallation, testClock, testInstallation } from '../helpers/installation.ts'

const DAY_ONE = '2026-11-20'
/** With one that somebody attested, and one that could not be judged of a device. */
const OPEN = ['break-glass-tested', 'sentinelone-agent-in-service']
const checks = allChecks.filter((check) => someChecks.includes(check) || OPEN.includes(check.id))
/** Of a schedule that the test's clock runs away from. */
const LATE = 'no run although one was due every 15 min'
const WAIVER = `
waivers: [{ id: W-1, check: client-current, subject: "*", owner: bob@acme.example, approver: eve@acme.example, reason: "=vendor image", created: 2026-11-01, expires: 2027-01-31 }]
attestations: [{ id: A-1, check: break-glass-tested, system: tailnet, answer: pass, by: eve@acme.example, on: 2026-11-01, until: 2027-01-31, note: "drill" }]
controls: [{ id: AC-07, text: "Access of leavers is removed", owner: it@acme.example, criteria: { soc2: [CC6.2] }, checks: [ID-02] }]
`

let installation: TestInstallation
let folder: string
let first: Uint8Array
let files: Record<string, Uint8Array>

const text = (path: string): string => Buffer.from(files[path]!).toString('utf8')
const rows = (path: string): Record<string, string>[] => parse(text(path), { columns: true, bom: true })
const json = <T>(path: string): T => JSON.parse(text(path)) as T
const sha = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex')

async function packetTo(name: string, ...more: string[]): Promise<Uint8Array> {
  const file = join(folder, name)
  const said = await exhibit(installation, 'packet', '--from', DAY_ONE, '--to', DAY_ONE, '-o', file, ...more)
  expect(said.err).toContain('wrote')
  expect(said.code).toBe(0)
  return readFileSync(file)
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'exhibit-packet-'))
  const clock = testClock('2026-11-20T09:00:00.000Z')
  installation = await testInstallation({ clock, checks, yaml: GOVERNED + WAIVER })
  for (let run = 0; run < 3; run++) {
    await installation.sync()
    clock.pass(15 * MINUTE)
  }
  clock.pass(3 * HOUR)
  await installation.sync()
  clock.pass(12 * HOUR)
  first = await packetTo('first.zip', '--at', '2026-11-20T09:20:00Z')
  files = unzipSync(first)
}, 60_000)

afterAll(async () => {
  await installation.close()
  rmSync(folder, { recursive: true, force: true })
})

describe('the packet', () => {
  test('is the same to the byte when it is made again, although the ledger went on meanwhile', async () => {
    const again = await packetTo('again.zip', '--at', '2026-11-20T09:20:00Z')
    expect(sha(again)).toBe(sha(first))
  })

  test('lists every file but the manifest, its signatures and the key, with its digest', () => {
    const lines = text(PACKET.manifest).trimEnd().split('\n')
    const listed = new Map(lines.map((line) => [line.slice(66), line.slice(0, 64)]))
    const names = Object.keys(files).filter((name) => !UNLISTED.includes(name))
    expect([...listed.keys()]).toEqual(names.toSorted())
    for (const name of names) expect(listed.get(name), name).toBe(sha(files[name]!))
  })

  test('holds each answer under its own digest, and every answer that its runs rest on', () => {
    const raw = Object.keys(files).filter((name) => name.startsWith('raw/'))
    expect(raw.length).toBeGreaterThan(10)
    for (const name of raw) expect(name.split('/')[2]).toBe(sha(files[name]!))
    const summary = json<PacketSummary>(PACKET.packet)
    const absent = new Set(summary.missing.map(({ source, sha256 }) => `raw/${source}/${sha256}`))
    for (const { run } of summary.runs) {
      for (const { pages, earlier } of json<RunInputs>(`inputs/${run}.json`).pulls) {
        for (const { source, sha256 } of [...pages, ...earlier]) {
          const name = `raw/${source}/${sha256}`
          expect(files[name] !== undefined || absent.has(name), name).toBe(true)
        }
      }
    }
    expect(summary.missing.every(({ because }) => because === 'secret')).toBe(true)
    expect(summary.missing.length).toBeGreaterThan(0)
  })

  test('tells its period, its runs and the moments that they answer', () => {
    const summary = json<PacketSummary>(PACKET.packet)
    expect(summary).toMatchObject({
      schema: 'exhibit.packet/1',
      organization: { id: 'acme', name: 'Acme Corp' },
      demo: false,
      period: { from: '2026-11-20T00:00:00.000Z', to: '2026-11-20T23:59:59.999Z' },
      sealed: 4,
    })
    expect(summary.runs.map(({ sequence, asked }) => [sequence, asked])).toEqual([
      [2, ['2026-11-20T09:20:00.000Z']],
      [4, []],
    ])
    expect(summary.last).toBe(summary.runs[1]!.run)
    expect(json<{ run: string; evaluatedAt: string; snapshotAt: string }>(PACKET.resultsJson)).toMatchObject({
      run: summary.last,
      evaluatedAt: summary.runs[1]!.snapshotAt,
    })
  })

  test('carries a ledger that proves its runs, and that continues the earlier checkpoints', () => {
    const summary = json<PacketSummary>(PACKET.packet)
    const vkey = vkeyOf(summary.checkpoint.origin, installation.keys.current().publicKey)
    const { size, root } = openCheckpoint(text(PACKET.checkpoint), [vkey])
    const leaves = text(PACKET.leaves).trimEnd().split('\n')
    expect(leaves).toHaveLength(size)
    for (const { run, leaf } of summary.runs) {
      const { index, proof, checkpoint } = parseProof(text(`ledger/inclusion/${run}.tlog-proof`))
      expect(index).toBe(leaf)
      expect(checkpoint).toBe(text(PACKET.checkpoint))
      expect(JSON.parse(leaves[leaf]!)).toMatchObject({ type: 'run', id: run })
      expect(verifyInclusion({ index, size, root, proof, leaf: leafHash(leaves[leaf]!) })).toBe(true)
    }
    const earlier = json<{ from: number; to: number; fromRoot: string; toRoot: string; proof: string[] }[]>(
      PACKET.consistency,
    )
    expect(earlier.length).toBeGreaterThan(1)
    for (const { from, to, fromRoot, toRoot, proof } of earlier) {
      expect(verifyConsistency({ from, to, oldRoot: fromRoot, newRoot: toRoot, proof })).toBe(true)
      expect(toRoot).toBe(root)
    }
    // Exports that were sealed since are not in it.
    expect(leaves.map((leaf) => (JSON.parse(leaf) as { type: string }).type)).not.toContain('export')
  })

  test('says how much of the period was evaluated, and why not the rest', () => {
    const coverage = rows(PACKET.coverage)
    const tailnet = coverage.filter(({ what, id }) => what === 'source' && id === 'tailnet')
    expect(tailnet.map(({ state, cause }) => [state, cause])).toEqual([
      ['evaluated', ''],
      ['confirmed', "4 of 4 pulls stand in the vendor's log: it minted a token for us at that time"],
      ['gap', 'before the first run'],
      ['gap', LATE],
      ['gap', `stale; ${LATE}`],
      ['gap', 'after the last run'],
    ])
    expect(Number(tailnet[2]!['seconds'])).toBeGreaterThan(9 * 3600 - 5)
    const gaps = tailnet.slice(2).reduce((sum, { seconds }) => sum + Number(seconds), 0)
    expect(Number(tailnet[0]!['share'])).toBeCloseTo(1 - gaps / 86_400, 3)
    const check = coverage.filter(({ id }) => id === 'offboarded-access-removed')
    expect(check.map(({ cause }) => cause)).toEqual(['', 'before the first run', 'stale', 'after the last run'])
  })

  test('names every call with its answer, and each other pull in a line', () => {
    const requests = rows(PACKET.requests)
    const users = requests.filter(({ path }) => path === '/api/v2/tailnet/-/users')
    expect(users.map(({ run }) => run)).toEqual(json<PacketSummary>(PACKET.packet).runs.map(({ run }) => run))
    const [, last] = users
    expect(last).toMatchObject({ method: 'GET', parameters: 'type=all', status: '200', kept: 'yes' })
    expect(files[`raw/tailnet/${last!['sha256']}`]).toBeDefined()
    const accounts = rows('populations/account.csv').filter(({ run }) => run === last!['run'])
    // The answer tells its accounts, and how many it tells.
    expect(Number(last!['items'])).toBeGreaterThanOrEqual(accounts.length)
    expect(requests.filter(({ method, sequence }) => method === '' && sequence === '3')).toHaveLength(5)
    expect(requests.find(({ method }) => method === 'FILE')).toMatchObject({ source: 'roster', kept: 'yes' })
    expect(JSON.stringify(requests)).not.toMatch(/tskey-|Bearer/)
  })

  test('carries what people decided, and no cell that a spreadsheet would run', () => {
    expect(rows(PACKET.waivers)).toMatchObject([{ id: 'W-1', reason: "'=vendor image", inForce: 'true' }])
    expect(rows(PACKET.attestations)).toMatchObject([{ id: 'A-1', answer: 'pass', by: 'eve@acme.example' }])
    const controls = rows(PACKET.controls)
    expect(controls[0]).toMatchObject({ control: 'AC-07', framework: 'soc2', criterion: 'CC6.2', ref: 'ID-02' })
    expect(controls.some(({ relation }) => relation === 'ours: tests a part')).toBe(true)
    expect(rows(PACKET.configuration)).toMatchObject([{ kind: 'in force', software: '0.0.0-test' }])
    expect(rows(PACKET.auditLog).map(({ kind }) => kind)).toEqual(['key', 'configuration', 'waiver', 'attestation'])
    expect(json(`checks/offboarded-access-removed.json`)).toMatchObject({
      schema: 'exhibit.check/1',
      ref: 'ID-02',
      operator: false,
      judged: [{ parameters: { within: '24h' } }, { system: 'tailnet' }],
    })
    expect(Buffer.from(files[PACKET.report]!.subarray(0, 8)).toString()).toBe('%PDF-1.7')
  })
})

test('the README verifies it by the commands that stand in it, and sees what was changed or added', () => {
  const unpacked = mkdtempSync(join(tmpdir(), 'exhibit-unpacked-'))
  try {
    for (const [name, body] of Object.entries(files)) {
      mkdirSync(dirname(join(unpacked, name)), { recursive: true })
      writeFileSync(join(unpacked, name), body)
    }
    const commands = [...text(PACKET.readme).matchAll(/^ {4}\$ (.+)$/gm)].map(([, command]) => command!)
    const shell = (command: string): string =>
      execFileSync('sh', ['-e', '-c', command], { cwd: unpacked, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
    expect(commands).toHaveLength(10)
    const [digests, added, openssl, ssh, fingerprint, checkpoint, leaf, inclusion, pulls, listings] = commands as [
      string,
      string,
      string,
      string,
      string,
      string,
      string,
      string,
      string,
      string,
    ]
    expect(shell(digests)).not.toMatch(/FAILED/)
    expect(shell(added)).toBe('')
    expect(shell(openssl)).toContain('Signature Verified Successfully')
    expect(shell(ssh)).toContain('Good "exhibit" signature for exhibit@acme')
    const { fingerprint: own, last, runs } = json<PacketSummary>(PACKET.packet)
    expect(shell(fingerprint)).toContain(own)
    expect(shell(checkpoint)).toContain('Signature Verified Successfully')
    const at = runs.find(({ run }) => run === last)!.leaf
    expect(shell(leaf)).toContain(leafHash(text(PACKET.leaves).split('\n')[at]!))
    const { root } = json<PacketSummary>(PACKET.packet).checkpoint
    expect(shell(inclusion)).toBe(`${root}\n${root}\n`)
    // No pull is packed here: period.test.ts has some.
    expect([shell(pulls), shell(listings)]).toEqual(['', ''])

    writeFileSync(join(unpacked, 'raw', 'added.json'), '{}')
    expect(shell(added)).toBe('not listed: raw/added.json\n')
    writeFileSync(join(unpacked, PACKET.waivers), text(PACKET.waivers).replace('bob@', 'rob@'))
    expect(() => shell(digests)).toThrow(/waivers\.csv: FAILED|Command failed/)
    writeFileSync(join(unpacked, PACKET.manifest), text(PACKET.manifest).replace('waivers.csv', 'Waivers.csv'))
    expect(() => shell(openssl)).toThrow(/Signature Verification Failure|Command failed/)
    expect(() => shell(ssh)).toThrow()
  } finally {
    rmSync(unpacked, { recursive: true, force: true })
  }
})

test('each export is sealed in the ledger with who took it and what it was', async () => {
  const leaves = await installation.store.leavesOf('export')
  const [body] = leaves.map((leaf) => JSON.parse(leaf.body) as Record<string, unknown>)
  expect(body).toMatchObject({
    type: 'export',
    what: 'packet',
    format: 'zip',
    by: 'eve@laptop',
    digest: sha(files[PACKET.manifest]!),
    period: { from: '2026-11-20T00:00:00.000Z', to: '2026-11-20T23:59:59.999Z' },
  })
  const before = leaves.length
  expect((await exhibit(installation, 'export', '--kind', 'csv')).code).toBeLessThan(3)
  const after = await installation.store.leavesOf('export')
  expect(after).toHaveLength(before + 1)
  expect(JSON.parse(after.at(-1)!.body)).toMatchObject({ what: 'results', format: 'csv' })
})

test('a period that is not over is told up to its last run, which leaves no gap behind it', async () => {
  const said = await exhibit(
    installation,
    'packet',
    '--from',
    DAY_ONE,
    '--to',
    '2027-01-31',
    '-o',
    join(folder, 'q.zip'),
  )
  expect(said.code).toBe(0)
  const open = unzipSync(readFileSync(join(folder, 'q.zip')))
  const read = (path: string): string => Buffer.from(open[path]!).toString('utf8')
  expect(read(PACKET.readme)).toContain('not over when this was written')
  const coverage: Record<string, string>[] = parse(read(PACKET.coverage), { columns: true, bom: true })
  const tailnet = coverage.filter(({ what, id }) => what === 'source' && id === 'tailnet')
  expect(tailnet.map(({ cause }) => cause)).toEqual([
    '',
    expect.stringContaining('4 of 4 pulls') as string,
    'before the first run',
    LATE,
    `stale; ${LATE}`,
  ])
  expect(tailnet[0]!['to']).toBe((JSON.parse(read(PACKET.packet)) as PacketSummary).runs[0]!.snapshotAt)
})

test('a period without a run, an end before the beginning and a moment before the first run are refused in words', async () => {
  const at = join(folder, 'none.zip')
  const ask = (...more: string[]) => exhibit(installation, 'packet', '-o', at, ...more)
  expect(await ask('--from', '2026-12-01', '--to', '2026-12-02')).toMatchObject({
    code: 64,
    err: expect.stringContaining('no run was sealed between 2026-12-01T00:00:00.000Z and') as string,
  })
  expect((await ask('--from', '2026-11-21', '--to', '2026-11-20')).err).toContain('before it begins')
  const early = await ask('--from', DAY_ONE, '--to', DAY_ONE, '--at', '2026-11-19')
  expect(early).toMatchObject({ code: 64, err: expect.stringContaining('no run was sealed before') as string })
})

test('what is called otherwise after the period has the name of then', async () => {
  const named = rows(PACKET.intervals).find(({ subjectKind, to }) => subjectKind === 'device' && to === '')!
  const device = installation.world.tailscale.devices.find(
    ({ id, nodeId, name }) => [id, nodeId].includes(named['subjectKey']!) || String(name) === named['subjectLabel'],
  )!
  device['name'] = 'called-otherwise.acme.ts.net'
  device['hostname'] = 'called-otherwise'
  await installation.sync()
  const open = await installation.store.findings('open')
  expect(open.some(({ subject }) => subject.label.startsWith('called-otherwise'))).toBe(true)
  expect(sha(await packetTo('renamed.zip', '--at', '2026-11-20T09:20:00Z'))).toBe(sha(first))
})
