/** Results as reports show them, made again: from verdicts that were made again, or from lines of the file that hold. */
import type { Check } from '../domain/check.ts'
import { isDisabled, waiverFor } from '../domain/evaluate.ts'
import type { Finding } from '../domain/finding.ts'
import type { JsonObject } from '../domain/json.ts'
import { PACKET, type PacketSummary } from '../domain/packet.ts'
import type { ResultInputs, RunInputs } from '../domain/reperform.ts'
import type { Report, ReportFinding, ReportResult } from '../domain/report.ts'
import type { CheckResult } from '../domain/result.ts'
import type { Settings } from '../domain/settings.ts'
import { aged, type Snapshot } from '../domain/snapshot.ts'
import type { CheckRef } from '../domain/store.ts'
import { type Instant, plus } from '../domain/time.ts'
import { broken, NOT_AS_SEALED } from './broken.ts'
import { nameOf } from './verify-lines.ts'

const WHERE = PACKET.resultsJson
const OWN = /^OWN-/

/** What the packet says of the run, and what this program knows. */
export interface ShownParts {
  readonly summary: PacketSummary
  readonly inputs: RunInputs
  /** Moments of the runs in the ledger. */
  readonly moments: ReadonlySet<Instant>
  readonly checks: readonly Check[]
}

/** The report as it was at the moment of the run, without results. */
export function frameOf({ inputs, summary, checks }: ShownParts): Report {
  const { run, settings } = inputs
  const refs = inputs.checks ?? []
  const isOfSet = (check: Check): boolean =>
    refs.some(({ id, version }) => id === check.id && version === check.version)
  return {
    organization: settings.organization,
    demo: settings.demo,
    run,
    snapshotAt: run.snapshotAt,
    evaluatedAt: run.snapshotAt,
    software: summary.software,
    sources: aged(inputs.sources, settings, run.snapshotAt),
    disabled: [...checks.filter(isOfSet), ...refs.filter(({ ref }) => OWN.test(ref)).map(ownCheck)]
      .filter((check) => isDisabled(check, settings))
      .map((check) => ({ check, because: settings.checks[check.id]?.because ?? '' }))
      .sort((a, b) => (a.check.ref < b.check.ref ? -1 : 1)),
    results: [],
    snapshot: null,
  }
}

/** An operator's own check, as far as the set of checks tells of it. */
function ownCheck({ ref, id, version, severity }: CheckRef): Check {
  return { ref, id, version, severity, operator: true } as Check
}

export function shownResult(
  result: CheckResult,
  check: Check,
  { settings, at }: Snapshot,
  doc: JsonObject,
  { moments }: ShownParts,
): ReportResult {
  const said = doc['findings'] as unknown as { firstSeen: Instant | null }[]
  return {
    ...result,
    check,
    complete: true,
    *findings() {
      for (const [index, finding] of result.findings.entries()) {
        const seen = seenFirst(finding, said[index]?.firstSeen ?? null, at, moments)
        yield shownFinding(finding, { check, settings, at }, seen, check.say(finding))
      }
    },
  }
}

/** The file's own word, as far as the ledger has a run of that moment. */
export function seenFirst(
  { status, subject }: Pick<Finding, 'status' | 'subject'>,
  said: Instant | null,
  at: Instant,
  moments: ReadonlySet<Instant>,
): Instant | null {
  if (status !== 'fail' && status !== 'unknown') return null
  if (said === null || said > at || !moments.has(said)) {
    broken(
      WHERE,
      `${nameOf(subject)} is first seen at a moment of no run`,
      NOT_AS_SEALED,
      'the moment of a sealed run',
      said,
    )
  }
  return said
}

/** As reports show a finding (report.ts). */
export function shownFinding(
  finding: Finding,
  { check, settings, at }: { readonly check: Check; readonly settings: Settings; readonly at: Instant },
  firstSeen: Instant | null,
  message: string,
): ReportFinding {
  const due = finding.status === 'fail' && firstSeen !== null ? plus(firstSeen, settings.slaMs[check.severity]) : null
  const { subject, status, unknownReason, notice, facts, records } = finding
  return {
    subject,
    status,
    unknownReason,
    message,
    notice,
    facts,
    records,
    waiver: waiverFor(settings, check, finding, at.slice(0, 10)),
    firstSeen,
    sla: status !== 'fail' ? null : (finding.sla ?? (due !== null && due < at ? 'breached' : 'within')),
    dueAt: finding.sla === undefined ? due : null,
  }
}

/** A check that is not at hand, with its severity in the set that judged; of runs from before that was kept, the file's. */
export function checkLike(result: ResultInputs, doc: JsonObject, { inputs, checks }: ShownParts): Check {
  const check = checks.find(({ id }) => id === result.check)
  const operator = OWN.test(result.ref)
  const sealed = inputs.checks?.find(({ id }) => id === result.check)
  const severity = sealed?.severity ?? (doc['severity'] as Check['severity'])
  if (check !== undefined && check.operator === operator) return { ...check, ref: result.ref, severity }
  return { id: result.check, ref: result.ref, version: result.version, severity, title: '', operator } as Check
}

/** A line of the file that was compared, for the tables made of it; its findings are read again when they are asked for. */
export function resultIn(doc: JsonObject, check: Check, line: Buffer): ReportResult {
  const { findings: _, ...rest } = doc as unknown as ReportResult & { findings: unknown }
  return { ...rest, check, complete: true, findings: () => findingsIn(line) }
}

/** With the moment when each failure is due, which the JSON does not have. */
export function clocked(result: ReportResult, own: ReadonlySet<string> | null, settings: Settings): ReportResult {
  const dueOf = ({ status, firstSeen, subject }: ReportFinding): Instant | null =>
    status !== 'fail' || firstSeen === null || own?.has(nameOf(subject)) === true
      ? null
      : plus(firstSeen, settings.slaMs[result.check.severity])
  return { ...result, findings: () => [...result.findings()].map((finding) => ({ ...finding, dueAt: dueOf(finding) })) }
}

function findingsIn(line: Buffer): ReportFinding[] {
  return (JSON.parse(line.toString('utf8')) as { findings: ReportFinding[] }).findings
}
