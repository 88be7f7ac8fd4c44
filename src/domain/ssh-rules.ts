/** The ssh rules of the policy, as the checks over them see them. */
import { type Finding, finding, unknown } from './finding.ts'
import type { PolicyModel, PolicyRule } from './policy.ts'
import { type Answer, reaches } from './policy-reach.ts'
import { anyAnswer } from './policy-selector.ts'
import type { Policy } from './record.ts'
import type { Snapshot } from './snapshot.ts'
import { quotedRule, ruleSubject, tailnetPolicy, unreadablePolicy } from './tailnet-policy.ts'

export interface SshVerdict {
  readonly status: 'pass' | 'fail' | 'not_applicable'
  readonly facts: Record<string, string | number | boolean | null>
  readonly notice?: string
}
export interface SshQuestion {
  readonly rule: PolicyRule
  readonly model: PolicyModel
  readonly record: Policy
  /** Whether the rule reaches one of these targets. */
  readonly reachesAny: (targets: readonly string[]) => Answer
}

/** One answer per ssh rule; a rule with a field of another shape than documented is not judged by the rest of it. */
export function judgeSsh(
  snapshot: Snapshot,
  judge: (question: SshQuestion) => SshVerdict | { readonly missing: string },
): Finding[] {
  const policy = tailnetPolicy(snapshot)
  if (policy.model === null) return [unreadablePolicy(snapshot, policy)]
  const { model, record } = policy
  const devices = snapshot.of('device')
  return model.ssh.map((rule) => {
    const subject = ruleSubject(record, rule)
    const quote = quotedRule(rule)
    const reachesAny = (targets: readonly string[]) =>
      anyAnswer(targets.map((target) => reaches(rule, target, model, devices)))
    const verdict =
      rule.unread.length > 0
        ? { missing: `${rule.unread.join(', ')} of the rule` }
        : judge({ rule, model, record, reachesAny })
    if ('missing' in verdict) {
      return unknown('no_data', subject, { with: [record], facts: { missing: verdict.missing, ...quote } })
    }
    const { status, facts, notice } = verdict
    return finding(status, subject, { with: [record], facts: { ...facts, ...quote }, notice: notice ?? null })
  })
}

export function sayOpenRule({ subject, facts }: Finding): string {
  return `Rule ${subject.key} (line ${facts['line']}) cannot be judged, because ${facts['missing']} could not be understood; correct it under Access controls.`
}
