/**
 * A sealed run as people and tools are shown it: rebuilt from its snapshot, aged to the moment asked for, with a sentence
 * per subject and the clock over each failure. Nothing is sealed by asking.
 */
import { setImmediate } from 'node:timers/promises'
import type { Config } from './config.ts'
import type { Check } from './domain/check.ts'
import { parametersOf } from './domain/check.ts'
import { evaluate, evaluateAgain, isDisabled, systemsOf, waiverFor } from './domain/evaluate.ts'
import { populationsSoFar } from './domain/evidence.ts'
import { type Finding, placeOf } from './domain/finding.ts'
import { byText } from './domain/json.ts'
import type { DisabledCheck, Report, ReportFinding, ReportResult, Sla } from './domain/report.ts'
import type { CheckResult } from './domain/result.ts'
import { asSealed, formerCheck } from './domain/sealed-checks.ts'
import type { Settings, Waiver } from './domain/settings.ts'
import { aged, makeSnapshot, neverRead, restated, type Snapshot } from './domain/snapshot.ts'
import type { CheckRef, RunView, SealedResult, Store } from './domain/store.ts'
import { type Instant, plus } from './domain/time.ts'
import { digestOfFindings } from './pipeline.ts'

export interface ReportParts {
  config: Pick<Config, 'settings' | 'sources'>
  checks: readonly Check[]
  store: Pick<Store, 'runAt' | 'findings'>
  software: string
  /** Not even failures and open questions are kept: all findings are made anew each time they are read. */
  thrifty?: boolean
}

/**
 * Failures and open questions kept from judging, over all checks: what reports and pages are made of. Of a fleet with more
 * the rest is made anew when it is read, as what passes always is: a large fleet has a million of those.
 */
const OPEN_KEPT = 100_000

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
  const since = await firstSeen(asOf === 'latest' ? 'open' : 'all', view.run, parts.store)
  const refs = refsOf(view, parts.checks)
  const checks = refs.flatMap((ref) => asSealed(ref, parts.checks) ?? [])
  const asked = checks.filter(({ id }) => view.results.some(({ check }) => check === id))
  const again = (check: Check, system: string | null) => evaluateAgain(snapshot, asked, check, system).findings
  const frame: Frame = { snapshot, evaluatedAt, since, again, room: parts.thrifty === true ? 0 : OPEN_KEPT }
  const populations = populationsSoFar()
  const sealed = new Map(view.results.map((result) => [nameOf(result), result]))
  const results: ReportResult[] = []
  for (const result of evaluate(snapshot, asked)) {
    // All checks over 20,000 devices take seconds, and others wait for their pages.
    await setImmediate()
    const was = sealed.get(nameOf(result))
    // What judges today and did not then is no part of the run.
    if (was === undefined) continue
    sealed.delete(nameOf(result))
    const check = asked.find((candidate) => candidate.id === result.check)!
    // What was read has grown too old since, or this release judges as it was sealed.
    const grewOld = result.message !== null && evaluatedAt > view.snapshot.at
    const holds = grewOld || was.digest === digestOfFindings(result, populations)
    results.push(shownResult(check, result, holds ? null : was, frame))
    await setImmediate()
  }
  for (const was of sealed.values()) {
    const ref = refs.find(({ id }) => id === was.check)!
    results.push(asItWas(asSealed(ref, parts.checks) ?? formerCheck(ref), was, frame))
  }
  results.sort((a, b) => byText(a.check.ref, b.check.ref) || byText(a.system ?? '', b.system ?? ''))
  return {
    organization: settings.organization,
    demo: settings.demo,
    run: view.run,
    snapshotAt: view.snapshot.at,
    evaluatedAt,
    software: parts.software,
    sources,
    disabled: disabledChecks(disabledIn(view.checks ?? [], checks), settings),
    results,
    snapshot,
  }
}

/** The set that judged the run; of what was sealed before it was kept, the checks that answered. */
function refsOf({ checks, results }: RunView, known: readonly Check[]): readonly CheckRef[] {
  if (checks !== null) return checks
  const refs = results.map(({ check: id, ref, version }): CheckRef => {
    const severity = known.find((check) => check.id === id)?.severity ?? 'medium'
    return { ref, id, version, severity }
  })
  return refs.filter(({ id }, at) => refs.findIndex((other) => other.id === id) === at)
}

/** Of the set: ours in the version that stood in it, as nothing else of them was sealed; the operator's own by name. */
function disabledIn(refs: readonly CheckRef[], checks: readonly Check[]): Check[] {
  return refs.flatMap((ref) => {
    const former = formerCheck(ref)
    const own = former.operator ? former : []
    return checks.find(({ id, version }) => id === ref.id && version === ref.version) ?? own
  })
}

function nameOf({ check, system }: { check: string; system: string | null }): string {
  return `${check}\0${system ?? ''}`
}

/** Since when each failure and open question of that moment stands. */
async function firstSeen(
  which: 'open' | 'all',
  { sequence, snapshotAt }: RunView['run'],
  store: ReportParts['store'],
): Promise<Since> {
  const since = new Map<string, Instant>()
  for (const interval of await store.findings(which, sequence)) {
    // A clock that was ahead for a while may have sealed a moment that had not come.
    if (interval.firstSeen > snapshotAt || interval.closedAt !== null) continue
    since.set(place(interval.check, interval.system, interval.subject), interval.firstSeen)
  }
  return since
}

function place(check: string, system: string | null, subject: Omit<Finding['subject'], 'label'>): string {
  return `${check}\0${system ?? ''}\0${subject.source}\0${subject.kind}\0${subject.key}`
}

function disabledChecks(checks: readonly Check[], settings: Settings): DisabledCheck[] {
  return checks
    .filter((check) => isDisabled(check, settings))
    .map((check) => ({ check, because: settings.checks[check.id]?.because ?? '' }))
    .sort((a, b) => (a.check.ref < b.check.ref ? -1 : 1))
}

type Since = ReadonlyMap<string, Instant>

/** What a result is shown with: the run's snapshot, the moment asked for, and since when each failure stands. */
interface Frame {
  readonly snapshot: Snapshot
  readonly evaluatedAt: Instant
  readonly since: Since
  /** Makes the findings of a result once more. */
  again(check: Check, system: string | null): readonly Finding[]
  /** Findings that may still be kept. */
  room: number
}

/**
 * As this release judges the sealed snapshot, or, where it would judge differently, what was sealed. What `findings` does
 * not name is let go.
 * @param sealed null where this release judges as it was sealed
 */
function shownResult(check: Check, judged: CheckResult, sealed: SealedResult | null, frame: Frame): ReportResult {
  if (sealed !== null) return asItWas(check, sealed, frame)
  const { version, system, status, unknownReason, message, parameters, counts } = judged
  const open = keptOpen(judged, frame)
  return {
    check,
    version,
    system,
    status,
    unknownReason,
    message,
    parameters,
    counts,
    *findings(which) {
      const kept = which === 'open' ? open : null
      for (const finding of kept ?? frame.again(check, system)) yield new Shown(check, system, finding, frame)
    },
    complete: true,
  }
}

/** What was sealed of a result that this release cannot make again. */
function asItWas(check: Check, sealed: SealedResult, frame: Frame): ReportResult {
  const { version, system, status, unknownReason, parameters, counts, open } = sealed
  return {
    check,
    version,
    system,
    status,
    unknownReason,
    message: `Judged by an earlier ${check.operator ? 'text of this check' : 'release'}; only what failed or was unknown is listed until the next run.`,
    parameters,
    counts,
    *findings() {
      for (const finding of open) yield new Shown(check, system, finding, frame)
    },
    complete: false,
  }
}

function keptOpen({ counts, findings }: CheckResult, frame: Frame): readonly Finding[] | null {
  const count = counts.fail + counts.unknown
  if (count > frame.room) return null
  frame.room -= count
  return count === 0 ? [] : findings.filter(({ status }) => status === 'fail' || status === 'unknown')
}

/** Made when it is read, each part of it when it is asked for: a view over a large fleet holds a million and shows a hundred. */
class Shown implements ReportFinding {
  readonly #check: Check
  readonly #system: string | null
  readonly #finding: Finding
  readonly #frame: Frame
  #clock: Clock | null = null

  constructor(check: Check, system: string | null, finding: Finding, frame: Frame) {
    this.#check = check
    this.#system = system
    this.#finding = finding
    this.#frame = frame
  }

  get subject() {
    return this.#finding.subject
  }

  get status() {
    return this.#finding.status
  }

  get unknownReason() {
    return this.#finding.unknownReason
  }

  get message(): string {
    return this.#check.say(this.#finding)
  }

  get notice() {
    return this.#finding.notice
  }

  get facts() {
    return this.#finding.facts
  }

  get records() {
    return this.#finding.records
  }

  get waiver(): Waiver | null {
    const { settings, at } = this.#frame.snapshot
    return waiverFor(settings, this.#check, this.#finding, at.slice(0, 10))
  }

  get firstSeen(): Instant | null {
    return this.#clocked().firstSeen
  }

  get sla(): Sla | null {
    if (this.status !== 'fail') return null
    const { dueAt } = this
    return this.#finding.sla ?? (dueAt !== null && dueAt < this.#frame.evaluatedAt ? 'breached' : 'within')
  }

  get dueAt(): Instant | null {
    return this.#clocked().dueAt
  }

  /** Kept: lists are sorted by it. */
  #clocked(): Clock {
    if (this.status !== 'fail' && this.status !== 'unknown') return NO_CLOCK
    if (this.#clock === null) {
      const { since, snapshot } = this.#frame
      const firstSeen = since.get(place(this.#check.id, this.#system, placeOf(this.#finding))) ?? snapshot.at
      const runs = this.status === 'fail' && this.#finding.sla === undefined
      this.#clock = { firstSeen, dueAt: runs ? plus(firstSeen, snapshot.settings.slaMs[this.#check.severity]) : null }
    }
    return this.#clock
  }
}

interface Clock {
  readonly firstSeen: Instant | null
  readonly dueAt: Instant | null
}
const NO_CLOCK: Clock = { firstSeen: null, dueAt: null }

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
