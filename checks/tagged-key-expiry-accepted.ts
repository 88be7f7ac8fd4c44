import { approvedBy } from '../src/domain/approval.ts'
import { defineCheck } from '../src/domain/check.ts'
import { judgeOwnDevices, type Own, said, unsaid } from '../src/domain/device-checks.ts'
import { type Finding, subjectOf } from '../src/domain/finding.ts'
import { unreadable } from '../src/domain/roster.ts'
import { sentences } from '../src/domain/sentence.ts'
import { keysExpire } from './controls.ts'

export const taggedKeyExpiryAccepted = defineCheck({
  id: 'tagged-key-expiry-accepted',
  ref: 'DEV-04',
  version: 1,
  title: 'Tagged devices without key expiry are accepted on record',
  question: 'Is every tagged device whose key never expires on the list of those that are meant to be so?',
  why: 'Tailscale switches key expiry off when a device is tagged. That is by design, and for the same reason somebody should have said which machines stay in the network for ever.',
  remediation:
    'Write the device, or its tag for all devices with that tag, under approved for this check in exhibit.yaml, with its reason; or enable key expiry under Machines in the Tailscale admin console.',
  severity: 'low',
  controls: keysExpire,
  needs: [{ kind: 'device' }],
  parameters: {
    approved: {
      type: 'approved',
      default: [],
      says: 'Devices by id or name, or tags, that may stay without key expiry, each with a reason.',
    },
  },
  run: (snapshot, { approved }) => judgeOwnDevices(snapshot, (own) => judge(own, approved)),
  say: sentences({
    pass: ({ subject, facts }) =>
      facts['because'] === undefined
        ? `${subject.label} is tagged and its key expires.`
        : `${subject.label} may stay without key expiry: ${facts['because']}.`,
    fail: ({ subject, facts }) =>
      `${subject.label} (${facts['tags']}) has no key expiry and is on no list; accept it with a reason or enable key expiry.`,
  }),
})

function judge(own: Own, approved: Parameters<typeof approvedBy>[0]): Finding {
  const { tags, keyExpiryDisabled } = own.device
  if (unreadable(own.device, 'tags')) return unsaid(own, 'tags')
  if (tags.length === 0) return said(own, 'not_applicable', {}, 'A person owns it; DEV-03 judges it.')
  if (keyExpiryDisabled === null) return unsaid(own, 'keyExpiryDisabled')
  const facts = { tags: tags.join(', '), keyExpiryDisabled }
  if (!keyExpiryDisabled) return said(own, 'pass', facts)
  const entry =
    approvedBy(approved, subjectOf(own.device)) ?? approved.find(({ subject }) => tags.includes(subject)) ?? null
  return entry === null ? said(own, 'fail', facts) : said(own, 'pass', { ...facts, because: entry.because })
}
