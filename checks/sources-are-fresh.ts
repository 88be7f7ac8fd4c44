import { defineCheck } from '../src/domain/check.ts'
import { sourceSubject } from '../src/domain/collection.ts'
import { durationText } from '../src/domain/duration.ts'
import { type Finding, finding, unknown } from '../src/domain/finding.ts'
import { notEvaluated } from '../src/domain/sentence.ts'
import { sourceSettings } from '../src/domain/settings.ts'
import type { Snapshot, SourceState } from '../src/domain/snapshot.ts'
import { between, pastInstant } from '../src/domain/time.ts'
import { collectorHealth } from './controls.ts'

export const sourcesAreFresh = defineCheck({
  id: 'sources-are-fresh',
  ref: 'COL-02',
  version: 1,
  title: 'Every source is fresh',
  question: 'Is the last complete reading of every source younger than its freshness allows?',
  why: 'An old reading says what was true then; a verdict of today that rests on it would be a guess.',
  remediation:
    'Run "exhibit sync", and see that the scheduler runs (exhibit serve). For a roster file put the new export in place of the old one; its age is that of the file. Where a source changes slowly, set its freshness in exhibit.yaml.',
  severity: 'high',
  controls: collectorHealth,
  over: 'collection',
  needs: [],
  run: (snapshot) => snapshot.sources.map((state) => judge(snapshot, state)),
  say(finding) {
    const { subject, facts } = finding
    switch (finding.status) {
      case 'pass':
        return `${subject.label} was last read completely at ${facts['collectedAt']}, within ${facts['freshness']}.`
      case 'fail':
        return `${subject.label} was last read completely at ${facts['collectedAt']}, longer ago than ${facts['freshness']}; read it again.`
      case 'not_applicable':
        return `${subject.label} does not grow old.`
      case 'unknown':
        return notEvaluated(finding, { no_data: 'run "exhibit sync"' })
    }
  },
})

function judge(snapshot: Snapshot, state: SourceState): Finding {
  const subject = sourceSubject(state)
  const freshnessMs = sourceSettings(snapshot.settings, state.id)?.freshnessMs ?? null
  const { collectedAt } = state
  if (collectedAt === null) return unknown('no_data', subject, { facts: { missing: 'a first complete reading' } })
  if (pastInstant(collectedAt, snapshot.at) === null)
    return unknown('no_data', subject, { facts: { collectedAt, missing: 'a reading that is not of the future' } })
  const facts = { state: state.status, collectedAt, freshness: freshnessMs === null ? null : durationText(freshnessMs) }
  const old = freshnessMs !== null && between(collectedAt, snapshot.at) > freshnessMs
  return finding(state.status === 'stale' || old ? 'fail' : 'pass', subject, { facts })
}
