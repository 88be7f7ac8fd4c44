import { expect, test } from 'vitest'
import { postureIntegrationsExist as check } from '../../checks/posture-integrations-exist.ts'
import { blind, findingsOf, integration, policy, resultOf, settings, snapshotOf } from '../helpers/build.ts'
import { covers } from './covers.ts'
import { oddPolicyRows } from './policy-rows.ts'

const open = policy('{"acls": []}')
const withPosture = policy(`{
  "postures": { "posture:managed": ["intune:complianceState == 'compliant'"], "posture:unused": ["kolide:authState == 'Good'"] },
  "acls": [{ "action": "accept", "src": ["*"], "dst": ["*:*"], "srcPosture": ["posture:managed"] }],
}`)
const answers = (records: Parameters<typeof snapshotOf>[0], options: Parameters<typeof snapshotOf>[1] = {}) =>
  findingsOf(check, snapshotOf(records, options)).map(({ subject, status }) => [subject.key, status])

test('each vendor that is a source needs its integration', () => {
  expect(answers([open, integration()])).toEqual([
    ['sentinelone', 'pass'],
    ['falcon', 'fail'],
    ['kandji', 'fail'],
  ])
  expect(answers([open], { only: ['tailnet', 'roster'] })).toEqual([])
  expect(resultOf(check, [open], { only: ['tailnet', 'roster'] }).status).toBe('not_applicable')
})

test('so does each whose attributes a posture in use names; one that no rule uses does not', () => {
  expect(answers([withPosture], { only: ['tailnet'] })).toEqual([['intune', 'fail']])
  expect(answers([withPosture, integration({ provider: 'intune' })], { only: ['tailnet'] })).toEqual([
    ['intune', 'pass'],
  ])
})

test('our own required postures count too', () => {
  const deviceTrust = {
    ...settings().deviceTrust,
    postures: { jamf: ['jamfPro:supervised == true'] },
    require: { allOf: ['jamf'], anyOf: [] },
  }
  const [finding] = findingsOf(check, snapshotOf([open], { only: ['tailnet'], settings: { deviceTrust } }))
  expect(finding).toMatchObject({
    subject: { kind: 'provider', source: 'tailnet', key: 'jamfpro' },
    status: 'fail',
    facts: { requiredBy: 'postures that ask for jamfPro:' },
  })
})

test('an integration of unreadable provider may be the one', () => {
  const odd = integration({ provider: null, unread: ['provider'] })
  expect(answers([open, odd], { only: ['tailnet', 'edr'] })).toEqual([['sentinelone', 'unknown']])
})

test('a policy file that cannot be read leaves open what its postures need', () => {
  const broken = policy('{ "acls": [')
  expect(answers([broken, integration()], { only: ['tailnet', 'edr'] })).toEqual([
    ['sentinelone', 'pass'],
    ['policy', 'unknown'],
  ])
  expect(answers([integration()], { only: ['tailnet', 'edr'] })).toEqual([
    ['sentinelone', 'pass'],
    ['policy', 'unknown'],
  ])
  expect(resultOf(check, [open], { sources: [{ id: 'tailnet', blind: [blind('integration')] }] })).toMatchObject({
    status: 'unknown',
    unknownReason: 'not_visible',
  })
})

test('every answer is a sentence', () => {
  const say = (...records: Parameters<typeof snapshotOf>[0]) =>
    findingsOf(check, snapshotOf(records, { only: ['tailnet', 'edr'] })).map(check.say)
  expect([
    ...say(open, integration()),
    ...say(open),
    ...say(open, integration({ provider: null })),
    ...say(policy('[')).slice(1),
  ]).toMatchInlineSnapshot(`
    [
      "tailnet has a posture integration with sentinelone.",
      "tailnet has no posture integration with sentinelone (needed for source edr); connect it under Settings > Device management > Device posture integrations.",
      "Whether tailnet has a posture integration with sentinelone is not known, because Tailscale sent one without a readable provider; look under Settings > Device management > Device posture integrations.",
      "The policy file of tailnet cannot be read (line 1, column 2: parsing value: unexpected EOF); correct it under Access controls in the Tailscale admin console, then collect again.",
    ]
  `)
})

covers(check, [
  {
    name: 'a provider that is a word of the language is none of ours',
    records: [open, integration({ provider: '__proto__' })],
    options: { only: ['tailnet', 'edr'] },
    hostile: true,
    want: ['fail'],
  },
  ...oddPolicyRows().map((row) => ({ ...row, options: { only: ['tailnet'] } })),
])
