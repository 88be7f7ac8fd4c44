import { defineCheck } from '../src/domain/check.ts'
import { familyOf, hiddenKeys, sayHidden, validity } from '../src/domain/credential.ts'
import { durationText } from '../src/domain/duration.ts'
import { type Finding, finding, unknown } from '../src/domain/finding.ts'
import type { Integration, Key } from '../src/domain/record.ts'
import { sentences } from '../src/domain/sentence.ts'
import type { Snapshot } from '../src/domain/snapshot.ts'
import { between, type Instant, pastInstant } from '../src/domain/time.ts'
import { keysExpire } from './controls.ts'

export const secretsRotated = defineCheck({
  id: 'secrets-rotated',
  ref: 'KEY-08',
  version: 1,
  title: 'Keys and integration secrets are rotated',
  question: 'Was every credential, and the secret of every posture integration, renewed within the time allowed?',
  why: 'A secret that never changes has been copied by everybody who ever set something up with it. OAuth clients do not expire, so somebody has to think of them. Secrets of webhooks and SCIM have no date in the API and are looked after by hand.',
  remediation:
    'Make a new credential under Settings > Trust credentials or Settings > Keys in the Tailscale admin console, let whatever uses it take the new one, then revoke the old; for a posture integration make a new secret in the vendor’s console and enter it under Settings > Device management > Device posture integrations.',
  severity: 'low',
  controls: keysExpire,
  needs: [{ kind: 'key' }, { kind: 'integration' }],
  parameters: {
    maxAge: { type: 'duration', default: '365d', min: '1d', max: '3650d', says: 'How old a secret may be.' },
  },
  run: (snapshot, { maxAge }) => [
    ...snapshot.of('key').map((key) => judgeKey(snapshot, key, maxAge)),
    ...snapshot.of('integration').map((one) => aged(snapshot, one, one.configUpdatedAt, 'configUpdated', maxAge)),
    ...hiddenKeys(snapshot),
  ],
  say: sentences({
    pass: ({ subject, facts }) =>
      facts['works'] === false
        ? `The ${facts['what']} ${subject.label} no longer works.`
        : `The ${facts['what']} ${subject.label} was renewed at ${facts['since']}.`,
    fail: ({ subject, facts }) =>
      `The ${facts['what']} ${subject.label} is unchanged since ${facts['since']}, longer than ${facts['maxAge']}; renew it.`,
    open: sayHidden,
  }),
})

function judgeKey(snapshot: Snapshot, key: Key, maxAge: number): Finding {
  const { works, missing } = validity(key, snapshot.at)
  const what = familyOf(key) ?? 'credential'
  if (works === false) return finding('pass', key, { facts: { what, works } })
  if (works === null) return unknown('no_data', key, { facts: { missing } })
  return aged(snapshot, key, key.createdAt, 'created', maxAge)
}

function aged(
  snapshot: Snapshot,
  record: Key | Integration,
  at: Instant | null,
  field: string,
  maxAge: number,
): Finding {
  const since = pastInstant(at, snapshot.at)
  if (since === null) return unknown('no_data', record, { facts: { missing: field } })
  const what = record.kind === 'integration' ? 'secret of the integration' : (familyOf(record) ?? 'credential')
  const facts = { what, since, maxAge: durationText(maxAge) }
  return finding(between(since, snapshot.at) > maxAge ? 'fail' : 'pass', record, { facts })
}
