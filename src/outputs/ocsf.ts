/**
 * OCSF 1.8.0 Compliance Finding (class 2003), one event a line: https://schema.ocsf.io/1.8.0/classes/compliance_finding.
 * The result of a check is `compliance.status_id`; the `status_id` beside it is how far people are with the finding.
 */
import type { Status } from '../domain/finding.ts'
import type { Output } from '../domain/output.ts'
import type { Report, ReportFinding, ReportResult } from '../domain/report.ts'
import type { PeriodEvidence } from '../domain/sealing.ts'
import type { FindingInterval } from '../domain/store.ts'
import type { Instant } from '../domain/time.ts'
import { millis } from '../domain/time.ts'
import { kindWord } from '../domain/words.ts'
import {
  analyticOf,
  CREATE,
  classOf,
  INFORMATIONAL,
  mappingOf,
  metadataOf,
  OUTCOME,
  SEVERITY,
  UPDATE,
} from './ocsf-parts.ts'
import { periodEvents } from './ocsf-period.ts'

/**
 * @param period null: the state at the report's run, one event a finding
 * @param intervals as that run left them: of a period one event for each that stood in it
 */
export function renderOcsf(
  report: Report,
  period: PeriodEvidence | null,
  intervals: readonly FindingInterval[],
): Iterable<string> {
  return period === null ? stateEvents(report) : periodEvents(report, period, intervals)
}

function* stateEvents(report: Report): Generator<string> {
  for (const result of report.results) {
    let judged = false
    for (const finding of result.findings()) {
      judged = true
      yield `${JSON.stringify(event(report, result, finding))}\n`
    }
    if (!judged || result.message !== null) yield `${JSON.stringify(event(report, result, null))}\n`
  }
}

/** @param finding null: the engine answered, or there is nobody to ask about */
function event(report: Report, result: ReportResult, finding: ReportFinding | null) {
  const { check, version } = result
  const { status } = finding ?? result
  const at = millis(report.snapshotAt ?? report.evaluatedAt)
  const activity = finding?.firstSeen != null && finding.firstSeen !== report.snapshotAt ? UPDATE : CREATE
  const [severityId, severity] = status === 'fail' || status === 'unknown' ? SEVERITY[check.severity] : INFORMATIONAL
  const [outcomeId, outcome] = OUTCOME[status]
  const uid = uidOf(result, finding)
  const message = finding?.message ?? result.message ?? 'Nothing that this check asks about was found.'
  return {
    ...classOf(activity),
    severity_id: severityId,
    severity,
    ...workflow(status, finding),
    time: at,
    message,
    metadata: metadataOf(report, `${report.run?.id ?? 'no-run'}:${uid}`, check),
    finding_info: {
      uid,
      title: check.title,
      desc: check.question,
      ...(finding?.firstSeen == null ? {} : seen(finding.firstSeen, at)),
      analytic: analyticOf(check, version),
    },
    compliance: {
      status_id: outcomeId,
      status: outcome,
      ...detailsOf(result, finding),
      ...mappingOf(check),
      checks: [{ uid: check.id, name: check.title, status_id: outcomeId, status: outcome, version: String(version) }],
    },
    ...(finding === null ? {} : { resources: [resourceOf(finding)] }),
    remediation: { desc: check.remediation },
    unmapped: unmapped(report, result, finding),
  }
}

/** The same over all runs for one check and subject. */
function uidOf({ check, system }: ReportResult, finding: ReportFinding | null): string {
  const parts = finding === null ? [] : [finding.subject.source, finding.subject.kind, finding.subject.key]
  return [check.id, system ?? '', ...parts].join(':')
}

function workflow(status: Status, finding: ReportFinding | null) {
  if (finding !== null && finding.waiver !== null) return { status_id: 3, status: 'Suppressed' }
  if (status === 'fail' || status === 'unknown') return { status_id: 1, status: 'New' }
  return { status_id: 4, status: 'Resolved' }
}

function seen(firstSeen: Instant, at: number) {
  const first = millis(firstSeen)
  return { created_time: first, first_seen_time: first, last_seen_time: at, modified_time: at }
}

function detailsOf(result: ReportResult, finding: ReportFinding | null) {
  const { unknownReason } = finding ?? result
  const details = [unknownReason, finding?.notice ?? null].filter((text) => text !== null)
  return details.length === 0 ? {} : { status_details: details }
}

function resourceOf({ subject, facts }: ReportFinding) {
  return {
    uid: subject.key,
    name: subject.label,
    type: kindWord(subject.kind),
    namespace: subject.source,
    data: facts,
  }
}

function unmapped(report: Report, result: ReportResult, finding: ReportFinding | null) {
  return {
    exhibit: {
      demo: report.demo,
      run: report.run?.id ?? null,
      evaluatedAt: report.evaluatedAt,
      check: result.check.id,
      system: result.system,
      parameters: result.parameters,
      operator: result.check.operator,
      status: (finding ?? result).status,
      unknownReason: (finding ?? result).unknownReason,
      records: finding?.records ?? [],
      waiver: finding?.waiver ?? null,
      sla: finding?.sla ?? null,
    },
  }
}

export const ocsf: Output = {
  id: 'ocsf',
  title: 'OCSF 1.8.0 compliance findings, one a line',
  mediaType: 'application/x-ndjson',
  extension: 'ndjson',
  render: (report) => renderOcsf(report, null, []),
  period: renderOcsf,
}
