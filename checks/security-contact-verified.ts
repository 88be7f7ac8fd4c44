import { defineCheck } from '../src/domain/check.ts'
import { finding, type Subject, unknown } from '../src/domain/finding.ts'
import { sentences } from '../src/domain/sentence.ts'
import { tailnetOf } from '../src/domain/tailnet.ts'
import { securityContact } from './controls.ts'

export const securityContactVerified = defineCheck({
  id: 'security-contact-verified',
  ref: 'LOG-04',
  version: 1,
  title: 'The security contact is set and verified',
  question: 'Does the tailnet have a security contact whose address was verified?',
  why: 'Tailscale writes to this address when a flaw or an abuse concerns us. An address that nobody confirmed may be a typing error, or somebody who left.',
  remediation:
    'In the Tailscale admin console open Settings > Contact preferences, enter a shared mailbox as the security contact, and follow the link in the mail that it gets.',
  severity: 'medium',
  controls: securityContact,
  needs: [{ kind: 'contact' }],
  run(snapshot) {
    const source = tailnetOf(snapshot)
    const contact = snapshot.one('contact', source, 'security')
    const nothing: Subject = { kind: 'contact', source, key: 'security', label: 'security' }
    if (contact === null) return [unknown('no_data', nothing, { facts: { missing: 'security' } })]
    const { email, needsVerification } = contact
    if (email === null) return [unknown('no_data', contact, { facts: { missing: 'email' } })]
    if (needsVerification === null)
      return [unknown('no_data', contact, { facts: { email, missing: 'needsVerification' } })]
    return [finding(needsVerification ? 'fail' : 'pass', contact, { facts: { email, needsVerification } })]
  },
  say: sentences({
    pass: ({ facts }) => `The security contact ${facts['email']} is verified.`,
    fail: ({ facts }) =>
      `The security contact ${facts['email']} has never been verified; follow the link in the mail that was sent there.`,
    remedies: { no_data: 'see under Settings > Contact preferences whether a security contact is set' },
  }),
})
