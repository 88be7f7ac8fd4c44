/**
 * Judges posture conditions as Tailscale does, https://tailscale.com/docs/features/device-posture, with three outcomes:
 * a rule that cannot be read, or whose attribute could not be fetched, is neither met nor failed.
 */
import {
  type Condition,
  isOrdering,
  isProblem,
  type Literal,
  type ParseProblem,
  VERSION_ATTRIBUTES,
} from './condition.ts'
import type { UnknownReason } from './finding.ts'
import { compareVersions } from './version.ts'

export {
  type Condition,
  isProblem,
  type Literal,
  type Operator,
  type ParseProblem,
  parseCondition,
} from './condition.ts'

export type Outcome = 'match' | 'no_match' | 'not_evaluable'
export type Why = 'pass' | 'fail' | 'missing' | 'type_mismatch' | 'unparsable' | 'unreadable'

/** `missing`: the device has no such attribute. `unreadable`: we could not look, or the vendor's answer said nothing. */
export type AttributeState =
  | { readonly state: 'value'; readonly value: Literal }
  | { readonly state: 'missing' }
  | { readonly state: 'unreadable'; readonly reason: UnknownReason }
export type AttributeSource = (attribute: string) => AttributeState

export interface ConditionResult {
  /** Tailscale's verdict: a missing or mistyped attribute is no match. */
  readonly outcome: Outcome
  readonly why: Why
  /** What the device has; null where there is nothing readable. */
  readonly value: Literal | null
  /** Why the attribute could not be read; null when that is not what stands in the way. */
  readonly reason: UnknownReason | null
}

export function evaluateCondition(condition: Condition | ParseProblem, source: AttributeSource): ConditionResult {
  if (isProblem(condition)) return result('unparsable', null)
  const attribute = source(condition.attribute)
  if (attribute.state === 'unreadable') return result('unreadable', null, attribute.reason)
  const { operator } = condition
  if (attribute.state === 'missing') {
    // NOT SET asks for exactly this; every other operator needs a value, != and NOT IN included.
    return result(operator === 'NOT SET' ? 'pass' : operator === 'IS SET' ? 'fail' : 'missing', null)
  }
  const { value } = attribute
  if (typeof value === 'number' && !Number.isFinite(value)) return result('type_mismatch', null)
  return result(whyOf(condition, value), value)
}

function result(why: Why, value: Literal | null, reason: UnknownReason | null = null): ConditionResult {
  return { outcome: OUTCOME[why], why, value, reason }
}

const OUTCOME: Readonly<Record<Why, Outcome>> = {
  pass: 'match',
  fail: 'no_match',
  missing: 'no_match',
  type_mismatch: 'no_match',
  unparsable: 'not_evaluable',
  unreadable: 'not_evaluable',
}

function whyOf({ attribute, operator, values }: Condition, value: Literal): Why {
  if (operator === 'IS SET') return 'pass'
  if (operator === 'NOT SET') return 'fail'
  if (isOrdering(operator)) {
    const order = compare(attribute, value, values[0]!)
    if (order === null) return 'type_mismatch'
    return (operator[0] === '<' ? order < 0 : order > 0) || (operator.length === 2 && order === 0) ? 'pass' : 'fail'
  }
  return whyEqual(attribute, operator === '!=' || operator === 'NOT IN', value, values)
}

/** A list is met by one of its values; one of another type leaves open whether the rest would do. */
function whyEqual(attribute: string, negated: boolean, value: Literal, values: readonly Literal[]): Why {
  let mistyped = false
  for (const wanted of values) {
    const equal = isEqual(attribute, value, wanted)
    if (equal === true) return negated ? 'fail' : 'pass'
    if (equal === null) mistyped = true
  }
  if (mistyped) return 'type_mismatch'
  return negated ? 'pass' : 'fail'
}

/** Null: the two cannot be compared. */
function isEqual(attribute: string, value: Literal, wanted: Literal): boolean | null {
  if (VERSION_ATTRIBUTES.has(attribute) && typeof value === 'string' && typeof wanted === 'string') {
    return compareVersions(value, wanted) === 0
  }
  const own = alike(attribute, value, wanted)
  return typeof own === typeof wanted ? own === wanted : null
}

/** Negative, zero or positive; null where Tailscale defines no order. */
function compare(attribute: string, value: Literal, wanted: Literal): number | null {
  if (typeof wanted === 'string') {
    return VERSION_ATTRIBUTES.has(attribute) && typeof value === 'string' ? compareVersions(value, wanted) : null
  }
  const own = alike(attribute, value, wanted)
  return typeof own === 'number' && typeof wanted === 'number' ? own - wanted : null
}

/**
 * The value in the type that is asked for: `sentinelOne:infected` was documented as a number before it was documented as
 * true or false.
 */
function alike(attribute: string, value: Literal, wanted: Literal): Literal {
  if (typeof value === typeof wanted || attribute !== 'sentinelOne:infected') return value
  if (typeof wanted === 'number' && typeof value === 'boolean') return Number(value)
  return typeof wanted === 'boolean' && (value === 0 || value === 1) ? value === 1 : value
}

/** Kleene's "and": one no match decides. Nothing at all is never met. */
export function allOf(outcomes: readonly Outcome[]): Outcome {
  if (outcomes.includes('no_match')) return 'no_match'
  return outcomes.length === 0 || outcomes.includes('not_evaluable') ? 'not_evaluable' : 'match'
}

/** Kleene's "or": one match decides. Nothing at all is never met. */
export function anyOf(outcomes: readonly Outcome[]): Outcome {
  if (outcomes.includes('match')) return 'match'
  return outcomes.length === 0 || outcomes.includes('not_evaluable') ? 'not_evaluable' : 'no_match'
}

/**
 * What evidence may say of a condition: where only a missing or mistyped value stands in the way, nothing was shown
 * against the device, although Tailscale would not let it through (checks.md POS-09).
 */
export function asEvidence({ outcome, why }: ConditionResult): Outcome {
  return why === 'missing' || why === 'type_mismatch' ? 'not_evaluable' : outcome
}

/** `enforced`: what Tailscale decides. `evidence`: what can be said of the device (POS-09, POS-12). */
export function combine(results: readonly ConditionResult[], reading: 'enforced' | 'evidence'): Outcome {
  return allOf(results.map((each) => (reading === 'evidence' ? asEvidence(each) : each.outcome)))
}

/** Why a posture could not be evaluated, for the finding: a failed look says more than a value that is not there. */
export function unknownReasonOf(results: readonly ConditionResult[]): UnknownReason {
  if (results.length === 0 || results.some((each) => each.why === 'unparsable')) return 'not_configured'
  return results.find((each) => each.reason !== null)?.reason ?? 'no_data'
}
