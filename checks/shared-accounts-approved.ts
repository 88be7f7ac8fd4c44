import { approvedBy } from '../src/domain/approval.ts'
import { defineCheck } from '../src/domain/check.ts'
import { finding, subjectOf, unknown } from '../src/domain/finding.ts'
import { notEvaluated } from '../src/domain/sentence.ts'
import { newAccess } from './controls.ts'

export const sharedAccountsApproved = defineCheck({
  id: 'shared-accounts-approved',
  ref: 'ID-14',
  version: 1,
  title: 'People from outside are known and approved',
  question: 'Is everybody who is shared in from another tailnet on the list of approved outsiders?',
  why: 'A shared-in account belongs to another organisation: its people leave, and its machines are run, by rules that are not ours.',
  remediation:
    'Where the access is wanted, write the login under approved for this check in exhibit.yaml, with its reason. Otherwise, in the Tailscale admin console: Machines, the shared device, Share, and revoke the share; then delete the account under Users.',
  severity: 'medium',
  controls: newAccess,
  needs: [{ kind: 'account' }],
  parameters: {
    approved: {
      type: 'approved',
      default: [],
      says: 'Logins or account ids of approved outsiders, each with a reason.',
    },
  },
  run(snapshot, { approved }) {
    return snapshot.of('account').map((account) => {
      if (account.type === null) return unknown('no_data', account, { facts: { missing: 'type' } })
      if (account.type !== 'shared') return finding('not_applicable', account)
      const entry = approvedBy(approved, subjectOf(account))
      const facts = { login: account.login, type: account.type, accountStatus: account.status }
      if (entry === null) return finding('fail', account, { facts })
      return finding('pass', account, { facts: { ...facts, because: entry.because } })
    })
  },
  say(finding) {
    const { subject, facts } = finding
    switch (finding.status) {
      case 'pass':
        return `${subject.label} is approved: ${facts['because']}.`
      case 'fail':
        return `${subject.label} is shared in from another tailnet and on no list; approve it with a reason or end the share.`
      case 'not_applicable':
        return `${subject.label} is an account of our own.`
      case 'unknown':
        return notEvaluated(finding)
    }
  },
})
