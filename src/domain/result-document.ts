/** The shapes of `exhibit.results/1`: what the file, the command line and the API say of a source, a result, a finding. */
import { blindNames, type ReportFinding, type ReportResult } from './report.ts'
import type { SourceState } from './snapshot.ts'

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

export function findingJson(finding: ReportFinding) {
  const { subject, status, unknownReason, message, notice, facts, records, waiver, firstSeen, sla } = finding
  return { subject, status, unknownReason, message, notice, facts, records, waiver, firstSeen, sla }
}
