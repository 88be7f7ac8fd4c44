import { defineCheck } from '../src/domain/check.ts'
import { type Finding, finding, unknown } from '../src/domain/finding.ts'
import type { Snapshot } from '../src/domain/snapshot.ts'
import { tailnetOf } from '../src/domain/tailnet.ts'
import { sayUnreadablePolicy, tailnetPolicy, unreadablePolicy } from '../src/domain/tailnet-policy.ts'
import { attributeNamespacesInUse } from '../src/domain/trust.ts'
import { POSTURE_VENDORS, type PostureVendor } from '../src/domain/vendor-attributes.ts'
import { postureEnforced } from './controls.ts'

export const postureIntegrationsExist = defineCheck({
  id: 'posture-integrations-exist',
  ref: 'POS-01',
  version: 1,
  title: 'Every posture integration that is needed exists',
  question:
    'Does the tailnet have a posture integration for every vendor that is a source or whose attributes a posture in use names?',
  why: 'Without the integration the tailnet does not know the vendor’s attributes: a posture that asks for them locks everybody out or is left away, and what the vendor finds has no effect on access.',
  remediation:
    'In the Tailscale admin console open Settings > Device management > Device posture integrations, choose Connect beside the vendor and enter a read-only credential; or take the vendor’s attributes out of the postures. Then collect again.',
  severity: 'high',
  controls: postureEnforced,
  needs: [{ kind: 'integration' }, { kind: 'policy' }],
  run(snapshot) {
    const policy = tailnetPolicy(snapshot)
    const inUse = attributeNamespacesInUse(snapshot.settings.deviceTrust, policy.model)
    const findings = POSTURE_VENDORS.flatMap((provider) => {
      const requiredBy = reasons(snapshot, provider, inUse)
      return requiredBy.length === 0 ? [] : [judge(snapshot, provider.provider, requiredBy.join('; '))]
    })
    return policy.model === null ? [...findings, unreadablePolicy(snapshot, policy)] : findings
  },
  say(finding) {
    const { status, subject, facts } = finding
    if (subject.kind === 'policy') return sayUnreadablePolicy(finding)
    if (status === 'pass') return `${subject.source} has a posture integration with ${subject.label}.`
    return status === 'fail'
      ? `${subject.source} has no posture integration with ${subject.label} (needed for ${facts['requiredBy']}); connect it under Settings > Device management > Device posture integrations.`
      : `Whether ${subject.source} has a posture integration with ${subject.label} is not known, because Tailscale sent one without a readable ${facts['missing']}; look under Settings > Device management > Device posture integrations.`
  },
})

function reasons(snapshot: Snapshot, { vendor, namespaces }: PostureVendor, inUse: ReadonlySet<string>): string[] {
  const sources = snapshot.sources.filter((source) => vendor !== null && source.kind === vendor)
  return [
    ...sources.map((source) => `source ${source.id}`),
    ...namespaces.filter((namespace) => inUse.has(namespace)).map((namespace) => `postures that ask for ${namespace}:`),
  ]
}

function judge(snapshot: Snapshot, provider: string, requiredBy: string): Finding {
  const subject = { kind: 'provider', source: tailnetOf(snapshot), key: provider, label: provider }
  const integrations = snapshot.of('integration')
  const found = integrations.filter((integration) => integration.provider === provider)
  if (found.length > 0) return finding('pass', subject, { with: found, facts: { provider, requiredBy } })
  const unnamed = integrations.filter((integration) => integration.provider === null)
  if (unnamed.length === 0) return finding('fail', subject, { facts: { provider, requiredBy } })
  return unknown('no_data', subject, { with: unnamed, facts: { requiredBy, missing: 'provider' } })
}
