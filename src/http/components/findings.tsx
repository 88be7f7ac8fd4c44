/** Failures and open questions of one subject, each with its remedy. */

import type { ReportFinding } from '../../domain/report.ts'
import { REASON_STEP } from '../../domain/words.ts'
import { inTheWay, type PostureInTheWay } from '../conditions.ts'
import { markOf } from '../results.ts'
import type { Entry } from '../view.ts'
import { FindingFacts } from './blocks.tsx'
import { checkPath } from './links.tsx'
import { SeverityMark, Verdict } from './status.tsx'
import { bearable, Moment, Sentence } from './text.tsx'

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
            <Said finding={finding} />
          </p>
          <InTheWay finding={finding} />
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
              <FindingFacts facts={finding.facts} whole />
            </details>
          )}
        </div>
      </div>
    </li>
  )
}

/** From this many conditions on, a list says it better than a sentence. */
const LISTED_FROM = 2

function listed(finding: ReportFinding): readonly PostureInTheWay[] {
  const postures = inTheWay(finding.facts)
  return postures.reduce((sum, { conditions }) => sum + conditions.length, 0) < LISTED_FROM ? [] : postures
}

/** A finding's sentence; where it would name conditions without end, as far as the first of them. */
export function Said({ finding, max = 320 }: { finding: ReportFinding; max?: number }) {
  const { message } = finding
  const colon = listed(finding).length === 0 ? -1 : message.indexOf(': ')
  return <Sentence text={colon < 0 ? message : `${message.slice(0, colon)}.`} max={max} />
}

/** What stands in the way of the posture that lacks least, each condition with its answer. */
export function InTheWay({ finding }: { finding: ReportFinding }) {
  const [nearest, ...others] = listed(finding)
  if (nearest === undefined) return null
  return (
    <div class="in-the-way">
      <p>
        In the way of <strong>{bearable(nearest.posture, 60)}</strong>
        {others.length === 0 ? '' : ', the posture that lacks least'}:
      </p>
      <ul>
        {nearest.conditions.map(({ condition, answer }) => (
          <li>
            <code>{bearable(condition, 160)}</code> <span class="muted">{bearable(answer, 80)}</span>
          </li>
        ))}
      </ul>
    </div>
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
