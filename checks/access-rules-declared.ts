import { defineCheck } from '../src/domain/check.ts'
import { finding } from '../src/domain/finding.ts'
import { admitsEveryRole, admitsRole, isOpen, PRIVILEGED_ROLES } from '../src/domain/roles.ts'
import { notEvaluated } from '../src/domain/sentence.ts'
import { criticalSystem, tailnetSubject } from '../src/domain/tailnet.ts'
import { accessRule } from './controls.ts'

export const accessRulesDeclared = defineCheck({
  id: 'access-rules-declared',
  ref: 'ID-05',
  version: 1,
  title: 'Who may have which role has been declared',
  question: 'Does the configuration say which roles of this tailnet are valid for whom?',
  why: 'A role can only be called wrong where somebody has written down who may have it; a rule that admits everybody decides nothing.',
  remediation:
    'In exhibit.yaml write the entry of this tailnet under criticalSystems with its access lines: member for everybody, and a line of its own with people for owner, admin, it-admin and network-admin. No single line should list every role.',
  severity: 'medium',
  controls: accessRule,
  needs: [],
  run(snapshot) {
    const lines = criticalSystem(snapshot)?.access ?? []
    const subject = tailnetSubject(snapshot)
    const openRoles = PRIVILEGED_ROLES.filter((role) => lines.some((line) => isOpen(line) && admitsRole(line, role)))
    const catchAll = lines.findIndex(admitsEveryRole)
    const facts = {
      lines: lines.length,
      privilegedRolesOpenToAnybody: openRoles.join(' '),
      lineAdmittingEveryRole: catchAll < 0 ? null : `access[${catchAll}]`,
    }
    const sound = lines.length > 0 && openRoles.length === 0 && catchAll < 0
    return [finding(sound ? 'pass' : 'fail', subject, { facts })]
  },
  say(finding) {
    const { subject, facts } = finding
    if (finding.status === 'unknown') return notEvaluated(finding)
    if (finding.status === 'pass')
      return `${facts['lines']} access lines say who may have which role in ${subject.label}.`
    if (facts['lines'] === 0) return `Nothing says who may have which role in ${subject.label}; write its access lines.`
    return facts['lineAdmittingEveryRole'] !== null
      ? `${facts['lineAdmittingEveryRole']} of ${subject.label} admits every role; give privileged roles a line of their own.`
      : `Anybody may be ${facts['privilegedRolesOpenToAnybody']} in ${subject.label}; name the people on that access line.`
  },
})
