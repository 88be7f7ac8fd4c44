import { defineCheck } from '../src/domain/check.ts'
import { sentences } from '../src/domain/sentence.ts'
import { settingOn } from '../src/domain/tailnet.ts'
import { deviceIdentity } from './controls.ts'

export const identityCollectionOn = defineCheck({
  id: 'identity-collection-on',
  ref: 'DEV-18',
  version: 1,
  title: 'Devices are asked for their serial numbers',
  question: 'Is the collection of device identities switched on for the tailnet?',
  why: 'The serial number is what a device of the tailnet and its record at an EDR or MDM have in common; without it nobody can say whether a device is managed.',
  remediation:
    'In the Tailscale admin console open Settings > Device management and switch Device identity collection on.',
  severity: 'medium',
  controls: deviceIdentity,
  needs: [{ kind: 'setting', fields: ['postureIdentityCollectionOn'] }],
  run: (snapshot) => [settingOn(snapshot, 'postureIdentityCollectionOn')],
  say: sentences({
    pass: () => 'Devices are asked for their serial numbers (postureIdentityCollectionOn is true).',
    fail: () =>
      'Devices are not asked for their serial numbers (postureIdentityCollectionOn is false); switch Device identity collection on.',
    remedies: { not_visible: 'give the credential the scope feature_settings:read' },
  }),
})
