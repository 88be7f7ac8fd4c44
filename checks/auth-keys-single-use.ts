import { approvedBy } from '../src/domain/approval.ts'
import { defineCheck } from '../src/domain/check.ts'
import { judgeAuthKeys } from '../src/domain/credential.ts'
import { finding, subjectOf, unknown } from '../src/domain/finding.ts'
import { sentences } from '../src/domain/sentence.ts'
import { keysExpire } from './controls.ts'

export const authKeysSingleUse = defineCheck({
  id: 'auth-keys-single-use',
  ref: 'KEY-03',
  version: 1,
  title: 'Auth keys let in one device each',
  question: 'Is every auth key good for a single device, except those that are approved?',
  why: 'A key that can be used again lets in any number of machines, and nobody can tell the one that was meant from the one that found the key.',
  remediation:
    'In the Tailscale admin console open Settings > Keys, revoke the key and generate one without Reusable. Automation that needs one is written under approved for this check in exhibit.yaml, with its reason.',
  severity: 'medium',
  controls: keysExpire,
  needs: [{ kind: 'key', fields: ['auth'] }],
  parameters: {
    approved: { type: 'approved', default: [], says: 'Reusable auth keys by id or description, each with a reason.' },
  },
  run: (snapshot, { approved }) =>
    judgeAuthKeys(snapshot, (key) => {
      const { reusable } = key
      if (reusable === null) return unknown('no_data', key, { facts: { missing: 'reusable' } })
      if (!reusable) return finding('pass', key, { facts: { reusable } })
      const entry = approvedBy(approved, subjectOf(key))
      return entry === null
        ? finding('fail', key, { facts: { reusable } })
        : finding('pass', key, { facts: { reusable, because: entry.because } })
    }),
  say: sentences({
    pass: ({ subject, facts }) =>
      facts['because'] === undefined
        ? `The auth key ${subject.label} lets in a single device.`
        : `The auth key ${subject.label} may be used again: ${facts['because']}.`,
    fail: ({ subject }) =>
      `The auth key ${subject.label} lets in any number of devices; replace it with a single-use key.`,
  }),
})
