import { defineCheck } from '../src/domain/check.ts'
import { sourceSubject, sourceUnknown } from '../src/domain/collection.ts'
import { type Facts, type Finding, finding, unknown } from '../src/domain/finding.ts'
import { byText } from '../src/domain/json.ts'
import type { AnyRecord, Kind } from '../src/domain/record.ts'
import { notEvaluated } from '../src/domain/sentence.ts'
import type { Snapshot, SourceState } from '../src/domain/snapshot.ts'
import { unknownWords } from '../src/domain/vocabulary.ts'
import { collectorHealth } from './controls.ts'

/** Kinds that vendors and rosters send; the rest are our own. */
const SENT: readonly Kind[] = [
  'person',
  'account',
  'device',
  'attributes',
  'integration',
  'setting',
  'key',
  'policy',
  'logstream',
  'webhook',
  'contact',
  'invite',
  'agent',
  'score',
  'enrolment',
  'encryption',
  'total',
  'credential',
  'audit',
]

export const vendorAnswersUnderstood = defineCheck({
  id: 'vendor-answers-understood',
  ref: 'COL-06',
  version: 1,
  title: 'What vendors answer is what we expect',
  question: 'Could every field that we use be read in the answers of every source, with values that we know?',
  why: 'Vendors change their answers without notice. A field that can no longer be read is unknown on its records; this is where one sees that it is the field and not the device.',
  remediation:
    'Compare the raw page under Evidence with what the vendor documents. Where the vendor has changed its answer, update Exhibit; until then the checks that read the field say unknown.',
  severity: 'low',
  controls: collectorHealth,
  over: 'collection',
  needs: [],
  run(snapshot) {
    const bySource = gatherOddities(snapshot)
    return snapshot.sources.map((state) => judge(state, bySource.get(state.id)))
  },
  say(finding) {
    const { subject, facts } = finding
    switch (finding.status) {
      case 'pass':
        return `Every field of ${subject.label} could be read.`
      case 'fail':
        if (facts['error'] === undefined) {
          return `${subject.label} sent something that we do not know: ${oddities(facts)}; compare its raw pages and look for an update.`
        }
        return `An answer of ${subject.label} was not of the expected form (${facts['error']}); compare its raw pages and look for an update.`
      case 'not_applicable':
        return `${subject.label} sent nothing.`
      case 'unknown':
        return notEvaluated(finding)
    }
  },
})

/** What could not be read and which words were new, each with the number of records. */
interface Oddities {
  readonly unread: Map<string, number>
  readonly words: Map<string, number>
}

function gatherOddities(snapshot: Snapshot): ReadonlyMap<string, Oddities> {
  const bySource = new Map<string, Oddities>()
  for (const kind of SENT) {
    for (const record of snapshot.of(kind) as readonly AnyRecord[]) {
      const words = unknownWords(record)
      if (record.unread.length === 0 && words.length === 0) continue
      const odd = bySource.get(record.source) ?? { unread: new Map(), words: new Map() }
      bySource.set(record.source, odd)
      for (const field of record.unread) count(odd.unread, `${kind}.${field}`)
      for (const { field, value } of words) count(odd.words, `${kind}.${field} "${value}"`)
    }
  }
  return bySource
}

function count(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1)
}

function judge(state: SourceState, odd: Oddities | undefined): Finding {
  const subject = sourceSubject(state)
  const reason = sourceUnknown(state)
  if (state.error?.code === 'schema_mismatch' && state.status === 'failed') {
    return finding('fail', subject, { facts: { state: state.status, error: state.error.message } })
  }
  if (reason !== null) {
    return unknown(reason, subject, { facts: { state: state.status, missing: 'a complete reading' } })
  }
  if (odd === undefined) return finding('pass', subject)
  const facts = { unread: listed(odd.unread), unknownValues: listed(odd.words) }
  // The worst that this row knows is a warning: a failure of severity low (checks.md section 1, rule 8).
  return finding('fail', subject, { facts })
}

/** "unreadable device.os (1); new account.role "dns-admin" (1)" */
function oddities({ unread, unknownValues }: Facts): string {
  return [unread && `unreadable ${unread}`, unknownValues && `new ${unknownValues}`].filter(Boolean).join('; ')
}

function listed(counts: ReadonlyMap<string, number>): string {
  return [...counts]
    .sort(([a], [b]) => byText(a, b))
    .map(([name, count]) => `${name} (${count})`)
    .join(', ')
}
