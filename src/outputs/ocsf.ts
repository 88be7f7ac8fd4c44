/**
 * OCSF 1.8.0 Compliance Finding (class 2003), one event a line: https://schema.ocsf.io/1.8.0/classes/compliance_finding.
 * The result of a check is `compliance.status_id`; the `status_id` beside it is how far people are with the finding.
 */
import { FRAMEWORK_TITLE } from '../domain/control-view.ts'
import type { Status } from '../domain/finding.ts'
import type { Output } from '../domain/output.ts'
import type { Report, ReportFinding, ReportResult } from '../domain/report.ts'
import type { Severity } from '../domain/settings.ts'
import type { Instant } from '../domain/time.ts'
import { millis } from '../domain/time.ts'
import { kindWord } from '../domain/words.ts'

const SEVERITY: Readonly<Record<Severity, readonly [number, string]>> = {
  low: [2, 'Low'],
  medium: [3, 'Medium'],
  high: [4, 'High'],
  critical: [5, 'Critical'],
}
const INFORMATIONAL = [1, 'Informational'] as const

/** "Warning" is the schema's word for a result that is missing because information is. */
const OUTCOME: Readonly<Record<Status, readonly [number, string]>> = {
  pass: [1, 'Pass'],
  unknown: [2, 'Warning'],
  fail: [3, 'Fail'],
  not_applicable: [99, 'Not applicable'],
}

const CREATE = 1
const UPDATE = 2
const ACTIVITY: Readonly<Record<number, string>> = { [CREATE]: 'Create', [UPDATE]: 'Update' }

function* render(report: Report): Generator<string> {
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
    activity_id: activity,
    activity_name: ACTIVITY[activity]!,
    category_uid: 2,
    category_name: 'Findings',
    class_uid: 2003,
    class_name: 'Compliance Finding',
    type_uid: 200300 + activity,
    type_name: `Compliance Finding: ${ACTIVITY[activity]}`,
    severity_id: severityId,
    severity,
    ...workflow(status, finding),
    time: at,
    message,
    metadata: {
      version: '1.8.0',
      product: { name: 'Exhibit', uid: 'exhibit', vendor_name: 'Exhibit', version: report.software },
      uid: `${report.run?.id ?? 'no-run'}:${uid}`,
      tenant_uid: report.organization.id,
      event_code: check.ref,
      labels: report.demo ? ['DEMO'] : [],
    },
    finding_info: {
      uid,
      title: check.title,
      desc: check.question,
      ...(finding?.firstSeen == null ? {} : seen(finding.firstSeen, at)),
      analytic: { type_id: 1, type: 'Rule', uid: check.id, name: check.ref, version: String(version) },
    },
    compliance: {
      status_id: outcomeId,
      status: outcome,
      ...detailsOf(result, finding),
      ...mappingOf(result),
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

function mappingOf({ check: { controls } }: ReportResult) {
  const direct = controls.filter(({ indirect }) => indirect !== true)
  if (direct.length === 0) return {}
  return {
    standards: [...new Set(direct.map(({ framework }) => FRAMEWORK_TITLE[framework]))],
    requirements: direct.map(({ framework, id }) => `${FRAMEWORK_TITLE[framework]}: ${id}`),
  }
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
  render,
}
