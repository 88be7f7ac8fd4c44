/** The policy file of the tailnet that a check is asked about. */
import { type Finding, type Subject, unknown } from './finding.ts'
import type { Place } from './hujson.ts'
import { type PolicyModel, type PolicyRule, policyOf } from './policy.ts'
import type { Policy } from './record.ts'
import type { Snapshot } from './snapshot.ts'
import { tailnetOf } from './tailnet.ts'

export type TailnetPolicy =
  | { readonly record: Policy; readonly model: PolicyModel; readonly problem: null }
  | { readonly record: Policy | null; readonly model: null; readonly problem: string }

export function tailnetPolicy(snapshot: Snapshot): TailnetPolicy {
  const record = snapshot.of('policy')[0] ?? null
  if (record === null) return { record, model: null, problem: 'the policy file was not sent' }
  const model = policyOf(record)
  return 'problem' in model ? { record, model: null, problem: model.problem } : { record, model, problem: null }
}

/** The one answer of a check over a policy file that cannot be read. */
export function unreadablePolicy(snapshot: Snapshot, policy: TailnetPolicy & { model: null }): Finding {
  const subject = policy.record ?? { kind: 'policy', source: tailnetOf(snapshot), key: 'policy', label: 'policy' }
  return unknown('no_data', subject, { facts: { missing: 'policy', problem: policy.problem } })
}

export function sayUnreadablePolicy({ subject, facts }: Finding): string {
  return `The policy file of ${subject.source} cannot be read (${facts['problem']}); correct it under Access controls in the Tailscale admin console, then collect again.`
}

const sourceLines = new WeakMap<Policy, readonly string[]>()
/** A line of a policy may hold all of it. */
const MAX_QUOTE = 240

/** Where something stands in the policy file, and the line that says it: what a finding shows beside its answer. */
export function quoted(record: Policy, place: Place): { line: number; column: number; text: string } {
  let lines = sourceLines.get(record)
  if (lines === undefined) {
    lines = record.text.split('\n')
    sourceLines.set(record, lines)
  }
  return { line: place.line, column: place.column, text: cutShort((lines[place.line - 1] ?? '').trim()) }
}

/** A rule may span many lines: it is quoted whole, without whitespace and comments. */
export function quotedRule(rule: { readonly place: Place; readonly text: string }) {
  return { line: rule.place.line, column: rule.place.column, text: cutShort(rule.text) }
}

function cutShort(text: string): string {
  return text.length > MAX_QUOTE ? `${text.slice(0, MAX_QUOTE).toWellFormed()}…` : text
}

/** "acls[3]": how a rule is called in findings, waivers and sentences. */
export function ruleSubject(policy: Policy, rule: Pick<PolicyRule, 'section' | 'index' | 'text'>): Subject {
  return { kind: 'rule', source: policy.source, key: `${rule.section}[${rule.index}]`, label: rule.text }
}
