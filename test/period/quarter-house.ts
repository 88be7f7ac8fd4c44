/**
 * An installation whose tailnet lives in this process: real configuration, pipeline, checks and SQLite, no network. What
 * the vendor would say is handed over as records; the roster is a real file.
 */
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseConfig } from '../../src/config.ts'
import { csv } from '../../src/connectors/csv/index.ts'
import type { Check } from '../../src/domain/check.ts'
import type { Connector, Reading } from '../../src/domain/connector.ts'
import { AppError } from '../../src/domain/error.ts'
import type { AnyRecord } from '../../src/domain/record.ts'
import type { Blindness } from '../../src/domain/snapshot.ts'
import type { Store } from '../../src/domain/store.ts'
import { fromMillis, type Instant, millis } from '../../src/domain/time.ts'
import { type InstallationCore, installation } from '../../src/installation.ts'
import type { KeyRing } from '../../src/ledger/keys.ts'
import { sha256 } from '../../src/lib/digest.ts'
import { openSqliteStore } from '../../src/store/sqlite.ts'
import { EVERYTHING, type TestClock, type TestInstallation, testClock } from '../helpers/installation.ts'
import { keysIn, testLedger, testWitness } from '../helpers/ledger.ts'

export interface QuarterHouse {
  readonly core: InstallationCore
  readonly store: Store
  /** What commands are asked of. */
  readonly installation: TestInstallation
  /** Moves the clock to the moment and makes a run there, under other lines of exhibit.yaml where they are given. */
  runAt(ms: number, roster: string, yaml?: string): Promise<void>
  /** What the tailnet answers from now on; null: it fails. */
  says: AnyRecord[] | null
  /** What its credential is refused. */
  blind: readonly Blindness[]
  now(): Instant
  setClock(ms: number): void
  readonly folder: string
  readonly clock: TestClock
  readonly keys: KeyRing
  close(): Promise<void>
}

/** Any source whose answer is at hand already. */
function inProcess(house: Pick<QuarterHouse, 'says' | 'blind'>): Connector<{ id: string }> {
  const answers = new Map<string, Reading>()
  let count = 0
  return {
    id: 'tailscale',
    title: 'Tailscale',
    provides: ['account', 'device', 'key', 'policy', 'audit', 'auditlog'],
    rolling: [],
    access: [],
    setUp: [],
    config: { parse: (input) => input as { id: string }, jsonSchema: () => ({}) },
    baseUrl: () => null,
    isVendorHost: () => true,
    async *pages(_config, tools, { source }) {
      const { says: records, blind } = house
      if (records === null) throw new AppError('server_error', 'tailscale: GET /users answered 503')
      const body = Buffer.from(JSON.stringify({ answer: ++count }))
      answers.clear()
      answers.set(body.toString(), { records, blind })
      yield {
        source,
        sha256: sha256(body),
        request: 'GET /everything',
        place: 'everything',
        status: 200,
        headers: { 'content-type': 'application/json' },
        body,
        secret: false,
        fetchedAt: tools.now(),
      }
    },
    read: ({ body }) => answers.get(Buffer.from(body).toString()) ?? { records: [], blind: [] },
    probe: () => Promise.reject(new AppError('internal', 'nobody asks')),
  }
}

export interface HouseOptions {
  /** Lines of exhibit.yaml. */
  readonly yaml?: string
  readonly inMemory?: boolean
  /** A vendor on the wire in place of `says`: its line under `sources`, and who reads it. */
  readonly vendor?: { readonly source: string; readonly connector: Connector }
  readonly software?: string
  /** What the time stamp authority of exhibit.yaml answers; it is not asked over the wire, as its name leads nowhere. */
  readonly stamp?: (query: Uint8Array) => Uint8Array
  /** Time goes by this one, which stands at the start. */
  readonly clock?: TestClock
}

export async function quarterHouse(
  checks: readonly Check[],
  start: number,
  {
    yaml = '',
    inMemory = true,
    vendor,
    software = '0.0.0-test',
    stamp,
    clock = testClock(fromMillis(start), 0, true),
  }: HouseOptions = {},
): Promise<QuarterHouse> {
  const folder = mkdtempSync(join(tmpdir(), 'exhibit-quarter-'))
  const roster = join(folder, 'people.csv')
  const keys = keysIn(folder)
  let at = start
  const house = { says: [] as AnyRecord[] | null, blind: [] as readonly Blindness[] }
  const connectors = [vendor?.connector ?? inProcess(house), csv] as unknown as readonly Connector[]
  const configured = (more: string) =>
    parseConfig(
      `
organization: { id: acme, name: Acme Corp }
data: ${JSON.stringify(folder)}
schedule: { every: 24h }
freshness: 72h
sources:
  - ${vendor?.source ?? '{ id: tailnet, kind: tailscale }'}
  - { id: roster, kind: csv, path: ${JSON.stringify(roster)} }
criticalSystems:
  - { id: tailnet, source: tailnet, offboarding: { within: 24h } }
${more}`,
      join(folder, 'exhibit.yaml'),
      { connectors, checks, env: {}, ownChecks: [] },
    )
  const sqlite = await openSqliteStore({
    path: inMemory ? ':memory:' : join(folder, 'exhibit.db'),
    ledger: testLedger(keys),
  })
  // Every day the database would verify all of its past, which no bound or clock rests on: half an hour for a quarter.
  const store: Store = { ...sqlite, verify: async () => [] }
  let ids = 0
  const coreOf = (more: string): InstallationCore =>
    installation({
      config: configured(more),
      checks,
      store,
      clock,
      newId: () => `run-${++ids}`,
      newToken: () => `token-${++ids}`,
      random: () => 0,
      software,
      build: 'build',
      actor: 'eve@laptop',
      signal: new AbortController().signal,
      witness: testWitness((text) => {
        throw new Error(text)
      }, stamp),
      report(error) {
        throw error
      },
    })
  const core = coreOf(yaml)
  const setClock = (ms: number): void => {
    clock.pass(ms - at)
    at = ms
  }
  return Object.assign(house, {
    core,
    store,
    // A command asks for what an opened installation has, and for nothing of simulated vendors.
    installation: { ...core, clock, keys, reconfigured: () => core } as unknown as TestInstallation,
    setClock,
    ...{ folder, clock, keys },
    now: () => fromMillis(clock.wall()),
    async runAt(ms: number, text: string, more: string = yaml) {
      setClock(ms)
      writeFileSync(roster, text)
      utimesSync(roster, new Date(ms), new Date(ms))
      const { run } = await (more === yaml ? core : coreOf(more)).sync(EVERYTHING, () => {})
      if (millis(run.snapshotAt) !== ms) throw new Error(`the run is of ${run.snapshotAt}, not of ${fromMillis(ms)}`)
    },
    async close() {
      await store.close()
      rmSync(folder, { recursive: true, force: true })
    },
  })
}
