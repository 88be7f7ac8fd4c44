import { expect, test } from 'vitest'
import { postureEnforcedOnTargets as check } from '../../checks/posture-enforced-on-targets.ts'
import { account, device, findingsOf, policy, resultOf, snapshotOf } from '../helpers/build.ts'
import { covers } from './covers.ts'
import { oddPolicyRows } from './policy-rows.ts'

const POSTURES = { 'posture:ok': ["node:os == 'macos'"], 'posture:empty': [] }
const groups = { 'group:eng': ['alice@example.com'], 'group:mixed': ['alice@example.com', 'guest@vendor.io'] }
const acl = (over: object) => ({ action: 'accept', src: ['group:eng'], dst: ['tag:production:443'], ...over })
const file = (over: object) => policy(JSON.stringify({ postures: POSTURES, groups, ...over }))
const records = [device(), account(), account({ key: 'uG', login: 'guest@vendor.io', type: 'shared' })]
const judgedAll = (text: ReturnType<typeof policy>, params = {}) =>
  findingsOf(check, snapshotOf([text, ...records]), params)
const judged = (rule: object, top: object = {}, params = {}) =>
  judgedAll(file({ acls: [acl(rule)], ...top }), params)[0]!
const ok = { srcPosture: ['posture:ok'] }

test.each([
  { name: 'a group with a posture', rule: ok, want: 'pass' },
  { name: 'without a posture', rule: {}, want: 'fail' },
  { name: 'an empty srcPosture', rule: { srcPosture: [] }, want: 'fail' },
  { name: 'a posture that is not defined', rule: { srcPosture: ['posture:none'] }, want: 'fail' },
  { name: 'one of two that is not defined', rule: { srcPosture: ['posture:ok', 'posture:none'] }, want: 'pass' },
  { name: 'an alternative without a condition', rule: { srcPosture: ['posture:ok', 'posture:empty'] }, want: 'fail' },
  { name: 'everyone', rule: { ...ok, src: ['*'] }, want: 'fail' },
  { name: 'members, who are bound', rule: { ...ok, src: ['autogroup:member'] }, want: 'pass' },
  { name: 'shared-in accounts', rule: { ...ok, src: ['group:eng', 'autogroup:shared'] }, want: 'fail' },
  { name: 'a group with a shared-in account', rule: { ...ok, src: ['group:mixed'] }, want: 'fail' },
  { name: 'hosts behind a subnet router', rule: { ...ok, src: ['10.0.0.0/8'] }, want: 'fail' },
  { name: 'a selector that nobody knows', rule: { ...ok, src: ['team-x'] }, want: 'unknown' },
  { name: 'sources of another shape', rule: { ...ok, src: 7 }, want: 'unknown' },
  { name: 'a posture of another shape', rule: { srcPosture: 7 }, want: 'unknown' },
  { name: 'no source', rule: { ...ok, src: [] }, want: 'not_applicable' },
])('$name: $want', ({ rule, want }) => {
  expect(judged(rule).status).toBe(want)
})

test('the default posture counts for rules without one of their own', () => {
  expect(judged({}, { defaultSrcPosture: ['posture:ok'] })).toMatchObject({
    status: 'pass',
    facts: { postures: 'posture:ok', from: 'default' },
  })
})

test.each([
  { dst: 'tag:production:443', want: 'fail' },
  { dst: '*:*', want: 'fail' },
  { dst: 'tag:staging:443', want: 'not_applicable' },
  { dst: 'what-is-this:443', want: 'unknown' },
])('with targets, a rule without posture to $dst: $want', ({ dst, want }) => {
  expect(judged({ dst: [dst] }, {}, { targets: ['tag:production'] }).status).toBe(want)
})

test('acls and grants are subjects, keyed by section and place, with their text; ssh rules are not', () => {
  const grant = { src: ['group:eng'], dst: ['tag:production'], ip: ['*'], ...ok }
  const findings = judgedAll(
    file({ acls: [acl({}), acl(ok)], grants: [grant], ssh: [{ action: 'accept', src: ['*'] }] }),
  )
  expect(findings.map(({ subject, status }) => [subject.kind, subject.key, status])).toEqual([
    ['rule', 'acls[0]', 'fail'],
    ['rule', 'acls[1]', 'pass'],
    ['rule', 'grants[0]', 'pass'],
  ])
  expect(findings[0]?.subject.label).toBe('{"action":"accept","src":["group:eng"],"dst":["tag:production:443"]}')
})

test('a policy without acls and grants allows everything; one with empty sections nothing', () => {
  expect(judgedAll(policy('{}'))).toMatchObject([{ status: 'fail', subject: { kind: 'policy' } }])
  expect(resultOf(check, [policy('{"acls": []}'), ...records])).toMatchObject({
    status: 'not_applicable',
    findings: [],
  })
  expect(judgedAll(policy('{'))).toMatchObject([{ status: 'unknown', subject: { kind: 'policy' } }])
})

test('for each target the rules that reach it without a posture are named beside every one of them', () => {
  const grant = { src: ['group:eng'], dst: ['tag:production', 'erp'], ip: ['*'] }
  const text = file({ hosts: { erp: '10.30.4.12' }, acls: [acl({}), acl(ok)], grants: [grant] })
  const facts = judgedAll(text, { targets: ['tag:production', 'erp'] }).map((finding) => finding.facts)
  expect(facts[0]).toMatchObject({ line: 1, 'tag:production without posture': 'acls[0], grants[0]' })
  expect(Object.keys(facts[0]!)).not.toContain('erp without posture')
  expect(Object.keys(facts[1]!)).not.toContain('tag:production without posture')
  expect(facts[2]).toMatchObject({
    'tag:production without posture': 'acls[0], grants[0]',
    'erp without posture': 'grants[0]',
  })
})

test('every answer is a sentence', () => {
  expect([
    check.say(judged(ok)),
    check.say(judged({})),
    check.say(judged({ srcPosture: ['posture:none'] })),
    check.say(judged({ ...ok, src: ['*', '10.0.0.0/8'] })),
    check.say(judged({ ...ok, src: ['team-x'] })),
    check.say(judged({ dst: ['what-is-this:443'] }, {}, { targets: ['tag:production'] })),
    check.say(judged({ dst: ['tag:staging:443'] }, {}, { targets: ['tag:production'] })),
    check.say(judgedAll(policy('{}'))[0]!),
    check.say(judgedAll(policy('{'))[0]!),
  ]).toMatchInlineSnapshot(`
    [
      "Rule acls[0] asks for posture:ok, and posture binds all its sources.",
      "Rule acls[0] asks for no posture; give it a srcPosture under Access controls.",
      "Rule acls[0] asks for posture:none, but the policy defines no condition for posture:none; define it under Access controls.",
      "Rule acls[0] asks for posture:ok, but posture does not bind its source * (everyone, shared-in accounts and subnets included), 10.0.0.0/8 (hosts behind a subnet router); name groups, accounts or tags instead.",
      "Rule acls[0] cannot be judged, because the meaning of team-x could not be understood; correct it under Access controls.",
      "Rule acls[0] cannot be judged, because what it reaches could not be understood; correct it under Access controls.",
      "Rule acls[0] is not judged. It reaches none of the targets.",
      "The policy file has neither acls nor grants, so every device reaches every other without a posture; write rules under Access controls.",
      "The policy file of tailnet cannot be read (line 1, column 2: parsing value: unexpected EOF); correct it under Access controls in the Tailscale admin console, then collect again.",
    ]
  `)
})

covers(check, oddPolicyRows([account(), device()]))
