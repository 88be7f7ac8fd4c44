import { defineCheck } from '../src/domain/check.ts'
import { durationText } from '../src/domain/duration.ts'
import { type Finding, finding, unknown } from '../src/domain/finding.ts'
import type { Account } from '../src/domain/record.ts'
import { notEvaluated } from '../src/domain/sentence.ts'
import { type Instant, pastInstant, plus } from '../src/domain/time.ts'
import { approvals } from './controls.ts'

export const approvalsArePrompt = defineCheck({
  id: 'approvals-are-prompt',
  ref: 'ID-10',
  version: 1,
  title: 'Nobody has been waiting for approval too long',
  question: 'Is every account that waits for approval decided upon in time?',
  why: 'The gate itself is holding; but a queue that nobody looks at is soon emptied without looking.',
  remediation:
    'In the Tailscale admin console open Users, filter by the status needs approval, and for each account choose Approve or Delete user in the menu at the end of its row.',
  severity: 'low',
  controls: approvals,
  needs: [{ kind: 'account' }],
  parameters: {
    maxWait: {
      type: 'duration',
      default: '7d',
      min: '1h',
      max: '90d',
      says: 'How long an account may wait for approval.',
    },
  },
  run: (snapshot, { maxWait }) => snapshot.of('account').map((account) => judge(account, snapshot.at, maxWait)),
  say(finding) {
    const { subject, facts } = finding
    switch (finding.status) {
      case 'pass':
        return `${subject.label} has been waiting for approval since ${facts['created']}; decide by ${facts['decideBy']}.`
      case 'fail':
        return `${subject.label} has been waiting for approval since ${facts['created']}, longer than ${facts['maxWait']}; approve or delete it.`
      case 'not_applicable':
        return `${subject.label} does not wait for approval.`
      case 'unknown':
        return notEvaluated(finding)
    }
  },
})

function judge(account: Account, at: Instant, maxWait: number): Finding {
  if (account.status === null) return unknown('no_data', account, { facts: { missing: 'status' } })
  if (account.status !== 'needs-approval') return finding('not_applicable', account)
  const created = pastInstant(account.createdAt, at)
  if (created === null) return unknown('no_data', account, { facts: { missing: 'created' } })
  const decideBy = plus(created, maxWait)
  const facts = { accountStatus: account.status, created: account.createdAt, decideBy, maxWait: durationText(maxWait) }
  return decideBy < at
    ? finding('fail', account, { facts })
    : finding('pass', account, { facts, notice: `waiting since ${created}` })
}
