import { defineCheck } from '../src/domain/check.ts'
import { finding, unknown } from '../src/domain/finding.ts'
import type { Account } from '../src/domain/record.ts'
import { isKnownRole, isPrivileged } from '../src/domain/roles.ts'
import { notEvaluated } from '../src/domain/sentence.ts'
import { tailnetSubject } from '../src/domain/tailnet.ts'
import { fewAdmins } from './controls.ts'

export const administratorsAreFew = defineCheck({
  id: 'administrators-are-few',
  ref: 'ID-07',
  version: 1,
  title: 'Few accounts administer the tailnet',
  question: 'Do no more accounts than allowed hold a role that can change the tailnet?',
  why: 'Each administrator can open the whole network; every one more is one more password, laptop and habit to defend.',
  remediation:
    'In the Tailscale admin console open Users and, for everybody who does not administer the tailnet, the menu at the end of the row, Edit role, Member (or Auditor, who may read everything and change nothing). Where more are needed, raise max for this check in exhibit.yaml.',
  severity: 'medium',
  controls: fewAdmins,
  needs: [{ kind: 'account' }],
  parameters: {
    max: {
      type: 'number',
      default: 4,
      unit: 'accounts',
      min: 1,
      max: 1000,
      says: 'How many accounts may be owner, admin, it-admin or network-admin.',
    },
  },
  run(snapshot, { max }) {
    const accounts = snapshot.of('account').filter(({ status }) => status !== 'suspended')
    if (snapshot.of('account').length === 0) return []
    const sure = accounts.filter((account) => account.status !== null && isPrivileged(account.role ?? ''))
    const unsure = accounts.filter((account) => !sure.includes(account) && mayAdminister(account))
    const named = (list: readonly Account[]) => list.map(({ login, role }) => `${login} (${role ?? 'role not said'})`)
    const facts = { administrators: sure.length, max, who: named(sure).join('; ') }
    const subject = tailnetSubject(snapshot)
    if (sure.length > max) return [finding('fail', subject, { facts, with: sure })]
    if (sure.length + unsure.length > max) {
      const missing = `role or status of ${unsure.map(({ login }) => login).join(', ')}`
      return [unknown('no_data', subject, { facts: { ...facts, missing }, with: [...sure, ...unsure] })]
    }
    return [finding('pass', subject, { facts, with: sure })]
  },
  say(finding) {
    const { subject, facts } = finding
    const count = `${facts['administrators']} accounts administer ${subject.label}, ${facts['max']} may: ${facts['who']}`
    if (finding.status === 'unknown') return notEvaluated(finding)
    return finding.status === 'fail' ? `${count}; take the role from those who do not need it.` : `${count}.`
  },
})

/** A role that is missing or that we do not know may be one that administers; so may an account of unknown status. */
function mayAdminister({ role, status }: Account): boolean {
  return role === null || !isKnownRole(role) || (status === null && isPrivileged(role))
}
