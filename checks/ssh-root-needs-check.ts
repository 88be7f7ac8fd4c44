import { defineCheck } from '../src/domain/check.ts'
import { sentences } from '../src/domain/sentence.ts'
import { judgeSsh, sayOpenRule } from '../src/domain/ssh-rules.ts'
import { sayUnreadablePolicy } from '../src/domain/tailnet-policy.ts'
import { privilegedSessions } from './controls.ts'

export const sshRootNeedsCheck = defineCheck({
  id: 'ssh-root-needs-check',
  ref: 'SSH-01',
  version: 1,
  title: 'Root and broad SSH need a fresh sign-in',
  question: 'Does every ssh rule for root, for any user or towards a sensitive target use check mode?',
  why: 'In check mode Tailscale asks the person to sign in again before the session opens. Without it, whoever sits at an unlocked laptop is root on the server.',
  remediation:
    'In the Tailscale admin console open Access controls and write "action": "check" in the rule; without checkPeriod a check lasts 12 hours.',
  severity: 'high',
  controls: privilegedSessions,
  needs: [{ kind: 'policy' }, { kind: 'device' }],
  parameters: {
    targets: {
      type: 'list',
      default: [],
      says: 'Policy selectors of targets on which every session needs check mode, such as tag:production.',
    },
  },
  run: (snapshot, { targets }) =>
    judgeSsh(snapshot, ({ rule, reachesAny }) => {
      const broad = rule.users.filter((user) => user === 'root' || user === '*')
      const sensitive = targets.length === 0 ? 'no' : reachesAny(targets)
      const facts = { action: rule.action, users: rule.users.join(', '), checkPeriod: rule.checkPeriod, sensitive }
      if (rule.action === 'check') return { status: 'pass', facts }
      if (rule.action !== 'accept') return { missing: 'its action' }
      if (broad.length > 0 || sensitive === 'yes') return { status: 'fail', facts }
      if (sensitive === 'unknown') return { missing: 'whether it reaches a sensitive target' }
      return { status: 'not_applicable', facts, notice: 'It opens neither root nor a sensitive target.' }
    }),
  say: sentences({
    pass: ({ subject, facts }) => `Rule ${subject.key} uses check mode (${facts['checkPeriod'] ?? '12h by default'}).`,
    fail: ({ subject, facts }) =>
      `Rule ${subject.key} (line ${facts['line']}) opens ${facts['users']} without a fresh sign-in; set its action to check.`,
    aside: ({ subject, notice }) => `Rule ${subject.key} is not judged. ${notice ?? ''}`.trim(),
    open: (finding) => (finding.subject.kind === 'rule' ? sayOpenRule(finding) : sayUnreadablePolicy(finding)),
  }),
})
