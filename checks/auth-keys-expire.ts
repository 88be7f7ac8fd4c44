import { defineCheck } from '../src/domain/check.ts'
import { judgeAuthKeys } from '../src/domain/credential.ts'
import { finding, unknown } from '../src/domain/finding.ts'
import { notEvaluated, setAside } from '../src/domain/sentence.ts'
import { keysExpire } from './controls.ts'

export const authKeysExpire = defineCheck({
  id: 'auth-keys-expire',
  ref: 'KEY-01',
  version: 1,
  title: 'When auth keys end',
  question: 'Does every auth key that works have an end?',
  why: 'The platform gives every auth key an end of at most 90 days, so there is nothing to test; the dates are reported for whoever has to renew them.',
  remediation: 'Nothing is to be done; revoke under Settings > Keys what nobody uses any more.',
  severity: 'low',
  controls: keysExpire,
  informational: true,
  needs: [{ kind: 'key', fields: ['auth'] }],
  run: (snapshot) =>
    judgeAuthKeys(snapshot, (key) =>
      key.expiresAt === null
        ? unknown('no_data', key, { facts: { missing: 'expires' } })
        : finding('not_applicable', key, { facts: { expires: key.expiresAt }, notice: `It ends at ${key.expiresAt}.` }),
    ),
  say: (finding) => (finding.status === 'unknown' ? notEvaluated(finding) : setAside(finding)),
})
