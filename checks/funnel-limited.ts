import { defineCheck } from '../src/domain/check.ts'
import { finding, unknown } from '../src/domain/finding.ts'
import { sentences } from '../src/domain/sentence.ts'
import { quoted, sayUnreadablePolicy, tailnetPolicy, unreadablePolicy } from '../src/domain/tailnet-policy.ts'
import { narrowRules } from './controls.ts'

export const funnelLimited = defineCheck({
  id: 'funnel-limited',
  ref: 'NET-01',
  version: 1,
  title: 'Only approved nodes may use Funnel',
  question: 'May only approved nodes publish themselves to the internet through Funnel?',
  why: 'Funnel puts a port of a device on the open internet. Where every member may, a test of somebody’s is public the same minute.',
  remediation:
    'In the Tailscale admin console open Access controls and give the attribute funnel in nodeAttrs only to the tags that need it. What is meant to be public is written under approved for this check in exhibit.yaml, with its reason.',
  severity: 'high',
  controls: narrowRules,
  needs: [{ kind: 'policy' }],
  parameters: {
    approved: {
      type: 'approved',
      default: [],
      says: 'Targets of nodeAttrs that may use Funnel, such as tag:web, each with a reason.',
    },
  },
  run(snapshot, { approved }) {
    const policy = tailnetPolicy(snapshot)
    if (policy.model === null) return [unreadablePolicy(snapshot, policy)]
    const { model, record } = policy
    const allowed = new Set(approved.map(({ subject }) => subject))
    const entries = model.nodeAttrs.filter(({ attr }) => attr.includes('funnel'))
    const open = entries.filter(({ target }) => target.some((selector) => !allowed.has(selector)))
    const targets = [...new Set(entries.flatMap(({ target }) => target))].join(', ') || null
    if (open.length > 0) {
      const unlisted = [...new Set(open.flatMap(({ target }) => target.filter((each) => !allowed.has(each))))].join(
        ', ',
      )
      return [finding('fail', record, { facts: { targets, unlisted, ...quoted(record, open[0]!.place) } })]
    }
    const unread = model.unread.filter(({ path }) => path.startsWith('nodeAttrs')).map(({ path }) => path)
    if (unread.length > 0) {
      const missing = unread.join(', ')
      return [
        unknown('no_data', record, { facts: { missing, problem: `${missing} has another shape than documented` } }),
      ]
    }
    return [finding('pass', record, { facts: { targets } })]
  },
  say: sentences({
    pass: ({ facts }) =>
      facts['targets'] === null ? 'Nobody may use Funnel.' : `Only approved nodes may use Funnel: ${facts['targets']}.`,
    fail: ({ facts }) =>
      `${facts['unlisted']} may publish itself to the internet through Funnel (line ${facts['line']}) and is on no list; take the attribute away, or approve it with a reason.`,
    open: sayUnreadablePolicy,
  }),
})
