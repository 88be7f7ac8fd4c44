/** Failures and open questions of one subject, each with its remedy. */

import { REASON_STEP } from '../../domain/words.ts'
import { markOf } from '../results.ts'
import type { Entry } from '../view.ts'
import { FindingFacts } from './blocks.tsx'
import { checkPath } from './links.tsx'
import { SeverityMark, Verdict } from './status.tsx'
import { Moment, Sentence } from './text.tsx'

export function FindingRows({ entries }: { entries: readonly Entry[] }) {
  return (
    <ul class="rows">
      {entries.map((entry) => (
        <FindingRow entry={entry} />
      ))}
    </ul>
  )
}

function FindingRow({ entry: { finding, result } }: { entry: Entry }) {
  return (
    <li class="finding">
      <div class="row-head">
        <h3>
          <a href={checkPath(result.check.id)}>
            {result.check.ref} {result.check.title}
          </a>
        </h3>
        <SeverityMark severity={result.check.severity} />
      </div>
      <div class="finding-body">
        <div>
          <Verdict mark={markOf(finding)} reason={finding.unknownReason} />
          <Deadline finding={finding} />
        </div>
        <div>
          <p>
            <Sentence text={finding.message} max={320} />
          </p>
          <p class="step">
            {finding.status === 'unknown' && finding.unknownReason !== null
              ? REASON_STEP[finding.unknownReason]
              : result.check.remediation}
          </p>
          {finding.waiver === null ? null : (
            <p class="sub">
              Accepted risk {finding.waiver.id} until {finding.waiver.expires}: {finding.waiver.reason}
            </p>
          )}
          {Object.keys(finding.facts).length === 0 ? null : (
            <details>
              <summary>What decided</summary>
              <FindingFacts facts={finding.facts} />
            </details>
          )}
        </div>
      </div>
    </li>
  )
}

function Deadline({ finding }: { finding: Entry['finding'] }) {
  if (finding.firstSeen === null) return null
  return (
    <span class="sub">
      since <Moment at={finding.firstSeen} />
      <br />
      {finding.sla === 'breached' ? <strong class="overdue">overdue</strong> : null}
      {finding.sla === 'within' && finding.dueAt !== null ? (
        <>
          due <Moment at={finding.dueAt} />
        </>
      ) : null}
      {finding.sla === 'not_determinable' ? 'deadline not determinable' : null}
    </span>
  )
}
