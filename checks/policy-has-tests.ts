import { defineCheck } from '../src/domain/check.ts'
import { type Finding, finding, unknown } from '../src/domain/finding.ts'
import type { PolicyModel } from '../src/domain/policy.ts'
import type { Policy } from '../src/domain/record.ts'
import { sentences } from '../src/domain/sentence.ts'
import { sayUnreadablePolicy, tailnetPolicy, unreadablePolicy } from '../src/domain/tailnet-policy.ts'
import { policyChanges } from './controls.ts'

export const policyHasTests = defineCheck({
  id: 'policy-has-tests',
  ref: 'ACL-05',
  version: 1,
  title: 'The policy has tests that accept and deny',
  question: 'Does the policy file say with tests both what must be reachable and what must not?',
  why: 'Tailscale refuses a change that breaks a test of the policy. Only a test that denies keeps a change from opening too much.',
  remediation:
    'In the Tailscale admin console open Access controls and write tests with accept and deny; sshTests where the file has ssh rules.',
  severity: 'low',
  controls: policyChanges,
  needs: [{ kind: 'policy' }],
  run(snapshot) {
    const policy = tailnetPolicy(snapshot)
    return [policy.model === null ? unreadablePolicy(snapshot, policy) : judge(policy.model, policy.record)]
  },
  say: sentences({
    pass: ({ facts }) => `The policy has ${facts['accept']} accepting and ${facts['deny']} denying tests.`,
    fail: ({ facts }) => `The policy has no test that ${facts['lacks']}; write one.`,
    open: sayUnreadablePolicy,
  }),
})

function judge(model: PolicyModel, record: Policy): Finding {
  const count = (list: PolicyModel['tests'], what: 'accept' | 'check' | 'deny') =>
    list.filter((test) => test[what].length > 0).length
  const accept = count(model.tests, 'accept')
  const deny = count(model.tests, 'deny')
  const sshTests = model.sshTests.length
  const lacks = [
    ...(accept === 0 ? ['accepts'] : []),
    ...(deny === 0 ? ['denies'] : []),
    ...(model.ssh.length > 0 && sshTests === 0 ? ['speaks of ssh'] : []),
  ]
  const facts = { accept, deny, sshTests, sshRules: model.ssh.length }
  if (accept > 0 && deny > 0) {
    const notice = lacks.length === 0 ? null : 'The file has ssh rules and no sshTests.'
    return finding('pass', record, { facts, notice })
  }
  const unread = model.unread.filter(({ path }) => /^(?:sshTests|tests)\b/.test(path)).map(({ path }) => path)
  if (unread.length > 0) {
    const missing = unread.join(', ')
    return unknown('no_data', record, {
      facts: { ...facts, missing, problem: `${missing} has another shape than documented` },
    })
  }
  return finding('fail', record, { facts: { ...facts, lacks: lacks.join(', and none that ') } })
}
