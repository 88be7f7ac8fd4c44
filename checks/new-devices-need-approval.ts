import { defineCheck } from '../src/domain/check.ts'
import { sentences } from '../src/domain/sentence.ts'
import { settingOn } from '../src/domain/tailnet.ts'
import { approvals } from './controls.ts'

export const newDevicesNeedApproval = defineCheck({
  id: 'new-devices-need-approval',
  ref: 'DEV-02',
  version: 1,
  title: 'New devices wait for approval',
  question: 'Must an administrator approve every device that joins the tailnet?',
  why: 'Without device approval whoever can sign in brings any machine along, a private or a stolen one too.',
  remediation: 'In the Tailscale admin console open Settings > Device management and switch Device approval on.',
  severity: 'medium',
  controls: approvals,
  needs: [{ kind: 'setting', fields: ['devicesApprovalOn'] }],
  run: (snapshot) => [settingOn(snapshot, 'devicesApprovalOn')],
  say: sentences({
    pass: () => 'A device that joins waits for approval (devicesApprovalOn is true).',
    fail: () => 'A device that joins is inside at once (devicesApprovalOn is false); switch Device approval on.',
    remedies: { not_visible: 'give the credential the scope feature_settings:read' },
  }),
})
