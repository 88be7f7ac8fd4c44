import { defineCheck } from '../src/domain/check.ts'
import { type Finding, finding, unknown } from '../src/domain/finding.ts'
import type { PolicyModel } from '../src/domain/policy.ts'
import { type Entry, entriesWhere, entryText, isEverybody, unreadIn } from '../src/domain/policy-entries.ts'
import type { Policy } from '../src/domain/record.ts'
import { notEvaluated, sentences } from '../src/domain/sentence.ts'
import { quoted, sayUnreadablePolicy, tailnetPolicy, unreadablePolicy } from '../src/domain/tailnet-policy.ts'
import { narrowRules } from './controls.ts'

export const autoApproversNarrow = defineCheck({
  id: 'auto-approvers-narrow',
  ref: 'ACL-04',
  version: 1,
  title: 'Routes and exit nodes do not approve themselves for everybody',
  question: 'May only named groups, roles or tags have their routes approved without anybody looking?',
  why: 'A machine that approves its own route takes over the traffic to it. Where any member may, one compromised laptop stands between everybody and the network behind it.',
  remediation:
    'In the Tailscale admin console open Access controls and name tags or groups in autoApprovers instead of * or autogroup:member.',
  severity: 'medium',
  controls: narrowRules,
  needs: [{ kind: 'policy' }],
  run(snapshot) {
    const policy = tailnetPolicy(snapshot)
    return [policy.model === null ? unreadablePolicy(snapshot, policy) : judge(policy.model, policy.record)]
  },
  say: sentences({
    pass: ({ facts, notice }) => `Automatic approval is limited to ${facts['approvers']}. ${notice ?? ''}`.trim(),
    fail: ({ facts }) =>
      `Every member’s routes are approved by themselves (${facts['open']}, line ${facts['line']}); name tags or groups.`,
    open: (finding) => (finding.facts['problem'] === undefined ? notEvaluated(finding) : sayUnreadablePolicy(finding)),
  }),
})

function judge(model: PolicyModel, record: Policy): Finding {
  const { routes, exitNode, services } = model.autoApprovers
  const exit = new Map([['exitnode', exitNode]])
  const among = (chosen: (selector: string) => boolean): readonly Entry[] => [
    ...entriesWhere(routes, 'autoApprovers.routes', model, chosen),
    ...entriesWhere(exit, 'autoApprovers', model, chosen),
    ...entriesWhere(services, 'autoApprovers.services', model, chosen),
  ]
  const open = among((selector) => isEverybody(selector, model))
  const all = among(() => true)
  const approvers = [...new Set(all.map(({ selector }) => selector))].join(', ')
  if (open.length > 0) {
    const place = open[0]!.place
    const facts = { approvers, open: open.map(entryText).join('; '), ...(place === null ? {} : quoted(record, place)) }
    return finding('fail', record, { facts })
  }
  const missing = unreadIn(model, 'autoApprovers')
  if (missing !== null) return unknown('no_data', record, { facts: { missing } })
  if (all.length === 0)
    return finding('not_applicable', record, { notice: 'The policy file approves nothing by itself.' })
  const notice =
    exitNode.length === 0
      ? null
      : `Exit nodes approve themselves for ${exitNode.join(', ')}: all traffic may leave through them.`
  return finding('pass', record, { facts: { approvers, exitNode: exitNode.join(', ') || null }, notice })
}
