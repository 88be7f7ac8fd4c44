/**
 * What a run tells the outside: how its answers differ from those last judged. While the engine answers in the place of a
 * check, its findings rest; what has changed meanwhile is told when it is judged again. So an outage of a vendor is one
 * event. The first answer of a check is a baseline: it opens its findings without an event for each.
 */

import { waiverFor } from './evaluate.ts'
import type { EventData, EventType } from './event.ts'
import type { Finding } from './finding.ts'
import { byText } from './json.ts'
import type { Credential } from './record.ts'
import type { Waiver } from './settings.ts'
import type { SourceState } from './snapshot.ts'
import {
  type Failure,
  failurePlace,
  type JudgedLast,
  resultPlace,
  type Standing,
  type StandingFailure,
} from './standing.ts'
import type { CheckRef, SealedResult, SealedRun } from './store.ts'
import { between, DAY, type Instant, plus } from './time.ts'
import type { TurnedPlaces } from './turned.ts'

export interface Told<T extends EventType = EventType> {
  readonly type: T
  readonly data: EventData<T>
  /** Below the origin, for people and for machines. */
  readonly page: string
  readonly api: string
}

export interface Ended {
  readonly run: Pick<SealedRun, 'snapshotAt' | 'settings' | 'sources' | 'results' | 'checkSet'>
  /** Null in the first run. */
  readonly before: Standing | null
  /** Null where neither configuration nor program changed. */
  readonly turned: { readonly by: 'configuration' | 'software'; readonly places: TurnedPlaces } | null
  /** `failurePlace` of those newly failing that had failed before and passed since. */
  readonly again: ReadonlySet<string>
  readonly credentials: readonly Credential[]
}

/** Subjects of one check over one system that are told of one by one; when more change at once, their number is told. */
const EACH = 100
/** How long before its end a waiver or a credential is told of. */
const NOTICE = 14 * DAY

export function runEvents(ended: Ended): Told[] {
  return [
    ...sourceEvents(ended),
    ...credentialEvents(ended),
    ...resultEvents(ended),
    ...findingEvents(ended),
    ...waiverEvents(ended),
    runEvent(ended),
  ]
}

/** Subjects that fail now and did not before, of checks that had judged before. */
export function newlyFailing({ results }: Pick<SealedRun, 'results'>, before: Standing): Failure[] {
  const failing = new Set(before.failing.map(failurePlace))
  const judged = new Set(before.judged.map(resultPlace))
  return results
    .filter((result) => result.message === null && judged.has(resultPlace(result)))
    .flatMap((result) => failures(result).map(({ subject }) => ({ ...placeOf(result), subject })))
    .filter((failure) => !failing.has(failurePlace(failure)))
}

function placeOf({ check, system }: SealedResult): Pick<Failure, 'check' | 'system'> {
  return { check, system }
}

function failures(result: SealedResult): Finding[] {
  return result.open.filter(({ status }) => status === 'fail')
}

/** Complete, and nothing refused that was not refused before. */
function* sourceEvents({ run, before }: Ended): Generator<Told> {
  for (const state of run.sources) {
    const was = before?.sources.find(({ id }) => id === state.id) ?? null
    const type = sourceChange(state, was)
    if (type === null) continue
    const { id, kind, status, error } = state
    const blind = blindKinds(state)
    yield { type, data: { source: id, kind, status, error, blind }, page: `/sources/${id}`, api: '/api/v1/sources' }
  }
}

function sourceChange(
  now: SourceState,
  was: SourceState | null,
): 'source.degraded' | 'source.recovered' | 'source.held' | null {
  if (now.status === 'held') return was?.status === 'held' ? null : 'source.held'
  if (now.status !== 'complete') return isTrouble(was) && was?.status !== 'held' ? null : 'source.degraded'
  const [seen, hidden] = [blindKinds(now), was === null ? [] : blindKinds(was)]
  if (seen.some((kind) => !hidden.includes(kind))) return 'source.degraded'
  return isTrouble(was) || hidden.length > seen.length ? 'source.recovered' : null
}

function isTrouble(was: SourceState | null): boolean {
  return was !== null && was.status !== 'complete' && was.status !== 'never'
}

function blindKinds({ blind }: SourceState): string[] {
  return [...new Set(blind.map(({ kind }) => kind))].sort(byText)
}

function* credentialEvents({ run, before, credentials }: Ended): Generator<Told<'source.credential_expiring'>> {
  for (const { source, expiresAt } of credentials) {
    const kind = run.sources.find(({ id }) => id === source)?.kind
    if (expiresAt === null || kind === undefined) continue
    if (!crossed(plus(expiresAt, -NOTICE), before?.at ?? null, run.snapshotAt)) continue
    const data = { source, kind, expiresAt }
    yield { type: 'source.credential_expiring', data, page: `/sources/${source}`, api: '/api/v1/sources' }
  }
}

/** Whether a moment was reached since the run before; in the first run, whether it was reached at all. */
function crossed(moment: Instant, since: Instant | null, until: Instant): boolean {
  return moment <= until && (since === null || moment > since)
}

function* resultEvents(ended: Ended): Generator<Told<'check.result.changed'>> {
  const { run, before, turned } = ended
  const judged = new Map((before?.judged ?? []).map((last) => [resultPlace(last), last]))
  for (const result of run.results) {
    const place = resultPlace(result)
    const last = judged.get(place) ?? null
    judged.delete(place)
    // The engine's unknown is no judgement; that nothing applies any more is one.
    if (result.message !== null && (result.status === 'unknown' || last === null)) continue
    if (last !== null && last.status === result.status && last.unknownReason === result.unknownReason) continue
    const { status, unknownReason, counts } = result
    yield resultEvent(ended, result, {
      from: verdictOf(last),
      to: { status, unknownReason },
      counts,
      cause: turned?.places.results.has(place) ? turned.by : 'data',
    })
  }
  for (const last of judged.values()) {
    if (!last.asked) continue
    const cause = turned?.by ?? 'configuration'
    yield resultEvent(ended, last, { from: verdictOf(last), to: null, counts: null, cause })
  }
}

type Verdict = EventData<'check.result.changed'>['to']

function verdictOf(last: JudgedLast | null): Verdict {
  return last === null ? null : { status: last.status, unknownReason: last.unknownReason }
}

function resultEvent(
  { run }: Ended,
  of: Pick<SealedResult, 'check' | 'system' | 'ref'>,
  change: Pick<EventData<'check.result.changed'>, 'from' | 'to' | 'counts' | 'cause'>,
): Told<'check.result.changed'> {
  return { type: 'check.result.changed', data: { ...questionOf(run.checkSet, of), ...change }, ...linksOf(of.ref) }
}

function questionOf(
  checkSet: readonly CheckRef[],
  { check, system, ref }: Pick<SealedResult, 'check' | 'system' | 'ref'>,
) {
  // A check that is asked no more may have left the program; its weight is then not known.
  return { check, ref, system, severity: checkSet.find(({ id }) => id === check)?.severity ?? ('medium' as const) }
}

function linksOf(ref: string): Pick<Told, 'page' | 'api'> {
  return { page: `/checks/${ref}`, api: `/api/v1/checks/${ref}` }
}

type FindingEvent = 'finding.opened' | 'finding.regressed' | 'finding.resolved' | 'finding.sla_breached'
type Closed = EventData<'finding.resolved'>['closed']

/** What is told of one subject, before too many of a kind are told as one. */
interface Change {
  readonly type: FindingEvent
  readonly place: string
  readonly subject: Failure['subject']
  readonly more: { waived?: boolean; closed?: Closed; failingSince?: Instant | null; dueAt?: Instant | null }
}

function* findingEvents(ended: Ended): Generator<Told> {
  const { before, run } = ended
  if (before === null) return
  const standing = new Map<string, StandingFailure[]>()
  for (const failure of before.failing) {
    const place = resultPlace(failure)
    const others = standing.get(place)
    if (others === undefined) standing.set(place, [failure])
    else others.push(failure)
  }
  const judged = new Map(before.judged.map((last) => [resultPlace(last), last]))
  for (const result of run.results) {
    const place = resultPlace(result)
    const stood = standing.get(place) ?? []
    standing.delete(place)
    if (!judged.has(place)) continue
    if (result.message === null) yield* grouped(ended, result, changesOf(result, stood, ended))
    else if (result.status !== 'unknown') yield* grouped(ended, result, closedAll(stood, 'configuration'))
  }
  for (const [place, stood] of standing) {
    const last = judged.get(place)
    const off = run.settings.checks[last?.check ?? '']?.enabled === false
    if (last?.asked === true) yield* grouped(ended, last, closedAll(stood, off ? 'disabled' : 'configuration'))
  }
}

function changesOf(result: SealedResult, stood: readonly StandingFailure[], ended: Ended): Change[] {
  const changes: Change[] = []
  const open = new Set(result.open.map(({ subject }) => failurePlace({ ...placeOf(result), subject })))
  const since = new Map(stood.map((failure) => [failurePlace(failure), failure.since]))
  for (const finding of failures(result)) {
    const { source, kind, key } = finding.subject
    const place = failurePlace({ ...placeOf(result), subject: finding.subject })
    const subject = { source, kind, key }
    const waived = isWaived(finding, result, ended)
    if (!since.has(place)) {
      const type = ended.again.has(place) ? 'finding.regressed' : 'finding.opened'
      changes.push({ type, place, subject, more: { waived } })
    }
    const clock = waived ? null : breach(finding, result, since.get(place) ?? null, ended)
    if (clock !== null) changes.push({ type: 'finding.sla_breached', place, subject, more: clock })
  }
  for (const failure of stood) {
    const place = failurePlace(failure)
    if (open.has(place)) continue
    changes.push({
      type: 'finding.resolved',
      place,
      subject: failure.subject,
      more: { closed: closedBy(result, failure) },
    })
  }
  return changes
}

function closedBy(result: SealedResult, { subject }: Failure): Closed {
  const status = result.statusOf?.({ ...subject, label: '' }) ?? null
  if (status === null) return 'subject_gone'
  return status === 'not_applicable' ? 'left_scope' : 'passed'
}

function closedAll(stood: readonly StandingFailure[], closed: Closed): Change[] {
  return stood.map((failure) => ({
    type: 'finding.resolved',
    place: failurePlace(failure),
    subject: failure.subject,
    more: { closed },
  }))
}

function isWaived(finding: Finding, { check, ref }: SealedResult, { run }: Ended): boolean {
  return waiverFor(run.settings, { id: check, ref }, finding, run.snapshotAt.slice(0, 10)) !== null
}

/** Over its time in this run and not in the one before. A check with a deadline of its own fails once that is over. */
function breach(
  finding: Finding,
  result: SealedResult,
  failingSince: Instant | null,
  { run, before }: Ended,
): { failingSince: Instant | null; dueAt: Instant | null } | null {
  if (finding.sla === 'breached') return failingSince === null ? { failingSince, dueAt: null } : null
  if (finding.sla !== undefined || failingSince === null || before === null) return null
  const { severity } = questionOf(run.checkSet, result)
  const dueAt = plus(failingSince, run.settings.slaMs[severity])
  const wasOver = plus(failingSince, before.settings.slaMs[severity]) < before.at
  return dueAt < run.snapshotAt && !wasOver ? { failingSince, dueAt } : null
}

/** One event a subject, or one for all alike where there are too many. */
function* grouped(
  { run, turned }: Ended,
  of: Pick<SealedResult, 'check' | 'system' | 'ref'>,
  changes: readonly Change[],
): Generator<Told> {
  const question = questionOf(run.checkSet, of)
  const causeOf = ({ place }: Change) => (turned?.places.subjects.has(place) ? turned.by : 'data')
  const alike = Map.groupBy(changes, (change) => {
    const { waived, closed } = change.more
    return JSON.stringify([change.type, causeOf(change), waived, closed])
  })
  for (const same of alike.values()) {
    const each = same.length <= EACH
    for (const change of each ? same : same.slice(0, 1)) {
      const clock = each || change.more.dueAt === undefined ? {} : { failingSince: null, dueAt: null }
      const told = each ? { subject: change.subject, count: 1 } : { subject: null, count: same.length }
      const data = { ...question, ...told, cause: causeOf(change), ...change.more, ...clock }
      yield { type: change.type, data: data as EventData<FindingEvent>, ...linksOf(of.ref) }
    }
  }
}

function* waiverEvents({ run, before }: Ended): Generator<Told> {
  if (before === null) return
  const today = run.snapshotAt.slice(0, 10)
  const then = before.at.slice(0, 10)
  const former = new Map(before.settings.waivers.map((waiver) => [waiver.id, waiver]))
  for (const waiver of run.settings.waivers) {
    const was = former.get(waiver.id)
    former.delete(waiver.id)
    const same = was !== undefined && isSame(was, waiver)
    if (!same) yield waiverEvent('waiver.created', waiver)
    if (isOver(waiver, today)) {
      if (!(same && isOver(waiver, then))) yield waiverEvent('waiver.expired', waiver)
    } else if (endsSoon(waiver, today) && !(same && endsSoon(waiver, then)))
      yield waiverEvent('waiver.expiring', waiver)
  }
  for (const waiver of former.values()) if (!isOver(waiver, today)) yield waiverEvent('waiver.revoked', waiver)
}

function isSame(a: Waiver, b: Waiver): boolean {
  return (Object.keys(b) as (keyof Waiver)[]).every((name) => a[name] === b[name])
}

function isOver({ expires }: Waiver, day: string): boolean {
  return day > expires
}

function endsSoon({ expires }: Waiver, day: string): boolean {
  return between(`${day}T00:00:00.000Z`, `${expires}T00:00:00.000Z`) <= NOTICE
}

function waiverEvent(
  type: 'waiver.created' | 'waiver.expiring' | 'waiver.expired' | 'waiver.revoked',
  { id, check, subject, expires }: Waiver,
): Told {
  return {
    type,
    data: { waiver: id, check, subject, expires },
    page: `/checks/${encodeURIComponent(check)}`,
    api: `/api/v1/checks/${encodeURIComponent(check)}`,
  }
}

function runEvent({ run }: Ended): Told {
  const results = { pass: 0, fail: 0, unknown: 0, not_applicable: 0 }
  for (const { status } of run.results) results[status]++
  const sources = run.sources.map(({ id, status }) => ({ id, status }))
  const type = sources.every(({ status }) => status === 'complete') ? 'run.completed' : 'run.incomplete'
  return { type, data: { results, sources }, page: '/', api: '/api/v1/results' }
}
