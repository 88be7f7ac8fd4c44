/**
 * A sealed run as people and tools are shown it: rebuilt from its snapshot, aged to the moment asked for, with a sentence
 * per subject and the clock over each failure. Nothing is sealed by asking.
 */
import { setImmediate } from 'node:timers/promises'
import type { Config } from './config.ts'
import type { Check } from './domain/check.ts'
import { parametersOf } from './domain/check.ts'
import { evaluate, evaluateAgain, isDisabled, systemsOf, waiverFor } from './domain/evaluate.ts'
import type { Finding } from './domain/finding.ts'
import type { DisabledCheck, Report, ReportFinding, ReportResult } from './domain/report.ts'
import type { CheckResult } from './domain/result.ts'
import type { Settings } from './domain/settings.ts'
import { aged, makeSnapshot, neverRead, restated, type Snapshot } from './domain/snapshot.ts'
import type { FindingInterval, SealedResult, Store } from './domain/store.ts'
import { type Instant, plus } from './domain/time.ts'
import { digestOfFindings } from './pipeline.ts'

export interface ReportParts {
  config: Pick<Config, 'settings' | 'sources'>
  checks: readonly Check[]
  store: Pick<Store, 'runAt' | 'findings'>
  software: string
  /**
   * Findings are made anew each time they are read: for who goes through all of them in order and has little memory. A
   * view that filters and counts reads them often, and keeps them.
   */
  thrifty?: boolean
}

/**
 * @param asOf `latest`, or the moment whose newest run is asked for
 * @param evaluatedAt the moment to which sources are aged: now, or `asOf`
 */
export async function reportAt(asOf: Instant | 'latest', evaluatedAt: Instant, parts: ReportParts): Promise<Report> {
  const view = await parts.store.runAt(asOf)
  if (view === null) return beforeFirstRun(evaluatedAt, parts)
  const { settings } = view.snapshot
  const sources = aged(view.snapshot.sources, settings, evaluatedAt)
  const snapshot = restated(view.snapshot, sources)
  const intervals = new Map<string, FindingInterval>()
  for (const interval of await parts.store.findings(asOf === 'latest' ? 'open' : 'all')) {
    if (interval.firstSeen > view.snapshot.at || (interval.closedAt !== null && interval.closedAt <= view.snapshot.at))
      continue
    intervals.set(place(interval.check, interval.system, interval.subject), interval)
  }
  const sealed = new Map(view.results.map((result) => [`${result.check}\0${result.system ?? ''}`, result]))
  const again = (check: Check, system: string | null) => evaluateAgain(snapshot, parts.checks, check, system).findings
  const frame = { snapshot, evaluatedAt, intervals, again: parts.thrifty === true ? again : null }
  const results: ReportResult[] = []
  for (const result of evaluate(snapshot, parts.checks)) {
    const check = parts.checks.find((candidate) => candidate.id === result.check)!
    results.push(shownResult(check, result, sealed.get(`${result.check}\0${result.system ?? ''}`), frame))
    // All checks over 20,000 devices take seconds, and others wait for their pages.
    await setImmediate()
  }
  return {
    organization: settings.organization,
    demo: settings.demo,
    run: view.run,
    snapshotAt: view.snapshot.at,
    evaluatedAt,
    software: parts.software,
    sources,
    disabled: disabledChecks(parts.checks, settings),
    results,
    snapshot,
  }
}

function place(check: string, system: string | null, subject: Finding['subject']): string {
  return `${check}\0${system ?? ''}\0${subject.source}\0${subject.kind}\0${subject.key}`
}

function disabledChecks(checks: readonly Check[], settings: Settings): DisabledCheck[] {
  return checks
    .filter((check) => isDisabled(check, settings))
    .map((check) => ({ check, because: settings.checks[check.id]?.because ?? '' }))
    .sort((a, b) => (a.check.ref < b.check.ref ? -1 : 1))
}

/** What a result is shown with: the run's snapshot, the moment asked for, and since when each failure stands. */
interface Frame {
  snapshot: Snapshot
  evaluatedAt: Instant
  intervals: ReadonlyMap<string, FindingInterval>
  /** Makes the findings of a result once more; null where they are kept. */
  again: ((check: Check, system: string | null) => readonly Finding[]) | null
}

/** As this release judges the sealed snapshot, or, where it would judge differently, what was sealed. */
function shownResult(check: Check, judged: CheckResult, sealed: SealedResult | undefined, frame: Frame): ReportResult {
  const complete = judged.message !== null || sealed === undefined || sealed.digest === digestOfFindings(judged)
  const result = complete ? judged : sealed
  // What `findings` does not name is let go: of a thrifty report that is what was judged.
  const { system } = result
  const { again } = frame
  const kept = complete ? (again === null ? judged.findings : null) : sealed.open
  const earlier = `Judged by an earlier ${check.operator ? 'text of this check' : 'release'}; only what failed or was unknown is listed until the next run.`
  return {
    check,
    version: result.version,
    system,
    status: result.status,
    unknownReason: result.unknownReason,
    message: complete ? result.message : earlier,
    parameters: result.parameters,
    counts: result.counts,
    *findings() {
      for (const finding of kept ?? again!(check, system)) yield shownFinding(check, system, finding, frame)
    },
    complete,
  }
}

function shownFinding(
  check: Check,
  system: string | null,
  finding: Finding,
  { snapshot, evaluatedAt, intervals }: Frame,
): ReportFinding {
  const open = finding.status === 'fail' || finding.status === 'unknown'
  const firstSeen = open ? (intervals.get(place(check.id, system, finding.subject))?.firstSeen ?? snapshot.at) : null
  const clocked = finding.status === 'fail' && finding.sla === undefined
  const dueAt = clocked && firstSeen !== null ? plus(firstSeen, snapshot.settings.slaMs[check.severity]) : null
  return {
    subject: finding.subject,
    status: finding.status,
    unknownReason: finding.unknownReason,
    // Made when it is read: a view over a large fleet keeps a million findings and shows a hundred.
    get message() {
      return check.say(finding)
    },
    notice: finding.notice,
    facts: finding.facts,
    records: finding.records,
    waiver: waiverFor(snapshot.settings, check, finding, snapshot.at.slice(0, 10)),
    firstSeen,
    sla:
      finding.status !== 'fail'
        ? null
        : (finding.sla ?? (dueAt !== null && dueAt < evaluatedAt ? 'breached' : 'within')),
    dueAt,
  }
}

function beforeFirstRun(evaluatedAt: Instant, parts: ReportParts): Report {
  const { settings } = parts.config
  const sources = parts.config.sources.map(({ id, connector }) => neverRead(id, connector.id))
  const empty = makeSnapshot({ runId: '', sequence: 0, at: evaluatedAt, sources, settings, records: [] })
  const results = [...parts.checks]
    .filter((check) => !isDisabled(check, settings))
    .sort((a, b) => (a.ref < b.ref ? -1 : 1))
    .flatMap((check) =>
      systemsOf(check, empty).map(
        (system): ReportResult => ({
          check,
          version: check.version,
          system,
          status: 'unknown',
          unknownReason: 'no_data',
          message: 'Nothing has been read yet; run "exhibit sync".',
          parameters: { ...check.limits(settings, system), ...parametersOf(check, settings).written },
          counts: { pass: 0, fail: 0, unknown: 0, not_applicable: 0, waived: 0 },
          findings: () => [],
          complete: true,
        }),
      ),
    )
  return {
    organization: settings.organization,
    demo: settings.demo,
    run: null,
    snapshotAt: null,
    evaluatedAt,
    software: parts.software,
    sources,
    disabled: disabledChecks(parts.checks, settings),
    results,
    snapshot: null,
  }
}
