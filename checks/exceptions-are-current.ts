import { defineCheck } from '../src/domain/check.ts'
import { type Facts, type Finding, finding } from '../src/domain/finding.ts'
import { byText } from '../src/domain/json.ts'
import { sentences } from '../src/domain/sentence.ts'
import type { Attestation, Waiver } from '../src/domain/settings.ts'
import { collectorHealth } from './controls.ts'

export const exceptionsAreCurrent = defineCheck({
  id: 'exceptions-are-current',
  ref: 'COL-07',
  version: 1,
  title: 'Accepted exceptions have an owner, a reason and an end',
  question: 'Is no waiver and no attestation in exhibit.yaml past its end?',
  why: 'An exception is accepted for a time. One that ran out has no effect any more and still looks as if somebody had decided.',
  remediation:
    'Decide again: write the entry anew in exhibit.yaml with new dates and approver, or delete it and mend what it excused.',
  severity: 'low',
  controls: collectorHealth,
  over: 'collection',
  needs: [],
  run({ settings, at }) {
    const day = at.slice(0, 10)
    const waivers = settings.waivers.map((waiver) => judgeWaiver(waiver, day))
    const attestations = settings.attestations.map((entry) => judgeAttestation(entry, settings.attestations, day))
    return [...attestations, ...waivers].sort((a, b) => byText(a.subject.key, b.subject.key))
  },
  say: sentences({
    pass: ({ subject, facts }) =>
      `The ${subject.kind} ${subject.key} for ${facts['check']} holds until ${facts['until']}.`,
    fail: ({ subject, facts }) =>
      `The ${subject.kind} ${subject.key} for ${facts['check']} ended on ${facts['until']}; decide again or delete it.`,
  }),
})

function judgeWaiver({ id, check, subject, owner, approver, reason, created, expires }: Waiver, day: string): Finding {
  const facts: Facts = { check, subject, owner, approver, because: reason, created, until: expires }
  return finding(
    expires < day ? 'fail' : 'pass',
    { kind: 'waiver', source: 'configuration', key: id, label: id },
    { facts },
  )
}

function judgeAttestation(entry: Attestation, all: readonly Attestation[], day: string): Finding {
  const { id, check, system, answer, by, on, until } = entry
  const subject = { kind: 'attestation', source: 'configuration', key: id, label: id }
  const facts: Facts = { check, system, answer, by, on, until }
  if (until >= day) return finding('pass', subject, { facts })
  const successor = all.find(
    (other) => other.check === check && (other.system === null || other.system === system) && other.until >= day,
  )
  return successor === undefined
    ? finding('fail', subject, { facts })
    : finding('not_applicable', subject, { facts, notice: `${successor.id} has taken its place.` })
}
