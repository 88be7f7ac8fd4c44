import { defineCheck } from '../src/domain/check.ts'
import { type Finding, finding, unknown } from '../src/domain/finding.ts'
import { opennessOf } from '../src/domain/policy-openness.ts'
import { sentences } from '../src/domain/sentence.ts'
import type { Snapshot } from '../src/domain/snapshot.ts'
import { quotedRule, sayUnreadablePolicy, tailnetPolicy, unreadablePolicy } from '../src/domain/tailnet-policy.ts'
import { narrowRules } from './controls.ts'

export const noAllowAll = defineCheck({
  id: 'no-allow-all',
  ref: 'ACL-01',
  version: 1,
  title: 'No set of rules lets everyone reach everything',
  question: 'Do the rules of the policy, taken together, keep somebody from something?',
  why: 'A new tailnet starts with a rule that lets everyone reach everything. While that is its effect, one stolen laptop reaches every server.',
  remediation:
    'In the Tailscale admin console open Access controls and replace the rules that the answer names by narrower ones: from groups, to the tags and ports that they need.',
  severity: 'high',
  controls: narrowRules,
  // Accounts and devices tell whether groups and tags come to everybody and everything.
  needs: [{ kind: 'policy' }, { kind: 'account' }, { kind: 'device' }],
  run: (snapshot) => [judge(snapshot)],
  say: sentences({
    pass: ({ notice }) => `The policy keeps members from something. ${notice ?? ''}`.trim(),
    fail: ({ facts }) =>
      facts['rules'] === null
        ? 'The policy file has neither acls nor grants, so every device reaches every other; write rules under Access controls.'
        : `By ${facts['rules']} (line ${facts['line']}), ${facts['who']} reaches every device on every port; narrow the rules.`,
    open: (finding) =>
      finding.facts['unclear'] === undefined
        ? sayUnreadablePolicy(finding)
        : `Whether everyone reaches everything cannot be said: ${finding.facts['unclear']} could not be understood; correct it under Access controls.`,
  }),
})

function judge(snapshot: Snapshot): Finding {
  const policy = tailnetPolicy(snapshot)
  if (policy.model === null) return unreadablePolicy(snapshot, policy)
  const { model, record } = policy
  if (!model.sections.has('acls') && !model.sections.has('grants')) {
    return finding('fail', record, { facts: { rules: null, who: 'everyone' } })
  }
  const members = snapshot.of('account').filter(({ type, status }) => type === 'member' && status !== 'suspended')
  const { who, rules, unclear } = opennessOf(model, members, snapshot.of('device'))
  const names = (list: typeof rules) => list.map(({ section, index }) => `${section}[${index}]`).join(', ')
  if (who !== null) return finding('fail', record, { facts: { rules: names(rules), who, ...quotedRule(rules[0]!) } })
  if (unclear.length > 0) {
    return unknown('no_data', record, {
      facts: { unclear: names(unclear), missing: names(unclear), ...quotedRule(unclear[0]!) },
    })
  }
  return finding('pass', record, { facts: { acls: model.acls.length, grants: model.grants.length } })
}
