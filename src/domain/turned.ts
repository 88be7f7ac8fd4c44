/** How many verdicts a change of configuration or program turned: the run before, judged anew under what came. */
import type { Finding } from './finding.ts'
import type { CheckResult } from './result.ts'
import { failurePlace, resultPlace } from './standing.ts'
import type { SealedResult } from './store.ts'

/** Over the same records: what the vendors said anew since is not in it. */
export interface Turned {
  /** Results whose status is another, those that came and went among them. */
  readonly results: number
  /** Subjects that began or ceased to fail or be unknown, or went from one to the other. */
  readonly subjects: number
}

/** Which ones, while the run lasts that met the change: `resultPlace` and `failurePlace` of each. */
export interface TurnedPlaces {
  readonly results: ReadonlySet<string>
  readonly subjects: ReadonlySet<string>
}

/** @param sealed what stood in the ledger before the change */
export function turnedSince(sealed: readonly SealedResult[]) {
  const before = new Map(sealed.map((result) => [resultPlace(result), result]))
  const results = new Set<string>()
  const subjects = new Set<string>()

  function count(place: string, was: SealedResult | undefined, now: CheckResult | undefined): void {
    if (was?.status !== now?.status) results.add(place)
    const open = openOf(was)
    for (const [subject, status] of openOf(now)) {
      if (open.get(subject) !== status) subjects.add(subject)
      open.delete(subject)
    }
    for (const subject of open.keys()) subjects.add(subject)
  }

  return {
    /** As the change makes it; each result once. */
    add(now: CheckResult): void {
      const place = resultPlace(now)
      count(place, before.get(place), now)
      before.delete(place)
    },
    /** After the last result: what is left is asked no more. */
    done(): TurnedPlaces {
      for (const [place, was] of before) count(place, was, undefined)
      return { results, subjects }
    },
  }
}

function openOf(result: SealedResult | CheckResult | undefined): Map<string, Finding['status']> {
  const open = new Map<string, Finding['status']>()
  if (result === undefined) return open
  for (const { status, subject } of 'open' in result ? result.open : result.findings) {
    if (status === 'fail' || status === 'unknown') open.set(failurePlace({ ...result, subject }), status)
  }
  return open
}
