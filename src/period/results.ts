/** Each check and each control as a test of its own over the period (checks.md section 1, rule 13). */

import type { Check } from '../domain/check.ts'
import { CONTROL_LIMIT } from '../domain/control-view.ts'
import { longestStretch } from '../domain/coverage-calendar.ts'
import { byText } from '../domain/json.ts'
import type { PeriodResult } from '../domain/period.ts'
import { exactly, type PeriodOutcome, periodOutcome } from '../domain/period-words.ts'
import type { Coverage } from '../domain/sealing.ts'
import type { OwnControl, Settings } from '../domain/settings.ts'
import type { FindingInterval, JudgedPopulation } from '../domain/store.ts'
import { between, type Instant } from '../domain/time.ts'
import { counted } from '../domain/words.ts'
import type { Leaver } from './leavers.ts'
import type { WaivedAllTheWhile } from './waived.ts'

export interface ResultParts {
  readonly from: Instant
  readonly until: Instant
  readonly judged: readonly JudgedPopulation[]
  /** As the last run left them. */
  readonly intervals: readonly FindingInterval[]
  readonly coverage: readonly Coverage[]
  readonly leavers: readonly Leaver[]
  /** Every check that answered in the period, under the ref that it has at its end. */
  readonly refs: ReadonlyMap<string, string>
  readonly checks: readonly Check[]
  readonly controls: readonly OwnControl[]
  readonly waived: WaivedAllTheWhile
  /** Of the settings at the period's end. */
  readonly slaMs: Settings['slaMs']
}

/** Checks by ref and system, then the organisation's controls in its order, then criteria of frameworks in theirs. */
export function resultsIn(parts: ResultParts): PeriodResult[] {
  const checks = checkResults(parts)
  return [...checks, ...controlResults(checks, parts)]
}

// ── checks ─────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Checks whose subjects are people who left. */
const OF_LEAVERS: Readonly<Record<string, (leaver: Leaver) => boolean>> = {
  'ID-02': () => true,
  'ID-18': ({ type }) => type === 'contractor',
}

interface Series {
  readonly check: string
  readonly system: string | null
  readonly judged: JudgedPopulation['subjects']
  /** Those that stood at some time of the period. */
  readonly intervals: readonly FindingInterval[]
}

function checkResults(parts: ResultParts): PeriodResult[] {
  const covered = new Map<string, Coverage>()
  for (const one of parts.coverage) if (one.what === 'check') covered.set(seriesOf(one.id, one.system), one)
  const found: PeriodResult[] = []
  // One after the other: the subjects of all checks at once are a million names over 10,000 devices.
  for (const series of seriesIn(parts)) {
    const ref = parts.refs.get(series.check) ?? series.check
    const coverage = covered.get(seriesOf(series.check, series.system))
    const gap = longestOf(coverage)
    const result: PeriodResult = {
      what: 'check',
      ref,
      id: series.check,
      system: series.system,
      ...(OF_LEAVERS[ref] === undefined ? countsOf(series, parts) : leaverCounts(ref, series, parts)),
      longestGapMs: gap.ms,
      longestGapCause: gap.cause,
      gapLimitMs: limitOf(series.check, parts),
      covered: coverage?.share ?? 0,
      checks: null,
    }
    found.push({ ...result, says: `${result.says}${hiddenIn(result)}` })
  }
  return found.sort((a, b) => byText(a.ref, b.ref) || byText(a.system ?? '', b.system ?? ''))
}

/** What keeps a check in which nobody failed from being met. */
function hiddenIn(result: PeriodResult): string {
  const { met, population, longestGapMs } = result
  if (population === 0 || met < population || periodOutcome(result) === 'met') return ''
  return `; not evaluated for ${exactly(longestGapMs)} at a stretch, in which a failure may have come and gone`
}

/** As long as a failure of its severity may stand; the shortest for a check that is no longer at hand. */
function limitOf(id: string, { checks, slaMs }: ResultParts): number {
  return slaMs[checks.find((check) => check.id === id)?.severity ?? 'critical']
}

/** Whatever answered in the period, whether or not it judged anybody. */
function seriesIn(parts: ResultParts): Iterable<Series> {
  const all = new Map<
    string,
    Series & { judged: JudgedPopulation['subjects']; readonly intervals: FindingInterval[] }
  >()
  const own = (check: string, system: string | null) => {
    const name = seriesOf(check, system)
    let series = all.get(name)
    if (series === undefined) {
      series = { check, system, judged: [], intervals: [] }
      all.set(name, series)
    }
    return series
  }
  for (const { what, id, system } of parts.coverage) if (what === 'check') own(id, system)
  for (const { check, system, subjects } of parts.judged) own(check, system).judged = subjects
  for (const interval of parts.intervals) {
    if (stoodIn(interval, parts)) own(interval.check, interval.system).intervals.push(interval)
  }
  return all.values()
}

function failuresIn({ intervals }: Series): Map<string, FindingInterval[]> {
  const failed = new Map<string, FindingInterval[]>()
  for (const interval of intervals) {
    if (interval.status !== 'fail') continue
    const subject = subjectOf(interval.subject)
    const failures = failed.get(subject)
    if (failures === undefined) failed.set(subject, [interval])
    else failures.push(interval)
  }
  return failed
}

/** Where a clock was set wrong for a while, something may have begun after the period or ended before it began. */
function stoodIn(
  { closedAt, from: since }: FindingInterval,
  { from, until }: Pick<ResultParts, 'from' | 'until'>,
): boolean {
  return closedAt === null || !(since > until || (closedAt < from && since < from))
}

function seriesOf(check: string, system: string | null): string {
  return `${check}\0${system ?? ''}`
}

function subjectOf({ source, kind, key }: { source: string; kind: string; key: string }): string {
  return `${source}\0${kind}\0${key}`
}

type Counts = Pick<
  PeriodResult,
  'population' | 'tested' | 'met' | 'deviated' | 'notDeterminable' | 'waived' | 'says' | 'counts'
>

function countsOf(series: Series, { waived }: ResultParts): Counts {
  const failed = failuresIn(series)
  const open = new Set<string>()
  for (const { status, subject } of series.intervals) if (status === 'unknown') open.add(subjectOf(subject))
  for (const subject of failed.keys()) open.delete(subject)
  const deviated = failed.size
  const notDeterminable = open.size
  // Whoever failed or was open was judged too, but for runs that were sealed before that was kept.
  let met = 0
  for (const one of series.judged) {
    const subject = subjectOf(one)
    if (!failed.has(subject) && !open.has(subject)) met++
  }
  const population = met + deviated + notDeterminable
  let accepted = 0
  for (const failures of failed.values()) if (waived(series.check, failures)) accepted++
  const counts = {
    population,
    tested: population - notDeterminable,
    met,
    deviated,
    notDeterminable,
    waived: accepted,
  }
  return { ...counts, says: subjectsSay(counts), counts: null }
}

function subjectsSay({ population, met, deviated, notDeterminable, waived }: Omit<Counts, 'says' | 'counts'>): string {
  if (population === 0) return 'nothing was judged'
  const accepted = waived === 0 ? '' : ` (${waived} accepted as a risk all the while)`
  return listed(`${counted(population, 'subject')}`, [
    [met, `${met} met`],
    [deviated, `${deviated} deviated${accepted}`],
    [notDeterminable, `${notDeterminable} not determinable`],
  ])
}

function listed(head: string, parts: readonly (readonly [number, string])[]): string {
  const told = parts.filter(([count]) => count > 0).map(([, words]) => words)
  return `${head}: ${told.join(', ')}`
}

/** What checks.md section 1, rule 5, makes of the three places that tell of the same leaver. */
const OF_LEAVERS_COUNTS =
  'Counts who left and had access, each once, by the clocks of events/leavers.csv. Among the deviated are clocks that are not determinable where a reading still showed access after the deadline. Results of single runs know the readings alone, not the vendor’s log, and pass once access is gone.'

/** Of everybody who left in the period; those whose time is not over yet and those without access are told beside them. */
function leaverCounts(ref: string, series: Series, { leavers, waived }: ResultParts): Counts {
  const failed = failuresIn(series)
  const own = leavers.filter((leaver) => leaver.system === series.system && OF_LEAVERS[ref]!(leaver))
  const failuresOf = (leaver: Leaver): FindingInterval[] =>
    leaver.keys.flatMap((key) => failed.get(subjectOf({ source: leaver.system, kind: 'account', key })) ?? [])
  // The check may have failed somebody whose end nobody knows: access was there later than any end allows.
  const deviating = own.filter((leaver) => leaver.clock === 'breached' || failedSince(leaver, failuresOf(leaver)))
  const late = new Set(deviating)
  const met = own.filter((leaver) => leaver.clock === 'within' && !late.has(leaver)).length
  const countOf = (wanted: Leaver['clock']): number => own.filter(({ clock }) => clock === wanted).length
  const notDeterminable = own.filter((leaver) => leaver.clock === 'not_determinable' && !late.has(leaver)).length
  const accepted = deviating.filter((leaver) => waived(series.check, failuresOf(leaver))).length
  const population = met + deviating.length + notDeterminable
  const counts = {
    population,
    tested: met + deviating.length,
    met,
    deviated: deviating.length,
    notDeterminable,
    waived: accepted,
  }
  const beside = [leaversSay(counts, deviating)]
  const [running, without] = [countOf('open'), countOf('no_access')]
  if (running > 0) beside.push(`${running} more still within ${running === 1 ? 'its' : 'their'} time`)
  if (without > 0) beside.push(`${without} more of whom no access was ever seen`)
  return { ...counts, says: beside.join('; '), counts: population === 0 ? null : OF_LEAVERS_COUNTS }
}

function failedSince({ departure, clock }: Leaver, failures: readonly FindingInterval[]): boolean {
  return (
    clock === 'not_determinable' && failures.some(({ closedAt }) => closedAt === null || closedAt > departure.saidAt)
  )
}

function leaversSay(
  { population, met, notDeterminable, waived }: Omit<Counts, 'says' | 'counts'>,
  deviating: readonly Leaver[],
): string {
  if (population === 0) return 'nobody left'
  const late = deviating.filter(({ clock }) => clock === 'breached')
  const longest = late.reduce((most, { lateMs }) => Math.max(most, lateMs ?? 0), 0)
  const by = late.length === 1 ? ` by ${exactly(longest)}` : `, the longest by ${exactly(longest)}`
  const seen = deviating.length - late.length
  const told = listed(counted(population, 'leaver'), [
    [met, `${met} in time`],
    [late.length, `${late.length} late${by}`],
    [seen, `${seen} with access seen after the deadline though the clock is not determinable`],
    [notDeterminable, `${notDeterminable} not determinable`],
  ])
  return waived === 0 ? told : `${told}; ${waived} that deviated accepted as a risk all the while`
}

function longestOf(coverage: Coverage | undefined): { ms: number; cause: string | null } {
  const longest = longestStretch(coverage?.gaps ?? [])
  return longest === null ? { ms: 0, cause: null } : { ms: between(longest.from, longest.to), cause: longest.cause }
}

// ── controls ───────────────────────────────────────────────────────────────────────────────────────────────────────

function controlResults(results: readonly PeriodResult[], { controls, checks }: ResultParts): PeriodResult[] {
  const own = controls.map(({ id, checks: names }) =>
    controlResult(
      { what: 'control', ref: id, id },
      names.map((name) => nameIn(name, checks)),
      results,
    ),
  )
  const criteria = new Map<string, { ref: string; id: string; checks: string[] }>()
  for (const check of checks) {
    for (const { framework, id, indirect } of check.controls) {
      // What only supports a criterion is no test of it.
      if (indirect === true) continue
      const name = `${framework} ${id}`
      const known = criteria.get(name)
      if (known === undefined) criteria.set(name, { ref: id, id: name, checks: [check.id] })
      else known.checks.push(check.id)
    }
  }
  const byName = [...criteria.values()].sort((a, b) => byText(a.id, b.id))
  return [
    ...own,
    ...byName.map(({ ref, id, checks: names }) => controlResult({ what: 'criterion', ref, id }, names, results)),
  ]
}

function nameIn(name: string, checks: readonly Check[]): string {
  return checks.find(({ id, ref }) => id === name || ref === name)?.id ?? name
}

/** One system without anybody to judge takes nothing from another in which all were met. */
const MET: readonly PeriodOutcome[] = ['met', 'nothing_tested']

/** Counted in mapped checks: a check is met where somebody was judged and nobody failed or stayed open, in any system. */
function controlResult(
  named: Pick<PeriodResult, 'what' | 'ref' | 'id'>,
  names: readonly string[],
  results: readonly PeriodResult[],
): PeriodResult {
  const mapped = [...new Set(names)]
  const own = mapped.map((name) => results.filter(({ id }) => id === name)).filter((each) => each.length > 0)
  const tested = own.filter((each) => each.some(({ population }) => population > 0))
  const deviated = tested.filter((each) => each.some((one) => one.deviated > 0))
  const met = tested.filter((each) => each.every((one) => MET.includes(periodOutcome(one))))
  const all = own.flat()
  const longest = all.reduce<PeriodResult | null>(
    (most, one) => (one.longestGapMs > (most?.longestGapMs ?? 0) ? one : most),
    null,
  )
  const notDeterminable = tested.length - met.length - deviated.length
  return {
    ...named,
    system: null,
    population: tested.length,
    tested: met.length + deviated.length,
    met: met.length,
    deviated: deviated.length,
    notDeterminable,
    waived: deviated.filter((each) => each.every((one) => one.waived === one.deviated)).length,
    longestGapMs: longest?.longestGapMs ?? 0,
    longestGapCause: longest?.longestGapCause ?? null,
    gapLimitMs: null,
    covered: all.reduce((least, one) => Math.min(least, one.covered), all.length === 0 ? 0 : 1),
    says: controlSays(mapped.length, met.length, deviated.length, notDeterminable),
    counts: null,
    checks: { met: met.length, mapped: mapped.length },
  }
}

/** All that is ever said of a control. */
function controlSays(mapped: number, met: number, deviated: number, open: number): string {
  if (mapped === 0) return `no mapped check; ${CONTROL_LIMIT}`
  const rest = mapped - met - deviated - open
  const others = [
    ...(deviated === 0 ? [] : [`${deviated} with deviations`]),
    ...(open === 0 ? [] : [`${open} not determinable`]),
    ...(rest === 0 ? [] : [`${rest} without anything to judge`]),
  ]
  const head = `${met} of ${mapped} mapped ${mapped === 1 ? 'check' : 'checks'} met`
  return `${[head, ...others].join(', ')}; ${CONTROL_LIMIT}`
}
