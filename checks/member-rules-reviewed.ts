import { approvedBy } from '../src/domain/approval.ts'
import { defineCheck } from '../src/domain/check.ts'
import { finding } from '../src/domain/finding.ts'
import { isEverybody } from '../src/domain/policy-entries.ts'
import { sentences } from '../src/domain/sentence.ts'
import {
  quotedRule,
  ruleSubject,
  sayUnreadablePolicy,
  tailnetPolicy,
  unreadablePolicy,
} from '../src/domain/tailnet-policy.ts'
import { narrowRules } from './controls.ts'

export const memberRulesReviewed = defineCheck({
  id: 'member-rules-reviewed',
  ref: 'ACL-07',
  version: 1,
  title: 'Rules for every member are approved',
  question: 'Has somebody approved every rule that opens something to all members?',
  why: 'A rule for every member reaches contractors and whoever joins tomorrow; it should be meant, and few of them are enough.',
  remediation:
    'In the Tailscale admin console open Access controls and name a group in place of autogroup:member. A rule that is meant for everybody is written under approved for this check in exhibit.yaml, by its text, with its reason.',
  severity: 'low',
  controls: narrowRules,
  needs: [{ kind: 'policy' }],
  parameters: {
    approved: {
      type: 'approved',
      default: [],
      says: 'Rules for every member by position (acls[0]) or by their text without whitespace, each with a reason.',
    },
  },
  run(snapshot, { approved }) {
    const policy = tailnetPolicy(snapshot)
    if (policy.model === null) return [unreadablePolicy(snapshot, policy)]
    const { model, record } = policy
    return [...model.acls, ...model.grants].map((rule) => {
      const subject = ruleSubject(record, rule)
      const members = rule.src.filter((selector) => isEverybody(selector, model))
      const own = rule.dst.length > 0 && rule.dst.every(({ selector }) => selector === 'autogroup:self')
      if (members.length === 0)
        return finding('not_applicable', subject, { with: [record], notice: 'It is not for every member.' })
      if (own)
        return finding('not_applicable', subject, { with: [record], notice: 'It opens only a member’s own devices.' })
      const entry = approvedBy(approved, subject)
      const facts = { source: members.join(', '), ...quotedRule(rule) }
      return entry === null
        ? finding('fail', subject, { with: [record], facts })
        : finding('pass', subject, { with: [record], facts: { ...facts, because: entry.because } })
    })
  },
  say: sentences({
    pass: ({ subject, facts }) => `Rule ${subject.key} may be for every member: ${facts['because']}.`,
    fail: ({ subject, facts }) =>
      `Rule ${subject.key} (line ${facts['line']}) is for every member (${facts['source']}) and on no list; name a group, or approve it with a reason.`,
    aside: ({ subject, notice }) => `Rule ${subject.key} is not judged. ${notice ?? ''}`.trim(),
    open: sayUnreadablePolicy,
  }),
})
