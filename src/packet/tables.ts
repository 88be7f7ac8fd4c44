/** The packet's smaller tables: what people decided, what changed, what maps to what. */
import type { Check } from '../domain/check.ts'
import type { ConfigurationChange } from '../domain/configuration-change.ts'
import { byText, type JsonValue } from '../domain/json.ts'
import type { ReportFinding, ReportResult } from '../domain/report.ts'
import type { Attestation, OwnControl, Settings, Waiver } from '../domain/settings.ts'
import type { FindingInterval, Leaf } from '../domain/store.ts'
import { type Instant, plus } from '../domain/time.ts'
import type { Turned } from '../domain/turned.ts'
import { canonicalJson } from '../lib/canonical-json.ts'
import type { CsvValue } from '../lib/csv.ts'
import type { DayCounts } from './days.ts'
import { bodyOf, type RunInLeaf } from './past.ts'

export interface Period {
  readonly from: Instant
  readonly to: Instant
}

type Row = readonly CsvValue[]

export function* waiverRows(waivers: readonly Waiver[], at: Instant): Generator<Row> {
  const day = at.slice(0, 10)
  for (const { id, check, subject, owner, approver, reason, created, expires } of waivers) {
    yield [id, check, subject, owner, approver, reason, created, expires, created <= day && day <= expires]
  }
}

export function* attestationRows(attestations: readonly Attestation[]): Generator<Row> {
  for (const { id, check, system, answer, by, on, until, note } of attestations) {
    yield [id, check, system, answer, by, on, until, note]
  }
}

/** The organisation's own controls first, then what each check is mapped to. */
export function* controlRows(own: readonly OwnControl[], checks: readonly Check[]): Generator<Row> {
  const byName = new Map(checks.flatMap((check) => [[check.id, check] as const, [check.ref, check] as const]))
  const told = (check: Check): CsvValue[] => [check.ref, check.id, check.version, check.title]
  for (const { id, text, owner, criteria, checks: names } of own) {
    const cited = Object.entries(criteria).flatMap(([framework, ids]) => ids.map((one) => [framework, one] as const))
    for (const [framework, criterion] of cited.length === 0 ? [[null, null] as const] : cited) {
      for (const name of names) {
        const check = byName.get(name)
        const rest = check === undefined ? [name, null, null, null] : told(check)
        yield [
          id,
          text,
          owner,
          framework,
          criterion,
          ...rest,
          check === undefined ? 'no longer known' : 'named by the organisation',
        ]
      }
    }
  }
  for (const check of checks.toSorted((a, b) => byText(a.ref, b.ref))) {
    for (const { framework, id, indirect } of check.controls) {
      yield [
        null,
        null,
        null,
        framework,
        id,
        ...told(check),
        `ours: ${indirect === true ? 'supports' : 'tests a part'}`,
      ]
    }
  }
}

/** What judged: as it stood when the period began, then each change, a row a path. `turned…` is of all rows of one leaf. */
export function* configurationRows(runs: readonly RunInLeaf[], acts: readonly Leaf[]): Generator<Row> {
  const [first] = runs
  if (first === undefined) return
  const { leaf, id, snapshotAt, settings, software, build, checkSet } = first
  const set = acts.findLast((act) => act.kind === 'configuration' && setBy(act).run <= first.sequence)
  const by = set === undefined ? null : setBy(set).by
  yield [leaf, id, snapshotAt, by, 'in force', ...Array(5).fill(null), settings, checkSet, software, build]
  const ids = new Map(runs.map((run) => [run.sequence, run.id]))
  for (const act of acts) {
    if (act.kind !== 'configuration') continue
    const said = setBy(act)
    const run = ids.get(said.run)
    if (run === undefined || said.run === first.sequence) continue
    const { results = null, subjects = null } = said.turned ?? {}
    const now = [said.digest, said.checkSet, said.software, said.build]
    for (const { kind, path, from, to } of said.changes) {
      yield [
        act.index,
        run,
        said.at,
        said.by,
        kind,
        path,
        textOfValue(from),
        textOfValue(to),
        results,
        subjects,
        ...now,
      ]
    }
  }
}

function setBy(act: Leaf): ConfigurationBody {
  return bodyOf(act) as unknown as ConfigurationBody
}

interface ConfigurationBody {
  readonly run: number
  readonly at: Instant
  readonly by: string
  readonly digest: string
  readonly checkSet: string
  readonly software: string
  readonly build: string
  readonly changes: readonly ConfigurationChange[]
  readonly turned: Turned | null
}

/** A cell that is empty says that it was not there. */
function textOfValue(value: JsonValue): CsvValue {
  return value === null || typeof value !== 'object' ? value : canonicalJson(value)
}

/** Every act that stands in the ledger, by who and when; keys of all time, so that who may sign is told whole. */
export function* auditRows(acts: readonly Leaf[], { from, to }: Period): Generator<Row> {
  for (const act of acts) {
    const { type: _, at = null, by = null, run = null, signatures: __, ...rest } = bodyOf(act)
    if (act.kind !== 'key' && (typeof at !== 'string' || at < from || at > to)) continue
    yield [act.index, act.kind, textOf(at), textOf(by), textOf(run), canonicalJson(rest), act.hash]
  }
}

function textOf(value: JsonValue): CsvValue {
  return typeof value === 'string' || typeof value === 'number' ? value : null
}

/**
 * What each check came to at the ends of the days, then failures and unknowns that stood at any time of the period. By
 * check and system, as the store gives them.
 * @param intervals as the last run of the period left them
 */
export function* intervalRows(
  counts: Pick<DayCounts, 'rows'>,
  intervals: readonly FindingInterval[],
  { from, to }: Period,
  results: readonly ReportResult[],
  settings: Settings,
): Generator<Row> {
  yield* counts.rows(results)
  const shown = new Map(results.map((result) => [seriesOf(result.check.id, result.system), result]))
  const open = openFindings()
  for (const interval of intervals) {
    // A clock that went back for a while may have closed what began in the period before it.
    if (interval.closedAt !== null && interval.closedAt < from && interval.from < from) continue
    const { check, system, subject, status, unknownReason, firstSeen, closedAt } = interval
    const result = shown.get(seriesOf(check, system))
    const finding = closedAt === null && result !== undefined ? open(result).get(subjectOf(subject)) : undefined
    // A clock that was ahead when it began: what is open at the last run is told all the same.
    if (interval.from > to && finding === undefined) continue
    const clock = finding ?? clockOf(interval, closedAt ?? to, result, settings)
    yield [
      result?.check.ref ?? null,
      check,
      system,
      subject.kind,
      subject.source,
      subject.key,
      subject.label,
      status,
      unknownReason,
      // As the results tell it, by which its due time goes.
      finding?.firstSeen ?? firstSeen,
      interval.from,
      closedAt,
      closedAt === null ? null : interval.cause,
      result?.check.severity ?? null,
      clock.dueAt,
      clock.sla,
      finding?.waiver?.id ?? null,
      finding?.waiver?.expires ?? null,
      ...Array(4).fill(null),
    ]
  }
}

/** Of one result at a time: all at once are hundreds of thousands. */
function openFindings(): (result: ReportResult) => ReadonlyMap<string, ReportFinding> {
  let last: ReportResult | null = null
  let found = new Map<string, ReportFinding>()
  return (result) => {
    if (result === last) return found
    last = result
    found = new Map()
    for (const finding of result.findings()) {
      if (finding.status === 'fail' || finding.status === 'unknown') found.set(subjectOf(finding.subject), finding)
    }
    return found
  }
}

function seriesOf(check: string, system: string | null): string {
  return `${check}\0${system ?? ''}`
}

function subjectOf({ source, kind, key }: FindingInterval['subject']): string {
  return `${source}\0${kind}\0${key}`
}

/** Nothing is said where the check has a clock of its own (`within`): a closed interval no longer tells how it stood. */
function clockOf(
  { status, firstSeen }: FindingInterval,
  until: Instant,
  result: ReportResult | undefined,
  settings: Settings,
): Pick<ReportFinding, 'dueAt' | 'sla'> {
  if (status !== 'fail' || result === undefined || 'within' in result.parameters) return { dueAt: null, sla: null }
  const dueAt = plus(firstSeen, settings.slaMs[result.check.severity])
  return { dueAt, sla: dueAt < until ? 'breached' : 'within' }
}
