import { defineCheck } from '../src/domain/check.ts'
import { finding } from '../src/domain/finding.ts'
import { sayUnreadablePolicy, tailnetPolicy, unreadablePolicy } from '../src/domain/tailnet-policy.ts'
import { policyChanges } from './controls.ts'

export const policyMakeup = defineCheck({
  id: 'policy-makeup',
  ref: 'ACL-09',
  version: 1,
  title: 'How the policy file is made up',
  question: 'Which generation of rules does the policy use, and is every name in it written once?',
  why: 'Two generations of rules side by side are harder to review, and of a name written twice only the last counts. Shown, never judged.',
  remediation:
    'In the Tailscale admin console open Access controls; write new rules as grants and take out names that stand twice.',
  severity: 'low',
  controls: policyChanges,
  informational: true,
  needs: [{ kind: 'policy' }],
  run(snapshot) {
    const policy = tailnetPolicy(snapshot)
    if (policy.model === null) return [unreadablePolicy(snapshot, policy)]
    const { model, record } = policy
    const twice = model.duplicates
      .map(({ name, first, second }) => `${name} (lines ${first.line} and ${second.line})`)
      .join(', ')
    const sharesFiles = model.nodeAttrs.some(({ attr }) => attr.some((name) => name.includes('taildrop')))
    const facts = {
      acls: model.acls.length,
      grants: model.grants.length,
      ssh: model.ssh.length,
      groups: model.groups.size,
      tags: model.tagOwners.size,
      postures: model.postures.size,
      taildropAttributes: sharesFiles,
      namesTwice: twice === '' ? null : twice,
    }
    const notice = twice === '' ? null : `Names written twice, of which only the last counts: ${twice}.`
    return [finding('not_applicable', record, { facts, notice })]
  },
  say: (finding) =>
    finding.status === 'unknown'
      ? sayUnreadablePolicy(finding)
      : `The policy has ${finding.facts['acls']} acls, ${finding.facts['grants']} grants and ${finding.facts['ssh']} ssh rules. ${finding.notice ?? ''}`.trim(),
})
