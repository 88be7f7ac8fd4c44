/**
 * Runs with a fault switched on, and what must hold of every one of them (P1): no check that rests on the source passes,
 * each says why, no record moved, everything else is judged as before, nobody else was called.
 */
import { checks } from '../../checks/index.ts'
import type { Check } from '../../src/domain/check.ts'
import { PULL_ERROR_CODES } from '../../src/domain/error.ts'
import type { AnyRecord } from '../../src/domain/record.ts'
import type { Report, ReportResult } from '../../src/domain/report.ts'
import type { Blindness, SourceState } from '../../src/domain/snapshot.ts'
import type { RunOutcome } from '../../src/pipeline.ts'
import type { Fault } from '../../src/simulators/faults.ts'
import { type TestInstallation, testClock, testInstallation } from './installation.ts'
import { needsOn } from './needs.ts'

export const SOURCE_OF: Readonly<Record<string, string>> = {
  tailscale: 'tailnet',
  sentinelone: 'edr',
  crowdstrike: 'falcon',
  kandji: 'mdm',
}

/** The needs of a check that rest on the source. */
function needsOf(check: Check, report: Report, source: Pick<SourceState, 'id'>) {
  return needsOn(check, report.snapshot!, source.id)
}

/** Checks over our own collection that say nothing of the newest attempt: the age of the last reading, the stored bytes. */
const NOT_OF_THE_ATTEMPT = ['COL-02', 'COL-05']

/** Which verdict a broken source gives (design section 4). */
export function reasonOf(source: SourceState): string {
  if (source.status === 'held') return 'partial_population'
  return source.error?.code === 'auth_failed' || source.error?.code === 'forbidden' ? 'auth_error' : 'source_error'
}

export interface Baseline {
  readonly report: Report
  readonly records: Readonly<Record<string, string>>
}

export interface Lane {
  readonly installation: TestInstallation
  baseline: Baseline
  /** The source that the last run left unread; null where all is well. */
  broken: string | null
}

export async function openLane(): Promise<Lane & { close(): Promise<void> }> {
  const installation = await testInstallation({
    clock: testClock(undefined, 0.0002),
    checks,
    limits: { requestMs: 1_000, pullMs: 1_200_000 },
  })
  return { installation, baseline: await healthy(installation, null), broken: null, close: () => installation.close() }
}

async function healthy(installation: TestInstallation, sources: readonly string[] | null): Promise<Baseline> {
  for (const server of Object.values(installation.vendors.servers)) server.faults.clear()
  await installation.sync({ sources })
  return { report: await installation.report(), records: await recordsOf(installation) }
}

/** The vendor's log apart: each reading of it is of another hour, and in it is that we read. */
const LOG = ' log'

async function recordsOf({ config, store }: TestInstallation): Promise<Record<string, string>> {
  const found: Record<string, string> = {}
  for (const { id } of config.sources) {
    const records = await store.recordsOf(id)
    const ofLog = ({ kind }: AnyRecord): boolean => kind === 'audit' || kind === 'auditlog'
    found[id] = JSON.stringify(records.filter((record) => !ofLog(record)))
    found[`${id}${LOG}`] = JSON.stringify(records.filter(ofLog))
  }
  return found
}

export interface FaultRun {
  readonly vendor: string
  readonly faults: readonly Fault[]
}

export interface FaultResult {
  readonly status: SourceState['status']
  readonly blind: readonly Blindness[]
  readonly code: string | null
  readonly struck: number
  readonly report: Report
  /** What does not hold; empty where all is well. */
  readonly violations: readonly string[]
}

/** One run of the source with the faults on, judged; leaves the lane healthy. */
export async function runWithFaults(lane: Lane, { vendor, faults }: FaultRun): Promise<FaultResult> {
  const { installation } = lane
  const server = installation.vendors.servers[vendor]!
  const source = SOURCE_OF[vendor]!
  if (lane.broken !== null && lane.broken !== source) await heal(lane, [lane.broken])
  const { baseline } = lane
  for (const fault of faults) server.faults.add(fault)
  const from = performance.now()
  const outcome = await installation.sync({ sources: [source] })
  const tookMs = performance.now() - from
  const { struck } = server.faults
  server.faults.clear()
  const report = await installation.report()
  const state = report.sources.find(({ id }) => id === source)!
  const violations = [
    ...hostViolations(outcome, server.url.host),
    ...(tookMs > 15_000 ? [`took ${Math.round(tookMs)} ms`] : []),
    ...installation.internal
      .splice(0)
      .map((error) => `internal error: ${error instanceof Error ? error.stack : error}`),
    ...(state.status === 'complete'
      ? completeViolations(report, state, baseline)
      : brokenViolations(report, state, baseline)),
  ]
  const records = await recordsOf(installation)
  const moved = Object.keys(baseline.records).filter((id) => records[id] !== baseline.records[id])
  if (state.status !== 'complete') violations.push(...moved.map((id) => `records of ${id} moved`))
  // What was accepted has changed records, and waits have moved the clock: back to where all is well.
  lane.broken = state.status === 'complete' ? null : source
  const changed = moved.some((id) => !id.endsWith(LOG)) || state.blind.length > 0
  const old = ageMinutes(installation, baseline) > 10
  if (old || (state.status === 'complete' && changed)) {
    await heal(lane, old ? null : [source])
    violations.push(...changes(lane.baseline.report, baseline.report, () => true).map((text) => `afterwards ${text}`))
  } else if (state.status === 'complete') lane.baseline = { report, records }
  return { status: state.status, blind: state.blind, code: state.error?.code ?? null, struck, report, violations }
}

async function heal(lane: Lane, sources: readonly string[] | null): Promise<void> {
  lane.baseline = await healthy(lane.installation, sources)
  lane.broken = null
}

function ageMinutes({ clock }: TestInstallation, { report }: Baseline): number {
  return (clock.wall() - Date.parse(report.evaluatedAt)) / 60_000
}

function hostViolations({ pulls }: RunOutcome, host: string): string[] {
  return pulls.flatMap((pull) =>
    pull.requests.filter((note) => note.host !== host).map((note) => `called ${note.host} beside ${host}`),
  )
}

/** A source that gave nothing usable. */
function brokenViolations(report: Report, state: SourceState, baseline: Baseline): string[] {
  const wrong: string[] = []
  const error = state.error
  if (error === null || !PULL_ERROR_CODES.includes(error.code) || error.message.length < 20)
    wrong.push(`says of itself: ${JSON.stringify(error)}`)
  const before = baseline.report.sources.find(({ id }) => id === state.id)!
  if (state.collectedAt !== before.collectedAt) wrong.push('the age of the last good reading moved')
  for (const result of report.results) {
    const { ref, over } = result.check
    if (over === 'collection') {
      const own = [...result.findings()].find((finding) => finding.subject.key === state.id)
      if (own?.status === 'pass' && !NOT_OF_THE_ATTEMPT.includes(ref)) wrong.push(`FALSE PASS ${ref} for ${state.id}`)
    } else if (needsOf(result.check, report, state).length > 0) {
      if (result.status === 'pass') wrong.push(`FALSE PASS ${ref}`)
      const said = `${result.status}/${result.unknownReason}`
      if (said !== `unknown/${reasonOf(state)}`) wrong.push(`${ref} says ${said}, not ${reasonOf(state)}`)
      if (result.message?.startsWith(`${state.id}: `) !== true) wrong.push(`${ref} gives no cause: ${result.message}`)
    }
  }
  const apart = (result: ReportResult): boolean =>
    result.check.over === 'tailnet' && needsOf(result.check, report, state).length === 0
  // A device that this vendor does not know is another vendor's, or nobody's: that cannot be told while one is silent.
  const ofVendor = (result: ReportResult): boolean => apart(result) && result.check.vendor !== null
  return [
    ...wrong,
    ...changes(report, baseline.report, (result) => apart(result) && !ofVendor(result)),
    ...betterments(report, baseline.report, ofVendor),
  ]
}

/** A source that was read: nothing passes that could not be seen, and what could be seen reads as before. */
function completeViolations(report: Report, state: SourceState, baseline: Baseline): string[] {
  const wrong: string[] = []
  const hidden = (result: ReportResult): boolean =>
    needsOf(result.check, report, state).some((need) => state.blind.some(({ kind }) => kind === need.kind))
  for (const result of report.results) {
    const full = needsOf(result.check, report, state).some((need) =>
      state.blind.some(({ kind, fields }) => kind === need.kind && fields === null),
    )
    if (full && `${result.status}/${result.unknownReason}` !== 'unknown/not_visible')
      wrong.push(`${result.check.ref} rests on what is hidden and says ${result.status}/${result.unknownReason}`)
  }
  // Not the checks over our own collection: they tell of the blindness.
  const seen = (result: ReportResult): boolean =>
    !hidden(result) && (result.check.over === 'tailnet' || state.blind.length === 0)
  return [...wrong, ...betterments(report, baseline.report, seen)]
}

/** What a fault made look better: it may cost a verdict or take a subject out of one, never turn one to the good. */
function betterments(report: Report, baseline: Report, which: (result: ReportResult) => boolean): string[] {
  return changes(report, baseline, (result) => {
    if (!which(result) || result.status === 'unknown' || result.status === 'fail') return false
    const before = baseline.results.find(({ check }) => check === result.check)!
    const wasGood = before.status === 'pass' || before.status === 'not_applicable'
    return !wasGood || result.counts.pass > before.counts.pass
  })
}

function changes(report: Report, baseline: Report, which: (result: ReportResult) => boolean): string[] {
  return report.results.filter(which).flatMap((result) => {
    const before = baseline.results.find(({ check }) => check === result.check)!
    const now = JSON.stringify([
      result.status,
      result.unknownReason,
      result.check.ref === 'COL-05' ? null : result.counts,
    ])
    const then = JSON.stringify([
      before.status,
      before.unknownReason,
      result.check.ref === 'COL-05' ? null : before.counts,
    ])
    return now === then ? [] : [`${result.check.ref} changed from ${then} to ${now}`]
  })
}

/** Works off jobs over several lanes at once. */
export async function inLanes<Job, L>(
  lanes: readonly L[],
  jobs: readonly Job[],
  work: (lane: L, job: Job) => Promise<void>,
) {
  const queue = jobs.values()
  await Promise.all(
    lanes.map(async (lane) => {
      for (const job of queue) await work(lane, job)
    }),
  )
}
