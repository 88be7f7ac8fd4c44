import { defineCheck } from '../src/domain/check.ts'
import { finding, unknown } from '../src/domain/finding.ts'
import { sentences } from '../src/domain/sentence.ts'
import { textSetting } from '../src/domain/tailnet.ts'
import { approvals } from './controls.ts'

const FIELD = 'usersRoleAllowedToJoinExternalTailnets'

export const externalJoiningRestricted = defineCheck({
  id: 'external-joining-restricted',
  ref: 'ID-13',
  version: 1,
  title: 'Members may not join other tailnets on their own',
  question: 'May only administrators, or nobody, accept an invitation into another tailnet?',
  why: 'Whoever joins another tailnet with a company account puts company devices under somebody else’s rules.',
  remediation:
    'In the Tailscale admin console open Settings > User management and set who may join external tailnets to Admins or to nobody.',
  severity: 'low',
  controls: approvals,
  needs: [{ kind: 'setting', fields: [FIELD] }],
  run(snapshot) {
    const { subject, value, why } = textSetting(snapshot, FIELD)
    if (value === null) return [unknown(why, subject, { facts: { missing: FIELD } })]
    const facts = { [FIELD]: value }
    if (value === 'none' || value === 'admin') return [finding('pass', subject, { facts })]
    if (value === 'member') return [finding('fail', subject, { facts })]
    return [unknown('no_data', subject, { facts: { ...facts, missing: FIELD } })]
  },
  say: sentences({
    pass: ({ facts }) =>
      facts[FIELD] === 'none' ? 'Nobody may join other tailnets.' : 'Only administrators may join other tailnets.',
    fail: () => 'Every member may join other tailnets; restrict it to administrators.',
    remedies: { not_visible: 'give the credential the scope feature_settings:read' },
  }),
})
