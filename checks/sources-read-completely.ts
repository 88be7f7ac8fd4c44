import { defineCheck } from '../src/domain/check.ts'
import { sourceSubject } from '../src/domain/collection.ts'
import { type Finding, finding, unknown } from '../src/domain/finding.ts'
import { notEvaluated } from '../src/domain/sentence.ts'
import type { SourceState } from '../src/domain/snapshot.ts'
import { collectorHealth } from './controls.ts'

export const sourcesReadCompletely = defineCheck({
  id: 'sources-read-completely',
  ref: 'COL-01',
  version: 1,
  title: 'Every source was read to its end',
  question: 'Was the newest reading of every source complete, so that verdicts may rest on it?',
  why: 'Half a list looks like a whole one: what is missing from it cannot fail. A reading is therefore whole or not used.',
  remediation:
    'Open the source on the Sources page: it names the call that failed, the answer and the next step. For a refused credential renew it at the vendor (Tailscale: Settings > Trust credentials); for a fall that is real, confirm it. Then run "exhibit sync".',
  severity: 'high',
  controls: collectorHealth,
  over: 'collection',
  needs: [],
  run: (snapshot) => snapshot.sources.map(judge),
  say(finding) {
    const { subject, facts, notice } = finding
    switch (finding.status) {
      case 'pass':
        return `${subject.label} was read completely${notice === null ? '' : `; ${notice}`}.`
      case 'fail':
        return `${subject.label} is ${facts['state']} (${facts['error'] ?? 'no cause given'}); cure the cause and run "exhibit sync".`
      case 'not_applicable':
        return `${subject.label} has nothing to be read.`
      case 'unknown':
        return notEvaluated(finding, { no_data: 'run "exhibit sync"' })
    }
  },
})

function judge(state: SourceState): Finding {
  const subject = sourceSubject(state)
  if (state.status === 'never') return unknown('no_data', subject, { facts: { missing: 'a first reading' } })
  const facts = {
    state: state.status,
    errorCode: state.error?.code ?? null,
    error: state.error?.message ?? null,
    lastComplete: state.collectedAt,
  }
  if (state.status !== 'complete' && state.status !== 'stale') return finding('fail', subject, { facts })
  const hidden = state.blind.map(({ kind, fields }) => (fields === null ? kind : `${kind} ${fields.join(' ')}`))
  return finding('pass', subject, {
    facts,
    notice: hidden.length === 0 ? null : `the credential cannot see ${hidden.join(', ')}`,
  })
}
