/** The answer of a posture condition as a fact: what was asked is its name, what came out its value. */
import type { Literal, Outcome, Why } from './posture.ts'

const WORDS: Readonly<Record<Outcome, string>> = {
  match: 'match',
  no_match: 'no match',
  not_evaluable: 'not evaluable',
}

/** "match (0)", "no match (2)", "not evaluable (missing)". */
export function conditionFact(outcome: Outcome, why: Why, value: Literal | null): string {
  const detail =
    why === 'type_mismatch'
      ? `type mismatch: ${value}`
      : (value ?? (why === 'pass' || why === 'fail' ? 'not set' : why))
  return `${WORDS[outcome]} (${detail})`
}

/** Conditions that stand in the way, as "name → answer" for a sentence. */
export function standingInTheWay(facts: Readonly<Record<string, unknown>>): string {
  return Object.entries(facts)
    .filter(([, fact]) => typeof fact === 'string' && (fact.startsWith('no match') || fact.startsWith('not evaluable')))
    .map(([name, fact]) => `${name} → ${fact}`)
    .join('; ')
}
