import { defineCheck } from '../src/domain/check.ts'
import { type Finding, finding, type Subject, unknown } from '../src/domain/finding.ts'
import type { Anchor } from '../src/domain/record.ts'
import { notEvaluated } from '../src/domain/sentence.ts'
import { between, DAY, type Instant, pastInstant } from '../src/domain/time.ts'
import { collectorHealth } from './controls.ts'

const LEDGER: Subject = { kind: 'anchor', source: '', key: 'timestamps', label: 'Evidence ledger' }

export const ledgerAnchoredOutside = defineCheck({
  id: 'ledger-anchored-outside',
  ref: 'COL-08',
  version: 1,
  title: 'The evidence ledger is anchored outside',
  question: 'Has an outside authority stamped the evidence ledger within the last 24 hours?',
  why: 'Who holds this machine and its signing key could write the whole history anew; what they cannot do is make it agree with a checkpoint that an outsider has stamped.',
  remediation:
    'Name a time stamp authority (RFC 3161) under ledger.timestamps in exhibit.yaml and allow calls to it; where one is named, "exhibit sync" says why it gave no stamp.',
  severity: 'medium',
  controls: collectorHealth,
  over: 'collection',
  needs: [],
  run(snapshot) {
    const anchors = snapshot.of('anchor')
    if (anchors.length === 0) {
      return [unknown('not_configured', LEDGER, { facts: { missing: 'ledger.timestamps' } })]
    }
    return anchors.map((anchor) => judge(anchor, snapshot.at))
  },
  say(finding) {
    const { subject, facts } = finding
    const failure = facts['failure'] === null ? '' : ` The last attempt failed: ${facts['failure']}.`
    switch (finding.status) {
      case 'pass':
        return `${facts['authority']} stamped ${facts['checkpointSize']} leaves of the ledger at ${facts['stampedAt']}.`
      case 'fail':
        return facts['stampedAt'] === null
          ? `${facts['authority']} has never stamped the ledger.${failure}`
          : `The newest outside stamp of the ledger is of ${facts['stampedAt']}, more than 24 hours before the run.${failure}`
      case 'not_applicable':
        return `${subject.label} needs no anchor.`
      case 'unknown':
        return notEvaluated(finding, {
          not_configured: 'name an authority under ledger.timestamps',
          no_data: 'the first stamp is asked for when this run is sealed',
        })
    }
  },
})

function judge(anchor: Anchor, at: Instant): Finding {
  const { authority, checkpointSize, stampedAt, failure } = anchor
  const facts = { authority, checkpointSize, stampedAt, failure }
  const subject = { ...LEDGER, key: anchor.key }
  const records = [anchor]
  if (stampedAt === null) {
    // Before the first run there is nothing to stamp; afterwards there is, and somebody refused.
    return failure === null
      ? unknown('no_data', subject, { with: records, facts: { ...facts, missing: 'a first stamp' } })
      : finding('fail', subject, { with: records, facts })
  }
  const past = pastInstant(stampedAt, at)
  if (past === null) {
    return unknown('no_data', subject, {
      with: records,
      facts: { ...facts, missing: 'a stamp that is not of the future' },
    })
  }
  return finding(between(past, at) <= DAY ? 'pass' : 'fail', subject, { with: records, facts })
}
