import { attributeReading, tailnetAttributes } from '../src/domain/attribute-sources.ts'
import { defineCheck } from '../src/domain/check.ts'
import { conditionFact, standingInTheWay } from '../src/domain/condition-facts.ts'
import { type Standing, standings } from '../src/domain/coverage.ts'
import { briefly, type Facts, type Finding, finding, type Subject, unknown } from '../src/domain/finding.ts'
import { byText } from '../src/domain/json.ts'
import { type AttributeSource, asEvidence, evaluateCondition, unknownReasonOf } from '../src/domain/posture.ts'
import { labelOf, type Policy } from '../src/domain/record.ts'
import type { Snapshot } from '../src/domain/snapshot.ts'
import { sayUnreadablePolicy, tailnetPolicy, unreadablePolicy } from '../src/domain/tailnet-policy.ts'
import { type Posture, type PostureProblem, postureOutcome, resolvePosture } from '../src/domain/trust.ts'
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
    return [...model.postures.keys()].sort(byText).flatMap((name) => {
      const posture = resolvePosture(name, NO_OWN, model)
      const judgeStanding = (standing: Standing): Finding => judge(snapshot, standing, posture, record)
      return standings(snapshot).map((standing) => briefly(judgeStanding, standing))
    })
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

function judge(snapshot: Snapshot, standing: Standing, posture: Posture | PostureProblem, policy: Policy): Finding {
  const { device, outside } = standing
  const subject: Subject = {
    kind: 'posture',
    source: device.source,
    key: `${posture.name}/${device.key}`,
    label: `${posture.name} on ${labelOf(device)}`,
  }
  if (outside !== null) return finding('not_applicable', subject, { with: [device], notice: outside.notice })
  const records = () => [policy, device, attributeReading(snapshot, device).record]
  if ('problem' in posture) {
    return unknown(posture.reason, subject, { with: records(), facts: { problem: posture.problem } })
  }
  const source = tailnetAttributes(snapshot, device)
  switch (postureOutcome(posture, source)) {
    case 'match':
      return finding('pass', subject, { detail: () => ({ with: records(), facts: factsOf(posture, source) }) })
    case 'no_match':
      return finding('not_applicable', subject, {
        detail: () => {
          const facts = factsOf(posture, source)
          return { with: records(), facts, notice: `Not met: ${standingInTheWay(facts)}.` }
        },
      })
    case 'not_evaluable': {
      const results = posture.conditions.map((condition) => evaluateCondition(condition, source))
      return unknown(unknownReasonOf(results), subject, { with: records(), facts: factsOf(posture, source) })
    }
  }
}

function factsOf({ conditions }: Posture, source: AttributeSource): Facts {
  return Object.fromEntries(
    conditions.map((condition) => {
      const result = evaluateCondition(condition, source)
      return [condition.text, conditionFact(asEvidence(result), result.why, result.value)]
    }),
  )
}
