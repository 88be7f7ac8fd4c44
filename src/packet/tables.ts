/** The packet's smaller tables: what people decided, what changed, what maps to what. */
import type { Check } from '../domain/check.ts'
import { byText, type JsonValue } from '../domain/json.ts'
import type { ReportFinding, ReportResult } from '../domain/report.ts'
import type { Attestation, OwnControl, Settings, Waiver } from '../domain/settings.ts'
import type { FindingInterval, Leaf } from '../domain/store.ts'
import { type Instant, plus } from '../domain/time.ts'
import { canonicalJson } from '../lib/canonical-json.ts'
import type { CsvValue } from '../lib/csv.ts'
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
      yield [null, null, null, framework, id, ...told(check), indirect === true ? 'supports' : 'tests a part']
    }
  }
}

/** What judged: as it stood when the period began, then each change of settings, checks or software. */
export function* configurationRows(runs: readonly RunInLeaf[], acts: readonly Leaf[]): Generator<Row> {
  const changes = new Map<number, readonly string[]>()
  for (const act of acts) {
    if (act.kind !== 'configuration') continue
    const { run, changed } = bodyOf(act)
    changes.set(run as number, changed as readonly string[])
  }
  let before: RunInLeaf | null = null
  for (const run of runs) {
    const changed = before === null ? ['in force'] : differences(before, run, changes.get(run.sequence) ?? [])
    if (changed.length > 0) {
      const previous = before?.settings ?? null
      yield [
        run.leaf,
        run.id,
        run.snapshotAt,
        changed.join(' '),
        previous,
        run.settings,
        run.software,
        run.build,
        run.checkSet,
      ]
    }
    before = run
  }
}

function differences(before: RunInLeaf, run: RunInLeaf, changed: readonly string[]): string[] {
  const code = (['checkSet', 'software', 'build'] as const).filter((name) => before[name] !== run[name])
  return [...(before.settings === run.settings ? [] : changed.map((name) => `settings.${name}`)), ...code]
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

/** Failures and unknowns that stood at any time of the period. By check and system, as the store gives them. */
export function* intervalRows(
  intervals: readonly FindingInterval[],
  { from, to }: Period,
  results: readonly ReportResult[],
  settings: Settings,
): Generator<Row> {
  const shown = new Map(results.map((result) => [seriesOf(result.check.id, result.system), result]))
  const open = openFindings()
  for (const interval of intervals) {
    if (interval.from > to || (interval.closedAt !== null && interval.closedAt < from)) continue
    const { check, system, subject, status, unknownReason, firstSeen } = interval
    const result = shown.get(seriesOf(check, system))
    // What came about after the last run of the period is not of this packet.
    const closedAt = interval.closedAt !== null && interval.closedAt <= to ? interval.closedAt : null
    const finding = closedAt === null && result !== undefined ? open(result).get(subjectOf(subject)) : undefined
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
      firstSeen,
      interval.from,
      closedAt,
      closedAt === null ? null : interval.cause,
      result?.check.severity ?? null,
      clock.dueAt,
      clock.sla,
      finding?.waiver?.id ?? null,
      finding?.waiver?.expires ?? null,
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
