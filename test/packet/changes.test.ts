/** What people change between two runs: told by the ledger, in the packet's tables, and held against the runs. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse } from 'csv-parse/sync'
import { unzipSync } from 'fflate'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { JsonObject } from '../../src/domain/json.ts'
import { PACKET } from '../../src/domain/packet.ts'
import { DAY, MINUTE, plus } from '../../src/domain/time.ts'
import { canonicalJson } from '../../src/lib/canonical-json.ts'
import { exhibit } from '../helpers/cli.ts'
import {
  EVERYTHING,
  GOVERNED,
  provenChecks,
  type TestInstallation,
  testClock,
  testInstallation,
} from '../helpers/installation.ts'
import { type Files, forged, leavesIn, zipOf } from '../prove/packet-files.ts'

const DAY_ONE = '2026-11-20'
const waiver = (expires: string): string =>
  `waivers: [{ id: W-1, check: client-current, subject: "*", owner: bob@acme.example, approver: eve@acme.example, reason: slow, created: 2026-11-01, expires: ${expires} }]\n`
const ATTESTED = `attestations: [{ id: A-1, check: LOG-05, system: tailnet, answer: pass, by: eve@acme.example, on: 2026-11-01, until: 2027-01-31 }]\n`

let installation: TestInstallation
let folder: string
let files: Record<string, Uint8Array>

const rows = (path: string): Record<string, string>[] =>
  parse(Buffer.from(files[path]!).toString('utf8'), { columns: true, bom: true })

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'exhibit-changes-'))
  const clock = testClock('2026-11-20T09:00:00.000Z')
  installation = await testInstallation({ clock, yaml: GOVERNED })
  const yamls = [
    GOVERNED,
    GOVERNED + waiver('2027-01-31'),
    // Every device with a score falls below it.
    GOVERNED.replace('floor: 70', 'floor: 100') + waiver('2027-02-28') + ATTESTED,
    GOVERNED.replace(
      '  shared-accounts-approved',
      '  idle-accounts-removed: { enabled: false, because: "done by hand" }\n  shared-accounts-approved',
    ),
  ]
  for (const yaml of yamls) {
    await installation.reconfigured({ yaml }).sync(EVERYTHING, () => {})
    clock.pass(15 * MINUTE)
  }
  // The same once more, then without one of the checks, as a release that does not have it, and with it again.
  const fewer = provenChecks.filter(({ ref }) => ref !== 'CS-02')
  for (const checks of [provenChecks, fewer, provenChecks]) {
    await installation
      .reconfigured({ yaml: yamls.at(-1)!.replace(/^ {2}crowdstrike-score.*$/m, ''), checks })
      .sync(EVERYTHING, () => {})
    clock.pass(15 * MINUTE)
  }
  clock.pass(DAY)
  const file = join(folder, 'packet.zip')
  const said = await exhibit(
    installation,
    'packet',
    '--from',
    DAY_ONE,
    '--to',
    DAY_ONE,
    '--at',
    '2026-11-20T09:20:00Z',
    '-o',
    file,
  )
  expect(said.code, said.err).toBe(0)
  files = unzipSync(readFileSync(file))
}, 60_000)

afterAll(async () => {
  await installation.close()
  rmSync(folder, { recursive: true, force: true })
})

test('each change says when, by whom, what from and to what, and how many verdicts it turned', () => {
  const [inForce, ...changes] = rows(PACKET.configuration)
  expect(inForce).toMatchObject({ kind: 'in force', run: 'run-1', by: 'eve@laptop', path: '' })
  const told = changes.map(({ run, by, kind, path, from, to }) => [run, by, kind, path, from, to])
  expect(told.map(([run, by, kind, path]) => `${run} ${by} ${kind} ${path}`)).toEqual([
    'run-2 eve@laptop exclusion waivers.W-1',
    'run-3 eve@laptop attestation attestations.A-1',
    'run-3 eve@laptop threshold checks.crowdstrike-score-meets-floor.params.floor',
    'run-3 eve@laptop exclusion waivers.W-1.expires',
    'run-4 eve@laptop attestation attestations.A-1',
    'run-4 eve@laptop threshold checks.crowdstrike-score-meets-floor.params.floor',
    'run-4 eve@laptop check checks.idle-accounts-removed.because',
    'run-4 eve@laptop check checks.idle-accounts-removed.enabled',
    'run-4 eve@laptop exclusion waivers.W-1',
    'run-5 eve@laptop threshold checks.crowdstrike-score-meets-floor.params.floor',
    'run-6 eve@laptop check checkSet.crowdstrike-score-meets-floor',
    'run-7 eve@laptop check checkSet.crowdstrike-score-meets-floor',
  ])
  expect(told[2]!.slice(4)).toEqual(['70', '100'])
  expect(told[3]!.slice(4)).toEqual(['2027-01-31', '2027-02-28'])
  expect(told[7]!.slice(4)).toEqual(['true', 'false'])
  const turned = changes.map(({ turnedResults, turnedSubjects }) => [Number(turnedResults), Number(turnedSubjects)])
  // A waiver turns no verdict: an accepted failure stays one.
  expect(turned[0]).toEqual([0, 0])
  expect(turned[2]![0]).toBe(1)
  expect(turned[2]![1]).toBeGreaterThan(0)
  // Back again, and the check that is asked no more.
  expect(turned[4]).toEqual([2, turned[2]![1]])
  // A check that the program no longer has gives no result, and gives one again.
  expect(turned.slice(-2)).toEqual([
    [1, 0],
    [1, 0],
  ])
})

test('waivers and attestations are leaves of their own as they come, change and go', () => {
  const acts = rows(PACKET.auditLog).filter(({ kind }) => kind === 'waiver' || kind === 'attestation')
  expect(acts.map(({ kind, by, run, what }) => [kind, by, run, (JSON.parse(what!) as JsonObject)['act']])).toEqual([
    ['waiver', 'eve@laptop', '2', 'created'],
    ['waiver', 'eve@laptop', '3', 'changed'],
    ['attestation', 'eve@laptop', '3', 'created'],
    ['waiver', 'eve@laptop', '4', 'removed'],
    ['attestation', 'eve@laptop', '4', 'removed'],
  ])
})

test('COL-05, reperform and verify agree with it', async () => {
  const found = await installation.store.verify(null, plus(new Date(installation.clock.wall()).toISOString(), DAY))
  expect(found.flatMap(({ failed }) => failed)).toEqual([])
  expect((await exhibit(installation, 'reperform', '--from', DAY_ONE)).code).toBe(0)
  const said = await exhibit(installation, 'verify', join(folder, 'packet.zip'))
  expect(said.code, said.out).toBe(0)
})

const all = (): Files => new Map(Object.entries(files).map(([path, bytes]) => [path, Buffer.from(bytes)]))
/** Another body in place of the leaf of a kind that a run brought: places stay as they are. */
const instead =
  (kind: string, run: number, change: (body: JsonObject) => JsonObject) =>
  (lines: readonly string[]): string[] =>
    lines.map((line) => {
      const body = JSON.parse(line) as JsonObject
      return body['type'] === kind && body['run'] === run ? canonicalJson(change(body)) : line
    })
const silence = (): JsonObject => ({ type: 'note' })

test.each<[string, RegExp, (lines: readonly string[]) => string[]]>([
  ['a change of which no leaf tells', /0 leaves tell of a change before run 3/, instead('configuration', 3, silence)],
  [
    'a change that leads to another configuration',
    /what is told of the change before run 3 is another/,
    instead('configuration', 3, (body) => ({ ...body, digest: 'ab'.repeat(32) })),
  ],
  [
    'a waiver of which the ledger says nothing',
    /the waivers that it tells are not those of run run-2/,
    instead('waiver', 2, silence),
  ],
])('verify finds, even where the key’s holder signed it: %s', async (_, says, change) => {
  const packet = all()
  const made = forged(packet, change(leavesIn(packet)), installation.keys.current())
  const file = join(folder, 'forged.zip')
  writeFileSync(file, zipOf(made))
  const said = await exhibit(installation, 'verify', file)
  expect(said).toMatchObject({ code: 1, out: expect.stringMatching(says) as string })
})
