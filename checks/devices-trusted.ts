import { sayNotJudged, sayUnknown } from '../src/domain/agent-sentences.ts'
import { attributeReading, trustAttributes } from '../src/domain/attribute-sources.ts'
import { defineCheck, type Need } from '../src/domain/check.ts'
import { conditionFact, standingInTheWay } from '../src/domain/condition-facts.ts'
import { serialFacts, standings } from '../src/domain/coverage.ts'
import { briefly, type Facts, type Finding, finding, unknown } from '../src/domain/finding.ts'
import type { JsonValue } from '../src/domain/json.ts'
import { agentOf } from '../src/domain/match.ts'
import { isProblem } from '../src/domain/posture.ts'
import type { AnyRecord, Device, Vendor } from '../src/domain/record.ts'
import type { DeviceTrust } from '../src/domain/settings.ts'
import type { Snapshot } from '../src/domain/snapshot.ts'
import { tailnetSubject } from '../src/domain/tailnet.ts'
import { tailnetPolicy } from '../src/domain/tailnet-policy.ts'
import {
  deviceTrustOf,
  type Posture,
  type PostureProblem,
  type TrustAnswer,
  type TrustRule,
  trustOutcome,
  trustRule,
} from '../src/domain/trust.ts'
import { computedBy } from '../src/domain/vendor-attributes.ts'
import { postureEnforced } from './controls.ts'

export const devicesTrusted = defineCheck({
  id: 'devices-trusted',
  ref: 'POS-12',
  version: 1,
  title: 'Every device in scope is trusted',
  question: 'Does every device in scope meet what deviceTrust.require asks for?',
  why: 'deviceTrust.require says in one rule when the organisation trusts a device; a device that does not meet it should not reach what matters.',
  remediation:
    'Mend what the conditions name, in the console of the vendor (SentinelOne: Sentinels > Endpoints; Falcon: Host setup and management > Host management; Kandji (Iru): Devices) or under Machines in the Tailscale admin console. Then collect again.',
  severity: 'high',
  controls: postureEnforced,
  needs: (settings, system, snapshot) => needsOf(settings.deviceTrust, system, snapshot),
  run(snapshot) {
    const { rule, used } = snapshot.derive(ruleInUse)
    if (rule === null) {
      return [unknown('not_configured', tailnetSubject(snapshot), { facts: { missing: 'deviceTrust.require' } })]
    }
    const judgeDevice = (device: Device): Finding => judge(snapshot, device, rule, used)
    return standings(snapshot).map(({ device, outside }) => outside ?? briefly(judgeDevice, device))
  },
  say(finding) {
    const { status, subject, facts, unknownReason } = finding
    if (status === 'pass') return `${subject.label} meets deviceTrust.require.`
    if (status === 'fail')
      return `${subject.label} does not meet deviceTrust.require: ${standingInTheWay(facts)}; mend it in the vendor’s console.`
    if (status === 'not_applicable') return sayNotJudged(finding)
    if (subject.kind === 'system')
      return 'When a device is trusted is not declared; write deviceTrust.require in exhibit.yaml.'
    if (unknownReason === 'no_serial') return sayUnknown(finding)
    return `Whether ${subject.label} meets deviceTrust.require cannot be said: ${standingInTheWay(facts)}; ${unknownReason === 'not_configured' ? 'correct deviceTrust in exhibit.yaml' : 'see what the vendor and the tailnet say of it, then collect again'}.`
  },
})

/** What the required postures rest on. */
interface Used {
  /** Vendors whose own answer gives attributes. */
  readonly vendors: ReadonlySet<Vendor>
  readonly score: boolean
  /** Attributes that only the tailnet knows. */
  readonly tailnet: boolean
  /** What the answer of each condition is called among the facts, in the order of the answers. */
  readonly names: readonly string[]
}

const NO_POSTURE = 'not evaluable (no such posture can be read)'

function ruleInUse(snapshot: Snapshot): { rule: TrustRule | null; used: Used } {
  const rule = trustRule(snapshot.settings.deviceTrust, tailnetPolicy(snapshot).model)
  const vendors = new Set<Vendor>()
  let tailnet = false
  let score = false
  for (const posture of rule?.postures ?? []) {
    for (const condition of 'problem' in posture ? [] : posture.conditions) {
      if (isProblem(condition)) continue
      const vendor = computedBy(condition.attribute)
      if (vendor === null || !snapshot.sources.some((source) => source.kind === vendor)) tailnet = true
      else vendors.add(vendor)
      if (vendor === 'crowdstrike' && vendors.has(vendor)) score = true
    }
  }
  return { rule, used: { vendors, score, tailnet, names: (rule?.postures ?? []).flatMap(factNames) } }
}

function factNames(posture: Posture | PostureProblem): readonly string[] {
  if ('problem' in posture) return [posture.name]
  return posture.conditions.map(({ text }) => `${posture.name}: ${text}`)
}

function needsOf({ require }: DeviceTrust, system: string | null, snapshot: Snapshot): readonly Need[] {
  const needs: Need[] = [{ kind: 'device' }]
  if (system === null || require === null) return needs
  if ([...require.allOf, ...require.anyOf].some((name) => name.startsWith('posture:'))) needs.push({ kind: 'policy' })
  const { used } = snapshot.derive(ruleInUse)
  for (const from of used.vendors) needs.push({ kind: 'agent', from })
  if (used.score) needs.push({ kind: 'score', from: 'crowdstrike' })
  if (used.tailnet) needs.push({ kind: 'attributes' })
  return needs
}

function judge(snapshot: Snapshot, device: Device, rule: TrustRule, used: Used): Finding {
  const source = trustAttributes(snapshot, device)
  const outcome = trustOutcome(rule, source)
  const detail = () => ({ with: recordsOf(snapshot, device, used), facts: factsOf(deviceTrustOf(rule, source), used) })
  if (outcome === 'match') return finding('pass', device, { detail })
  if (outcome === 'no_match') return finding('fail', device, { detail })
  const answer = deviceTrustOf(rule, source)
  return unknown(answer.reason ?? 'no_data', device, {
    with: recordsOf(snapshot, device, used),
    facts: {
      ...factsOf(answer, used),
      ...(answer.reason === 'no_serial' ? missingSerial(snapshot, device, used) : {}),
    },
  })
}

function factsOf({ conditions }: TrustAnswer, { names }: Used): Facts {
  const facts: Record<string, JsonValue> = {}
  conditions.forEach(({ condition, outcome, why, value }, index) => {
    facts[names[index]!] = condition === null ? NO_POSTURE : conditionFact(outcome, why, value)
  })
  return facts
}

function recordsOf(snapshot: Snapshot, device: Device, { vendors, tailnet }: Used): (AnyRecord | null)[] {
  const agents = [...vendors].map((vendor) => agentOf(snapshot, device, vendor).agent).filter((agent) => agent !== null)
  return tailnet ? [...agents, attributeReading(snapshot, device).record] : agents
}

/** What the last vendor without a record says of the device's serial number. */
function missingSerial(snapshot: Snapshot, device: Device, { vendors }: Used): Facts {
  const matches = [...vendors].map((vendor) => agentOf(snapshot, device, vendor))
  const match = matches.findLast(({ agent }) => agent === null)
  return match?.agent === null ? serialFacts(device, match) : {}
}
