/** What the first pages of a period's report tell of its runs and of who and what was there. */

import type { Stamp } from '../domain/ledger.ts'
import type { Kind } from '../domain/record.ts'
import type { PeriodEvidence, PeriodRuns, PeriodStamps } from '../domain/sealing.ts'
import { between, type Instant } from '../domain/time.ts'
import type { PeriodStory } from '../period/index.ts'
import { bodyOf, type LedgerPast, type RunInLeaf } from './past.ts'
import type { Period } from './tables.ts'

export const POPULATIONS: readonly Kind[] = ['person', 'account', 'device', 'agent']

type PopulationTold = NonNullable<PeriodEvidence['populations']>[number]

/** The rows of populations/<kind>.csv, counted. */
export async function populationTold(kind: Kind, story: Pick<PeriodStory, 'subjects'>): Promise<PopulationTold> {
  let [all, atEnd] = [0, 0]
  for await (const subject of story.subjects(kind)) {
    all++
    if (subject.atEnd) atEnd++
  }
  return { kind, all, atEnd }
}

type Stamped = Pick<Stamp, 'size' | 'authority' | 'stampedAt'>

/** @param stamps by size */
export function runsTold(
  { runs, acts }: Pick<LedgerPast, 'runs' | 'acts'>,
  { from, to }: Period,
  stamps: readonly Stamped[],
): PeriodRuns {
  const own = runs.filter(({ snapshotAt }) => from <= snapshotAt && snapshotAt <= to)
  const moments = own.map(({ snapshotAt }) => snapshotAt).sort()
  const failed = new Map<string, number>()
  for (const { sources } of own) {
    for (const { id, status, pull } of sources) {
      if (pull === null) continue
      failed.set(id, (failed.get(id) ?? 0) + (status === 'failed' || status === 'held' ? 1 : 0))
    }
  }
  const last = runs.at(-1)!
  return {
    count: own.length,
    first: moments[0]!,
    last: moments.at(-1)!,
    everyMs: medianStep(moments),
    longest: longestStep(moments),
    failed: [...failed].map(([source, count]) => ({ source, runs: count })),
    settingsBy: acts
      .filter(({ kind, index }) => kind === 'configuration' && index < last.leaf)
      .map((leaf) => bodyOf(leaf) as { by: string; at: Instant })
      .map(({ by, at }) => ({ by, at })),
    stamped: stampsTold(own, stamps),
  }
}

function stampsTold(runs: readonly RunInLeaf[], stamps: readonly Stamped[]): PeriodStamps | null {
  const used = new Set<Stamped>()
  let covered = 0
  let slowestMs = 0
  let next = 0
  // Leaves of runs grow with their sequence, as sizes do.
  for (const { leaf, snapshotAt } of runs) {
    while (next < stamps.length && stamps[next]!.size <= leaf) next++
    const stamp = stamps[next]
    if (stamp === undefined) break
    used.add(stamp)
    covered++
    slowestMs = Math.max(slowestMs, between(snapshotAt, stamp.stampedAt))
  }
  const moments = [...used].map(({ stampedAt }) => stampedAt).sort()
  if (moments.length === 0) return null
  return {
    count: moments.length,
    authorities: [...new Set([...used].map(({ authority }) => authority))].sort(),
    first: moments[0]!,
    last: moments.at(-1)!,
    runs: covered,
    slowestMs,
  }
}

function longestStep(moments: readonly Instant[]): PeriodRuns['longest'] {
  let longest: PeriodRuns['longest'] = null
  for (const [index, to] of moments.slice(1).entries()) {
    const from = moments[index]!
    if (longest === null || between(from, to) > between(longest.from, longest.to)) longest = { from, to }
  }
  return longest
}

function medianStep(moments: readonly Instant[]): number | null {
  const steps = moments.slice(1).map((at, index) => between(moments[index]!, at))
  return steps.sort((a, b) => a - b)[Math.floor(steps.length / 2)] ?? null
}
