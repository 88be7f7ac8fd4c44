/**
 * Makes a sealed run's verdicts again from the bytes that it rests on: pages → records → snapshot → carried records →
 * results → digests, and names whatever does not come out as it was sealed. Pure: bytes, connectors and checks arrive as
 * arguments, so that `reperform` can do it over the store and `verify` over a packet.
 */
import { setImmediate } from 'node:timers/promises'
import type { Check } from '../domain/check.ts'
import { digestsOver } from '../domain/digests.ts'
import { AppError } from '../domain/error.ts'
import { carryForward, evaluate } from '../domain/evaluate.ts'
import { checkSet } from '../domain/evidence.ts'
import { type AnyRecord, type Carried, isOurs } from '../domain/record.ts'
import type {
  Difference,
  NotRerun,
  Rederived,
  ResultInputs,
  RunInputs,
  SealedDetail,
  SourceInputs,
  SourceOrigin,
} from '../domain/reperform.ts'
import type { CheckResult } from '../domain/result.ts'
import { makeSnapshot, recarried, type Snapshot } from '../domain/snapshot.ts'
import { canonicalJson } from '../lib/canonical-json.ts'
import { sha256 } from '../lib/digest.ts'
import { atOnce } from '../lib/steps.ts'
import { type JudgingChecks, judgingChecks } from './check-versions.ts'
import { type Reader, recordsFromPages } from './derived-records.ts'
import { findingDifferences, recordDifferences, resultDifferences, stateDifferences } from './differences.ts'
import { inputFaults } from './input-faults.ts'

const { snapshotDigestOf, findingsDigest, resultsDigest } = digestsOver({ canonical: canonicalJson, sha256 })

export interface RederiveParts {
  /** The bytes of a page, by digest; null where they are no longer kept. They are digested here again. */
  pages(sha256: string, source: string): Promise<Uint8Array | null>
  readonly connectors: readonly Reader[]
  /** Today's and former versions; the operator's own only where their sealed source text is what was loaded. */
  readonly checks: readonly Check[]
  readonly detail: SealedDetail | null
  /** Each result that was made again, with its findings; those of checks that are not at hand are left out. */
  each?(result: CheckResult, check: Check, snapshot: Snapshot): void
}

export async function rederive(inputs: RunInputs, parts: RederiveParts): Promise<Rederived> {
  const { run, settings } = inputs
  const differences: Difference[] = []
  const incomplete: string[] = []
  const settingsDigest = sha256(canonicalJson(settings))
  const judging = judgingChecks(inputs, parts.checks)
  const checkSetDigest = sha256(canonicalJson(checkSet(judging.refs)))
  const setIsKnown = inputs.checks !== null || checkSetDigest === run.checkSetDigest
  if (!setIsKnown) {
    incomplete.push('the set of checks of this run was not kept, and cannot be told from its results')
  }
  if (inputs.carriedBefore === null) {
    incomplete.push('what the run before had left is no longer kept: what was carried is taken as sealed')
  }
  const digests: Rederived['digests'] = {
    settings: { sealed: run.settingsDigest, derived: settingsDigest },
    checkSet: {
      sealed: run.checkSetDigest,
      derived: setIsKnown ? checkSetDigest : null,
    },
    snapshot: { sealed: run.snapshotDigest, derived: null },
    results: { sealed: run.resultsDigest, derived: null },
  }

  differences.push(...sealedResultsDifference(inputs))
  const faults = inputFaults(inputs, parts.connectors)
  // Nothing is judged by what is not what it is said to be.
  if (faults.length > 0) {
    const none = { run, sources: [], notRerun: judging.notRerun, incomplete, digests }
    return { ...none, differences: [...digestDifferences(digests), ...differences, ...faults] }
  }

  const sources: SourceOrigin[] = []
  const records: AnyRecord[] = []
  for (const source of inputs.pulls) {
    const { origin, found } = await sourceAgain(source, inputs, parts, differences, incomplete)
    sources.push(origin)
    for (const record of found) records.push(record)
  }
  const outcome = { run, sources, notRerun: judging.notRerun, incomplete }
  if (sources.some(({ from }) => from === 'nothing')) {
    return { ...outcome, digests, differences: [...digestDifferences(digests), ...differences] }
  }

  const judged = await judge(inputs, records, judging, parts)
  const all = [...records, ...judged.carried, ...inputs.house]
  differences.push(
    ...(parts.detail?.records == null ? [] : recordDifferences('record', sealedRecords(parts.detail.records), records)),
    ...recordDifferences('carried', inputs.carried, judged.carried),
    ...judged.differences,
  )
  const whole: Rederived['digests'] = {
    ...digests,
    snapshot: { sealed: run.snapshotDigest, derived: snapshotDigestOf(all, settingsDigest, inputs.sources) },
    results: { sealed: run.resultsDigest, derived: resultsDigest(judged.results) },
  }
  return {
    ...outcome,
    notRerun: judged.notRerun,
    digests: whole,
    differences: [...digestDifferences(whole), ...differences],
  }
}

function digestDifferences(digests: Rederived['digests']): Difference[] {
  return Object.entries(digests)
    .filter(([, { sealed, derived }]) => derived !== null && sealed !== derived)
    .map(([subject, { sealed, derived }]) => ({ at: 'digest', subject, field: null, sealed, derived }))
}

/** They stand in for what cannot be judged again, and so they must be those of the leaf whatever else comes out. */
function sealedResultsDifference({ run, results }: RunInputs): Difference[] {
  const derived = resultsDigest(results)
  if (derived === run.resultsDigest) return []
  return [{ at: 'digest', subject: 'sealed results', field: null, sealed: run.resultsDigest, derived }]
}

/** What stands beside the sources is compared by itself, or is an input. */
function sealedRecords(records: readonly AnyRecord[]): AnyRecord[] {
  return records.filter(({ kind }) => !isOurs(kind))
}

async function sourceAgain(
  source: SourceInputs,
  { settings, sources }: RunInputs,
  parts: RederiveParts,
  differences: Difference[],
  incomplete: string[],
): Promise<{ origin: SourceOrigin; found: readonly AnyRecord[] }> {
  const stored = (gone: SourceOrigin['gone']): { origin: SourceOrigin; found: readonly AnyRecord[] } => ({
    origin: { source: source.source, from: source.records === null ? 'nothing' : 'records', gone },
    found: source.records ?? [],
  })
  const reader = parts.connectors.find(({ id }) => id === source.kind)
  if (reader === undefined) {
    incomplete.push(`${source.source}: this release has no connector "${source.kind}"`)
    return stored([])
  }
  const bytes = async ({ sha256: digest }: { sha256: string }): Promise<Uint8Array | null> => {
    const body = await parts.pages(digest, source.source)
    if (body !== null && sha256(body) !== digest)
      throw new AppError('storage', `its bytes have the digest ${sha256(body)}`)
    return body
  }
  const derived = await recordsFromPages(source, reader, settings.organization.timeZone, bytes)
  differences.push(...derived.differences)
  const [lost] = source.lost
  if (lost !== undefined) incomplete.push(`${source.source}: what was read at ${lost} is no longer kept`)
  if (derived.records === null) return stored(derived.gone)
  const state = sources.find(({ id }) => id === source.source)
  if (state !== undefined && source.pull !== null) {
    const { blind, records } = derived
    const collectedAt = fileDate(source) ?? source.pull.collectedAt
    differences.push(...stateDifferences(state, { blind, records: countsOf(records), collectedAt }))
  }
  return { origin: { source: source.source, from: 'bytes', gone: [] }, found: derived.records }
}

/** A file is as old as its last change (pull.ts), unless that lies ahead of the clock that read it. */
function fileDate({ pages }: SourceInputs): string | null {
  const page = pages.findLast(({ headers }) => headers['modified-at'] !== undefined)
  const modifiedAt = page?.headers['modified-at'] ?? null
  return page !== undefined && modifiedAt !== null && modifiedAt < page.fetchedAt ? modifiedAt : null
}

function countsOf(records: readonly AnyRecord[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { kind } of records) counts[kind] = (counts[kind] ?? 0) + 1
  return counts
}

interface Judged {
  readonly carried: readonly Carried[]
  readonly results: readonly ResultInputs[]
  readonly notRerun: readonly NotRerun[]
  readonly differences: readonly Difference[]
}

/** As a run judges; where a check is not at hand, what was sealed of it stands in. */
async function judge(
  inputs: RunInputs,
  records: readonly AnyRecord[],
  { checks, missing, wasAsked, notRerun }: JudgingChecks,
  parts: RederiveParts,
): Promise<Judged> {
  const before = makeSnapshot({
    runId: '',
    sequence: inputs.run.sequence,
    at: inputs.run.snapshotAt,
    sources: inputs.sources,
    settings: inputs.settings,
    records: [...records, ...(inputs.carriedBefore ?? []), ...inputs.house],
  })
  const carried =
    inputs.carriedBefore === null
      ? inputs.carried
      : [...carryForward(before, checks), ...inputs.carried.filter(({ check }) => missing.has(check))]
  const snapshot = recarried(before, carried)
  const sealed = new Map(inputs.results.map((result) => [resultKey(result), result]))
  const open = new Map((parts.detail?.results ?? []).map((result) => [resultKey(result), result.open]))
  const results: ResultInputs[] = inputs.results.filter(({ check }) => missing.has(check))
  const skipped: NotRerun[] = [...notRerun]
  const differences: Difference[] = []
  wasAsked()
  for (const result of evaluate(snapshot, checks)) {
    const restsOnMissing = wasAsked()
    if (missing.has(result.check)) continue
    const key = resultKey(result)
    const known = sealed.get(key) ?? null
    sealed.delete(key)
    const { findings: _, ...rest } = result
    const made: ResultInputs = { ...rest, digest: atOnce(findingsDigest(result)) }
    if (restsOnMissing && known !== null && known.digest !== made.digest) {
      skipped.push({ ref: result.ref, id: result.check, version: result.version, because: 'rests' })
      results.push(known)
      continue
    }
    results.push(made)
    differences.push(...resultDifferences(known, made))
    const findings = open.get(key)
    if (findings !== undefined && known !== null) {
      differences.push(...findingDifferences(result, findings, parts.detail!.asFirstSeen))
    }
    parts.each?.(result, checks.find(({ id }) => id === result.check)!, snapshot)
    // All checks over 20,000 devices take seconds, and others wait for their turn.
    await setImmediate()
  }
  for (const result of sealed.values()) {
    if (!missing.has(result.check)) differences.push(...resultDifferences(result, null))
  }
  return { carried, results, notRerun: skipped, differences }
}

function resultKey({ check, system }: Pick<ResultInputs, 'check' | 'system'>): string {
  return `${check}\0${system ?? ''}`
}
