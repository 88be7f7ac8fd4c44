import { defineCheck } from '../src/domain/check.ts'
import { sentences } from '../src/domain/sentence.ts'
import { judgeSsh, sayOpenRule } from '../src/domain/ssh-rules.ts'
import { sayUnreadablePolicy } from '../src/domain/tailnet-policy.ts'
import { auditLog } from './controls.ts'

export const sshSessionsRecorded = defineCheck({
  id: 'ssh-sessions-recorded',
  ref: 'SSH-03',
  version: 1,
  title: 'SSH sessions are recorded where it is required',
  question:
    'Does every ssh rule towards a target that requires recording name a recorder, and refuse sessions without it?',
  why: 'Without enforceRecorder a session goes on unrecorded whenever the recorder is down, so switching it off is all it takes.',
  remediation:
    'In the Tailscale admin console open Access controls and give the rule "recorder": ["tag:…"] and "enforceRecorder": true.',
  severity: 'medium',
  controls: auditLog,
  needs: [{ kind: 'policy' }, { kind: 'device' }],
  parameters: {
    targets: {
      type: 'list',
      default: [],
      says: 'Policy selectors of targets whose sessions must be recorded, such as tag:database.',
    },
  },
  run: (snapshot, { targets }) =>
    judgeSsh(snapshot, ({ rule, reachesAny }) => {
      const required = targets.length === 0 ? 'no' : reachesAny(targets)
      const facts = { recorder: rule.recorder.join(', ') || null, enforceRecorder: rule.enforceRecorder, required }
      if (required === 'unknown') return { missing: 'whether it reaches a target that requires recording' }
      if (required === 'no')
        return { status: 'not_applicable', facts, notice: 'No target that it reaches requires recording.' }
      // Left out, enforceRecorder is false by the vendor's documentation of the ssh section.
      return { status: rule.recorder.length > 0 && rule.enforceRecorder === true ? 'pass' : 'fail', facts }
    }),
  say: sentences({
    pass: ({ subject, facts }) => `Sessions through rule ${subject.key} are recorded by ${facts['recorder']}, always.`,
    fail: ({ subject, facts }) =>
      facts['recorder'] === null
        ? `Sessions through rule ${subject.key} (line ${facts['line']}) are not recorded; name a recorder.`
        : `Sessions through rule ${subject.key} (line ${facts['line']}) go on without their recorder; set enforceRecorder.`,
    aside: ({ subject, notice }) => `Rule ${subject.key} is not judged. ${notice ?? ''}`.trim(),
    open: (finding) => (finding.subject.kind === 'rule' ? sayOpenRule(finding) : sayUnreadablePolicy(finding)),
  }),
})
