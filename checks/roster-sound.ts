import { approvedBy } from '../src/domain/approval.ts'
import { type Approved, defineCheck, parametersOf } from '../src/domain/check.ts'
import { durationText } from '../src/domain/duration.ts'
import { type Facts, type Finding, finding, type Subject, subjectOf, unknown } from '../src/domain/finding.ts'
import type { Person } from '../src/domain/record.ts'
import { unreadable } from '../src/domain/roster.ts'
import { carryRoster, type Fault, knownOf, type Vanished, vanishedFrom } from '../src/domain/roster-history.ts'
import { notEvaluated } from '../src/domain/sentence.ts'
import type { Snapshot } from '../src/domain/snapshot.ts'
import { offboarded } from './controls.ts'

const ID = 'roster-sound'

export const rosterSound = defineCheck({
  id: ID,
  ref: 'ID-24',
  version: 1,
  title: 'The roster itself is sound',
  question: 'Does the roster keep everybody until an end is named, and leave an end date as it is once it is over?',
  why: 'Whether access ended in time is measured by the end date; a roster in which people vanish or dates move afterwards can make every late removal look timely.',
  remediation:
    'Put the person back into the roster with the end date, set status and end_date so that they agree, or put back the date that was moved. Where it was right so, write the address under approved for this check in exhibit.yaml, with the reason.',
  severity: 'medium',
  controls: offboarded,
  over: 'collection',
  needs: [{ kind: 'person' }],
  parameters: {
    approved: {
      type: 'approved',
      default: [],
      says: 'Addresses of people whose disappearance or changed date was looked into, each with the reason.',
    },
    grace: {
      type: 'duration',
      default: '7d',
      min: '1d',
      max: '90d',
      says: 'How long after the end of employment its date may first be written.',
    },
  },
  carry: (snapshot) => carryRoster(snapshot, ID, graceIn(snapshot)),
  run(snapshot, { approved, grace }) {
    const people = snapshot.of('person').map((person) => judge(snapshot, person, approved, grace))
    return people.concat(vanishedFrom(snapshot, ID).map((gone) => judgeVanished(gone, approved, grace)))
  },
  say(finding) {
    const { subject, facts } = finding
    switch (finding.status) {
      case 'pass':
        return facts['because'] === undefined
          ? `What the roster says of ${subject.label} agrees with itself and with what it said before.`
          : `${WORDS[String(facts['fault'])]!(subject.label, facts)}; it was looked into: ${facts['because']}.`
      case 'fail':
        return `${WORDS[String(facts['fault'])]!(subject.label, facts)}; correct the roster, or approve it with a reason.`
      case 'not_applicable':
        return `${subject.label} is not judged.`
      case 'unknown':
        return notEvaluated(finding)
    }
  },
})

const WORDS: { readonly [fault: string]: (label: string, facts: Facts) => string } = {
  vanished: (label, facts) =>
    `${label} vanished from the roster between ${facts['seenAfter']} and ${facts['seenBefore']} ${facts['endDate'] === null ? 'without an end date' : `before the end date ${facts['endDate']}`}`,
  moved: (label, facts) =>
    `The end date of ${label} was changed from ${facts['from']} to ${facts['to'] ?? 'none'} when it was already over`,
  late: (label, facts) =>
    `The end date ${facts['to']} of ${label} was first written at ${facts['seenBefore']}, more than ${facts['grace']} after it`,
  'left before the end': (label, facts) =>
    `${label} has the status left and an end date that is still to come (${facts['endDate']})`,
  'active after the end': (label, facts) =>
    `${label} has the status active and an end date that is over (${facts['endDate']})`,
}

function graceIn({ settings }: Snapshot): number {
  return parametersOf(rosterSound, settings).values['grace'] as unknown as number
}

function judge(snapshot: Snapshot, person: Person, approved: readonly Approved[], grace: number): Finding {
  const { status, endDate, endsAt } = person
  if (unreadable(person, 'end_date', 'endDate', 'endsAt') || (endDate === null) !== (endsAt === null)) {
    return unknown('no_data', person, { facts: { missing: 'end_date' } })
  }
  if (unreadable(person, 'status')) return unknown('no_data', person, { facts: { missing: 'status' } })
  const contradiction = contradictionOf(person, snapshot)
  const fault = knownOf(snapshot, ID, person)?.fault ?? null
  if (contradiction === null && fault === null) return finding('pass', person)
  const dates = { status, endDate }
  const facts = contradiction === null ? faultFacts(fault!, grace) : { fault: contradiction }
  return approvable(person, { ...dates, ...facts }, contradiction === null ? approved : [])
}

/** Whoever has left by either word and not by the other: nobody can tell which is right. */
function contradictionOf({ source, status, endsAt }: Person, snapshot: Snapshot): string | null {
  if (endsAt === null) return null
  if (status === 'left') return endsAt > snapshot.at ? 'left before the end' : null
  return endsAt <= snapshot.at && snapshot.derive(rostersThatSayLeft).has(source) ? 'active after the end' : null
}

/** A roster that writes it of nobody keeps no status: an empty one reads as active, and the date alone says who left. */
function rostersThatSayLeft(snapshot: Snapshot): ReadonlySet<string> {
  return new Set(
    snapshot
      .of('person')
      .filter(({ status }) => status === 'left')
      .map(({ source }) => source),
  )
}

function faultFacts({ what, from, to, seenAfter, seenBefore }: Fault, grace: number): Facts {
  return { fault: what, from, to, seenAfter, seenBefore, ...(what === 'late' ? { grace: durationText(grace) } : {}) }
}

function judgeVanished({ source, key, known }: Vanished, approved: readonly Approved[], grace: number): Finding {
  const { status, endDate, vanished, fault } = known
  const subject: Subject = { kind: 'person', source, key, label: key }
  const facts = fault === null ? { fault: 'vanished', ...vanished } : faultFacts(fault, grace)
  return approvable(subject, { status, endDate, ...facts }, approved)
}

function approvable(subject: Person | Subject, facts: Facts, approved: readonly Approved[]): Finding {
  const entry = approvedBy(approved, 'unread' in subject ? subjectOf(subject) : subject)
  return entry === null
    ? finding('fail', subject, { facts })
    : finding('pass', subject, { facts: { ...facts, because: entry.because } })
}
