/** Human answers that stand in the configuration: lists of what is approved, and attestations. */
import type { Approved, Check } from './check.ts'
import { type Facts, type Finding, finding, type Subject, unknown } from './finding.ts'
import type { Attestation } from './settings.ts'
import type { Snapshot } from './snapshot.ts'
import { tailnetSubject } from './tailnet.ts'

/** The entry that approves a subject by its key or, case ignored, its label; null when none does. */
export function approvedBy(list: readonly Approved[], subject: Pick<Subject, 'key' | 'label'>): Approved | null {
  const label = subject.label.toLowerCase()
  return list.find((entry) => entry.subject === subject.key || entry.subject.toLowerCase() === label) ?? null
}

/**
 * The attestation that answers a check on the day of the snapshot: for its tailnet or for all. Of several the one given
 * last counts; of two of one day the one that says fail, so that a contradiction never reads as a pass.
 */
export function attestationFor(snapshot: Snapshot, check: Pick<Check, 'id' | 'ref'>): Attestation | null {
  const day = snapshot.at.slice(0, 10)
  const valid = snapshot.settings.attestations.filter(
    (entry) =>
      (entry.check === check.id || entry.check === check.ref) &&
      (entry.system === null || entry.system === snapshot.system) &&
      entry.on <= day &&
      day <= entry.until,
  )
  return valid.reduce<Attestation | null>((best, entry) => {
    if (best === null || entry.on > best.on) return entry
    return entry.on === best.on && entry.answer === 'fail' ? entry : best
  }, null)
}

/** Who answered, when, and how long it holds: the facts of an attested answer. */
export function attestedFacts({ id, by, on, until, answer, note }: Attestation): Facts {
  return { attestation: id, answer, by, on, until, ...(note === null ? {} : { note }) }
}

/** The answer of a question that no API answers: what somebody attested, and without one nothing. */
export function attestedAnswer(snapshot: Snapshot, check: Pick<Check, 'id' | 'ref'>): Finding {
  const subject = tailnetSubject(snapshot)
  const attestation = attestationFor(snapshot, check)
  return attestation === null
    ? unknown('not_configured', subject, { facts: { missing: `an attestation for ${check.id}` } })
    : finding(attestation.answer, subject, { facts: attestedFacts(attestation) })
}
