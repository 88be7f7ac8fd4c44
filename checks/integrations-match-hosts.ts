import { defineCheck } from '../src/domain/check.ts'
import { finding, unknown } from '../src/domain/finding.ts'
import { sentences } from '../src/domain/sentence.ts'
import { postureEnforced } from './controls.ts'

export const integrationsMatchHosts = defineCheck({
  id: 'integrations-match-hosts',
  ref: 'POS-03',
  version: 1,
  title: 'Posture integrations match most devices',
  question: 'Does every posture integration recognise most of the devices that it could?',
  why: 'A device that the integration does not recognise has none of its attributes, so every posture that asks for one shuts its owner out, or stays unenforced for their sake.',
  remediation:
    'In the Tailscale admin console open Settings > Device management > Device posture integrations and compare the hosts with the devices: those without serial number, and those that run no agent of the vendor.',
  severity: 'low',
  controls: postureEnforced,
  needs: [{ kind: 'integration' }],
  parameters: {
    minRatio: {
      type: 'number',
      default: 0.9,
      unit: 'share',
      min: 0,
      max: 1,
      says: 'Smallest share that has to match: of the devices with an identity or, where they are fewer, of the provider’s hosts.',
    },
  },
  run: (snapshot, { minRatio }) =>
    snapshot.of('integration').map((integration) => {
      const { hasStatus, matchedCount, possibleMatchedCount, providerHostCount } = integration
      if (!hasStatus) return unknown('no_data', integration, { facts: { missing: 'status' } })
      if (matchedCount === null || possibleMatchedCount === null) {
        const missing = matchedCount === null ? 'matchedCount' : 'possibleMatchedCount'
        return unknown('no_data', integration, { facts: { missing } })
      }
      const facts = { matchedCount, possibleMatchedCount, providerHostCount, minRatio }
      // A vendor that looks after a part of the fleet can match no more devices than it has hosts.
      const most = Math.min(possibleMatchedCount, providerHostCount ?? possibleMatchedCount)
      if (most === 0) {
        const none =
          possibleMatchedCount === 0 ? 'No device of the tailnet reports an identity.' : 'The provider has no hosts.'
        return finding('not_applicable', integration, { facts, notice: none })
      }
      return finding(matchedCount / most >= minRatio ? 'pass' : 'fail', integration, { facts })
    }),
  say: sentences({
    pass: ({ subject, facts }) =>
      `The integration ${subject.label} matches ${facts['matchedCount']} of ${facts['possibleMatchedCount']} devices.`,
    fail: ({ subject, facts }) =>
      `The integration ${subject.label} matches only ${facts['matchedCount']} of ${facts['possibleMatchedCount']} devices (the provider has ${facts['providerHostCount'] ?? 'an unknown number of'} hosts); see which it misses.`,
  }),
})
