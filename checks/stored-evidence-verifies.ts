import { defineCheck } from '../src/domain/check.ts'
import { type Finding, finding, type Subject, unknown } from '../src/domain/finding.ts'
import type { Integrity } from '../src/domain/record.ts'
import { notEvaluated } from '../src/domain/sentence.ts'
import { collectorHealth } from './controls.ts'

/** How many broken items are named; the rest are counted. */
const NAMED = 10

const NOTHING: Subject = { kind: 'integrity', source: '', key: 'evidence', label: 'Stored evidence' }

export const storedEvidenceVerifies = defineCheck({
  id: 'stored-evidence-verifies',
  ref: 'COL-05',
  version: 1,
  title: 'Stored evidence verifies',
  question: 'Does every stored page, seal and checkpoint that was examined in this run still verify?',
  why: 'Evidence is worth what its digest, its chain and its signature are worth; a change found within a day can still be explained.',
  remediation:
    'Stop writing to the data folder and keep it as it is. Run "exhibit reperform" to see how far the damage reaches, restore the newest backup that verifies with "exhibit restore", and find out who or what changed the file.',
  severity: 'high',
  controls: collectorHealth,
  over: 'collection',
  needs: [{ kind: 'integrity' }],
  run(snapshot) {
    const parts = snapshot.of('integrity')
    if (parts.length === 0) return [unknown('no_data', NOTHING, { facts: { missing: 'a verification of this run' } })]
    return parts.map(judge)
  },
  say(finding) {
    const { subject, facts } = finding
    switch (finding.status) {
      case 'pass':
        return `${facts['checked']} of ${subject.label} were examined and all verify.`
      case 'fail':
        return `${facts['failedCount']} of ${facts['checked']} of ${subject.label} do not verify (${facts['failed']}); keep the data folder as it is and restore from a backup.`
      case 'not_applicable':
        return `Nothing of ${subject.label} is stored yet.`
      case 'unknown':
        return notEvaluated(finding, { no_data: 'run "exhibit sync"' })
    }
  },
})

function judge(part: Integrity): Finding {
  const failed = part.failed.slice(0, NAMED).join('; ')
  if (part.failed.length > 0) {
    return finding('fail', part, { facts: { checked: part.checked, failedCount: part.failed.length, failed } })
  }
  return part.checked === 0
    ? finding('not_applicable', part)
    : finding('pass', part, { facts: { checked: part.checked } })
}
