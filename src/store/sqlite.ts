/** The store over one SQLite file (design section 8). Each verb is one transaction; see `domain/store.ts` for promises. */
import type Database from 'better-sqlite3'
import type { ApiKeys } from '../domain/api-key.ts'
import { AppError } from '../domain/error.ts'
import type { Checkpoint, Ledger } from '../domain/ledger.ts'
import type { NewEvent, Outbox } from '../domain/outbox.ts'
import type { Leaf, NewLeaf, Store } from '../domain/store.ts'
import type { Instant } from '../domain/time.ts'
import { apiKeyStore } from './api-keys.ts'
import { copyDatabase } from './backup.ts'
import { type ConnectionOptions, connect } from './connection.ts'
import { deliveryLog } from './deliveries.ts'
import { entryStore } from './entries.ts'
import { storageError } from './failure.ts'
import { findingPages } from './finding-pages.ts'
import { findingStore } from './findings.ts'
import { type Writes, writesOf } from './free.ts'
import { historyReader } from './history.ts'
import { judgedStore } from './judged.ts'
import { keptStore } from './kept.ts'
import { ledgerStore } from './ledger.ts'
import { memoryLock, writerLock } from './lock.ts'
import { type OutboxStore, outboxStore } from './outbox.ts'
import { pageStore } from './pages.ts'
import { pastReader } from './past.ts'
import { recordStore } from './records.ts'
import { pullStore } from './requests.ts'
import { resultStore } from './results.ts'
import { retention } from './retention.ts'
import { runPages } from './run-pages.ts'
import { type RunStore, runStore } from './runs.ts'
import { standingReader } from './standing.ts'
import { queries } from './tables.ts'
import { verifier } from './verify.ts'
import { type VersionsAsked, versionReader } from './versions.ts'

export interface SqliteOptions extends ConnectionOptions {
  readonly ledger: Ledger
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

function runsOver(db: Database.Database, ledger: Ledger): RunStore {
  return runStore(db, {
    records: recordStore(db),
    pulls: pullStore(db),
    results: resultStore(db),
    findings: findingStore(db),
    judged: judgedStore(db),
    ledger: ledgerStore(db, ledger),
    kept: keptStore(db),
    outbox: outboxStore(db),
  })
}

function storeOver(db: Database.Database, { path, ledger }: SqliteOptions): Store {
  const kysely = queries(db)
  const pages = pageStore(db)
  const records = recordStore(db)
  const pulls = pullStore(db)
  const results = resultStore(db)
  const findings = findingStore(db)
  const judged = judgedStore(db)
  const ledgerRows = ledgerStore(db, ledger)
  const kept = keptStore(db)
  const { intervals } = findingPages(db)
  const { runsBefore, runs: newestRuns } = runPages(db)
  const outbox = outboxStore(db)
  const runs = runStore(db, { records, pulls, results, findings, judged, ledger: ledgerRows, kept, outbox })
  const entries = entryStore(db)
  const historyOf = historyReader(db, runs, pulls)
  const before = standingReader(db, runs)
  const past = pastReader(db, { runs, records, pulls })
  const versions = versionReader(db, runs)
  const verify = verifier(db, { pages, records, pulls, runs, judged, ledger, ledgerRows, kept })
  const rule = retention(db, { kept, pages, ledger: ledgerRows, judged })
  const lock = path === ':memory:' ? memoryLock() : writerLock(`${path}.lock`)
  const inTurn = oneAtATime()
  const writes = writesOf(db)
  const ofSource = db.transaction((source: string) => records.ofSource(source, runs.newestSequence()))
  const beside = db.transaction(() => records.beside(runs.newestSequence()))
  const append = db.transaction((added: readonly NewLeaf[], at: Instant, events: readonly NewEvent[]): Checkpoint => {
    const checkpoint = ledgerRows.write(added, at)
    outbox.add(events, checkpoint)
    return checkpoint
  })

  /** By a connection of its own, whose one read transaction may last: pages are answered between its slices. */
  async function aside<T>(read: (runs: RunStore) => Promise<T>): Promise<T> {
    const own = connect({ path, readonly: true, scans: true })
    try {
      own.exec('begin')
      return await read(runsOver(own, ledger))
    } finally {
      own.close()
    }
  }

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

  async function* checkpoints(from: number): AsyncIterable<Checkpoint> {
    for (let next = from; ; ) {
      const rows = await attempt('reading the checkpoints', () => ledgerRows.checkpointsFrom(next, LEAVES_AT_ONCE))
      yield* rows
      if (rows.length < LEAVES_AT_ONCE) return
      next = rows.at(-1)!.size + 1
    }
  }

  async function* versionsOf(asked: VersionsAsked) {
    try {
      yield* versions(asked)
    } catch (cause) {
      throw storageError('reading how records changed', cause)
    }
  }

  return {
    lock: (signal) => attempt("taking the writer's place", () => lock(signal)),
    keepPages: (received) => attempt('keeping pages', () => pages.keep(received)),
    page: (sha256) => attempt('reading a page', () => pages.page(sha256)),
    prepare: (pull, known) =>
      attempt(`preparing the pull of ${pull.source}`, () => inTurn(() => runs.prepare(pull, known))),
    seal: (run, before) => attempt('sealing a run', () => inTurn(() => runs.seal(run, before ?? null))),
    runAt: (at) =>
      attempt('reading a run', () => (path === ':memory:' ? runs.view(at) : aside((own) => own.viewInSlices(at)))),
    verdictsAt: (at) =>
      attempt('reading a run', () =>
        path === ':memory:' ? runs.verdicts(at) : aside((own) => own.verdictsInSlices(at)),
      ),
    openIn: (sequence, result) => attempt('reading what a result left open', () => runs.openIn(sequence, result)),
    runs: (limit) => attempt('reading the runs', () => newestRuns(limit)),
    past: (runId) => attempt(`reading what run ${runId} rests on`, () => past(runId)),
    runsBetween: (from, to) => attempt('reading the runs', () => runs.between(from, to)),
    verdictsOf: (sequence) => attempt('reading the verdicts of a run', () => results.verdictsAt(sequence)),
    verdicts: (from, to) => attempt('reading the verdicts', () => results.changesBetween(from, to)),
    versions: (kinds, from, to, only) => versionsOf({ kinds, from, to, only }),
    judged: (from, to) =>
      attempt('reading whom the checks judged', () =>
        path === ':memory:' ? runs.judgedBetween(from, to) : aside((own) => own.judgedBetween(from, to)),
      ),
    recordsOf: (source) => attempt(`reading the records of ${source}`, () => ofSource(source)),
    carried: () => attempt('reading the carried records', () => beside()),
    history: (source, now) => attempt(`reading the history of ${source}`, () => historyOf(source, now)),
    lastPull: (source, runId) =>
      attempt(`reading the pull of ${source}`, () =>
        runId === undefined ? pulls.newest(source) : pulls.ofRun(source, runId),
      ),
    findings: (which, upTo) => attempt('reading the findings', () => findings.intervals(which, upTo)),
    closedSince: (since, limit) => attempt('reading what has closed', () => findings.closedSince(since, limit)),
    intervals: (filter, upTo, limit, before) =>
      attempt('reading the findings', () => intervals(filter, upTo, limit, before)),
    runsBefore: (before, since, limit) => attempt('reading the runs', () => runsBefore(before, since, limit)),
    standing: () => attempt('reading how the newest run left things', () => before.standing()),
    failedBefore: (failures) => attempt('reading what failed before', () => before.failedBefore(failures)),
    leaves,
    leavesOf: (kind) =>
      attempt(`reading the leaves of kind ${kind}`, async () => {
        const rows = await kysely.selectFrom('leaf').selectAll().where('kind', '=', kind).orderBy('idx').execute()
        return rows.map(({ idx, ...rest }) => ({ index: idx, ...rest }))
      }),
    append: (added, at, events = []) =>
      attempt('appending to the ledger', () =>
        inTurn(() => writes.whenFree(() => append.immediate(checked(added), at, events))),
      ),
    checkpoints,
    checkpoint: (size) => attempt('reading a checkpoint', () => ledgerRows.checkpoint(size)),
    inclusion: (index, size) => attempt('proving inclusion', () => ledgerRows.inclusion(index, size)),
    consistency: (from, to) => attempt('proving consistency', () => ledgerRows.consistency(from, to)),
    keepStamp: (stamp) => attempt('keeping a time stamp', () => ledgerRows.keepStamp(stamp)),
    newestStamp: () => attempt('reading the newest time stamp', () => ledgerRows.newestStamp()),
    stamps: (from) => attempt('reading time stamps', () => ledgerRows.stampsFrom(from)),
    verify: (since, now) => attempt('verifying stored evidence', () => verify(since, now)),
    sweep: (now) =>
      attempt('sweeping pages', async () => {
        await entries.sweep(now)
        return pages.sweep(now)
      }),
    retain: (wanted, now) =>
      attempt('deleting by the retention rule', () =>
        inTurn(async () => {
          let deleted = true
          try {
            const retained = await rule.retain(wanted, now)
            deleted = retained.deleted > 0
            return retained
          } finally {
            if (deleted) {
              pulls.forget()
              judged.forget()
              runs.forgetPrepared()
            }
          }
        }),
      ),
    keepPagesOf: (runId) =>
      attempt(`keeping the pages of run ${runId}`, () =>
        inTurn(async () => {
          const sequence = runs.sequenceOf(runId)
          if (sequence === null) throw new AppError('usage', `there is no run ${runId}`)
          return rule.pack.immediate(
            sequence,
            runs.statesOf(sequence).map(({ id }) => id),
          )
        }),
      ),
    oldest: () =>
      attempt('reading the runs', () => {
        const sequence = runs.oldestSequence()
        return sequence === 0 ? null : runs.summary(sequence)
      }),
    copy: (to, progress) => attempt(`copying the database to ${to}`, () => copyDatabase(path, to, progress)),
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
    ...outboxVerbs(db, writes, outbox, () => ledgerRows.checkpoint('latest')),
    ...apiKeyVerbs(db, writes),
  }
}

function outboxVerbs(
  db: Database.Database,
  { whenFree, lightly }: Writes,
  outbox: OutboxStore,
  newest: () => Checkpoint | null,
): Outbox {
  const log = deliveryLog(db)
  const tell = db.transaction((events: readonly NewEvent[]) => outbox.add(events, newest()))
  return {
    tell: (events) => attempt('writing events', () => whenFree(() => tell.immediate(events))),
    claim: (endpoint, now, until, limit) =>
      attempt(`taking deliveries to ${endpoint}`, () =>
        // A lease that a loss of power takes along was its holder's, who is gone too.
        outbox.isDue(endpoint, now) ? lightly(() => outbox.claim(endpoint, now, until, limit)) : [],
      ),
    settle: (settled) => attempt('noting deliveries', () => whenFree(() => outbox.settle(settled))),
    release: (claimed) => attempt('giving back deliveries', () => whenFree(() => outbox.release(claimed))),
    retire: (inUse, now, because) =>
      attempt('giving up deliveries', () => whenFree(() => outbox.retire(inUse, now, because))),
    nextDue: (endpoints) => attempt('reading when deliveries are due', () => outbox.nextDue(endpoints)),
    endpoints: (ids) => attempt('reading endpoints', () => outbox.endpoints(ids)),
    enable: (endpoint) => attempt(`enabling ${endpoint}`, () => whenFree(() => outbox.enable(endpoint))),
    deliveries: (filter, limit, after) => attempt('reading deliveries', () => log.list(filter, limit, after)),
    attempts: (event, endpoint) => attempt('reading attempts', () => outbox.attempts(event, endpoint)),
    event: (id) => attempt('reading an event', () => outbox.event(id)),
    replay: (filter, now) => attempt('replaying deliveries', () => whenFree(() => log.replay(filter, now))),
    forget: (before) => attempt('deleting deliveries', () => whenFree(() => outbox.forget(before))),
  }
}

function apiKeyVerbs(db: Database.Database, { whenFree }: Writes): ApiKeys {
  const keys = apiKeyStore(db)
  return {
    addKey: (key, digest) => attempt('adding an API key', () => whenFree(() => keys.add(key, digest))),
    keys: () => attempt('reading API keys', () => keys.all()),
    keyWithDigest: (id) => attempt('reading an API key', () => keys.withDigest(id)),
    keyUsed: (id, at) =>
      attempt('noting the use of an API key', async () => {
        if (keys.isNews(id, at)) await whenFree(() => keys.used(id, at))
      }),
    revokeKey: (id, at) => attempt('revoking an API key', () => whenFree(() => keys.revoke(id, at))),
  }
}

function checked(leaves: readonly NewLeaf[]): readonly NewLeaf[] {
  for (const { kind, body } of leaves) {
    if (kind === 'run' || body['type'] !== kind) {
      throw new AppError('internal', `store: a leaf of kind ${kind} cannot be appended as it is`)
    }
  }
  return leaves
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
