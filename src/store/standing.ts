/** How the newest run left things, for what the next one tells of it (domain/standing.ts). */
import type Database from 'better-sqlite3'
import type { Failure, JudgedLast, Standing, StandingFailure } from '../domain/standing.ts'
import type { SealedResult } from '../domain/store.ts'
import type { Instant } from '../domain/time.ts'
import type { RunStore } from './runs.ts'

interface JudgedRow {
  readonly check_id: string
  readonly system: string
  /** Of the newest run in which the check itself answered. */
  readonly body: string
  /** 1 where the newest run has an answer, were it the engine's. */
  readonly asked: number
}
interface FailingRow {
  readonly check_id: string
  readonly system: string
  readonly source: string
  readonly kind: string
  readonly key: string
  readonly since: Instant
}

// Crossed, so that it goes from the series to one row each: SQLite would look at every result there ever was.
const JUDGED = `select s.check_id, s.system, v.body,
    (select verdict from result where series = s.id order by run desc limit 1) is not null as asked
  from series s
  cross join result r on r.series = s.id and r.run = (select max(run) from result where series = s.id and run <= s.judged)
  join verdict v on v.id = r.verdict
  where s.judged > 0`
const FAILING = `select s.check_id, s.system, u.source, u.kind, u.key, run.snapshot_at as since
  from finding f
  join series s on s.id = f.series
  join subject u on u.id = f.subject
  join run on run.sequence = f.failed_run
  where f.until_run is null and f.failed_run is not null`
const FAILED_BEFORE = `select 1 from finding f
  where f.series = (select id from series where check_id = ? and system = ?)
    and f.subject = (select id from subject where kind = ? and source = ? and key = ?)
    and f.failed_run is not null limit 1`

export function standingReader(db: Database.Database, runs: RunStore) {
  const judgedRows = db.prepare<[], JudgedRow>(JUDGED)
  const failingRows = db.prepare<[], FailingRow>(FAILING)
  const failedBefore = db.prepare<[string, string, string, string, string]>(FAILED_BEFORE)
  const systemOf = ({ system }: { system: string }): string | null => (system === '' ? null : system)

  function judged(): JudgedLast[] {
    return judgedRows.all().map((row) => {
      const { ref, status, unknownReason } = JSON.parse(row.body) as Pick<
        SealedResult,
        'ref' | 'status' | 'unknownReason'
      >
      return { check: row.check_id, system: systemOf(row), ref, status, unknownReason, asked: row.asked === 1 }
    })
  }

  function failing(): StandingFailure[] {
    return failingRows.all().map((row) => {
      const { check_id: check, source, kind, key, since } = row
      return { check, system: systemOf(row), subject: { source, kind, key }, since }
    })
  }

  return {
    standing: db.transaction((): Standing | null => {
      const sequence = runs.newestSequence()
      if (sequence === 0) return null
      return {
        at: runs.summary(sequence).snapshotAt,
        settings: runs.settingsAt(sequence).settings,
        sources: runs.statesOf(sequence),
        judged: judged(),
        failing: failing(),
      }
    }),
    /** Those of them that failed at some time before and are open no more. */
    failedBefore: db.transaction((failures: readonly Failure[]): Failure[] =>
      failures.filter(
        ({ check, system, subject: { kind, source, key } }) =>
          failedBefore.get(check, system ?? '', kind, source, key) !== undefined,
      ),
    ),
  }
}
