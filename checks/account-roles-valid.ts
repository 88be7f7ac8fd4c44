import { defineCheck } from '../src/domain/check.ts'
import { type Facts, type Finding, finding, unknown } from '../src/domain/finding.ts'
import { departed, type Owner, ownerOf } from '../src/domain/match.ts'
import type { Account, Person } from '../src/domain/record.ts'
import { admitsRole, isKnownRole, matchLine } from '../src/domain/roles.ts'
import { unmatched } from '../src/domain/roster.ts'
import { notEvaluated } from '../src/domain/sentence.ts'
import type { AccessLine } from '../src/domain/settings.ts'
import type { Snapshot } from '../src/domain/snapshot.ts'
import { criticalSystem } from '../src/domain/tailnet.ts'
import { roleValid } from './controls.ts'

export const accountRolesValid = defineCheck({
  id: 'account-roles-valid',
  ref: 'ID-06',
  version: 1,
  title: 'Every account has a role that its person may have',
  question: 'Is the role of every account one that the access lines allow for the person it belongs to?',
  why: 'Roles are given in a hurry and rarely taken back; each one beyond what the work needs is power that an attacker inherits.',
  remediation:
    'In the Tailscale admin console open Users, the menu at the end of the row, Edit role, and choose one that the access lines allow; or, where the role is right, add it to criticalSystems.access in exhibit.yaml or correct the roster.',
  severity: 'high',
  controls: roleValid,
  needs: [{ kind: 'person' }, { kind: 'account' }],
  run: (snapshot) => snapshot.of('account').map((account) => judge(snapshot, account)),
  say(finding) {
    const { subject, facts } = finding
    switch (finding.status) {
      case 'pass':
        return `${subject.label} may be ${facts['role']} by ${facts['line']}.`
      case 'not_applicable':
        return `${subject.label} is shared in from another tailnet; its approval is judged by ID-14.`
      case 'fail':
        if (facts['knownRole'] === false) {
          return `${subject.label} has the role ${facts['role']}, which is not one we know; see what it may do and change it.`
        }
        return facts['employed'] === false
          ? `${subject.label} is still ${facts['role']} though ${facts['person']} has left; delete the account.`
          : `${subject.label} is ${facts['role']}, which no access line allows for ${facts['person'] ?? 'it'}; change the role or the line.`
      case 'unknown':
        return notEvaluated(finding, {
          not_configured: 'write criticalSystems.access of this tailnet in exhibit.yaml',
          no_data:
            facts['role'] === undefined
              ? 'open its raw page under Evidence to see what was sent'
              : `fill in the column ${facts['missing']} of ${facts['person']} in the roster`,
        })
    }
  },
})

function judge(snapshot: Snapshot, account: Account): Finding {
  const owner = ownerOf(snapshot, account)
  if (owner.exempt === 'shared') return finding('not_applicable', account)
  if (account.type === null) return unknown('no_data', account, { facts: { missing: 'type' } })
  if (account.role === null) return unknown('no_data', account, { facts: { missing: 'role' } })
  const facts: Facts = { role: account.role, accountStatus: account.status }
  if (!isKnownRole(account.role)) return finding('fail', account, { facts: { ...facts, knownRole: false } })

  const lines = criticalSystem(snapshot)?.access ?? []
  if (lines.length === 0) {
    return unknown('not_configured', account, { facts: { ...facts, missing: 'who may have which role' } })
  }
  if (owner.exempt === 'service') return byLines(lines, account, account.role, null, { ...facts, exempt: 'service' })
  if (owner.person === null) return withoutPerson(lines, account, account.role, owner, facts)
  const employed = !departed(owner.person, snapshot.at)
  const known = { ...facts, person: owner.person.email, employed }
  if (!employed) return finding('fail', account, { with: [owner.person], facts: known })
  return byLines(lines, account, account.role, owner.person, known)
}

/** The person would decide only where some line admits the role at all. */
function withoutPerson(
  lines: readonly AccessLine[],
  account: Account,
  role: string,
  owner: Owner,
  facts: Facts,
): Finding {
  return lines.some((line) => admitsRole(line, role))
    ? unmatched(account, owner, facts)
    : finding('fail', account, { with: owner.candidates, facts })
}

/** One line that matches is enough; a line left open by the roster counts only where none matches. */
function byLines(
  lines: readonly AccessLine[],
  account: Account,
  role: string,
  person: Person | null,
  facts: Facts,
): Finding {
  const answers = lines.map((line) => matchLine(line, role, person ?? account))
  const line = answers.findIndex(({ answer }) => answer === 'match')
  const options = { with: [person], facts }
  if (line >= 0) return finding('pass', account, { ...options, facts: { ...facts, line: `access[${line}]` } })
  const open = answers.find((answer) => answer.answer === 'open')
  if (open === undefined) return finding('fail', account, options)
  return unknown('no_data', account, { ...options, facts: { ...facts, missing: open.missing } })
}
