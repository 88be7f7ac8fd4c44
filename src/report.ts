/**
 * A sealed run as people and tools are shown it: rebuilt from its snapshot, aged to the moment asked for, with a sentence
 * per subject and the clock over each failure. Nothing is sealed by asking.
 */

import { setImmediate } from 'node:timers/promises'
import type { Config } from './config.ts'
import type { Check } from './domain/check.ts'
import { parametersOf } from './domain/check.ts'
import { digestsOver } from './domain/digests.ts'
import { evaluateAgain, isDisabled, systemsOf, waiverFor } from './domain/evaluate.ts'
import { populationsSoFar } from './domain/evidence.ts'
import { type Finding, placeOf } from './domain/finding.ts'
import { joinSteps } from './domain/joins.ts'
import { byText } from './domain/json.ts'
import type { DisabledCheck, Findings, Report, ReportFinding, ReportResult, Sla } from './domain/report.ts'
import type { CheckResult } from './domain/result.ts'
import { asSealed, formerCheck } from './domain/sealed-checks.ts'
import type { Settings, Waiver } from './domain/settings.ts'
import { aged, makeSnapshot, neverRead, restated, type Snapshot } from './domain/snapshot.ts'
import type { CheckRef, RunVerdicts, SealedVerdict, Store } from './domain/store.ts'
import { type Instant, plus } from './domain/time.ts'
import { canonicalJson } from './lib/canonical-json.ts'
import { sha256 } from './lib/digest.ts'
import { inTurns } from './lib/steps.ts'

const { findingsDigest } = digestsOver({ canonical: canonicalJson, sha256 })

export interface ReportParts {
  config: Pick<Config, 'settings' | 'sources'>
  checks: readonly Check[]
  store: Pick<Store, 'verdictsAt' | 'openIn' | 'findings'>
  software: string
  /**
   * Shown once and let go, by a command or a thread of its own. What checks of one family derive from the snapshot stays
   * only while that family is judged: over 20,000 devices it is 40 MB, of which the next family needs next to nothing.
   * Pages, which come back to any check, keep it all.
   */
  once?: boolean
  /** `once`, and not even failures and open questions are kept: all findings are made anew each time they are read. */
  thrifty?: boolean
  /** What passes stays as well, for pages, which come back to any subject: over 20,000 devices it is 70 MB. */
  whole?: boolean
}

/**
 * Failures and open questions kept from judging, over all checks: what reports are made of. Of a fleet with more the rest
 * is made anew when it is read, as what passes is where not everything is kept: a large fleet has a million of those.
 */
const OPEN_KEPT = 100_000

/**
 * @param asOf `latest`, or the moment whose newest run is asked for
 * @param evaluatedAt the moment to which sources are aged: now, or `asOf`
 */
export async function reportAt(asOf: Instant | 'latest', evaluatedAt: Instant, parts: ReportParts): Promise<Report> {
  const view = await parts.store.verdictsAt(asOf)
  if (view === null) return beforeFirstRun(evaluatedAt, parts)
  const { settings } = view.snapshot
  const sources = aged(view.snapshot.sources, settings, evaluatedAt)
  const snapshot = restated(view.snapshot, sources)
  const since = await firstSeen(asOf === 'latest' ? 'open' : 'all', view.run, parts.store)
  const refs = refsOf(view, parts.checks)
  const checks = refs.flatMap((ref) => asSealed(ref, parts.checks) ?? [])
  const answered = new Set(view.results.map(({ check }) => check))
  const asked = checks.filter(({ id }) => answered.has(id))
  const judge = judgeOver(snapshot, asked, parts.once === true || parts.thrifty === true)
  const again = (check: Check, system: string | null) => judge(check, system).findings
  const room = parts.thrifty === true ? 0 : OPEN_KEPT
  const frame: Frame = { snapshot, evaluatedAt, since, again, room, whole: parts.whole === true }
  // Who shows it and lets it go has nobody waiting, and drops joins with every family of checks.
  if (parts.once !== true && parts.thrifty !== true) await inTurns(joinSteps(snapshot))
  const populations = populationsSoFar()
  const sealedOpen: OpenIn = (result) => parts.store.openIn(view.run.sequence, result)
  const sealed = new Map(view.results.map((result) => [nameOf(result), result]))
  const results: ReportResult[] = []
  for (const [check, system] of questionsOf(snapshot, asked)) {
    const result = judge(check, system)
    // All checks over 20,000 devices take seconds, and others wait for their pages.
    await setImmediate()
    const was = sealed.get(nameOf(result))
    // What judges today and did not then is no part of the run.
    if (was === undefined) continue
    sealed.delete(nameOf(result))
    // What was read has grown too old since, or this release judges as it was sealed.
    const grewOld = result.message !== null && evaluatedAt > view.snapshot.at
    const holds = grewOld || was.digest === (await inTurns(findingsDigest(result, populations)))
    results.push(holds ? shownResult(check, result, frame) : await asItWas(check, was, frame, sealedOpen))
    await setImmediate()
  }
  for (const was of sealed.values()) {
    const ref = refs.find(({ id }) => id === was.check)!
    results.push(await asItWas(asSealed(ref, parts.checks) ?? formerCheck(ref), was, frame, sealedOpen))
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

/** What a run asks: every check that is not disabled, of every system, by ref. */
function* questionsOf(snapshot: Snapshot, asked: readonly Check[]): Generator<[check: Check, system: string | null]> {
  const enabled = asked.filter((check) => !isDisabled(check, snapshot.settings))
  for (const check of enabled.sort((a, b) => byText(a.ref, b.ref))) {
    for (const system of systemsOf(check, snapshot)) yield [check, system]
  }
}

/** @param forgets what was derived from the snapshot is dropped where the next check is of another family than the last */
function judgeOver(snapshot: Snapshot, asked: readonly Check[], forgets: boolean) {
  let family = ''
  let view = snapshot
  return (check: Check, system: string | null): CheckResult => {
    const own = familyOf(check)
    // The same records, of which nothing is derived yet.
    if (forgets && own !== family) view = restated(snapshot, snapshot.sources)
    family = own
    return evaluateAgain(view, asked, check, system)
  }
}

/** "POS" of "POS-12": the checks that ask about one subject matter, and so of the same joins. */
function familyOf({ ref }: Check): string {
  return ref.slice(0, ref.indexOf('-'))
}

/** The set that judged the run; of what was sealed before it was kept, the checks that answered. */
function refsOf({ checks, results }: RunVerdicts, known: readonly Check[]): readonly CheckRef[] {
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

/**
 * Since when each failure and open question of that moment stands; not of those that were first seen in that very run,
 * which are all in a fleet's first.
 */
async function firstSeen(
  which: 'open' | 'all',
  { sequence, snapshotAt }: RunVerdicts['run'],
  store: ReportParts['store'],
): Promise<Since> {
  const since = new Map<string, Map<string, Map<string, Instant>>>()
  for (const { check, system, subject, firstSeen: at, closedAt } of await store.findings(which, sequence)) {
    // A clock that was ahead for a while may have sealed a moment that had not come.
    if (at >= snapshotAt || closedAt !== null) continue
    const subjects = mapIn(since, nameOf({ check, system }))
    mapIn(subjects, populationOf(subject)).set(subject.key, at)
  }
  return since
}

function mapIn<K, V>(outer: Map<string, Map<K, V>>, name: string): Map<K, V> {
  const known = outer.get(name)
  if (known !== undefined) return known
  const made = new Map<K, V>()
  outer.set(name, made)
  return made
}

function populationOf({ source, kind }: Pick<Finding['subject'], 'source' | 'kind'>): string {
  return `${source}\0${kind}`
}

function disabledChecks(checks: readonly Check[], settings: Settings): DisabledCheck[] {
  return checks
    .filter((check) => isDisabled(check, settings))
    .map((check) => ({ check, because: settings.checks[check.id]?.because ?? '' }))
    .sort((a, b) => (a.check.ref < b.check.ref ? -1 : 1))
}

/** By result, population and key: one text for each finding would be longer than all the rest of it. */
type Since = ReadonlyMap<string, ReadonlyMap<string, ReadonlyMap<string, Instant>>>

/** What a result is shown with: the run's snapshot, the moment asked for, and since when each failure stands. */
interface Frame {
  readonly snapshot: Snapshot
  readonly evaluatedAt: Instant
  readonly since: Since
  /** Makes the findings of a result once more. */
  again(check: Check, system: string | null): readonly Finding[]
  /** Failures and open questions that may still be kept. */
  room: number
  readonly whole: boolean
}

/** As this release judges the sealed snapshot. What `findings` does not name is let go. */
function shownResult(check: Check, judged: CheckResult, frame: Frame): ReportResult {
  const { version, system, status, unknownReason, message, parameters, counts } = judged
  const open = keptOpen(judged, frame)
  const all = frame.whole ? judged.findings : null
  return {
    check,
    version,
    system,
    status,
    unknownReason,
    message,
    parameters,
    counts,
    findings(which) {
      const kept = which === 'open' ? (open ?? all) : all
      return new ShownFindings(kept ?? frame.again(check, system), { check, system, frame })
    },
    complete: true,
  }
}

/** Read where it is shown, which of most runs is nowhere. */
type OpenIn = (result: SealedVerdict) => Promise<readonly Finding[]>

/** What was sealed of a result that this release cannot make again, or would judge differently. */
async function asItWas(check: Check, sealed: SealedVerdict, frame: Frame, openIn: OpenIn): Promise<ReportResult> {
  const { version, system, status, unknownReason, parameters, counts } = sealed
  const open = await openIn(sealed)
  return {
    check,
    version,
    system,
    status,
    unknownReason,
    message: `Judged by an earlier ${check.operator ? 'text of this check' : 'release'}; only what failed or was unknown is listed until the next run.`,
    parameters,
    counts,
    findings: () => new ShownFindings(open, { check, system, frame }),
    complete: false,
  }
}

function keptOpen({ counts, findings }: CheckResult, frame: Frame): readonly Finding[] | null {
  const count = counts.fail + counts.unknown
  if (count > frame.room) return null
  frame.room -= count
  return count === 0 ? [] : findings.filter(({ status }) => status === 'fail' || status === 'unknown')
}

/** The result that a finding is shown in. */
interface Heading {
  readonly check: Check
  readonly system: string | null
  readonly frame: Frame
}

/** A view over a large fleet holds a million and shows a hundred: what passes is made anew each time it is looked at. */
class ShownFindings implements Findings {
  readonly #findings: readonly Finding[]
  readonly #heading: Heading
  /** Failures and open questions by place, with their clocks: lists are sorted by those. */
  readonly #open = new Map<number, Shown>()

  constructor(findings: readonly Finding[], heading: Heading) {
    this.#findings = findings
    this.#heading = heading
  }

  get length(): number {
    return this.#findings.length
  }

  at(place: number): ReportFinding | undefined {
    const finding = this.#findings[place]
    if (finding === undefined) return undefined
    if (finding.status !== 'fail' && finding.status !== 'unknown') return new Shown(finding, this.#heading)
    let shown = this.#open.get(place)
    if (shown === undefined) {
      shown = new Shown(finding, this.#heading)
      this.#open.set(place, shown)
    }
    return shown
  }

  *[Symbol.iterator](): Generator<ReportFinding, void> {
    for (let place = 0; place < this.#findings.length; place++) yield this.at(place)!
  }
}

/** Each part of it is made when it is asked for. */
class Shown implements ReportFinding {
  readonly #finding: Finding
  readonly #heading: Heading
  #clock: Clock | null = null

  constructor(finding: Finding, heading: Heading) {
    this.#finding = finding
    this.#heading = heading
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
    return this.#heading.check.say(this.#finding)
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
    const { check, frame } = this.#heading
    const { settings, at } = frame.snapshot
    return waiverFor(settings, check, this.#finding, at.slice(0, 10))
  }

  get firstSeen(): Instant | null {
    return this.#clocked().firstSeen
  }

  get sla(): Sla | null {
    if (this.status !== 'fail') return null
    const { dueAt } = this
    return this.#finding.sla ?? (dueAt !== null && dueAt < this.#heading.frame.evaluatedAt ? 'breached' : 'within')
  }

  get dueAt(): Instant | null {
    return this.#clocked().dueAt
  }

  /** Kept: lists are sorted by it. */
  #clocked(): Clock {
    if (this.status !== 'fail' && this.status !== 'unknown') return NO_CLOCK
    if (this.#clock === null) {
      const { check, system, frame } = this.#heading
      const { since, snapshot } = frame
      const place = placeOf(this.#finding)
      const own = since.get(nameOf({ check: check.id, system }))
      const firstSeen = own?.get(populationOf(place))?.get(place.key) ?? snapshot.at
      const runs = this.status === 'fail' && this.#finding.sla === undefined
      this.#clock = { firstSeen, dueAt: runs ? plus(firstSeen, snapshot.settings.slaMs[check.severity]) : null }
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
