/** Everything that existed at any time of the period: a population as an auditor draws from it. */
import { standings } from '../domain/coverage.ts'
import { ownerOf } from '../domain/match.ts'
import type { PeriodSubject } from '../domain/period.ts'
import { type AnyRecord, type Kind, labelOf } from '../domain/record.ts'
import { makeSnapshot, narrow } from '../domain/snapshot.ts'
import type { RecordVersion, Store } from '../domain/store.ts'
import type { Instant } from '../domain/time.ts'
import { byRecord } from './lives.ts'
import { type AcceptedPull, around, type Pulls } from './pulls.ts'
import type { Rosters } from './rosters.ts'

export interface SubjectParts {
  readonly store: Pick<Store, 'versions'>
  readonly pulls: Pulls
  readonly rosters: Rosters
  /** Of the period. */
  readonly from: Instant
}

/** By source, then key: one after another, for a population may be larger than the memory. */
export async function* subjectsOf(kind: Kind, parts: SubjectParts): AsyncGenerator<PeriodSubject> {
  const { runs } = parts.pulls
  const [first, last] = [runs[0]!.sequence, runs.at(-1)!.sequence]
  for await (const versions of byRecord(parts.store.versions([kind], first, last))) {
    const subject = subjectOf(versions, last, parts)
    if (subject !== null) yield subject
  }
}

function subjectOf(versions: readonly RecordVersion[], end: number, parts: SubjectParts): PeriodSubject | null {
  const { pulls, from } = parts
  const begin = pulls.runs[0]!
  const first = versions.find(({ record }) => record !== null)
  const newest = versions.at(-1)!
  const sight = versions.findLast(({ record }) => record !== null)
  if (first === undefined || sight?.record == null) return null
  const readings = pulls.of(first.source)
  const lastRun = newest.record === null ? newest.from - 1 : end
  const atBegin = first.from <= begin.sequence && begin.snapshotAt < from
  // It was there before the period and no more in it.
  if (atBegin && lastRun === begin.sequence && newest.record === null && goneAtOnce(readings, lastRun, from))
    return null
  const seenFirst = around(readings, first.from).from?.collectedAt
  const seenLast = around(readings, lastRun + 1).before?.collectedAt
  const readBefore = pulls.readBefore(first.source)
  return {
    kind: first.kind,
    source: first.source,
    key: first.key,
    label: labelOf(sight.record),
    firstSeen: (first.from <= begin.sequence ? readBefore : null) ?? seenFirst ?? begin.snapshotAt,
    lastSeen: seenLast ?? readBefore ?? begin.snapshotAt,
    lastRun,
    atBegin,
    atEnd: newest.record !== null,
    excluded: excludedAt(sight.record, lastRun, parts),
  }
}

/** Whether the next reading, which no longer has it, came before the period began. */
function goneAtOnce(readings: readonly AcceptedPull[], lastRun: number, from: Instant): boolean {
  const next = around(readings, lastRun + 1).from
  return next !== null && next.collectedAt < from
}

/** In the words of the checks that pass it over. */
function excludedAt(record: AnyRecord, sequence: number, { rosters }: SubjectParts): string | null {
  if (record.kind !== 'device' && record.kind !== 'account') return null
  const roster = rosters(sequence)
  if (record.kind === 'account') {
    const { exempt } = ownerOf(roster, record)
    if (exempt === 'shared') return 'It is shared in from another tailnet.'
    return exempt === 'service' ? 'It is a listed service account.' : null
  }
  const { runId, at, settings } = roster
  const own = makeSnapshot({ runId, sequence, at, sources: [], settings, records: [record] })
  return standings(narrow(own, record.source))[0]?.outside?.notice ?? null
}
