import { approvedBy } from '../src/domain/approval.ts'
import { type Approved, defineCheck } from '../src/domain/check.ts'
import { judgeAuthKeys, tagsUnread } from '../src/domain/credential.ts'
import { type Finding, finding, subjectOf, unknown } from '../src/domain/finding.ts'
import type { Key } from '../src/domain/record.ts'
import { sentences } from '../src/domain/sentence.ts'
import { approvals } from './controls.ts'

export const authKeysRespectApproval = defineCheck({
  id: 'auth-keys-respect-approval',
  ref: 'KEY-04',
  version: 1,
  title: 'Auth keys do not bypass device approval',
  question: 'Must devices that join with an auth key be approved like all others?',
  why: 'A pre-approved key is a way around device approval: the machine is inside before anybody has seen it.',
  remediation:
    'In the Tailscale admin console open Settings > Keys, revoke the key and generate one without Pre-approved. Automation whose devices are tagged is written under approved for this check in exhibit.yaml, with its reason.',
  severity: 'medium',
  controls: approvals,
  needs: [{ kind: 'key', fields: ['auth'] }],
  parameters: {
    approved: {
      type: 'approved',
      default: [],
      says: 'Pre-approved auth keys of automation by id or description, each with a reason; only keys whose devices are tagged.',
    },
  },
  run: (snapshot, { approved }) => judgeAuthKeys(snapshot, (key) => judge(key, approved)),
  say: sentences({
    pass: ({ subject, facts }) =>
      facts['because'] === undefined
        ? `Devices that join with the auth key ${subject.label} wait for approval.`
        : `Devices that join with the auth key ${subject.label} need no approval: ${facts['because']}.`,
    fail: ({ subject, facts }) =>
      facts['tags'] === null
        ? `Devices that join with the auth key ${subject.label} are inside without approval and carry no tag; replace the key.`
        : `Devices that join with the auth key ${subject.label} (${facts['tags']}) are inside without approval; approve the key with a reason or replace it.`,
  }),
})

function judge(key: Key, approved: readonly Approved[]): Finding {
  const { preauthorized, tags } = key
  if (preauthorized === null) return unknown('no_data', key, { facts: { missing: 'preauthorized' } })
  const facts = { preauthorized, tags: tags.join(', ') || null }
  if (!preauthorized) return finding('pass', key, { facts })
  if (tagsUnread(key)) return unknown('no_data', key, { facts: { ...facts, missing: 'tags' } })
  // An exception is for automation: a person's device has somebody who can wait.
  const entry = tags.length === 0 ? null : approvedBy(approved, subjectOf(key))
  return entry === null
    ? finding('fail', key, { facts })
    : finding('pass', key, { facts: { ...facts, because: entry.because } })
}
