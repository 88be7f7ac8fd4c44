/**
 * How much of the period each source and check was judged for. At every moment the verdict in force is that of the newest
 * run, as long as what it rests on is fresh; everything else is a gap, and each gap has a cause.
 */
import type { Check } from '../domain/check.ts'
import { engineAnswer } from '../domain/evaluate.ts'
import { byText } from '../domain/json.ts'
import { type Coverage, INTERVALS_ALLOWED } from '../domain/sealing.ts'
import type { Settings } from '../domain/settings.ts'
import { aged, restated, type Snapshot, type SourceState } from '../domain/snapshot.ts'
import type { VerdictChange } from '../domain/store.ts'
import { between, type Instant, plus } from '../domain/time.ts'
import { lengthText } from '../domain/words.ts'
import type { CsvValue } from '../lib/csv.ts'
import type { RunInLeaf, SourceInLeaf } from './past.ts'
import type { Period } from './tables.ts'

export interface CoverageParts {
  /** The period's runs and the one before it, by sequence. */
  readonly runs: readonly RunInLeaf[]
  readonly verdicts: readonly VerdictChange[]
  readonly checks: readonly Check[]
  /** By digest. */
  readonly settingsOf: (digest: string) => Settings
  /** Of the last run: what a check needs may hang on what was read. */
  readonly snapshot: Snapshot
}

export function coverageOf(period: Period, parts: CoverageParts): Coverage[] {
  return [...sourceCoverage(period, parts), ...checkCoverage(period, parts)]
}

const BEFORE = 'before the first run'
const LEFT = 'not configured'
/** Nobody read after it: a verdict holds up to the next run, and without one for no time at all. */
export const AFTER_LAST = 'after the last run'

/** It follows from the leaves of the runs and the settings that judged them, and from nothing else. */
export function sourceCoverage(
  period: Period,
  { runs, settingsOf }: Pick<CoverageParts, 'runs' | 'settingsOf'>,
): Coverage[] {
  const ids = new Set(runs.flatMap(({ sources }) => sources.map(({ id }) => id)))
  return [...ids].sort(byText).map((id) => {
    const line = timeline(period, runs.at(-1)!.snapshotAt)
    for (const [run, until] of stretches(runs)) {
      const state = run.sources.find((source) => source.id === id)
      if (state === undefined) {
        line.add(run.snapshotAt, until, LEFT)
        continue
      }
      const settings = settingsOf(run.settings)
      const unread = state.status === 'complete' ? staleFrom(state, settings) : run.snapshotAt
      const cause = state.status === 'complete' ? 'stale' : causeOf(state)
      const missed = missedFrom(run, until, settings)
      line.add(run.snapshotAt, earliest(unread, missed.at, until), null)
      line.add(unread, earlier(missed.at, until), cause)
      line.add(missed.at, earlier(unread, until), missed.cause)
      line.add(later(unread, missed.at), until, `${cause}; ${missed.cause}`)
    }
    return { what: 'source' as const, id, system: null, ...line.end() }
  })
}

/** From when on runs that were due did not come; never where the schedule was kept, or was not sealed. */
function missedFrom(run: RunInLeaf, until: Instant, { scheduleMs }: Settings): { at: Instant; cause: string } {
  if (scheduleMs === undefined) return { at: NEVER, cause: '' }
  const at = plus(run.snapshotAt, INTERVALS_ALLOWED * scheduleMs)
  return { at: at < until ? at : NEVER, cause: `no run although one was due every ${lengthText(scheduleMs)}` }
}

function causeOf({ status, error }: SourceInLeaf): string {
  return error === null || status === 'paused' || status === 'stale' ? status : `${status}: ${error}`
}

/** When the reading is older than its freshness allows; never for one of which the settings say nothing. */
function staleFrom({ id, collectedAt }: SourceInLeaf, settings: Settings): Instant {
  const freshness = settings.sources.find((source) => source.id === id)?.freshnessMs
  return collectedAt === null || freshness === undefined ? NEVER : plus(collectedAt, freshness + 1)
}

/** After every moment. */
const NEVER = '9999-12-31T23:59:59.999Z'

function checkCoverage(period: Period, parts: CoverageParts): Coverage[] {
  const { runs, verdicts } = parts
  const series = new Map<string, VerdictChange[]>()
  for (const change of verdicts) {
    const name = `${change.check}\0${change.system ?? ''}`
    const own = series.get(name)
    if (own === undefined) series.set(name, [change])
    else own.push(change)
  }
  const staleness = stalenessOf(parts)
  const found = [...series.values()].map((changes): Coverage => {
    const { check: id, system } = changes[0]!
    const check = parts.checks.find((one) => one.id === id)
    const line = timeline(period, runs.at(-1)!.snapshotAt)
    let next = 0
    let current: VerdictChange | null = null
    for (const [run, until] of stretches(runs)) {
      while (next < changes.length && changes[next]!.sequence <= run.sequence) current = changes[next++]!
      const cause = current === null ? 'not asked yet' : gapCause(current)
      if (cause !== null || check === undefined) line.add(run.snapshotAt, until, cause)
      else {
        for (const [from, to, reason] of staleness(check, system, run, until)) line.add(from, to, reason)
      }
    }
    return { what: 'check', id, system, ...line.end() }
  })
  return found.sort((a, b) => byText(a.id, b.id) || byText(a.system ?? '', b.system ?? ''))
}

/** Why a sealed verdict is no evaluation: the check was not asked, or the engine answered that it could not be. */
function gapCause({ status, unknownReason, message }: VerdictChange): string | null {
  if (status === null) return 'not asked: disabled, or not part of the release'
  return status === 'unknown' && message !== null ? (unknownReason ?? 'unknown') : null
}

/**
 * The stretch of one run, cut where what the check needs grows too old. A run follows long before that as a rule; where
 * none does, the engine is asked again for each later age.
 */
function stalenessOf({ settingsOf, snapshot }: CoverageParts) {
  const answers = new Map<string, string | null>()
  const ask = (check: Check, system: string | null, run: RunInLeaf, at: Instant): string | null => {
    const settings = settingsOf(run.settings)
    const states = aged(run.sources.map(stateOf), settings, at)
    const name = `${check.id}\0${system ?? ''}\0${states.map(({ id, status }) => `${id} ${status}`).join(' ')}`
    let answer = answers.get(name)
    if (answer === undefined) {
      const said = engineAnswer(check, restated(snapshot, states), system)
      answer = said?.status === 'unknown' ? said.reason : null
      answers.set(name, answer)
    }
    return answer
  }
  return function* (
    check: Check,
    system: string | null,
    run: RunInLeaf,
    until: Instant,
  ): Generator<[Instant, Instant, string | null]> {
    const settings = settingsOf(run.settings)
    const cuts = run.sources
      .filter(({ status }) => status === 'complete')
      .map((source) => staleFrom(source, settings))
      .filter((at) => at > run.snapshotAt && at < until)
      .sort(byText)
    let from = run.snapshotAt
    let cause: string | null = null
    for (const cut of cuts) {
      yield [from, cut, cause]
      // What made the engine answer then is told by the verdict; here only growing old counts.
      cause = ask(check, system, run, cut) === 'stale' ? 'stale' : cause
      from = cut
    }
    yield [from, until, cause]
  }
}

function stateOf({ id, kind, status, collectedAt }: SourceInLeaf): SourceState {
  return {
    id,
    kind,
    status,
    collectedAt,
    attemptedAt: null,
    records: {},
    blind: [],
    error: null,
    requests: 0,
    notVendorHost: false,
    pausedUntil: null,
  }
}

/** Each run but the last with the moment until which it is the newest. Runs are ordered by sequence: a clock that went back takes none away. */
function* stretches(runs: readonly RunInLeaf[]): Generator<[RunInLeaf, Instant]> {
  for (const [index, run] of runs.slice(0, -1).entries()) yield [run, runs[index + 1]!.snapshotAt]
}

/** Gathers what holds when; what nobody spoke of is before the first run, or after the last. */
function timeline({ from, to }: Period, lastRunAt: Instant) {
  const gaps: { from: Instant; to: Instant; cause: string }[] = []
  let spoken = from
  function add(start: Instant, end: Instant, cause: string | null): void {
    const [a, b] = [start > spoken ? start : spoken, earlier(end, to)]
    if (b <= a) return
    if (a > spoken) gap(spoken, a, BEFORE)
    spoken = b
    if (cause !== null) gap(a, b, cause)
  }
  function gap(start: Instant, end: Instant, cause: string): void {
    const last = gaps.at(-1)
    if (last !== undefined && last.to === start && last.cause === cause) last.to = end
    else gaps.push({ from: start, to: end, cause })
  }
  return {
    add,
    end(): Pick<Coverage, 'share' | 'gaps'> {
      if (spoken < lastRunAt) gap(spoken, earlier(lastRunAt, to), BEFORE)
      const read = later(lastRunAt, spoken)
      if (read < to) gap(read, to, AFTER_LAST)
      const lost = gaps.reduce((sum, each) => sum + between(each.from, each.to), 0)
      const whole = between(from, to)
      return { share: whole === 0 ? 0 : (whole - lost) / whole, gaps }
    },
  }
}

function earlier(a: Instant, b: Instant): Instant {
  return a < b ? a : b
}

function later(a: Instant, b: Instant): Instant {
  return a > b ? a : b
}

function earliest(a: Instant, b: Instant, c: Instant): Instant {
  return earlier(earlier(a, b), c)
}

/** One row with the share of the whole period, then one row a gap. */
export function* coverageRows(coverage: readonly Coverage[], { from, to }: Period): Generator<CsvValue[]> {
  for (const { what, id, system, share, gaps, confirmed } of coverage) {
    yield [what, id, system, from, to, seconds(from, to), 'evaluated', null, Number(share.toFixed(6))]
    if (confirmed !== undefined) yield confirmedRow([what, id, system, from, to, seconds(from, to)], confirmed)
    for (const gap of gaps) {
      yield [what, id, system, gap.from, gap.to, seconds(gap.from, gap.to), 'gap', gap.cause, null]
    }
  }
}

/** By the tokens that the vendor's own log says were minted for us. */
function confirmedRow(head: CsvValue[], confirmed: (Coverage['confirmed'] & {}) | null): CsvValue[] {
  if (confirmed === null)
    return [...head, 'not confirmed', "the vendor's log shows no tokens of ours, or was not visible", null]
  const { pulls, of } = confirmed
  const says = `${pulls} of ${of} pulls stand in the vendor's log: it minted a token for us at that time`
  return [...head, 'confirmed', says, of === 0 ? null : Number((pulls / of).toFixed(6))]
}

function seconds(from: Instant, to: Instant): number {
  return Math.round(between(from, to) / 1000)
}
