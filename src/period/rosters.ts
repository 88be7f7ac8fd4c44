/** The roster as it stood in a run, for the one join of domain/match.ts. */
import type { Person } from '../domain/record.ts'
import type { Settings } from '../domain/settings.ts'
import { makeSnapshot, type Snapshot } from '../domain/snapshot.ts'
import type { Life } from './lives.ts'
import type { Pulls, RunOfPeriod } from './pulls.ts'

/** The roster in the run of that sequence, or the one before it. */
export type Rosters = (sequence: number) => Snapshot

/** As many as are kept: a quarter has hundreds, and each holds everybody. */
const KEPT = 4

export function rostersOver(people: readonly Life[], pulls: Pulls, settingsOf: (digest: string) => Settings): Rosters {
  const changes = [...new Set(people.flatMap(({ sights }) => sights.map(({ from }) => from)))].sort((a, b) => a - b)
  const kept = new Map<string, Snapshot>()
  return (sequence) => {
    const run = runAt(sequence, pulls)
    const since = changes.findLast((change) => change <= run.sequence) ?? 0
    const name = `${since} ${run.settings}`
    const known = kept.get(name)
    if (known !== undefined) return known
    const roster = makeSnapshot({
      runId: run.id,
      sequence: run.sequence,
      at: run.snapshotAt,
      sources: [],
      settings: settingsOf(run.settings),
      records: peopleIn(people, run.sequence),
    })
    if (kept.size === KEPT) kept.delete(kept.keys().next().value!)
    kept.set(name, roster)
    return roster
  }
}

function* peopleIn(people: readonly Life[], sequence: number): Generator<Person> {
  for (const { sights } of people) {
    const person = sights.findLast(({ from }) => from <= sequence)?.sight?.person ?? null
    if (person !== null) yield person
  }
}

/** By halves: asked for every record of a fleet, over thousands of runs. */
export function runAt(sequence: number, { runs }: Pulls): RunOfPeriod {
  let low = 0
  let high = runs.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (runs[middle]!.sequence <= sequence) low = middle + 1
    else high = middle
  }
  return runs[low - 1] ?? runs[0]!
}
