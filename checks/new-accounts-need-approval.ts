import { defineCheck } from '../src/domain/check.ts'
import { notEvaluated } from '../src/domain/sentence.ts'
import { settingOn } from '../src/domain/tailnet.ts'
import { approvals } from './controls.ts'

export const newAccountsNeedApproval = defineCheck({
  id: 'new-accounts-need-approval',
  ref: 'ID-09',
  version: 1,
  title: 'New accounts wait for approval',
  question: 'Must an administrator approve everybody who signs in to the tailnet for the first time?',
  why: 'Without approval everybody whom the identity provider lets sign in is inside the network at once, unseen.',
  remediation: 'In the Tailscale admin console open Settings > User management and switch User approval on.',
  severity: 'medium',
  controls: approvals,
  needs: [{ kind: 'setting', fields: ['usersApprovalOn'] }],
  run: (snapshot) => [settingOn(snapshot, 'usersApprovalOn')],
  say(finding) {
    if (finding.status === 'unknown') {
      return notEvaluated(finding, { not_visible: 'give the credential the scope feature_settings:read' })
    }
    return finding.status === 'pass'
      ? 'Whoever signs in for the first time waits for approval (usersApprovalOn is true).'
      : 'Whoever signs in for the first time is inside at once (usersApprovalOn is false); switch User approval on.'
  },
})
