/** The policy file of the tailnet that a check is asked about. */
import { type Finding, unknown } from './finding.ts'
import { type PolicyModel, policyOf } from './policy.ts'
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
