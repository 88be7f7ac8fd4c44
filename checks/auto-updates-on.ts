import { tailnetAttribute } from '../src/domain/attribute-sources.ts'
import { defineCheck } from '../src/domain/check.ts'
import { amended } from '../src/domain/finding.ts'
import { sentences } from '../src/domain/sentence.ts'
import type { Snapshot } from '../src/domain/snapshot.ts'
import { settingOn } from '../src/domain/tailnet.ts'
import { current } from './controls.ts'

export const autoUpdatesOn = defineCheck({
  id: 'auto-updates-on',
  ref: 'DEV-09',
  version: 1,
  title: 'Clients update themselves by default',
  question: 'Are automatic updates of the Tailscale client switched on for the tailnet?',
  why: 'What updates itself is current without anybody thinking of it. The setting is the default for devices that join; the attribute node:tsAutoUpdate says what each device does.',
  remediation:
    'In the Tailscale admin console open Settings > Device management and switch Auto-update on; on devices that joined before, run "tailscale set --auto-update".',
  severity: 'low',
  controls: current,
  needs: [{ kind: 'setting', fields: ['devicesAutoUpdatesOn'] }],
  run(snapshot) {
    const answer = settingOn(snapshot, 'devicesAutoUpdatesOn')
    return [
      answer.status === 'unknown' ? answer : amended(answer, { facts: { ...answer.facts, ...perDevice(snapshot) } }),
    ]
  },
  say: sentences({
    pass: () => 'Clients update themselves by default (devicesAutoUpdatesOn is true).',
    fail: () => 'Clients do not update themselves by default (devicesAutoUpdatesOn is false); switch Auto-update on.',
    remedies: { not_visible: 'give the credential the scope feature_settings:read' },
  }),
})

/** What the devices whose attributes are read say themselves; App Store and Play builds say false. */
function perDevice(snapshot: Snapshot) {
  let devicesOn = 0
  let devicesOff = 0
  for (const device of snapshot.of('device')) {
    const answer = tailnetAttribute(snapshot, device, 'node:tsAutoUpdate')
    if (answer.state !== 'value') continue
    if (answer.value === true) devicesOn++
    else devicesOff++
  }
  return { devicesOn, devicesOff }
}
