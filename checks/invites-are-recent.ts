import { defineCheck } from '../src/domain/check.ts'
import { durationText } from '../src/domain/duration.ts'
import { finding, unknown } from '../src/domain/finding.ts'
import { sentences } from '../src/domain/sentence.ts'
import { between, pastInstant } from '../src/domain/time.ts'
import { newAccess } from './controls.ts'

export const invitesAreRecent = defineCheck({
  id: 'invites-are-recent',
  ref: 'ID-15',
  version: 1,
  title: 'Open invitations are not stale',
  question: 'Was every open invitation to the tailnet sent within the time allowed?',
  why: 'An open invitation is a door that lets in whoever holds the link; one that nobody took for weeks lies in a mailbox that somebody else may read.',
  remediation:
    'In the Tailscale admin console open Users > Invitations and delete the ones that nobody took; send a new one where it is still wanted.',
  severity: 'low',
  controls: newAccess,
  needs: [{ kind: 'invite' }],
  parameters: {
    maxAge: { type: 'duration', default: '7d', min: '1h', max: '90d', says: 'How long an invitation may stay open.' },
  },
  run: (snapshot, { maxAge }) =>
    snapshot.of('invite').map((invite) => {
      const sent = pastInstant(invite.lastEmailSentAt, snapshot.at)
      if (sent === null) return unknown('no_data', invite, { facts: { role: invite.role, missing: 'lastEmailSentAt' } })
      const facts = { role: invite.role, lastEmailSentAt: invite.lastEmailSentAt, maxAge: durationText(maxAge) }
      return finding(between(sent, snapshot.at) > maxAge ? 'fail' : 'pass', invite, { facts })
    }),
  say: sentences({
    pass: ({ subject, facts }) => `The invitation of ${subject.label} was sent at ${facts['lastEmailSentAt']}.`,
    fail: ({ subject, facts }) =>
      `The invitation of ${subject.label} as ${facts['role'] ?? 'an account'} was sent at ${facts['lastEmailSentAt']}, longer ago than ${facts['maxAge']}; delete it.`,
    remedies: { no_data: 'delete the invitation under Users > Invitations, unless somebody knows of it' },
  }),
})
