import { defineCheck } from '../src/domain/check.ts'
import { selectorOf } from '../src/domain/policy-selector.ts'
import { sentences } from '../src/domain/sentence.ts'
import { judgeSsh, sayOpenRule } from '../src/domain/ssh-rules.ts'
import { sayUnreadablePolicy } from '../src/domain/tailnet-policy.ts'
import { privilegedSessions } from './controls.ts'

export const sshNonrootNotOnTagged = defineCheck({
  id: 'ssh-nonroot-not-on-tagged',
  ref: 'SSH-02',
  version: 1,
  title: 'Tagged servers are not open to every user but root',
  question: 'Does no ssh rule open autogroup:nonroot on tagged devices?',
  why: 'On a server autogroup:nonroot includes every service account, and one that may use sudo is as good as root. On one’s own laptop it means oneself.',
  remediation:
    'In the Tailscale admin console open Access controls and name the users of the server in place of autogroup:nonroot.',
  severity: 'medium',
  controls: privilegedSessions,
  needs: [{ kind: 'policy' }, { kind: 'device' }],
  run: (snapshot) =>
    judgeSsh(snapshot, ({ rule, model }) => {
      const tagged = rule.dst
        .map(({ selector }) => selector)
        .filter((selector) => selectorOf(selector, model).kind === 'tagged')
      const facts = { users: rule.users.join(', '), tagged: tagged.join(', ') || null }
      if (tagged.length === 0) return { status: 'not_applicable', facts, notice: 'It reaches no tagged device.' }
      return { status: rule.users.includes('autogroup:nonroot') ? 'fail' : 'pass', facts }
    }),
  say: sentences({
    pass: ({ subject, facts }) =>
      `Rule ${subject.key} names the users that it opens on ${facts['tagged']} (${facts['users']}).`,
    fail: ({ subject, facts }) =>
      `Rule ${subject.key} (line ${facts['line']}) opens every user but root on ${facts['tagged']}; name the users that are meant.`,
    aside: ({ subject, notice }) => `Rule ${subject.key} is not judged. ${notice ?? ''}`.trim(),
    open: (finding) => (finding.subject.kind === 'rule' ? sayOpenRule(finding) : sayUnreadablePolicy(finding)),
  }),
})
