/** A check over several runs, each handing on what it carries: what a table of single snapshots cannot ask. */
import type { Check } from '../../src/domain/check.ts'
import { carryForward } from '../../src/domain/evaluate.ts'
import type { Finding } from '../../src/domain/finding.ts'
import type { JsonValue } from '../../src/domain/json.ts'
import type { AnyRecord, Carried } from '../../src/domain/record.ts'
import type { SourceState } from '../../src/domain/snapshot.ts'
import { type Instant, MINUTE, plus } from '../../src/domain/time.ts'
import { auditlog, resultOf, type SnapshotOptions, wholeSnapshotOf } from '../helpers/build.ts'

export interface Step {
  readonly at: Instant
  readonly records: readonly AnyRecord[]
  readonly params?: Readonly<Record<string, JsonValue>>
  /** Laid over the tailnet's state. */
  readonly state?: Partial<SourceState>
  readonly options?: SnapshotOptions
}

export interface Ran {
  readonly findings: readonly Finding[]
  readonly answers: readonly string[]
  readonly said: readonly string[]
  readonly result: ReturnType<typeof resultOf>
  readonly carried: readonly Carried[]
}

/** One run after the other; the pull of each began a minute before its moment, and read the log up to then. */
export function inTurn(check: Check, steps: readonly Step[]): Ran[] {
  let carried: readonly Carried[] = []
  return steps.map(({ at, records, params = {}, state = {}, options = {} }) => {
    const began = plus(at, -MINUTE)
    const configured = {
      ...options,
      at,
      settings: { ...options.settings, checks: { [check.id]: { enabled: true, because: null, params } } },
      sources: options.sources ?? [{ id: 'tailnet', collectedAt: began, attemptedAt: at, ...state }],
    }
    carried = carryForward(wholeSnapshotOf([...records, ...carried], configured), [check])
    const result = resultOf(check, [...records, ...carried], configured)
    const said = result.findings.map((found) => check.say(found))
    for (const sentence of said) {
      if (!/^\S.*\.$/s.test(sentence) || /undefined|null|NaN|\[object/.test(sentence))
        throw new Error(`it says: ${sentence}`)
    }
    const answers = result.findings.map(({ status, unknownReason }) => unknownReason ?? status)
    return { findings: result.findings, answers, said, result, carried }
  })
}

/** The log as a pull of this moment read it: an hour back and two minutes more, the way pulls overlap. */
export function logAt(at: Instant, backMs = 80 * MINUTE): AnyRecord {
  return auditlog({ from: plus(at, -backMs), to: plus(at, -MINUTE) })
}
