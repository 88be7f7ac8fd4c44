/**
 * The engine: asks every check of a snapshot and answers itself where a need is not met, so that no check ever runs on
 * half a picture (checks.md section 1).
 */
import type { Check, Need } from './check.ts'
import { parametersOf } from './check.ts'
import { AppError } from './error.ts'
import { type Finding, placeOf, type Status, type Tally, tallied, type UnknownReason } from './finding.ts'
import { byText } from './json.ts'
import { type Carried, isOurs, type Kind } from './record.ts'
import type { CheckResult, Counts } from './result.ts'
import type { Settings, Waiver } from './settings.ts'
import { type Blindness, narrow, type Snapshot, type SourceState, usable } from './snapshot.ts'

/** Source kinds that can answer for a kind of record that does not live in a tailnet. */
const PROVIDERS: { readonly [K in Kind]?: readonly string[] } = {
  person: ['csv', 'scim'],
  agent: ['sentinelone', 'crowdstrike', 'kandji'],
  enrolment: ['kandji'],
  encryption: ['kandji'],
  score: ['crowdstrike'],
}
/** What `from: 'edr'` and `from: 'mdm'` stand for. */
export const GROUPS: Readonly<Record<string, readonly string[]>> = {
  edr: ['sentinelone', 'crowdstrike'],
  mdm: ['kandji'],
}

export const TAILNET = 'tailscale'

/** Ids of the configured sources that a need rests on; empty when nothing configured meets it. */
function sourcesFor(need: Need, snapshot: Snapshot, system: string | null): readonly SourceState[] {
  if (isOurs(need.kind)) return []
  const providers = PROVIDERS[need.kind]
  if (providers === undefined) {
    return snapshot.sources.filter((source) => source.kind === TAILNET && (system === null || source.id === system))
  }
  const from = need.from === undefined ? providers : (GROUPS[need.from] ?? [need.from])
  return snapshot.sources.filter((source) => from.includes(source.kind))
}

interface EngineAnswer {
  status: 'unknown' | 'not_applicable'
  reason: UnknownReason | null
  message: string
}

const SAYS: Readonly<Record<Exclude<SourceState['status'], 'complete' | 'failed'>, [UnknownReason, string]>> = {
  held: ['partial_population', 'its newest reading is far smaller than the one before and waits for confirmation'],
  paused: ['auth_error', 'it is paused after its credential was refused'],
  stale: ['stale', 'its last complete reading is older than its freshness allows'],
  never: ['no_data', 'it has not been read yet'],
}

function hides(blind: Blindness, need: Need): boolean {
  if (blind.kind !== need.kind) return false
  if (blind.fields === null) return true
  // A partial blindness touches only who named the fields; a check that named none judges the gap itself (ID-04).
  return need.fields !== undefined && blind.fields.some((field) => need.fields!.includes(field))
}

/** Why no verdict may rest on this source for this need; null when one may. */
function obstacle(source: SourceState, need: Need): EngineAnswer | null {
  const answer = (reason: UnknownReason, text: string): EngineAnswer => ({
    status: 'unknown',
    reason,
    message: `${source.id}: ${text}.`,
  })
  switch (source.status) {
    case 'failed': {
      const refused = source.error?.code === 'auth_failed' || source.error?.code === 'forbidden'
      return answer(
        refused ? 'auth_error' : 'source_error',
        `it could not be read (${source.error?.code ?? 'unknown cause'})`,
      )
    }
    case 'complete': {
      const blind = source.blind.find((entry) => hides(entry, need))
      return blind === undefined ? null : answer('not_visible', `${blind.because}; the credential needs ${blind.scope}`)
    }
    default:
      return answer(...SAYS[source.status])
  }
}

/** The engine's own answer for a check, or null when the check is to be asked. */
export function engineAnswer(check: Check, snapshot: Snapshot, system: string | null): EngineAnswer | null {
  if (check.vendor !== null && !snapshot.sources.some((source) => source.kind === check.vendor)) {
    return { status: 'not_applicable', reason: null, message: `No ${check.vendor} source is configured.` }
  }
  if (check.over === 'tailnet' && system === null) {
    return { status: 'unknown', reason: 'not_configured', message: 'No tailnet is configured.' }
  }
  for (const need of check.needs(snapshot.settings, system, snapshot)) {
    if (isOurs(need.kind)) continue
    const sources = sourcesFor(need, snapshot, system)
    if (sources.length === 0) {
      return {
        status: 'unknown',
        reason: 'not_configured',
        message: `No source for ${need.from ?? need.kind} records is configured.`,
      }
    }
    for (const source of sources) {
      const found = obstacle(source, need)
      if (found !== null) return found
    }
  }
  return null
}

export function isDisabled(check: Check, settings: Settings): boolean {
  return settings.checks[check.id]?.enabled === false
}

/** Any fail → fail; else any unknown → unknown; else at least one pass → pass; else not applicable. */
function overall(counts: Counts): Status {
  return counts.fail > 0 ? 'fail' : counts.unknown > 0 ? 'unknown' : counts.pass > 0 ? 'pass' : 'not_applicable'
}

function bySubject(one: Finding, other: Finding): number {
  const [a, b] = [placeOf(one), placeOf(other)]
  return byText(a.source, b.source) || byText(a.kind, b.kind) || byText(a.key, b.key)
}

interface Asked {
  readonly findings: readonly Finding[]
  readonly tally: Tally
}

/**
 * Sorted by subject, one answer a subject. A check that goes through the records of a kind in their own order is so
 * already; then no text is compared, only that each answer is of the record at its place.
 */
function inOrder(check: Check, findings: Finding[], snapshot: Snapshot): Asked {
  const records = findings.length === 0 ? [] : snapshot.of(placeOf(findings[0]!).kind as Kind)
  const { tally, inStep } = tallied(findings, records)
  for (let at = Math.max(1, inStep); at < findings.length; at++) {
    if (bySubject(findings[at - 1]!, findings[at]!) >= 0) return { findings: sorted(check, findings), tally }
  }
  return { findings, tally }
}

function sorted(check: Check, findings: Finding[]): Finding[] {
  findings.sort(bySubject)
  for (const [index, finding] of findings.entries()) {
    if (index === 0 || bySubject(findings[index - 1]!, finding) !== 0) continue
    const { source, kind, key } = placeOf(finding)
    throw new AppError('internal', `check ${check.id} answered twice for ${source}/${kind}/${key}`)
  }
  return findings
}

/** The waiver that accepts a failure on the day of the snapshot; null when none does. */
export function waiverFor(
  settings: Settings,
  check: Pick<Check, 'id' | 'ref'>,
  finding: Finding,
  day: string,
): Waiver | null {
  if (finding.status !== 'fail') return null
  const found = settings.waivers.find(
    (waiver) =>
      (waiver.check === check.id || waiver.check === check.ref) &&
      (waiver.subject === '*' || waiver.subject === finding.subject.key) &&
      waiver.created <= day &&
      day <= waiver.expires,
  )
  return found ?? null
}

function waivedIn(findings: readonly Finding[], check: Check, { settings, at }: Snapshot): number {
  if (settings.waivers.length === 0) return 0
  const day = at.slice(0, 10)
  return findings.filter((finding) => waiverFor(settings, check, finding, day) !== null).length
}

/** The commonest unknown reason; of equals the first in the order of the findings. */
function mainReason(findings: readonly Finding[]): UnknownReason | null {
  const counts = new Map<UnknownReason, number>()
  let last: UnknownReason | null = null
  let times = 0
  const add = (reason: UnknownReason | null) => {
    if (reason !== null) counts.set(reason, (counts.get(reason) ?? 0) + times)
  }
  // Neighbours mostly lack the same.
  for (const { unknownReason } of findings) {
    if (unknownReason === null) continue
    if (unknownReason === last) times++
    else {
      add(last)
      last = unknownReason
      times = 1
    }
  }
  add(last)
  let best: UnknownReason | null = null
  for (const [reason, count] of counts) if (best === null || count > counts.get(best)!) best = reason
  return best
}

function judge(check: Check, snapshot: Snapshot, system: string | null, asked: readonly Check[]): CheckResult {
  const { written, values } = parametersOf(check, snapshot.settings)
  const base = {
    check: check.id,
    version: check.version,
    ref: check.ref,
    system,
    parameters: { ...check.limits(snapshot.settings, system), ...written },
  }
  const answer = engineAnswer(check, snapshot, system)
  if (answer !== null) {
    const counts = { pass: 0, fail: 0, unknown: 0, not_applicable: 0, waived: 0 }
    return {
      ...base,
      status: answer.status,
      unknownReason: answer.reason,
      message: answer.message,
      counts,
      findings: [],
    }
  }
  const found = asking(check, () => inOrder(check, check.run(snapshot, values, asked), snapshot))
  if (typeof found === 'string') {
    const counts = { pass: 0, fail: 0, unknown: 0, not_applicable: 0, waived: 0 }
    return { ...base, status: 'unknown', unknownReason: 'no_data', message: found, counts, findings: [] }
  }
  const { findings, tally } = found
  const counts = { ...tally, waived: waivedIn(findings, check, snapshot) }
  const status = overall(counts)
  return {
    ...base,
    status,
    unknownReason: status === 'unknown' ? mainReason(findings) : null,
    message: null,
    counts,
    findings,
  }
}

/** A fault of ours stops the run; one in an operator's own check is that check's `unknown`, in words. */
function asking(check: Check, ask: () => Asked): Asked | string {
  try {
    return ask()
  } catch (error) {
    if (!check.operator) throw error
    const why = error instanceof Error ? error.message.split('\n')[0]!.slice(0, 300).toWellFormed() : String(error)
    return `Your own check ${check.ref} stopped: ${why}. Correct its file in checksFolder.`
  }
}

/** The systems that a check answers for, in order. */
export function systemsOf(check: Check, snapshot: Snapshot): readonly (string | null)[] {
  if (check.over === 'collection') return [null]
  const tailnets = snapshot.sources
    .filter((source) => source.kind === TAILNET)
    .map((source) => source.id)
    .sort(byText)
  return tailnets.length === 0 ? [null] : tailnets
}

/** Every enabled check's results, by ref, then system. One at a time, so that a caller may keep only what it needs. */
export function* evaluate(snapshot: Snapshot, checks: readonly Check[]): Generator<CheckResult> {
  const asked = askedOf(snapshot, checks)
  for (const check of asked.toSorted((a, b) => byText(a.ref, b.ref))) {
    for (const system of systemsOf(check, snapshot)) yield judgeOver(snapshot, check, system, asked)
  }
}

/** One result of `evaluate` once more, for who did not keep its findings. */
export function evaluateAgain(
  snapshot: Snapshot,
  checks: readonly Check[],
  check: Check,
  system: string | null,
): CheckResult {
  return judgeOver(snapshot, check, system, askedOf(snapshot, checks))
}

function askedOf({ settings }: Snapshot, checks: readonly Check[]): readonly Check[] {
  return checks.filter((check) => !isDisabled(check, settings))
}

function judgeOver(snapshot: Snapshot, check: Check, system: string | null, asked: readonly Check[]): CheckResult {
  const judged = usable(snapshot)
  return judge(check, system === null ? judged : narrow(judged, system), system, asked)
}

/**
 * What the next run must know. Computed from what the last run carried and this run's records; where a check's needs
 * are not met, its carried records stay as they were (design section 2, item 5).
 */
export function carryForward(snapshot: Snapshot, checks: readonly Check[]): Carried[] {
  const judged = usable(snapshot)
  const carried: Carried[] = []
  for (const check of checks) {
    if (check.carry === null) continue
    for (const system of systemsOf(check, snapshot)) {
      const view = system === null ? judged : narrow(judged, system)
      const known = view.of('carried').filter((record) => record.check === check.id)
      carried.push(
        ...(isDisabled(check, snapshot.settings) || engineAnswer(check, view, system) !== null
          ? known
          : check.carry(view)),
      )
    }
  }
  return carried.sort((a, b) => byText(a.source, b.source) || byText(a.key, b.key))
}
