/** The answers of posture conditions among a finding's facts: read as a list, where a sentence would run to a paragraph. */
import type { Facts } from '../domain/finding.ts'

export interface ConditionInTheWay {
  readonly condition: string
  /** "no match (false)" */
  readonly answer: string
}

export interface PostureInTheWay {
  readonly posture: string
  readonly conditions: readonly ConditionInTheWay[]
}

const IN_THE_WAY = /^(no match|not evaluable) \(/
/** How such a fact is named: the posture, then its condition as written. */
const NAME = /^(\S+): (.+)$/s

/** By posture, the one that lacks least first: it is the shortest way. */
export function inTheWay(facts: Facts): readonly PostureInTheWay[] {
  const postures = new Map<string, ConditionInTheWay[]>()
  for (const [name, answer] of Object.entries(facts)) {
    if (typeof answer !== 'string' || !IN_THE_WAY.test(answer)) continue
    const [, posture = name, condition = 'not defined'] = NAME.exec(name) ?? []
    const list = postures.get(posture)
    if (list === undefined) postures.set(posture, [{ condition, answer }])
    else list.push({ condition, answer })
  }
  return [...postures]
    .map(([posture, conditions]) => ({ posture, conditions }))
    .sort((a, b) => a.conditions.length - b.conditions.length)
}
