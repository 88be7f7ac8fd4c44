import { defineCheck } from '../src/domain/check.ts'
import { amended, type Finding, finding, type Subject, unknown } from '../src/domain/finding.ts'
import type { PolicyModel, PolicyRule } from '../src/domain/policy.ts'
import {
  type Answer,
  type Escape,
  effectivePosture,
  reaches,
  sourceEscapesPosture,
} from '../src/domain/policy-reach.ts'
import { anyAnswer } from '../src/domain/policy-selector.ts'
import type { Policy } from '../src/domain/record.ts'
import type { Snapshot } from '../src/domain/snapshot.ts'
import { quotedRule, sayUnreadablePolicy, tailnetPolicy, unreadablePolicy } from '../src/domain/tailnet-policy.ts'
import { postureEnforced } from './controls.ts'

export const postureEnforcedOnTargets = defineCheck({
  id: 'posture-enforced-on-targets',
  ref: 'POS-10',
  version: 1,
  title: 'Posture is enforced on sensitive targets',
  question: 'Does every rule that reaches a sensitive target ask for a posture, of sources that posture can bind?',
  why: 'A posture that no rule asks for protects nothing. And Tailscale judges only devices of this tailnet: shared-in accounts and hosts behind subnet routers pass on their address alone, even through a rule with a posture.',
  remediation:
    'In the Tailscale admin console open Access controls and give the rule a srcPosture, or the file a defaultSrcPosture; replace sources such as "*", autogroup:shared or a CIDR by groups, accounts or tags. Then collect again.',
  severity: 'high',
  controls: postureEnforced,
  // Accounts and devices tell which logins and addresses belong to other tailnets.
  needs: [{ kind: 'policy' }, { kind: 'account' }, { kind: 'device' }],
  parameters: {
    targets: {
      type: 'list',
      default: [],
      says: 'Policy selectors of the sensitive targets, such as tag:production, group:x, a host or a CIDR; empty: every target.',
    },
  },
  run(snapshot, { targets }) {
    const policy = tailnetPolicy(snapshot)
    if (policy.model === null) return [unreadablePolicy(snapshot, policy)]
    const { model, record } = policy
    if (!model.sections.has('acls') && !model.sections.has('grants')) {
      return [finding('fail', record, { facts: { acls: null, grants: null } })]
    }
    const shared = sharedLogins(snapshot)
    const context = { model, policy: record, snapshot, shared, targets }
    const judged = [...model.acls, ...model.grants].map((rule) => ({ rule, finding: judge(rule, context) }))
    return withRulesPerTarget(judged, context)
  },
  say(finding) {
    const { status, subject, facts, notice } = finding
    if (subject.kind === 'policy') {
      return status === 'fail'
        ? 'The policy file has neither acls nor grants, so every device reaches every other without a posture; write rules under Access controls.'
        : sayUnreadablePolicy(finding)
    }
    if (status === 'unknown') {
      return `Rule ${subject.key} cannot be judged, because ${facts['missing']} could not be understood; correct it under Access controls.`
    }
    if (status === 'not_applicable') return `Rule ${subject.key} is not judged. ${notice}`
    if (status === 'pass')
      return `Rule ${subject.key} asks for ${facts['postures']}, and posture binds all its sources.`
    if (facts['postures'] === null)
      return `Rule ${subject.key} asks for no posture; give it a srcPosture under Access controls.`
    return facts['notBound'] === undefined
      ? `Rule ${subject.key} asks for ${facts['postures']}, but the policy defines no condition for ${facts['undefined']}; define it under Access controls.`
      : `Rule ${subject.key} asks for ${facts['postures']}, but posture does not bind its source ${facts['notBound']}; name groups, accounts or tags instead.`
  },
})

interface Judged {
  readonly rule: PolicyRule
  readonly finding: Finding
}

/** Beside each rule that fails: for every target that it reaches, all rules that reach it without a posture. */
function withRulesPerTarget(judged: readonly Judged[], { snapshot, model, targets }: Context): Finding[] {
  const devices = snapshot.of('device')
  const failing = judged.filter(({ finding }) => finding.status === 'fail')
  const open = targets.map((target) => {
    const rules = failing.filter(({ rule }) => reaches(rule, target, model, devices) === 'yes')
    return { target, rules, names: rules.map(({ finding }) => finding.subject.key).join(', ') }
  })
  return judged.map((each) => {
    const reached = open.filter(({ rules }) => rules.includes(each))
    if (reached.length === 0) return each.finding
    const facts = Object.fromEntries(reached.map(({ target, names }) => [`${target} without posture`, names]))
    return amended(each.finding, { facts: { ...each.finding.facts, ...facts } })
  })
}

interface Context {
  readonly snapshot: Snapshot
  readonly model: PolicyModel
  readonly policy: Policy
  readonly shared: ReadonlySet<string>
  readonly targets: readonly string[]
}

function judge(rule: PolicyRule, { snapshot, model, policy, shared, targets }: Context): Finding {
  const key = `${rule.section}[${rule.index}]`
  const subject: Subject = { kind: 'rule', source: policy.source, key, label: rule.text }
  const devices = snapshot.of('device')
  const reach = reachOf(rule, targets, model, devices)
  const none = (notice: string) => finding('not_applicable', subject, { with: [policy], notice })
  if (reach === 'no') return none('It reaches none of the targets.')
  if (rule.src.length === 0 && rule.unread.length === 0) return none('It names no source, so it lets nobody in.')
  const { postures, from, undefined: notDefined } = effectivePosture(rule, model)
  const escapes = sourceEscapesPosture(rule, model, { shared, devices })
  const weak = postures.filter((name) => model.postures.get(name)?.length === 0)
  const facts = {
    ...quotedRule(rule),
    targets: targets.length === 0 ? 'all' : targets.join(', '),
    postures: postures.length === 0 ? null : postures.join(', '),
    from,
    ...(notDefined.length === 0 && weak.length === 0 ? {} : { undefined: [...notDefined, ...weak].join(', ') }),
    ...(escapes.length === 0 ? {} : { notBound: escapes.map(escapeText).join(', ') }),
  }
  const options = { with: [policy], facts }
  const open = unclear(rule, escapes)
  // An alternative without a condition lets everybody through; one that is not defined lets nobody.
  const applies = postures.length > notDefined.length && weak.length === 0
  const bad = !applies || escapes.some(({ because }) => because !== 'unknown')
  if (bad && reach === 'yes' && !rule.unread.includes('srcPosture')) return finding('fail', subject, options)
  if (!bad && open === null) {
    const notice = notDefined.length === 0 ? null : `The policy does not define ${notDefined.join(', ')}.`
    return finding('pass', subject, { ...options, notice })
  }
  return unknown('no_data', subject, { ...options, facts: { ...facts, missing: open ?? 'what it reaches' } })
}

function reachOf(
  rule: PolicyRule,
  targets: readonly string[],
  model: PolicyModel,
  devices: Parameters<typeof reaches>[3],
): Answer {
  return targets.length === 0 ? 'yes' : anyAnswer(targets.map((target) => reaches(rule, target, model, devices)))
}

/** What of the rule could not be understood; null where nothing is open. */
function unclear(rule: PolicyRule, escapes: readonly Escape[]): string | null {
  if (rule.unread.length > 0) return `${rule.unread.join(', ')} of the rule`
  const selectors = escapes.filter(({ because }) => because === 'unknown').map(({ selector }) => selector)
  if (selectors.length > 0) return `the meaning of ${selectors.join(', ')}`
  return null
}

const WHO: Readonly<Record<Escape['because'], string>> = {
  everyone: 'everyone, shared-in accounts and subnets included',
  shared: 'accounts or devices of another tailnet',
  subnet: 'hosts behind a subnet router',
  unknown: 'not understood',
}

function escapeText({ selector, because }: Escape): string {
  return `${selector} (${WHO[because]})`
}

function sharedLogins(snapshot: Snapshot): ReadonlySet<string> {
  const logins = snapshot.of('account').filter(({ type }) => type === 'shared')
  return new Set(logins.map(({ login }) => login.toLowerCase()))
}
