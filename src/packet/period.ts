/** A period as evidence tells it: its last run, how much of it was evaluated, what failed in it. */
import type { Check } from '../domain/check.ts'
import { AppError } from '../domain/error.ts'
import { type FailureAges, failureAges } from '../domain/failure-ages.ts'
import { stoodIn } from '../domain/interval-span.ts'
import { byText } from '../domain/json.ts'
import type { Report } from '../domain/report.ts'
import type { Coverage, PeriodEvidence, PeriodFailures, PeriodUnknowns } from '../domain/sealing.ts'
import type { Settings } from '../domain/settings.ts'
import type { FindingInterval, PastRun, RunSummary, Store } from '../domain/store.ts'
import { between, type Instant } from '../domain/time.ts'
import { type PeriodStory, periodOf, type StoryStore } from '../period/index.ts'
import { coverageOf } from './coverage.ts'
import { type RunInLeaf, readLedger } from './past.ts'
import { POPULATIONS, populationTold, runsTold } from './period-told.ts'
import type { Period } from './tables.ts'

export type PeriodStore = Pick<Store, 'leaves' | 'runsBetween' | 'past' | 'verdicts' | 'findings' | 'stamps'> &
  StoryStore

/** The first moment that a run could have been sealed at. */
const EVER = '0000-01-01T00:00:00.000Z'

/** Every run up to the period's end, by sequence; the last lies in it. Throws AppError `usage` where there is none. */
export async function runsUpTo(
  { from, to }: Period,
  store: Pick<Store, 'runsBetween'>,
  what: string,
): Promise<{ runs: readonly RunSummary[]; last: RunSummary }> {
  if (from > to) throw new AppError('usage', `${what}: the period ends (${to}) before it begins (${from})`)
  const runs = await store.runsBetween(EVER, to)
  const last = runs.at(-1)
  if (last === undefined || last.snapshotAt < from) {
    const newest =
      last === undefined ? 'none was sealed before it either' : `the newest before it is of ${last.snapshotAt}`
    throw new AppError('usage', `${what}: no run was sealed between ${from} and ${to}; ${newest}`)
  }
  return { runs, last }
}

/** Time that has not come yet is no gap: a period that is not over is told up to its last run. */
export function spanOf({ from, to }: Period, last: Pick<RunSummary, 'snapshotAt'>, now: Instant): Period {
  return { from, to: now < to ? last.snapshotAt : to }
}

export async function pastOf(store: Pick<Store, 'past'>, run: string): Promise<PastRun> {
  const past = await store.past(run)
  if (past === null)
    throw new AppError('storage', `packet: the run ${run} is gone; the database was changed from outside`)
  return past
}

export interface SpanParts {
  readonly store: Pick<Store, 'past' | 'verdicts'>
  readonly checks: readonly Check[]
  /** Those of the period and the one before it, by sequence. */
  readonly runs: readonly RunInLeaf[]
  readonly last: RunSummary
  /** Of the last run. */
  readonly report: Report
}

export async function coverageIn(span: Period, parts: SpanParts): Promise<Coverage[]> {
  return covered(span, parts, await settingsIn(parts))
}

/**
 * What happened in the period and what it came to: the coverage among it, with what the vendors' logs confirm.
 * @param known what `settingsIn` gave, where it was asked for already
 */
export async function storyIn(
  span: Period,
  parts: Omit<SpanParts, 'store'> & {
    readonly store: SpanParts['store'] & StoryStore
    /** As the last run left them. */
    readonly intervals: readonly FindingInterval[]
  },
  known: SettingsOf | null = null,
): Promise<PeriodStory> {
  const settingsOf = known ?? (await settingsIn(parts))
  const coverage = await covered(span, parts, settingsOf)
  return periodOf(span, { ...parts, settingsOf, coverage, results: parts.report.results })
}

export type SettingsOf = (digest: string) => Settings

/** Of every run given. */
export async function settingsIn({ store, runs, last, report }: SpanParts): Promise<SettingsOf> {
  const settings = new Map<string, Settings>([[last.settingsDigest, report.snapshot!.settings]])
  // Settings change seldom: one run under each tells them, the newest, as older ones are deleted first.
  for (const run of runs.toReversed()) {
    if (!settings.has(run.settings)) settings.set(run.settings, (await pastOf(store, run.id)).settings)
  }
  return (digest) => settings.get(digest)!
}

async function covered(
  span: Period,
  { store, checks, runs, last, report }: SpanParts,
  settingsOf: SettingsOf,
): Promise<Coverage[]> {
  const verdicts = await store.verdicts(runs[0]!.sequence, last.sequence)
  return coverageOf(span, { runs, verdicts, checks, settingsOf, snapshot: report.snapshot! })
}

/** What a report of a period tells beside the state at its last run. */
export async function periodEvidence(
  period: Period,
  parts: { store: PeriodStore; checks: readonly Check[]; last: RunSummary; report: Report; now: Instant },
): Promise<PeriodEvidence> {
  const { store, last, report, now } = parts
  const past = await readLedger(store, period.from, last.id, new Set())
  const { runs } = past
  const span = spanOf(period, last, now)
  const intervals = await store.findings('all', last.sequence)
  const story = await storyIn(span, { ...parts, runs, intervals })
  const { coverage: of, results, leavers } = story
  return {
    ...period,
    until: span.to,
    of,
    failures: failuresIn(intervals, span, report),
    unknowns: unknownsIn(intervals, span),
    ages: agesIn(intervals, span, report),
    results,
    leavers,
    runs: runsTold(past, period, await store.stamps(0)),
    populations: await Promise.all(POPULATIONS.map((kind) => populationTold(kind, story))),
  }
}

/** The most frequent reason of each result first. */
export function unknownsIn(intervals: readonly FindingInterval[], span: Period): PeriodUnknowns[] {
  const found = new Map<string, Omit<PeriodUnknowns, 'subjects'> & { seen: Set<string> }>()
  for (const interval of intervals) {
    const { check, system, subject, status, unknownReason: reason } = interval
    if (status !== 'unknown' || reason === null || !stoodIn(interval, { from: span.from, until: span.to })) continue
    const name = `${check}\0${system ?? ''}\0${reason}`
    const own = found.get(name) ?? { check, system, reason, seen: new Set() }
    own.seen.add(`${subject.source}\0${subject.kind}\0${subject.key}`)
    found.set(name, own)
  }
  return [...found.values()]
    .map(({ seen, ...told }) => ({ ...told, subjects: seen.size }))
    .sort((a, b) => b.subjects - a.subjects || byText(a.reason, b.reason))
}

/** What stands open at the end, by age and by the severity that its check has there. */
export function agesIn(
  intervals: readonly FindingInterval[],
  { to }: Period,
  { results }: Pick<Report, 'results'>,
): FailureAges {
  const severities = new Map(results.map(({ check: { id, severity } }) => [id, severity]))
  return failureAges(intervals, to, (check) => severities.get(check) ?? null)
}

/**
 * By ref, then system.
 * @param intervals as the last run of the period left them
 */
export function failuresIn(
  intervals: readonly FindingInterval[],
  { from, to }: Period,
  { results }: Pick<Report, 'results'>,
): PeriodFailures[] {
  const refs = new Map(results.map(({ check: { id, ref } }) => [id, ref]))
  const series = new Map<string, PeriodFailures & { seen: Set<string> }>()
  for (const { check, system, subject, status, firstSeen, from: since, closedAt } of intervals) {
    // Where a clock was set wrong for a while, something may have begun after the period or ended before it began.
    if (status !== 'fail' || (closedAt !== null && (since > to || (closedAt < from && since < from)))) continue
    const name = `${check}\0${system ?? ''}`
    const ref = refs.get(check) ?? null
    const own = series.get(name) ?? {
      ref,
      check,
      system,
      subjects: 0,
      began: 0,
      open: 0,
      longestMs: 0,
      seen: new Set(),
    }
    series.set(name, {
      ...own,
      subjects: own.seen.add(`${subject.source}\0${subject.kind}\0${subject.key}`).size,
      began: own.began + (firstSeen === since && since >= from ? 1 : 0),
      open: own.open + (closedAt === null ? 1 : 0),
      longestMs: Math.max(
        own.longestMs,
        between(since > from ? since : from, closedAt !== null && closedAt < to ? closedAt : to),
      ),
    })
  }
  return [...series.values()]
    .map(({ seen: _, ...told }) => told)
    .sort((a, b) => byText(a.ref ?? a.check, b.ref ?? b.check) || byText(a.system ?? '', b.system ?? ''))
}
