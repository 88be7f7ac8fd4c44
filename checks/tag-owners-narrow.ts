import { defineCheck } from '../src/domain/check.ts'
import { finding, unknown } from '../src/domain/finding.ts'
import { entriesWhere, entryText, isEverybody, unreadIn } from '../src/domain/policy-entries.ts'
import { notEvaluated, sentences } from '../src/domain/sentence.ts'
import { quoted, sayUnreadablePolicy, tailnetPolicy, unreadablePolicy } from '../src/domain/tailnet-policy.ts'
import { narrowRules } from './controls.ts'

export const tagOwnersNarrow = defineCheck({
  id: 'tag-owners-narrow',
  ref: 'ACL-03',
  version: 1,
  title: 'Not every member may hand out tags',
  question: 'Is every tag owned by a group or a role, and none by all members?',
  why: 'Whoever may assign a tag gives a machine of theirs all that the tag may reach. A tag that every member owns is no boundary.',
  remediation:
    'In the Tailscale admin console open Access controls and name a group or a role as the owner of the tag in tagOwners.',
  severity: 'high',
  controls: narrowRules,
  needs: [{ kind: 'policy' }],
  run(snapshot) {
    const policy = tailnetPolicy(snapshot)
    if (policy.model === null) return [unreadablePolicy(snapshot, policy)]
    const { model, record } = policy
    const open = entriesWhere(model.tagOwners, 'tagOwners', model, (selector) => isEverybody(selector, model))
    const tags = model.tagOwners.size
    if (open.length > 0) {
      const place = open[0]!.place
      const facts = { tags, open: open.map(entryText).join('; '), ...(place === null ? {} : quoted(record, place)) }
      return [finding('fail', record, { facts })]
    }
    const missing = unreadIn(model, 'tagOwners')
    if (missing !== null) return [unknown('no_data', record, { facts: { tags, missing } })]
    if (tags === 0)
      return [finding('not_applicable', record, { notice: 'The policy file declares no owner of a tag.' })]
    return [finding('pass', record, { facts: { tags } })]
  },
  say: sentences({
    pass: ({ facts }) => `Each of the ${facts['tags']} tags is owned by a group or a role.`,
    fail: ({ facts }) =>
      `Every member may hand out a tag (${facts['open']}, line ${facts['line']}); name a group or a role as its owner.`,
    open: (finding) => (finding.facts['problem'] === undefined ? notEvaluated(finding) : sayUnreadablePolicy(finding)),
  }),
})
