import { tailnetAttributes } from '../src/domain/attribute-sources.ts'
import { defineCheck } from '../src/domain/check.ts'
import { conditionFact, standingInTheWay } from '../src/domain/condition-facts.ts'
import { outOfScope } from '../src/domain/coverage.ts'
import { type Finding, finding, type Subject, unknown } from '../src/domain/finding.ts'
import type { JsonValue } from '../src/domain/json.ts'
import { asEvidence, combine, evaluateCondition, unknownReasonOf } from '../src/domain/posture.ts'
import { type Device, labelOf, type Policy } from '../src/domain/record.ts'
import type { Snapshot } from '../src/domain/snapshot.ts'
import { sayUnreadablePolicy, tailnetPolicy, unreadablePolicy } from '../src/domain/tailnet-policy.ts'
import { type Posture, type PostureProblem, resolvePosture } from '../src/domain/trust.ts'
import { postureEnforced } from './controls.ts'

export const tailnetPosturesMet = defineCheck({
  id: 'tailnet-postures-met',
  ref: 'POS-09',
  version: 1,
  title: 'Which devices meet the tailnet’s own postures',
  question: 'Does the device meet the posture, by the attributes that the tailnet holds of it?',
  why: 'Shows what the tailnet’s postures do today. No device has to meet all of them: a Mac never meets a posture written for Windows.',
  remediation:
    'Nothing has to be done for this row alone. To see what stands in the way of a device, compare its attributes under Machines in the Tailscale admin console with the posture under Access controls.',
  severity: 'low',
  controls: postureEnforced,
  informational: true,
  needs: [{ kind: 'device' }, { kind: 'attributes' }, { kind: 'policy' }],
  run(snapshot) {
    const policy = tailnetPolicy(snapshot)
    if (policy.model === null) return [unreadablePolicy(snapshot, policy)]
    const { model, record } = policy
    const postures = [...model.postures.keys()].map((name) => resolvePosture(name, NO_OWN, model))
    return snapshot.of('device').flatMap((device) => judgeDevice(snapshot, device, postures, record))
  },
  say(finding) {
    const { status, subject, facts } = finding
    if (subject.kind === 'policy') return sayUnreadablePolicy(finding)
    if (status === 'pass') return `Met: ${subject.label}.`
    if (status === 'not_applicable') return `Not judged or not met: ${subject.label}. ${finding.notice ?? ''}`.trim()
    if (facts['problem'] !== undefined)
      return `${subject.label} cannot be evaluated: ${facts['problem']}; correct the posture under Access controls.`
    return `${subject.label} cannot be evaluated: ${standingInTheWay(facts)}; compare the device’s attributes under Machines, then collect again.`
  },
})

/** The tailnet's postures are judged as they stand in its policy file, whatever our own are called. */
const NO_OWN = { scope: { os: [], tagged: false }, postures: {}, require: null } as const

function judgeDevice(
  snapshot: Snapshot,
  device: Device,
  postures: readonly (Posture | PostureProblem)[],
  policy: Policy,
): Finding[] {
  const outside = outOfScope(snapshot, device)
  const label = labelOf(device)
  const source = tailnetAttributes(snapshot, device)
  const records = [policy, device, snapshot.one('attributes', device.source, device.key)]
  return postures.map((posture) => {
    const { name } = posture
    const subject: Subject = {
      kind: 'posture',
      source: device.source,
      key: `${name}/${device.key}`,
      label: `${name} on ${label}`,
    }
    if (outside !== null) return finding('not_applicable', subject, { with: [device], notice: outside.notice })
    if ('problem' in posture) {
      return unknown(posture.reason, subject, { with: records, facts: { problem: posture.problem } })
    }
    const results = posture.conditions.map((condition) => evaluateCondition(condition, source))
    const outcome = combine(results, 'evidence')
    const facts: Record<string, JsonValue> = {}
    for (const [index, result] of results.entries()) {
      facts[posture.conditions[index]!.text] = conditionFact({ ...result, outcome: asEvidence(result) })
    }
    if (outcome === 'match') return finding('pass', subject, { with: records, facts })
    if (outcome === 'not_evaluable') return unknown(unknownReasonOf(results), subject, { with: records, facts })
    return finding('not_applicable', subject, { with: records, facts, notice: `Not met: ${standingInTheWay(facts)}.` })
  })
}
