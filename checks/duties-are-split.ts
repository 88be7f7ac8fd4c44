import { defineCheck } from '../src/domain/check.ts'
import { finding, unknown } from '../src/domain/finding.ts'
import { isKnownRole, isPrivileged } from '../src/domain/roles.ts'
import { sentences } from '../src/domain/sentence.ts'
import { tailnetSubject } from '../src/domain/tailnet.ts'
import { fewAdmins } from './controls.ts'

export const dutiesAreSplit = defineCheck({
  id: 'duties-are-split',
  ref: 'ID-08',
  version: 1,
  title: 'Duties are split over the narrower admin roles',
  question: 'Where several people administer the tailnet, do some of them hold only the part that they need?',
  why: 'An admin may change everything. Who looks after devices needs it-admin, who looks after the policy network-admin; where everybody is an admin nobody checks anybody.',
  remediation:
    'In the Tailscale admin console open Users, the menu at the end of the row, Edit role, and give IT admin or Network admin to those who need no more.',
  severity: 'low',
  controls: fewAdmins,
  needs: [{ kind: 'account' }],
  parameters: {
    from: {
      type: 'number',
      default: 3,
      unit: 'administrators',
      min: 2,
      max: 1000,
      says: 'With more administrators than this, at least one has to hold a narrower role.',
    },
  },
  run(snapshot, { from }) {
    const accounts = snapshot.of('account').filter(({ status, type }) => status !== 'suspended' && type !== 'shared')
    if (accounts.length === 0) return []
    const administrators = accounts.filter(({ role }) => isPrivileged(role ?? ''))
    const narrow = administrators.filter(({ role }) => role === 'it-admin' || role === 'network-admin')
    const open = accounts.filter(({ role }) => role === null || !isKnownRole(role))
    const who = administrators.map(({ login, role }) => `${login} (${role})`).join('; ')
    const facts = { administrators: administrators.length, narrow: narrow.length, from, who }
    const subject = tailnetSubject(snapshot)
    if (narrow.length > 0) return [finding('pass', subject, { facts, with: administrators })]
    if (open.length > 0 && administrators.length + open.length > from) {
      const missing = `role of ${open.map(({ login }) => login).join(', ')}`
      return [unknown('no_data', subject, { facts: { ...facts, missing }, with: [...administrators, ...open] })]
    }
    if (administrators.length > from) return [finding('fail', subject, { facts, with: administrators })]
    return [
      finding('not_applicable', subject, {
        facts,
        with: administrators,
        notice: 'Too few people administer it to split their duties.',
      }),
    ]
  },
  say: sentences({
    pass: ({ facts }) => `${facts['narrow']} of ${facts['administrators']} administrators hold a narrower role.`,
    fail: ({ facts }) =>
      `All ${facts['administrators']} administrators are owner or admin: ${facts['who']}; give the narrower roles to those who need no more.`,
  }),
})
