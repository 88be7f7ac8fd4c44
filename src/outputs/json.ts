/** `exhibit.results/1`: the document that other tools build on. It only grows. Streamed: a fleet has a million findings. */
import type { Output } from '../domain/output.ts'
import { blindNames, type Report, type ReportFinding, type ReportResult } from '../domain/report.ts'
import type { SourceState } from '../domain/snapshot.ts'

export function sourceJson(source: SourceState) {
  return {
    id: source.id,
    kind: source.kind,
    status: source.status,
    attemptedAt: source.attemptedAt,
    collectedAt: source.collectedAt,
    records: countsOf(source),
    blind: blindNames(source),
    error: source.error,
    requests: source.requests,
    notVendorHost: source.notVendorHost,
    pausedUntil: source.pausedUntil,
  }
}

/** By kind, in order; what a source says of its own size is no record of anything. */
function countsOf({ records }: SourceState): Record<string, number> {
  const kinds = Object.keys(records).filter((kind) => kind !== 'total')
  return Object.fromEntries(kinds.sort().map((kind) => [kind, records[kind]!]))
}

function headJson(report: Report) {
  return {
    schema: 'exhibit.results/1',
    organization: report.organization.id,
    demo: report.demo,
    run: report.run?.id ?? null,
    snapshotAt: report.snapshotAt,
    evaluatedAt: report.evaluatedAt,
    software: report.software,
    sources: report.sources.map(sourceJson),
    disabled: report.disabled.map(({ check, because }) => ({
      check: check.id,
      ref: check.ref,
      because,
      ...(check.operator ? { operator: true } : {}),
    })),
  }
}

export function resultJson(result: ReportResult) {
  return {
    check: result.check.id,
    version: result.version,
    ref: result.check.ref,
    system: result.system,
    severity: result.check.severity,
    status: result.status,
    unknownReason: result.unknownReason,
    message: result.message,
    parameters: result.parameters,
    counts: result.counts,
    // Only where it is so: the operator's own check.
    ...(result.check.operator ? { operator: true } : {}),
  }
}

function findingJson(finding: ReportFinding) {
  const { subject, status, unknownReason, message, notice, facts, records, waiver, firstSeen, sla } = finding
  return { subject, status, unknownReason, message, notice, facts, records, waiver, firstSeen, sla }
}

/** The object without its closing brace, for more members to follow. */
function opened(value: object): string {
  return JSON.stringify(value).slice(0, -1)
}

function* render(report: Report): Generator<string> {
  yield `${opened(headJson(report))},"results":[`
  for (const [index, result] of report.results.entries()) {
    yield `${index === 0 ? '' : ','}\n${opened(resultJson(result))},"findings":[`
    let first = true
    for (const finding of result.findings()) {
      yield `${first ? '' : ','}${JSON.stringify(findingJson(finding))}`
      first = false
    }
    yield ']}'
  }
  yield ']}\n'
}

export const json: Output = {
  id: 'json',
  title: 'Results as JSON (exhibit.results/1)',
  mediaType: 'application/json',
  extension: 'json',
  render,
}
