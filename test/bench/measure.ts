/** A process that makes one run over a fleet, or two, and tells what each took. */
import { join } from 'node:path'
import { checks } from '../../checks/index.ts'
import type { Config } from '../../src/config.ts'
import type { Page } from '../../src/domain/connector.ts'
import type { Status } from '../../src/domain/finding.ts'
import type { SealedPull, Store } from '../../src/domain/store.ts'
import { installation } from '../../src/installation.ts'
import { collectEagerly } from '../../src/lib/heap.ts'
// Loaded with the first call otherwise; a service has long had it, and the floor has its own from the start.
import '../../src/lib/http.ts'
import { openSqliteStore } from '../../src/store/sqlite.ts'
import { testLedger } from '../helpers/ledger.ts'
import { answer, peakBytes, task } from './processes.ts'
import { settings } from './settings.ts'
import { surroundings } from './surroundings.ts'

export interface Measure {
  /** Holds people.csv; the database is made in it. */
  readonly folder: string
  readonly values: Readonly<Record<string, string>>
  readonly runs: number
}

export interface Stages {
  readonly pull: number
  readonly check: number
  readonly seal: number
  readonly total: number
}

export interface Measured {
  /** Milliseconds, a run each. */
  readonly runs: readonly Stages[]
  /** Milliseconds that turning the first run's pages into records takes by itself; it is a part of `pull`. */
  readonly normalize: number
  /** After each run, the log of the database folded in. */
  readonly databaseBytes: readonly number[]
  readonly peakBytes: number
  /** Of the first run, as they left: source → "GET /path?query". */
  readonly requests: Readonly<Record<string, readonly string[]>>
  readonly results: Readonly<Record<Status, number>>
}

async function measured({ folder, values, runs: count }: Measure): Promise<Measured> {
  const config = settings(folder, values)
  const store = await openSqliteStore({ path: join(folder, 'exhibit.db'), ledger: testLedger() })
  let stages: Record<'pull' | 'check' | 'seal', number> = { pull: 0, check: 0, seal: 0 }
  const core = installation({
    config,
    checks,
    store,
    ...surroundings(),
    stage: (name, ms) => {
      stages[name] = ms
    },
  })
  const runs: Stages[] = []
  const databaseBytes: number[] = []
  let first: readonly SealedPull[] = []
  const results: Record<Status, number> = { pass: 0, fail: 0, unknown: 0, not_applicable: 0 }
  for (let run = 0; run < count; run++) {
    stages = { pull: 0, check: 0, seal: 0 }
    const start = performance.now()
    const outcome = await core.sync({ sources: null, respectPauses: false, accept: null }, () => {})
    runs.push({ ...stages, total: performance.now() - start })
    databaseBytes.push(await store.size())
    refuseIncomplete(outcome.pulls)
    if (run > 0) continue
    // Light ones: what is looked at afterwards must not stay in memory while the next run is measured.
    first = outcome.pulls.map((pull) => ({ ...pull, records: [] }))
    for (const { status } of outcome.results) results[status] += 1
  }
  const peak = peakBytes()
  const normalize = await normalizing(first, config, store)
  await core.close()
  const requests = Object.fromEntries(first.map((pull) => [pull.source, pull.requests.map(({ request }) => request)]))
  return { runs, normalize, databaseBytes, peakBytes: peak, requests, results }
}

function refuseIncomplete(pulls: readonly SealedPull[]): void {
  const wrong = pulls.filter(({ outcome, blind }) => outcome !== 'complete' || blind.length > 0)
  if (wrong.length === 0) return
  throw new Error(wrong.map(({ source, outcome, error }) => `${source}: ${outcome} ${error?.message ?? ''}`).join('\n'))
}

/** Reads every page once more from what the store kept. */
async function normalizing(pulls: readonly SealedPull[], config: Config, store: Store): Promise<number> {
  let ms = 0
  for (const { source, pages } of pulls) {
    const { connector } = config.sources.find(({ id }) => id === source)!
    for (const described of pages) {
      const body = await store.page(described.sha256)
      if (body === null) continue
      const page: Page = { ...described, body }
      const start = performance.now()
      connector.read(page, { timeZone: config.settings.organization.timeZone })
      ms += performance.now() - start
    }
  }
  return ms
}

collectEagerly()
answer(await measured(await task<Measure>()))
