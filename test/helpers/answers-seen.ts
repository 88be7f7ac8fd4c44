/** What each check has answered to the tests of a file, so that `covers` can tell which of its answers no test has seen. */
import type { Check } from '../../src/domain/check.ts'
import type { Finding, Status, UnknownReason } from '../../src/domain/finding.ts'

/** A status or, where there is no verdict, why. */
export type Answer = Exclude<Status, 'unknown'> | UnknownReason

interface Seen {
  readonly answers: Set<Answer>
  hostile: number
}
const seen = new Map<string, Seen>()

/** Kept under the check's id: tests of a file may judge by a check and by a copy of it. */
export function seenOf({ id }: Pick<Check, 'id'>): Seen {
  const known = seen.get(id)
  if (known !== undefined) return known
  const fresh: Seen = { answers: new Set(), hostile: 0 }
  seen.set(id, fresh)
  return fresh
}

/** Files share the thread and this module: each starts with nothing seen. */
export function forget({ id }: Pick<Check, 'id'>): void {
  seen.delete(id)
}

export function answerOf({ status, unknownReason }: Pick<Finding, 'status' | 'unknownReason'>): Answer {
  return (unknownReason ?? status) as Answer
}

export function noted<F extends Pick<Finding, 'status' | 'unknownReason'>>(check: Check, findings: readonly F[]): void {
  if (findings.length === 0) return
  const { answers } = seenOf(check)
  for (const finding of findings) answers.add(answerOf(finding))
}
