import { defineCheck } from '../src/domain/check.ts'
import { sourceSubject, sourceUnknown } from '../src/domain/collection.ts'
import { type Finding, finding, unknown } from '../src/domain/finding.ts'
import { notEvaluated } from '../src/domain/sentence.ts'
import type { SourceState } from '../src/domain/snapshot.ts'
import { collectorHealth } from './controls.ts'

export const fallsAreConfirmed = defineCheck({
  id: 'falls-are-confirmed',
  ref: 'COL-04',
  version: 1,
  title: 'A sudden fall of a population is confirmed before it is used',
  question: 'Is no source waiting for somebody to confirm that many of its records are really gone?',
  why: 'A list that shrinks at once is more often a broken filter or a narrowed credential than a smaller company; used as it is, its failures would vanish.',
  remediation:
    'See on the Sources page which records are gone. Where that is right, accept it there or with "exhibit sync --accept <source> --because …"; otherwise restore what the credential may see and collect again.',
  severity: 'high',
  controls: collectorHealth,
  over: 'collection',
  needs: [],
  run: (snapshot) => snapshot.sources.map(judge),
  say(finding) {
    const { subject, facts } = finding
    switch (finding.status) {
      case 'pass':
        return `No fall of ${subject.label} waits for confirmation.`
      case 'fail':
        return `The newest reading of ${subject.label} is held (${facts['error'] ?? 'its population fell'}); confirm it or correct the cause.`
      case 'not_applicable':
        return `${subject.label} has no population.`
      case 'unknown':
        return notEvaluated(finding, { no_data: 'run "exhibit sync"' })
    }
  },
})

function judge(state: SourceState): Finding {
  const subject = sourceSubject(state)
  if (state.status === 'held') {
    const facts = { state: state.status, error: state.error?.message ?? null, lastComplete: state.collectedAt }
    return finding('fail', subject, { facts })
  }
  // An old reading was compared when it came; one that failed or never came could not be.
  if (state.status === 'stale') return finding('pass', subject, { facts: { state: state.status } })
  const reason = sourceUnknown(state)
  return reason === null
    ? finding('pass', subject, { facts: { state: state.status } })
    : unknown(reason, subject, { facts: { state: state.status, missing: 'a complete reading' } })
}
