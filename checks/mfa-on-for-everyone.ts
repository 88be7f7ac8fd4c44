import { attestationFor } from '../src/domain/approval.ts'
import { defineCheck } from '../src/domain/check.ts'
import { type Facts, type Finding, finding, unknown } from '../src/domain/finding.ts'
import { departed } from '../src/domain/match.ts'
import type { Person } from '../src/domain/record.ts'
import { notEvaluated } from '../src/domain/sentence.ts'
import type { Attestation } from '../src/domain/settings.ts'
import type { Snapshot } from '../src/domain/snapshot.ts'
import { tailnetSubject } from '../src/domain/tailnet.ts'
import { mfa } from './controls.ts'

const SELF = { id: 'mfa-on-for-everyone', ref: 'ID-16' } as const

export const mfaOnForEveryone = defineCheck({
  ...SELF,
  version: 1,
  title: 'Everybody signs in with a second factor',
  question: 'Is multi-factor sign-in on at the identity provider for every employed person?',
  why: 'Tailscale signs people in through the identity provider alone, so a stolen password without a second factor there opens the network.',
  remediation:
    'Enforce a second factor for the person, or better for everybody, at the identity provider; then export the roster again with the column mfa. Where no export has it, record an attestation for this check in exhibit.yaml.',
  severity: 'high',
  controls: mfa,
  needs: (_settings, _system, snapshot) => (attestedWithoutRoster(snapshot) === null ? [{ kind: 'person' }] : []),
  run(snapshot) {
    const alone = attestedWithoutRoster(snapshot)
    if (alone !== null) return [finding(alone.answer, tailnetSubject(snapshot), { facts: attested(alone) })]
    const attestation = attestationFor(snapshot, SELF)
    return snapshot.of('person').map((person) => judge(snapshot, person, attestation))
  },
  say(finding) {
    const { subject, facts } = finding
    const all = subject.kind === 'system'
    const by =
      facts['attestation'] === undefined ? 'the roster' : `attestation ${facts['attestation']} of ${facts['by']}`
    switch (finding.status) {
      case 'pass':
        return `${all ? 'Everybody' : subject.label} signs in with a second factor, by ${by}.`
      case 'fail':
        return `${all ? 'Somebody' : subject.label} signs in without a second factor, by ${by}; enforce it at the identity provider.`
      case 'not_applicable':
        return `${subject.label} does not sign in (${facts['because']}).`
      case 'unknown':
        return notEvaluated(finding, { no_data: 'fill in the column mfa of the roster, or record an attestation' })
    }
  },
})

/** Where no roster is configured at all, an attestation answers for everybody at once. */
function attestedWithoutRoster(snapshot: Snapshot): Attestation | null {
  const roster = snapshot.sources.some(({ kind }) => kind === 'csv' || kind === 'scim')
  return roster ? null : attestationFor(snapshot, SELF)
}

/** The roster's own word comes first: an attestation for all never covers a person who is known to be without. */
function judge(snapshot: Snapshot, person: Person, attestation: Attestation | null): Finding {
  if (person.type === 'service') return finding('not_applicable', person, { facts: { because: 'service account' } })
  if (departed(person, snapshot.at)) return finding('not_applicable', person, { facts: { because: 'has left' } })
  if (person.mfa !== null) return finding(person.mfa ? 'pass' : 'fail', person, { facts: { mfa: person.mfa } })
  if (attestation === null) return unknown('no_data', person, { facts: { missing: 'mfa' } })
  return finding(attestation.answer, person, { facts: attested(attestation) })
}

function attested({ id, by, on, until, answer }: Attestation): Facts {
  return { mfa: null, attestation: id, answer, by, on, until }
}
