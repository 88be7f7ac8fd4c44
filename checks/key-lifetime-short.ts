import { defineCheck } from '../src/domain/check.ts'
import { finding, unknown } from '../src/domain/finding.ts'
import { sentences } from '../src/domain/sentence.ts'
import { numberSetting } from '../src/domain/tailnet.ts'
import { keysExpire } from './controls.ts'

export const keyLifetimeShort = defineCheck({
  id: 'key-lifetime-short',
  ref: 'DEV-05',
  version: 1,
  title: 'Device keys are short-lived',
  question: 'Must every device sign in again within the time allowed?',
  why: 'Until its key expires a device stays in the network without anybody signing in; the shorter that time, the sooner a lost device is out by itself.',
  remediation:
    'In the Tailscale admin console open Settings > Device management > Key expiry and set a period no longer than the parameter max.',
  severity: 'medium',
  controls: keysExpire,
  needs: [{ kind: 'setting', fields: ['devicesKeyDurationDays'] }],
  parameters: {
    max: { type: 'number', default: 90, unit: 'days', min: 1, max: 180, says: 'Longest lifetime of a device key.' },
  },
  run(snapshot, { max }) {
    const { subject, value, why } = numberSetting(snapshot, 'devicesKeyDurationDays')
    if (value === null) return [unknown(why, subject, { facts: { missing: 'devicesKeyDurationDays' } })]
    return [finding(value <= max ? 'pass' : 'fail', subject, { facts: { devicesKeyDurationDays: value, max } })]
  },
  say: sentences({
    pass: ({ facts }) => `Device keys last ${facts['devicesKeyDurationDays']} days; ${facts['max']} are allowed.`,
    fail: ({ facts }) =>
      `Device keys last ${facts['devicesKeyDurationDays']} days, longer than ${facts['max']}; shorten the period under Settings > Device management.`,
    remedies: { not_visible: 'give the credential the scope feature_settings:read' },
  }),
})
