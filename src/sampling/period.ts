/** What can be drawn of a period: everything that existed in it, its transitions, everybody who left. */
import { AppError } from '../domain/error.ts'
import type { PeriodSubject, Transition } from '../domain/period.ts'
import { refOf } from '../domain/record.ts'
import { EVENT_SAMPLES, type SampleKind } from '../domain/sample.ts'
import type { Settings } from '../domain/settings.ts'
import type { Store } from '../domain/store.ts'
import type { Instant } from '../domain/time.ts'
import { type RunInLeaf, readLedger } from '../packet/past.ts'
import { pastOf, runsUpTo } from '../packet/period.ts'
import { type StoryStore, pastOf as storyPast } from '../period/index.ts'
import { type Leaver, leaversIn } from '../period/leavers.ts'
import { subjectsOf } from '../period/subjects.ts'
import { transitionsIn } from '../period/transitions.ts'

export type EventSample = (typeof EVENT_SAMPLES)[number]
export type RecordSample = Exclude<SampleKind, EventSample>

export function isEvent(kind: SampleKind): kind is EventSample {
  return (EVENT_SAMPLES as readonly string[]).includes(kind)
}

export interface Span {
  readonly from: Instant
  readonly to: Instant
}

export type PeriodStore = StoryStore & Pick<Store, 'leaves' | 'runsBetween' | 'past'>

/** One line of the frame before it has its key. */
export interface Happening {
  /** What it happened to: "tailnet/account/uA1". */
  readonly place: string
  readonly label: string
  readonly at: Instant
  /** Sequence of the first run that showed it; null where none did in the period. */
  readonly run: number | null
}

/** The period's runs and the newest one before it, and what they saw. */
async function pastIn(period: Span, store: PeriodStore) {
  const { last } = await runsUpTo(period, store, 'sample')
  const { runs } = await readLedger(store, period.from, last.id, new Set())
  const settingsOf = await settingsIn(runs, store)
  return { runs, settingsOf, past: await storyPast({ store, runs, settingsOf }) }
}

/** The same population as that of a packet of the period. */
export async function subjectsIn(
  kind: RecordSample,
  period: Span,
  store: PeriodStore,
): Promise<{ readonly subjects: readonly PeriodSubject[]; readonly runs: readonly RunInLeaf[] }> {
  const { runs, past } = await pastIn(period, store)
  const { pulls, rosters } = past
  const subjects = await Array.fromAsync(subjectsOf(kind, { store, pulls, rosters, from: period.from }))
  return { subjects, runs }
}

export async function eventsIn(
  kind: EventSample,
  period: Span,
  store: PeriodStore,
): Promise<{ readonly events: readonly Happening[]; readonly runs: readonly RunInLeaf[] }> {
  const { runs, settingsOf, past } = await pastIn(period, store)
  if (kind === 'leaver') {
    const leavers = leaversIn({ ...past, settingsOf, from: period.from, until: period.to })
    return { events: leavers.map(leaving), runs }
  }
  const transitions = transitionsIn(period, past.lives, past.pulls, past.log)
  return { events: transitions.filter((one) => one.kind === kind).map((one) => happening(one, period)), runs }
}

/** Settings change seldom: one run under each tells them. */
async function settingsIn(
  runs: readonly RunInLeaf[],
  store: Pick<Store, 'past'>,
): Promise<(digest: string) => Settings> {
  const known = new Map<string, Settings>()
  for (const { settings, id } of runs) {
    if (!known.has(settings)) known.set(settings, (await pastOf(store, id)).settings)
  }
  return (digest) => {
    const settings = known.get(digest)
    if (settings === undefined) throw new AppError('internal', `sample: no run has the settings ${digest}`)
    return settings
  }
}

/** The line of the joiner/leaver ledger: a suspended account counts as much as one that is gone. */
function leaving({ system, person, name, endsAt, rosterSaidAt, removal }: Leaver): Happening {
  return {
    place: refOf({ source: system, kind: 'person', key: person }),
    label: name ?? person,
    at: endsAt ?? rosterSaidAt,
    run: removal.runBefore,
  }
}

function happening(event: Transition, period: Span): Happening {
  const { source, recordKind: kind, key, label, from, to, bounds, witness, beforeFirstRun } = event
  const seen = beforeFirstRun ? witness?.at : bounds.before
  const change = kind === 'policy' || (from === null && to === null) ? '' : ` (${from ?? 'none'} → ${to ?? 'none'})`
  return {
    place: refOf({ source, kind, key }),
    label: event.kind === 'joiner' ? label : `${label}${change}`,
    at: seen ?? period.to,
    run: bounds.runBefore,
  }
}
