import { defineCheck } from '../src/domain/check.ts'
import { durationText } from '../src/domain/duration.ts'
import { type Finding, finding, unknown } from '../src/domain/finding.ts'
import type { Integration } from '../src/domain/record.ts'
import { between, type Instant, pastInstant } from '../src/domain/time.ts'
import { postureEnforced } from './controls.ts'

export const postureIntegrationsHealthy = defineCheck({
  id: 'posture-integrations-healthy',
  ref: 'POS-02',
  version: 1,
  title: 'Posture integrations work and are fresh',
  question: 'Does every posture integration sync without error, recently, and match devices?',
  why: 'An integration that fails leaves the last attributes standing: devices go on passing postures by values that are no longer true. After an authentication error Tailscale pauses it for up to 24 hours.',
  remediation:
    'In the Tailscale admin console open Settings > Device management > Device posture integrations, read the error of the integration and renew its credential or region; where nothing matches, turn on device identity collection. Then collect again.',
  severity: 'high',
  controls: postureEnforced,
  needs: [{ kind: 'integration' }],
  parameters: {
    maxSyncAge: {
      type: 'duration',
      default: '60m',
      min: '15m',
      max: '7d',
      says: 'How long ago the last attempt to sync may be; the cycle is 15 minutes.',
    },
  },
  run: (snapshot, { maxSyncAge }) =>
    snapshot.of('integration').map((integration) => judge(integration, snapshot.at, maxSyncAge)),
  say({ status, subject, facts }) {
    const name = `The ${subject.label} integration of ${subject.source}`
    const where = 'under Settings > Device management > Device posture integrations'
    if (status === 'pass') return `${name} works; it last tried to sync at ${facts['lastSync']}.`
    if (status === 'unknown') {
      return facts['missing'] === 'status'
        ? `${name} has no status, so as far as Tailscale says it has never synced; look at it ${where}.`
        : `${name} cannot be judged, because Tailscale sent no usable ${facts['missing']}; look at it ${where}, then collect again.`
    }
    if (facts['error'] !== null) return `${name} fails with "${facts['error']}"; renew its credential ${where}.`
    return facts['tooOld'] === true
      ? `${name} last tried to sync at ${facts['lastSync']}, more than ${facts['maxSyncAge']} before; look at it ${where}.`
      : `${name} matches none of ${facts['possibleMatchedCount']} devices that it could match; compare the serial numbers of both sides.`
  },
})

function judge(integration: Integration, at: Instant, maxSyncAgeMs: number): Finding {
  const { error, lastSync, matchedCount, possibleMatchedCount } = integration
  if (!integration.hasStatus) return unknown('no_data', integration, { facts: { missing: 'status' } })
  const facts = { error, lastSync, matchedCount, possibleMatchedCount, maxSyncAge: durationText(maxSyncAgeMs) }
  if (error !== null) return finding('fail', integration, { facts })
  const attempt = pastInstant(lastSync, at)
  if (attempt !== null && between(attempt, at) > maxSyncAgeMs) {
    return finding('fail', integration, { facts: { ...facts, tooOld: true } })
  }
  if (matchedCount === 0 && possibleMatchedCount !== null && possibleMatchedCount > 0) {
    return finding('fail', integration, { facts })
  }
  const missing = missingField(integration, attempt)
  return missing === null
    ? finding('pass', integration, { facts })
    : unknown('no_data', integration, { facts: { ...facts, missing } })
}

/** What has to be known before an integration may count as healthy. */
function missingField(
  { unread, matchedCount, possibleMatchedCount }: Integration,
  attempt: Instant | null,
): string | null {
  if (unread.some((field) => field.endsWith('error'))) return 'error'
  if (attempt === null) return 'lastSync'
  if (matchedCount === null) return 'matchedCount'
  return possibleMatchedCount === null ? 'possibleMatchedCount' : null
}
