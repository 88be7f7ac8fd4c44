import { defineCheck } from '../src/domain/check.ts'
import { judgeAuthKeys } from '../src/domain/credential.ts'
import { type Finding, finding, unknown } from '../src/domain/finding.ts'
import type { Key } from '../src/domain/record.ts'
import { sentences } from '../src/domain/sentence.ts'
import { between, DAY, type Instant, pastInstant, SECOND } from '../src/domain/time.ts'
import { keysExpire } from './controls.ts'

export const authKeysShortLived = defineCheck({
  id: 'auth-keys-short-lived',
  ref: 'KEY-02',
  version: 1,
  title: 'Auth keys are short-lived',
  question: 'Was every auth key made for no longer than the time allowed?',
  why: 'Whoever finds an auth key lets a machine of theirs into the network; after its end it is worth nothing.',
  remediation:
    'In the Tailscale admin console open Settings > Keys, revoke the key and generate one with a shorter expiration; where machines need keys again and again, let an OAuth client make them.',
  severity: 'medium',
  controls: keysExpire,
  needs: [{ kind: 'key', fields: ['auth'] }],
  parameters: {
    max: {
      type: 'number',
      default: 30,
      unit: 'days',
      min: 1,
      max: 90,
      says: 'Longest lifetime of an auth key; the platform allows 90 days.',
    },
  },
  run: (snapshot, { max }) => judgeAuthKeys(snapshot, (key) => judge(key, snapshot.at, max)),
  say: sentences({
    pass: ({ subject, facts }) => `The auth key ${subject.label} was made for ${facts['lifetimeDays']} days.`,
    fail: ({ subject, facts }) =>
      `The auth key ${subject.label} was made for ${facts['lifetimeDays']} days, longer than ${facts['max']}; replace it with a shorter one.`,
  }),
})

function judge(key: Key, at: Instant, max: number): Finding {
  // Made on a day to come: from there to its end is not how long it works.
  const created = pastInstant(key.createdAt, at)
  const lifetimeMs =
    created !== null && key.expiresAt !== null
      ? between(created, key.expiresAt)
      : key.expirySeconds === null
        ? null
        : key.expirySeconds * SECOND
  if (lifetimeMs === null) {
    return unknown('no_data', key, { facts: { missing: key.expiresAt === null ? 'expires' : 'created' } })
  }
  const lifetimeDays = Math.round((lifetimeMs / DAY) * 10) / 10
  const facts = { created: key.createdAt, expires: key.expiresAt, lifetimeDays, max }
  // An hour of grace: the two times are written one after the other.
  return finding(lifetimeMs <= max * DAY + 3600 * SECOND ? 'pass' : 'fail', key, { facts })
}
