/** The store over one SQLite file (design section 8). Each verb is one transaction; see `domain/store.ts` for promises. */
import type Database from 'better-sqlite3'
import type { Leaf, Store } from '../domain/store.ts'
import { type ConnectionOptions, connect } from './connection.ts'
import { entryStore } from './entries.ts'
import { storageError } from './failure.ts'
import { findingStore } from './findings.ts'
import { historyReader } from './history.ts'
import { memoryLock, writerLock } from './lock.ts'
import { pageStore } from './pages.ts'
import { recordStore } from './records.ts'
import { pullStore } from './requests.ts'
import { resultStore } from './results.ts'
import { runStore, summaryOf } from './runs.ts'
import { queries } from './tables.ts'
import { verifier } from './verify.ts'

export interface SqliteOptions extends ConnectionOptions {
  /** RFC 6962 section 2.1: SHA-256(0x00 ‖ body), hex. */
  readonly leafHash: (body: string) => string
}

const LEAVES_AT_ONCE = 500

/** Throws AppError `storage` for a damaged file, one of a newer program, one that cannot be opened. */
export async function openSqliteStore(options: SqliteOptions): Promise<Store> {
  const db = connect(options)
  try {
    return storeOver(db, options)
  } catch (cause) {
    db.close()
    throw storageError(`opening ${options.path}`, cause)
  }
}

function storeOver(db: Database.Database, { path, leafHash }: SqliteOptions): Store {
  const kysely = queries(db)
  const pages = pageStore(db)
  const records = recordStore(db)
  const pulls = pullStore(db)
  const results = resultStore(db)
  const findings = findingStore(db)
  const runs = runStore(db, { records, pulls, results, findings, leafHash })
  const entries = entryStore(kysely)
  const historyOf = historyReader(db, runs, pulls)
  const verify = verifier(db, { pages, records, pulls, runs, leafHash })
  const lock = path === ':memory:' ? memoryLock() : writerLock(`${path}.lock`)
  const inTurn = oneAtATime()
  const ofSource = db.transaction((source: string) => [...records.ofSource(source, runs.newestSequence())])
  const beside = db.transaction(() => [...records.beside(runs.newestSequence())])

  async function* leaves(from: number): AsyncIterable<Leaf> {
    for (let next = from; ; ) {
      const rows = await attempt('reading the ledger', () =>
        kysely.selectFrom('leaf').selectAll().where('idx', '>=', next).orderBy('idx').limit(LEAVES_AT_ONCE).execute(),
      )
      for (const { idx, ...rest } of rows) yield { index: idx, ...rest }
      if (rows.length < LEAVES_AT_ONCE) return
      next = rows.at(-1)!.idx + 1
    }
  }

  return {
    lock: (signal) => attempt("taking the writer's place", () => lock(signal)),
    keepPages: (received) => attempt('keeping pages', () => pages.keep(received)),
    page: (sha256) => attempt('reading a page', () => pages.page(sha256)),
    seal: (run) => attempt('sealing a run', () => inTurn(() => runs.seal(run))),
    runAt: (at) => attempt('reading a run', () => runs.view(at)),
    runs: (limit) =>
      attempt('reading the runs', async () => {
        const rows = await kysely
          .selectFrom('run')
          .innerJoin('leaf', 'leaf.idx', 'run.leaf')
          .selectAll('run')
          .select('leaf.hash as leaf_hash')
          .orderBy('sequence', 'desc')
          .limit(limit)
          .execute()
        return rows.map(summaryOf)
      }),
    recordsOf: (source) => attempt(`reading the records of ${source}`, () => ofSource(source)),
    carried: () => attempt('reading the carried records', () => beside()),
    history: (source, now) => attempt(`reading the history of ${source}`, () => historyOf(source, now)),
    lastPull: (source, runId) =>
      attempt(`reading the pull of ${source}`, () =>
        runId === undefined ? pulls.newest(source) : pulls.ofRun(source, runId),
      ),
    findings: (which) => attempt('reading the findings', () => findings.intervals(which)),
    leaves,
    verify: (since, now) => attempt('verifying stored evidence', () => verify(since, now)),
    sweep: (now) =>
      attempt('sweeping pages', async () => {
        await entries.sweep(now)
        return pages.sweep(now)
      }),
    put: (area, key, value, expiresAt) => attempt(`writing ${area}`, () => entries.put(area, key, value, expiresAt)),
    get: (area, key, now) => attempt(`reading ${area}`, () => entries.get(area, key, now)),
    take: (area, key, now) => attempt(`taking ${area}`, () => entries.take(area, key, now)),
    size: () =>
      attempt('measuring the database', () => {
        if (!db.readonly) db.pragma('wal_checkpoint(TRUNCATE)')
        const count = db.pragma('page_count', { simple: true }) as number
        return count * (db.pragma('page_size', { simple: true }) as number)
      }),
    close: () => attempt('closing the database', () => void db.close()),
  }
}

/** Every verb's errors in one shape. */
async function attempt<T>(operation: string, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    throw storageError(operation, cause)
  }
}

/** Seals of one process one after another: each compares with what the last one left. */
function oneAtATime(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve()
  return (work) => {
    const mine = last.then(work)
    last = mine.catch(() => undefined)
    return mine
  }
}
