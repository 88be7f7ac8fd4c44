import { defineCheck } from '../src/domain/check.ts'
import { type Finding, finding, unknown } from '../src/domain/finding.ts'
import type { WebhookEndpoint } from '../src/domain/record.ts'
import { unreadable } from '../src/domain/roster.ts'
import { sentences } from '../src/domain/sentence.ts'
import type { Snapshot } from '../src/domain/snapshot.ts'
import { tailnetSubject } from '../src/domain/tailnet.ts'
import { auditLog } from './controls.ts'

export const webhooksSound = defineCheck({
  id: 'webhooks-sound',
  ref: 'LOG-05',
  version: 1,
  title: 'Webhooks use HTTPS and cover nodes, users and the policy',
  question:
    'Does every webhook of the tailnet go over HTTPS, and do they together tell of changes to nodes, users and policy?',
  why: 'Over plain HTTP anybody on the way reads, and forges, who joined and what changed. What no webhook tells of is noticed by nobody.',
  remediation:
    'In the Tailscale admin console open Settings > Webhooks: give the endpoint an https address, or delete it; subscribe one endpoint to the tailnet management events.',
  severity: 'low',
  controls: auditLog,
  needs: [{ kind: 'webhook' }],
  run(snapshot) {
    const webhooks = snapshot.of('webhook')
    return webhooks.length === 0 ? [] : [...webhooks.map(judge), coverage(snapshot, webhooks)]
  },
  say: sentences({
    pass: ({ subject }) =>
      subject.kind === 'system'
        ? 'The webhooks together tell of changes to nodes, users and policy.'
        : `The webhook ${subject.label} goes over HTTPS.`,
    fail: ({ subject, facts }) =>
      subject.kind === 'system'
        ? `No webhook tells of changes to ${facts['uncovered']}; subscribe one to them.`
        : `The webhook ${subject.label} goes over plain ${facts['protocol']}; give it an https address.`,
  }),
})

function judge(webhook: WebhookEndpoint): Finding {
  const protocol =
    webhook.url === null ? null : (/^([a-z][a-z0-9+.-]*):/i.exec(webhook.url)?.[1]?.toLowerCase() ?? null)
  if (protocol === null) return unknown('no_data', webhook, { facts: { missing: 'endpointUrl' } })
  const facts = { protocol, subscriptions: webhook.subscriptions.join(', ') }
  return finding(protocol === 'https' ? 'pass' : 'fail', webhook, { facts })
}

/** The category holds the events of all three (vendors/tailscale.md section 11). */
const ALL = 'categoryTailnetManagement'
const TOPICS: Readonly<Record<string, RegExp>> = {
  nodes: /^node(Created|NeedsApproval|Approved|Deleted|Authorized|NeedsAuthorization)$/,
  users: /^user/,
  policy: /^policyUpdate$/,
}

function coverage(snapshot: Snapshot, webhooks: readonly WebhookEndpoint[]): Finding {
  const events = webhooks.flatMap(({ subscriptions }) => subscriptions)
  const covers = (topic: RegExp) => events.includes(ALL) || events.some((event) => topic.test(event))
  const uncovered = Object.keys(TOPICS).filter((name) => !covers(TOPICS[name]!))
  const options = { with: webhooks, facts: { uncovered: uncovered.join(', ') || null } }
  const subject = tailnetSubject(snapshot)
  if (uncovered.length === 0) return finding('pass', subject, options)
  if (webhooks.some((webhook) => unreadable(webhook, 'subscriptions'))) {
    return unknown('no_data', subject, { ...options, facts: { ...options.facts, missing: 'subscriptions' } })
  }
  return finding('fail', subject, options)
}
