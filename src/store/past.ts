/** Everything that is kept of any sealed run, the bytes of its pages aside (design section 8, "what a verdict rests on"). */
import type Database from 'better-sqlite3'
import type { AnyRecord, Carried } from '../domain/record.ts'
import type { PageInput, PastPull, PastRun } from '../domain/store.ts'
import type { Instant } from '../domain/time.ts'
import type { RecordStore } from './records.ts'
import type { PullStore } from './requests.ts'
import type { RunStore } from './runs.ts'

interface PastParts {
  readonly runs: RunStore
  readonly records: RecordStore
  readonly pulls: PullStore
}

/** Inside one read transaction: a seal in between changes nothing of it. */
export function pastReader(db: Database.Database, { runs, records, pulls }: PastParts) {
  function pullOf(source: string, sequence: number, held: readonly AnyRecord[]): PastPull | null {
    const found = pulls.restedOn(source, sequence)
    if (found === null) return null
    const { run, pull, digest } = found
    const { pages: earlier, lost } = pulls.pagesReadAt(source, run, readEarlier(source, held, pull.pages))
    return { ...pull, run, digest, earlier, lost }
  }

  /** Of the first run that can be rebuilt the one before cannot. */
  function carriedInto(sequence: number): Carried[] | null {
    if (sequence === 1) return []
    return sequence === runs.oldestSequence() ? null : ([...records.carriedAt(sequence - 1)] as Carried[])
  }

  return db.transaction((runId: string): PastRun | null => {
    const sequence = runs.sequenceOf(runId)
    if (sequence === null) return null
    const { records: all, ...parts } = runs.partsOf(sequence)
    const held = [...all]
    return {
      ...parts,
      records: held,
      leaf: runs.leafOf(sequence),
      checks: runs.checksOf(parts.run.checkSetDigest),
      carriedBefore: carriedInto(sequence),
      pulls: parts.sources.flatMap(({ id }) => pullOf(id, sequence, held) ?? []),
    }
  })
}

/** When the readings were made that the pull's own pages do not show. */
function readEarlier(source: string, records: readonly AnyRecord[], pages: readonly PageInput[]): Set<Instant> {
  const own = new Set(pages.map(({ fetchedAt }) => fetchedAt))
  const moments = new Set<Instant>()
  for (const record of records) {
    if (record.kind === 'attributes' && record.source === source && !own.has(record.readAt)) moments.add(record.readAt)
  }
  return moments
}
