/**
 * What a period tells beside the state at its end: who and what came, went and changed, who left and whether their access
 * ended in time, each check as a test of its own, everything that existed.
 */
import type { Check } from '../domain/check.ts'
import { TAILNET } from '../domain/evaluate.ts'
import type { LeaverClock, PeriodResult, PeriodSubject, Transition } from '../domain/period.ts'
import type { Kind } from '../domain/record.ts'
import type { Coverage } from '../domain/sealing.ts'
import type { Settings } from '../domain/settings.ts'
import type { FindingInterval, Store } from '../domain/store.ts'
import type { Instant } from '../domain/time.ts'
import { confirmedPulls } from './confirmed.ts'
import { type Leaver, leaversIn } from './leavers.ts'
import { type Life, livesIn, unseenParts, withEarlierWords, withoutUnseen } from './lives.ts'
import { type VendorLog, vendorLog } from './log.ts'
import { type Pulls, pullsOf, type RunOfPeriod } from './pulls.ts'
import { resultsIn } from './results.ts'
import { type Rosters, rostersOver } from './rosters.ts'
import { subjectsOf } from './subjects.ts'
import { transitionsIn } from './transitions.ts'
import { waivedIn } from './waived.ts'

export type { RunOfPeriod } from './pulls.ts'

export type StoryStore = Pick<Store, 'versions' | 'judged' | 'lastPull' | 'oldest' | 'runsBefore'>

export interface PeriodParts {
  readonly store: StoryStore
  /** Those of this release. */
  readonly checks: readonly Check[]
  /** Those of the period and the newest one before it, by sequence; one at least. */
  readonly runs: readonly RunOfPeriod[]
  /** Of every run, by digest. */
  readonly settingsOf: (digest: string) => Settings
  readonly coverage: readonly Coverage[]
  /** As the last run left them. */
  readonly intervals: readonly FindingInterval[]
  /** Checks that answered in the last run, under the names that they have there. */
  readonly results: readonly { readonly check: Pick<Check, 'id' | 'ref'> }[]
}

export interface PeriodStory {
  /** By time. */
  readonly transitions: readonly Transition[]
  /** By system, then person. */
  readonly leavers: readonly LeaverClock[]
  /** Checks by ref and system, the organisation's controls in its order, criteria by framework. */
  readonly results: readonly PeriodResult[]
  /** As given, and of tailnets what their vendor's log confirms. */
  readonly coverage: readonly Coverage[]
  /** Everything of the kind that existed at any time, by source and key; to be read once, as often as asked for. */
  subjects(kind: Kind): AsyncIterable<PeriodSubject>
  /** Which of our readings brought an event of a vendor's log; null: one before those at hand. */
  readIn(source: string, event: string): ReadingOf | null
  /** Which reading of the roster first said that they leave; null: one before those at hand. */
  saidIn(leaver: LeaverClock): ReadingOf | null
}

/** An accepted pull: of which source, by the run of which sequence. */
export interface ReadingOf {
  readonly source: string
  readonly sequence: number
}

/**
 * Throws AppError `usage` where runs of it are deleted by the retention rule.
 * @param period up to when it is told: its end, or its last run while it is not over
 */
export async function periodOf(
  period: { readonly from: Instant; readonly to: Instant },
  parts: PeriodParts,
): Promise<PeriodStory> {
  const { store, runs, settingsOf } = parts
  const past = await pastOf(parts)
  const { lives, pulls, rosters, log } = past
  const until = period.to
  const leavers = leaversIn({ lives, pulls, log, rosters, settingsOf, from: period.from, until })
  const { checks, coverage, intervals } = parts
  const results = resultsIn({
    from: period.from,
    until,
    judged: await store.judged(runs[0]!.sequence, runs.at(-1)!.sequence),
    intervals,
    coverage,
    leavers,
    refs: new Map([...checks, ...parts.results.map(({ check }) => check)].map(({ id, ref }) => [id, ref])),
    checks,
    controls: settingsOf(runs.at(-1)!.settings).controls ?? [],
    slaMs: settingsOf(runs.at(-1)!.settings).slaMs,
    waived: waivedIn(runs, settingsOf, checks, period),
  })
  const saidIn = new Map(leavers.map((leaver) => [lineOf(leaver), leaver.departure]))
  return {
    transitions: transitionsIn(period, lives, pulls, log),
    leavers: [...saidIn.keys()],
    results,
    coverage: await Promise.all(coverage.map(confirmed)),
    subjects: (kind) => subjectsOf(kind, { store, pulls, rosters, from: period.from }),
    readIn: readingsOf(log, pulls),
    saidIn(leaver) {
      const said = saidIn.get(leaver)
      return said === undefined ? null : readingAt(said.source, said.saidIn, pulls)
    },
  }

  async function confirmed(one: Coverage): Promise<Coverage> {
    if (one.what !== 'source' || pulls.sources.get(one.id) !== TAILNET) return one
    return { ...one, confirmed: await confirmedPulls(one.id, { store, pulls, log, ...period }) }
  }
}

export interface Past {
  readonly lives: readonly Life[]
  readonly pulls: Pulls
  readonly rosters: Rosters
  readonly log: Awaited<ReturnType<typeof vendorLog>>
}

/**
 * What the runs saw, without what a credential was refused for a while.
 * @param kinds all that transitions and clocks ask for by default
 */
export async function pastOf(
  { store, runs, settingsOf }: Pick<PeriodParts, 'store' | 'runs' | 'settingsOf'>,
  kinds?: readonly Kind[],
): Promise<Past> {
  const [first, last] = [runs[0]!.sequence, runs.at(-1)!.sequence]
  const oldest = (await store.oldest())?.sequence ?? first
  const told = await withEarlierWords(await livesIn(store, first, last, kinds), store, oldest, first)
  const earlier = { oldest, moments: await momentsBefore(first, told, store) }
  const unseen = await unseenParts(told, pullsOf(runs), store)
  const pulls = pullsOf(runs, (source, part) => unseen.get(`${source}\0${part}`) ?? NONE, earlier)
  const lives = unseen.size === 0 ? told : told.map((life) => withoutUnseen(life, pulls))
  const people = lives.filter(({ kind }) => kind === 'person')
  return { lives, pulls, rosters: rostersOver(people, pulls, settingsOf), log: await vendorLog(store, first, last) }
}

/** When the runs were sealed whose rosters told of people before the stretch. */
async function momentsBefore(
  begin: number,
  lives: readonly Life[],
  store: Pick<Store, 'runsBefore'>,
): Promise<ReadonlyMap<number, Instant>> {
  const moments = new Map<number, Instant>()
  for (const { kind, sights } of lives) {
    if (kind !== 'person') continue
    for (const { from } of sights) {
      if (from >= begin || moments.has(from)) continue
      const [run] = await store.runsBefore(from + 1, null, 1)
      if (run?.sequence === from) moments.set(from, run.snapshotAt)
    }
  }
  return moments
}

const NONE: ReadonlySet<number> = new Set()

function readingsOf(log: VendorLog, pulls: Pulls): PeriodStory['readIn'] {
  const readIn = new Map(
    [...pulls.sources.keys()].flatMap((source) => log.all(source).map((told) => [told.event, told.readIn] as const)),
  )
  return (source, event) => {
    const sequence = readIn.get(event)
    return sequence === undefined ? null : readingAt(source, sequence, pulls)
  }
}

/** What stands in the first run at hand may have been read by one before it, unless it is the first of all. */
function readingAt(source: string, sequence: number, pulls: Pulls): ReadingOf | null {
  const first = pulls.runs[0]!.sequence
  if (sequence === first && first > 1) return null
  return pulls.of(source).some((pull) => pull.sequence === sequence) ? { source, sequence } : null
}

/** The ledger's line alone, without what led to it. */
function lineOf({ departure: _, removed: __, keys: ___, ...line }: Leaver): LeaverClock {
  return line
}
