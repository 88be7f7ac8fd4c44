import { defineCheck } from '../src/domain/check.ts'
import { finding } from '../src/domain/finding.ts'
import { textsOf } from '../src/domain/policy.ts'
import { sentences } from '../src/domain/sentence.ts'
import { quoted, sayUnreadablePolicy, tailnetPolicy, unreadablePolicy } from '../src/domain/tailnet-policy.ts'
import { narrowRules } from './controls.ts'

export const dangerAllUnused = defineCheck({
  id: 'danger-all-unused',
  ref: 'ACL-02',
  version: 1,
  title: 'The policy does not open anything to the whole world',
  question: 'Is autogroup:danger-all used nowhere in the policy file?',
  why: 'autogroup:danger-all admits everything, also what is outside of the tailnet; its name is the vendor’s own warning.',
  remediation:
    'In the Tailscale admin console open Access controls and replace autogroup:danger-all by the groups, tags or addresses that are meant.',
  severity: 'high',
  controls: narrowRules,
  needs: [{ kind: 'policy' }],
  run(snapshot) {
    const policy = tailnetPolicy(snapshot)
    if (policy.model === null) return [unreadablePolicy(snapshot, policy)]
    const { model, record } = policy
    // Destinations of acls carry ports behind the name.
    const places = [...textsOf(model)]
      .filter(({ text }) => /^autogroup:danger-all(?::|$)/i.test(text))
      .map(({ place }) => place)
    if (places.length === 0) return [finding('pass', record)]
    const facts = { lines: places.map(({ line }) => line).join(', '), ...quoted(record, places[0]!) }
    return [finding('fail', record, { facts })]
  },
  say: sentences({
    pass: () => 'The policy file does not use autogroup:danger-all.',
    fail: ({ facts }) => `The policy file uses autogroup:danger-all (line ${facts['lines']}); name who is meant.`,
    open: sayUnreadablePolicy,
  }),
})
