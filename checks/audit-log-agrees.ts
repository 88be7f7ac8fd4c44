import { type Change, carryAgreement, changesIn } from '../src/domain/agreement.ts'
import { defineCheck, parametersOf } from '../src/domain/check.ts'
import { type Facts, type Finding, finding, type Subject, unknown } from '../src/domain/finding.ts'
import { recall } from '../src/domain/memory.ts'
import type { AnyRecord } from '../src/domain/record.ts'
import { sentences } from '../src/domain/sentence.ts'
import type { Snapshot } from '../src/domain/snapshot.ts'
import { tailnetOf, tailnetSubject } from '../src/domain/tailnet.ts'
import { collectorHealth } from './controls.ts'

const ID = 'audit-log-agrees'

export const auditLogAgrees = defineCheck({
  id: ID,
  ref: 'COL-09',
  version: 1,
  title: 'The vendor’s audit log agrees with what we saw',
  question:
    'Has every change of accounts, roles, keys and policy that we saw its event in the vendor’s log, and every such event its change?',
  why: 'The log is a second witness that nobody here can write. Where the two tell different stories, one of them was bent, or somebody changed the tailnet by a way that leaves no trace.',
  remediation:
    'Compare the subject in the Tailscale admin console, under Logs > Configuration, with its pages under Evidence. A change without an event may have been made by Tailscale’s support: ask there, and take back what nobody wanted.',
  severity: 'high',
  controls: collectorHealth,
  needs: [{ kind: 'account' }, { kind: 'audit' }, { kind: 'auditlog' }],
  parameters: {
    keep: {
      type: 'duration',
      default: '7d',
      min: '1d',
      max: '90d',
      says: 'How long a change stays in this check after it was seen, so that one that nobody could explain is not gone with the next run.',
    },
  },
  carry: (snapshot) => carryAgreement(snapshot, ID, keepIn(snapshot)),
  run(snapshot) {
    const bySubject = Map.groupBy(changesIn(snapshot, ID), ({ kind, key }) => `${kind}/${key}`)
    if (bySubject.size === 0)
      return [finding('not_applicable', tailnetSubject(snapshot), { notice: nothing(snapshot) })]
    return [...bySubject.values()].map((changes) => judge(snapshot, changes))
  },
  say: sentences({
    pass: ({ subject, facts }) => `${subject.label}: ${facts['change']}, as the audit log says (${told(facts)}).`,
    fail: ({ subject, facts }) =>
      facts['event'] === null
        ? `${subject.label}: ${facts['change']} between ${facts['seenAfter']} and ${facts['seenBefore']}, and the audit log has no event of it; find out who did it and how.`
        : `${subject.label}: the audit log has an event (${told(facts)}) that nothing came of in the reading of ${facts['seenBefore']}; find out which of the two is right.`,
    aside: ({ subject, notice }) => `Of ${subject.label} ${notice}.`,
    open: ({ subject, unknownReason, facts }) =>
      unknownReason === 'not_visible'
        ? `${subject.label} was not evaluated: ${facts['change']} between ${facts['seenAfter']} and ${facts['seenBefore']}, and the audit log of that time was not read.`
        : null,
  }),
})

function keepIn({ settings }: Snapshot): number {
  return parametersOf(auditLogAgrees, settings).values['keep'] as unknown as number
}

function nothing(snapshot: Snapshot): string {
  const marker = recall(snapshot, ID)?.body
  return marker === undefined || marker['since'] === marker['pulledAt']
    ? 'there are no two readings to compare yet'
    : 'nothing that the audit log would tell has changed lately'
}

/** The worst of a subject's changes speaks for it. */
const WORST: readonly Change['verdict'][] = ['unexplained', 'unread', 'unsaid', 'agrees']

function judge(snapshot: Snapshot, changes: readonly Change[]): Finding {
  const worst = WORST.flatMap((verdict) => changes.filter((change) => change.verdict === verdict))[0]!
  const subject = subjectOf(snapshot, worst)
  const facts = factsOf(worst, changes.length)
  switch (worst.verdict) {
    case 'agrees':
      return finding('pass', subject, { facts })
    case 'unexplained':
      return finding('fail', subject, { facts })
    case 'unread':
      return unknown('not_visible', subject, { facts: { ...facts, missing: 'the audit log of that time' } })
    case 'unsaid':
      return unknown('no_data', subject, {
        facts: { ...facts, missing: 'its type, when it was made, or the time of its event' },
      })
  }
}

/** What is gone has no record any more. */
function subjectOf(snapshot: Snapshot, { kind, key, label }: Change): AnyRecord | Subject {
  const source = tailnetOf(snapshot)
  return snapshot.one(kind, source, key) ?? { kind, source, key, label }
}

function factsOf({ aspect, from, to, after, before, event, at, by, says }: Change, count: number): Facts {
  const change = from === to ? `${aspect} ${to}, as before` : `${aspect} ${from} → ${to}`
  return { change, seenAfter: after, seenBefore: before, event, at, by, says, changes: count }
}

function told(facts: Facts): string {
  return `${facts['says']} at ${facts['at'] ?? 'a time that it does not say'} by ${facts['by'] ?? 'nobody whom it names'}`
}
