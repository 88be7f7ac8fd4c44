/** How many verdicts a change of configuration or program turned: the run before, judged anew under what came. */
import type { Finding } from './finding.ts'
import type { CheckResult } from './result.ts'
import type { SealedResult } from './store.ts'

/** Over the same records: what the vendors said anew since is not in it. */
export interface Turned {
  /** Results whose status is another, those that came and went among them. */
  readonly results: number
  /** Subjects that began or ceased to fail or be unknown, or went from one to the other. */
  readonly subjects: number
}

/** @param sealed what stood in the ledger before the change */
export function turnedSince(sealed: readonly SealedResult[]) {
  const before = new Map(sealed.map((result) => [placeOf(result), result]))
  let results = 0
  let subjects = 0

  function count(was: SealedResult | undefined, now: CheckResult | undefined): void {
    if (was?.status !== now?.status) results++
    const open = openOf(was?.open ?? [])
    for (const [subject, status] of openOf(now?.findings ?? [])) {
      if (open.get(subject) !== status) subjects++
      open.delete(subject)
    }
    subjects += open.size
  }

  return {
    /** As the change makes it; each result once. */
    add(now: CheckResult): void {
      const place = placeOf(now)
      count(before.get(place), now)
      before.delete(place)
    },
    /** After the last result: what is left is asked no more. */
    done(): Turned {
      for (const was of before.values()) count(was, undefined)
      return { results, subjects }
    },
  }
}

function placeOf({ check, system }: Pick<SealedResult, 'check' | 'system'>): string {
  return `${check}\0${system ?? ''}`
}

function openOf(findings: readonly Finding[]): Map<string, Finding['status']> {
  const open = new Map<string, Finding['status']>()
  for (const { status, subject } of findings) {
    if (status === 'fail' || status === 'unknown') {
      open.set(`${subject.source}\0${subject.kind}\0${subject.key}`, status)
    }
  }
  return open
}
