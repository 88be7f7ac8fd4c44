/** What the period tells beside the state at its end, as tables: who came and went, between which pulls, and what it came to. */
import { byText } from '../domain/json.ts'
import { COLUMNS, eventsPath, PACKET, populationPath } from '../domain/packet.ts'
import type { EventKind, LeaverClock, PeriodResult, PeriodSubject, Transition } from '../domain/period.ts'
import type { Kind } from '../domain/record.ts'
import type { FollowUp, ReviewLeaf, ReviewSigned } from '../domain/review.ts'
import type { Leaf } from '../domain/store.ts'
import type { CsvValue } from '../lib/csv.ts'
import type { ReadingOf } from '../period/index.ts'
import { type happeningsOf, LOG, type Trace, type Traces } from './around.ts'
import { bodyOf } from './past.ts'
import type { Period } from './tables.ts'

export interface Table {
  readonly path: string
  readonly columns: readonly string[]
  readonly rows: Iterable<readonly CsvValue[]>
}

type Row = readonly CsvValue[]

/** A table of each, also where nothing of it happened: that none did is an answer. */
export const EVENT_KINDS: readonly EventKind[] = [
  'gone-device',
  'gone-key',
  'joiner',
  'leaver',
  'new-device',
  'new-key',
  'policy-change',
  'role-change',
  'status-change',
]

/** @param traces where the pulls and answers lie that show it */
export function* eventTables(
  { transitions, leavers }: ReturnType<typeof happeningsOf>,
  traces: Traces,
): Generator<Table> {
  for (const kind of EVENT_KINDS) {
    const own = transitions.filter((transition) => transition.kind === kind)
    yield {
      path: eventsPath(kind),
      columns: COLUMNS.events,
      rows: own.sort(byMoment).map((one) => eventRow(one, traces)),
    }
  }
  yield { path: PACKET.leavers, columns: COLUMNS.leavers, rows: leavers.map((one) => leaverRow(one, traces)) }
}

/** By the moment at which it had happened at the latest. */
export function byMoment(a: Transition, b: Transition): number {
  return (
    byText(momentOf(a), momentOf(b)) || byText(a.source, b.source) || byText(a.key, b.key) || byText(a.kind, b.kind)
  )
}

const momentOf = ({ bounds, witness }: Transition): string => bounds.before ?? witness?.at ?? bounds.after ?? ''

function eventRow({ log, ...transition }: Traced<Transition>, traces: Traces): Row {
  const { kind, source, recordKind, key, label, from, to, bounds, witness, beforeFirstRun } = transition
  const seen = [witness?.at ?? null, witness?.actor ?? null, witness?.actorType ?? null, witness?.event ?? null]
  return [
    kind,
    source,
    recordKind,
    key,
    label,
    from,
    to,
    bounds.after,
    bounds.before,
    ...seen,
    beforeFirstRun,
    ...traceOf(log, LOG, traces),
  ]
}

function leaverRow(leaver: Traced<LeaverClock> & { readonly roster: ReadingOf | null }, traces: Traces): Row {
  const { system, person, name, type, endDate, endsAt, rosterSaidAt, dueAt, accounts, removal, witness } = leaver
  return [
    system,
    person,
    name,
    type,
    endDate,
    endsAt,
    rosterSaidAt,
    dueAt,
    accounts.length === 0 ? null : accounts.join('; '),
    removal.after,
    removal.before,
    witness?.at ?? null,
    witness?.actor ?? null,
    leaver.clock,
    leaver.lateMs === null ? null : leaver.lateMs / 1000,
    leaver.why,
    leaver.returned?.rosterAt ?? null,
    leaver.returned?.accessAt ?? null,
    witness?.event ?? null,
    ...traceOf(leaver.roster, 'person', traces),
    ...traces(system, removal.runAfter, 'account'),
    ...traces(system, removal.runBefore, 'account'),
    ...traceOf(leaver.log, LOG, traces),
  ]
}

type Traced<T> = T & { readonly log: ReadingOf | null }

function traceOf(reading: ReadingOf | null, kind: Kind, traces: Traces): Trace {
  return traces(reading?.source ?? '', reading?.sequence ?? null, kind)
}

export function* periodRows(results: readonly PeriodResult[]): Generator<Row> {
  for (const result of results) {
    const { what, ref, id, system, population, tested, met, deviated, notDeterminable, waived, checks } = result
    const { longestGapMs, longestGapCause, gapLimitMs, covered, says, counts } = result
    const numbers = [population, tested, met, deviated, notDeterminable, waived]
    const gap = [longestGapMs / 1000, longestGapCause, gapLimitMs === null ? null : gapLimitMs / 1000, covered]
    yield [what, ref, id, system, ...numbers, ...gap, checks?.met ?? null, checks?.mapped ?? null, says, counts]
  }
}

/** Things by themselves; a record of another kind speaks of one of these, or of the reading. */
export const THINGS: readonly Kind[] = [
  'account',
  'agent',
  'contact',
  'device',
  'integration',
  'invite',
  'key',
  'logstream',
  'person',
  'policy',
  'setting',
  'webhook',
]

/** Everything that existed at any time of the period, with what is not judged and why. */
export function populationTable(kind: Kind, subjects: readonly PeriodSubject[]): Table {
  return { path: populationPath(kind), columns: COLUMNS.population, rows: subjects.map(subjectRow) }
}

function subjectRow({
  source,
  key,
  label,
  firstSeen,
  lastSeen,
  lastRun,
  atBegin,
  atEnd,
  excluded,
}: PeriodSubject): Row {
  return [source, key, label, firstSeen, lastSeen, lastRun, atBegin, atEnd, excluded === null, excluded]
}

/** Every decision of the reviews up to the period's end; of one that nobody signed yet a row without decisions. */
export function* reviewRows(acts: readonly Leaf[], { to }: Period, followUps: readonly FollowUp[]): Generator<Row> {
  const leaves = acts
    .filter(({ kind }) => kind === 'review')
    .map((leaf) => bodyOf(leaf) as unknown as ReviewLeaf)
    .filter(({ at }) => at <= to)
  const signed = new Set(leaves.filter(({ act }) => act === 'signed').map(({ id }) => id))
  const done = new Map(followUps.map((one) => [`${one.review}\0${one.account}`, one.doneAt]))
  for (const leaf of leaves) {
    if (leaf.act === 'signed') yield* decisionsOf(leaf, done)
    else if (!signed.has(leaf.id)) yield [leaf.id, leaf.system, leaf.frozenAt, null, leaf.by, ...Array(7).fill(null)]
  }
}

function* decisionsOf(leaf: ReviewSigned, done: ReadonlyMap<string, string | null>): Generator<Row> {
  for (const { account, login, decision, newRole, reason, reviewer } of leaf.decisions) {
    const doneAt = done.get(`${leaf.id}\0${account}`) ?? null
    const head = [leaf.id, leaf.system, leaf.frozenAt, leaf.at, leaf.by]
    yield [...head, account, login, decision, newRole, reason, reviewer, doneAt]
  }
}
