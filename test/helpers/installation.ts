/**
 * A real installation over simulated vendors: real configuration file, real SQLite, the guarded client, every check. Only
 * clock, ids and vendors are not real.
 */
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { checks as allChecks } from '../../checks/index.ts'
import { type Config, parseConfig } from '../../src/config.ts'
import { connectors } from '../../src/connectors/index.ts'
import type { Check } from '../../src/domain/check.ts'
import type { Report } from '../../src/domain/report.ts'
import type { OwnCheckSource } from '../../src/domain/settings.ts'
import type { Store } from '../../src/domain/store.ts'
import type { Instant } from '../../src/domain/time.ts'
import { type InstallationCore, installation } from '../../src/installation.ts'
import type { KeyRing } from '../../src/ledger/keys.ts'
import type { RunOutcome, RunRequest } from '../../src/pipeline.ts'
import type { Fault } from '../../src/simulators/faults.ts'
import { startVendors, type Vendors } from '../../src/simulators/index.ts'
import type { World } from '../../src/simulators/simulator.ts'
import { openSqliteStore } from '../../src/store/sqlite.ts'
import { GUEST, healthyWorld } from './healthy-world.ts'
import { keysIn, testLedger, testWitness } from './ledger.ts'
import { TEST_START } from './tools.ts'

/** A wall clock that tests set, and a monotonic one that goes on by itself and jumps over what is waited. */
export interface TestClock {
  wall(): number
  /** The vendors' own wall clock, which nobody on our machine can set. */
  vendors(): number
  monotonic(): number
  sleep(ms: number, signal: AbortSignal): Promise<void>
  /** Both go on: time passes between two runs. */
  pass(ms: number): void
  /** The wall clock alone: somebody sets it. */
  step(ms: number): void
}

/**
 * @param waitScale real milliseconds per millisecond waited
 * @param frozen time stands still while a run is made, so that two runs can be compared to the byte
 */
export function testClock(start: string = TEST_START, waitScale = 0.001, frozen = false): TestClock {
  const realStart = performance.now()
  let ahead = 0
  let offset = Date.parse(start)
  const monotonic = (): number => (frozen ? 0 : performance.now() - realStart) + ahead
  return {
    monotonic,
    wall: () => offset + monotonic(),
    vendors: () => Date.parse(start) + monotonic(),
    async sleep(ms, signal) {
      const until = monotonic() + ms
      await new Promise<void>((over, stopped) => {
        const stop = (): void => {
          clearTimeout(timer)
          stopped(signal.reason)
        }
        const timer = setTimeout(() => {
          signal.removeEventListener('abort', stop)
          over()
        }, ms * waitScale)
        if (signal.aborted) stop()
        else signal.addEventListener('abort', stop, { once: true })
      })
      if (!frozen) ahead += Math.max(0, until - monotonic())
    },
    pass(ms) {
      ahead += ms
    },
    step(ms) {
      offset += ms
    },
  }
}

export interface TestInstallationOptions {
  /** `healthyWorld` at the clock's start by default. */
  world?: World
  clock?: TestClock
  /** Lines of `exhibit.yaml` beside `organization`, `data`, `freshness`, `sources` and `network`; see `GOVERNED`. */
  yaml?: string
  /** Lines under `sources`, in place of all five. */
  sources?: (vendors: Vendors, roster: string) => string
  faults?: Readonly<Record<string, readonly Fault[]>>
  tailscaleGrants?: readonly string[]
  /** Milliseconds; five seconds a call and ten minutes a pull by default. */
  limits?: Config['limits']
  timeZone?: string
  freshness?: string
  /** `provenChecks` by default. */
  checks?: readonly Check[]
  /** Files of `checksFolder`, whose checks are among `checks`. */
  ownChecks?: readonly OwnCheckSource[]
  signal?: AbortSignal
  /** Vendors that run already; closed by who started them. */
  vendors?: Vendors
  /** What the time stamp authority of `yaml` answers; it is not asked over the wire, as its name leads nowhere. */
  stamp?: (query: Uint8Array) => Uint8Array
  /** Keeps the database in a file of `folder`, for what rests on it; in memory, where a run costs a third less, by default. */
  onDisk?: boolean
}

export interface TestInstallation extends Omit<InstallationCore, 'sync' | 'report'> {
  readonly vendors: Vendors
  readonly world: World
  readonly clock: TestClock
  readonly folder: string
  readonly store: Store
  readonly config: Config
  /** Errors that a user would see as internal. */
  readonly internal: unknown[]
  readonly keys: KeyRing
  /** What the person at the console is told of the ledger. */
  readonly notices: string[]
  sync(request?: Partial<RunRequest>, progress?: () => void): Promise<RunOutcome>
  report(asOf?: Instant | 'latest'): Promise<Report>
  /** Writes people.csv anew, changed at the clock's now unless told otherwise. */
  writeRoster(text: string, modifiedAt?: Date): void
  /** The same data under another configuration. */
  reconfigured(over: Partial<TestInstallationOptions>): InstallationCore
  close(): Promise<void>
}

/**
 * The checks that the healthy world is made for: each of them passes there. A check joins them together with what it
 * wants to see in `healthyWorld`.
 */
const PROVEN = new Set(
  (
    'ACL-01 ACL-02 ACL-03 ACL-04 ACL-05 ACL-06 COL-01 COL-02 COL-03 COL-04 COL-05 COL-06 CS-01 CS-02 CS-03 CS-04 ' +
    'DEV-01 DEV-02 DEV-03 DEV-05 DEV-06 DEV-07 DEV-08 DEV-09 DEV-10 DEV-11 DEV-13 DEV-15 DEV-17 DEV-18 DEV-19 DEV-20 ' +
    'ID-01 ID-02 ID-03 ID-04 ID-05 ID-06 ID-07 ID-08 ID-09 ID-10 ID-11 ID-13 ID-14 ID-15 ID-16 ' +
    'KEY-02 KEY-03 KEY-04 KEY-06 KEY-07 KEY-08 KJ-01 KJ-02 KJ-03 KJ-04 LOG-01 LOG-02 LOG-03 LOG-04 LOG-05 NET-01 ' +
    'POS-01 POS-02 POS-03 POS-04 POS-05 POS-08 POS-09 POS-10 POS-12 ' +
    'S1-01 S1-02 S1-03 S1-04 S1-05 S1-06 S1-07 S1-08 S1-11 SSH-01 SSH-02'
  ).split(' '),
)
export const isProven = ({ ref }: Pick<Check, 'ref'>): boolean => PROVEN.has(ref)
export const provenChecks: readonly Check[] = allChecks.filter(isProven)

/**
 * Some of them, over every source, our own collection and what people say: for tests of what holds whatever is asked.
 * Their runs, reports and packets are a fifth as large.
 */
const SOME = new Set(
  'ACL-01 COL-01 COL-03 COL-05 CS-02 DEV-07 DEV-08 DEV-13 ID-02 ID-03 ID-06 ID-14 ID-16 KEY-07 KJ-01 LOG-05 POS-02 POS-08 POS-12 S1-01 S1-04'.split(
    ' ',
  ),
)
export const someChecks: readonly Check[] = provenChecks.filter(({ ref }) => SOME.has(ref))

/** The governance that the healthy world keeps to. */
export const GOVERNED = `
criticalSystems:
  - id: tailnet
    source: tailnet
    access:
      - { roles: [member] }
      - { roles: [owner, admin, it-admin, network-admin], people: { department: [IT] } }
deviceTrust:
  postures:
    edr: ["sentinelOne:activeThreats == 0", "sentinelOne:infected == false", "sentinelOne:operationalState == 'na'"]
    score: ["falcon:ztaScore >= 70"]
    mdm: ["kandji:mdmEnabled == true", "kandji:agentInstalled == true"]
  require: { anyOf: [edr, score, mdm] }
checks:
  crowdstrike-score-meets-floor: { params: { floor: 70 } }
  shared-accounts-approved: { params: { approved: [{ subject: ${GUEST}, because: parcel labels }] } }
`

export const FIVE_SOURCES = (vendors: Vendors, roster: string): string => {
  const { tailscale, sentinelone, crowdstrike, kandji } = vendors.credentials
  const url = (id: string): string => vendors.servers[id]!.url.origin
  const flow = (value: unknown): string => JSON.stringify(value)
  return `
  - { id: tailnet, kind: tailscale, baseUrl: "${url('tailscale')}", credential: ${flow(tailscale)}, requestsPerSecond: 500 }
  - { id: edr, kind: sentinelone, baseUrl: "${url('sentinelone')}", credential: ${flow(sentinelone)} }
  - { id: falcon, kind: crowdstrike, baseUrl: "${url('crowdstrike')}", credential: ${flow(crowdstrike)} }
  - { id: mdm, kind: kandji, baseUrl: "${url('kandji')}", credential: ${flow(kandji)} }
  - { id: roster, kind: csv, path: ${flow(roster)} }`
}

export function testYaml(
  folder: string,
  vendors: Vendors,
  options: Pick<TestInstallationOptions, 'yaml' | 'sources' | 'timeZone' | 'freshness'> = {},
): string {
  const { yaml = GOVERNED, sources = FIVE_SOURCES } = options
  return `
organization: { id: acme, name: Acme Corp, timeZone: ${options.timeZone ?? 'UTC'} }
data: ${JSON.stringify(folder)}
freshness: ${options.freshness ?? '60m'}
network: { allow: [127.0.0.0/8] }
sources:${sources(vendors, join(folder, 'people.csv'))}
${yaml}`
}

/** What `sync` without arguments asks for. */
export const EVERYTHING: RunRequest = { sources: null, respectPauses: false, accept: null }

export async function testInstallation(options: TestInstallationOptions = {}): Promise<TestInstallation> {
  const clock = options.clock ?? testClock()
  const world = options.world ?? healthyWorld(new Date(clock.wall()))
  const folder = mkdtempSync(join(tmpdir(), 'exhibit-'))
  const vendors =
    options.vendors ??
    (await startVendors(world, {
      now: () => new Date(clock.vendors()),
      ...(options.faults === undefined ? {} : { faults: options.faults }),
      ...(options.tailscaleGrants === undefined ? {} : { tailscaleGrants: options.tailscaleGrants }),
    }))
  const roster = join(folder, 'people.csv')
  const writeRoster = (text: string, modifiedAt = new Date(clock.wall())): void => {
    writeFileSync(roster, text)
    utimesSync(roster, modifiedAt, modifiedAt)
  }
  writeRoster(world.roster)
  const keys = keysIn(folder)
  const store = await openSqliteStore({
    path: options.onDisk === true ? join(folder, 'exhibit.db') : ':memory:',
    ledger: testLedger(keys),
  })
  const internal: unknown[] = []
  const notices: string[] = []
  let ids = 0
  const core = (over: Partial<TestInstallationOptions> = {}): InstallationCore => {
    const merged = { ...options, ...over }
    const checks = merged.checks ?? provenChecks
    const yaml = testYaml(folder, vendors, merged)
    const config = parseConfig(yaml, join(folder, 'exhibit.yaml'), {
      connectors,
      checks,
      env: {},
      ownChecks: merged.ownChecks ?? [],
    })
    return installation({
      config: { ...config, limits: merged.limits ?? { requestMs: 5000, pullMs: 600_000 } },
      checks,
      store,
      clock,
      newId: () => `run-${++ids}`,
      newToken: () => `token-${++ids}`,
      random: () => 0,
      software: '0.0.0-test',
      build: 'build',
      actor: 'eve@laptop',
      signal: merged.signal ?? new AbortController().signal,
      report: (error) => internal.push(error),
      witness: testWitness((text) => notices.push(text), merged.stamp),
    })
  }
  const own = core()
  return {
    ...own,
    vendors,
    world,
    clock,
    folder,
    internal,
    keys,
    notices,
    sync: (request = {}, progress = () => {}) => own.sync({ ...EVERYTHING, ...request }, progress),
    report: (asOf = 'latest') => own.report(asOf),
    writeRoster,
    reconfigured: core,
    async close() {
      await store.close()
      if (options.vendors === undefined) await vendors.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** "ID-02 pass", for each result of a report; the tailnet is named where there are several. */
export function verdicts(report: Pick<Report, 'results'>): Record<string, string> {
  const systems = new Set(report.results.map((result) => result.system)).size > 2
  return Object.fromEntries(
    report.results.map((result) => [
      `${result.check.ref}${systems && result.system !== null ? `@${result.system}` : ''}`,
      result.unknownReason === null ? result.status : `unknown/${result.unknownReason}`,
    ]),
  )
}
