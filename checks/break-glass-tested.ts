import { attestationFor, attestedFacts } from '../src/domain/approval.ts'
import { defineCheck } from '../src/domain/check.ts'
import { type Finding, finding, unknown } from '../src/domain/finding.ts'
import { sentences } from '../src/domain/sentence.ts'
import type { Snapshot } from '../src/domain/snapshot.ts'
import { tailnetSubject } from '../src/domain/tailnet.ts'
import { fewAdmins } from './controls.ts'

const SELF = { id: 'break-glass-tested', ref: 'ID-22' } as const

export const breakGlassTested = defineCheck({
  ...SELF,
  version: 1,
  title: 'An emergency administrator exists, and no account waits for payment',
  question: 'Can somebody still administer the tailnet while the identity provider is down?',
  why: 'A passkey administrator signs in without the identity provider; one that was never tried may not work on the day. Accounts over the billing limit are shut out until somebody pays. Informational: it never fails.',
  remediation:
    'In the Tailscale admin console open Users and add a passkey administrator, sign in with it once, and record an attestation for this check in exhibit.yaml. Accounts over the billing limit: Billing.',
  severity: 'low',
  controls: fewAdmins,
  informational: true,
  needs: [{ kind: 'account' }],
  run: (snapshot) => [breakGlass(snapshot), ...overBilling(snapshot)],
  say: sentences({
    pass: ({ subject, facts }) =>
      `An emergency administrator of ${subject.label} was tried, by attestation ${facts['attestation']} of ${facts['by']}, valid until ${facts['until']}.`,
    fail: ({ subject, facts }) =>
      `No emergency administrator of ${subject.label} works, by attestation ${facts['attestation']}.`,
  }),
})

function breakGlass(snapshot: Snapshot): Finding {
  const subject = tailnetSubject(snapshot)
  const attestation = attestationFor(snapshot, SELF)
  if (attestation === null) {
    return unknown('not_configured', subject, { facts: { missing: `an attestation for ${SELF.id}` } })
  }
  const facts = attestedFacts(attestation)
  return attestation.answer === 'pass'
    ? finding('pass', subject, { facts })
    : finding('not_applicable', subject, {
        facts,
        notice: `No emergency administrator works, as ${attestation.by} attested.`,
      })
}

function overBilling(snapshot: Snapshot): Finding[] {
  return snapshot
    .of('account')
    .filter(({ status }) => status === 'over-billing-limit')
    .map((account) => finding('not_applicable', account, { notice: 'It is over the billing limit and shut out.' }))
}
