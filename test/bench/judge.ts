/**
 * A process that opens a sealed run, joins its records and asks every check: the first time as a command does, with
 * nothing compiled, then again and again as a service does at each of its runs.
 */
import { join } from 'node:path'
import { checks } from '../../checks/index.ts'
import type { Check } from '../../src/domain/check.ts'
import { evaluate } from '../../src/domain/evaluate.ts'
import { accountOfDevice, agentOf, ownerOf } from '../../src/domain/match.ts'
import type { AnyRecord } from '../../src/domain/record.ts'
import { makeSnapshot, narrow, type Snapshot, type SnapshotParts, usable } from '../../src/domain/snapshot.ts'
import { openSqliteStore } from '../../src/store/sqlite.ts'
import { testLedger } from '../helpers/ledger.ts'
import { SERVICE_ROUNDS } from './bars.ts'
import { answer, task } from './processes.ts'

export interface Judge {
  /** With the database of a run. */
  readonly folder: string
  /** Null: every check. */
  readonly refs: readonly string[] | null
}

export interface JudgeTimes {
  /** Indexing the records and every join of them, milliseconds. */
  readonly joinMs: number
  /** All checks over what is joined. */
  readonly checkMs: number
}

export interface Judged {
  readonly records: number
  readonly findings: number
  readonly first: JudgeTimes
  /** Each with a snapshot of its own, nothing kept from the one before. */
  readonly further: readonly JudgeTimes[]
}

async function judged({ folder, refs }: Judge): Promise<Judged> {
  const store = await openSqliteStore({ path: join(folder, 'exhibit.db'), ledger: testLedger() })
  const { snapshot: sealed, run } = (await store.runAt('latest'))!
  const { sources, settings, at } = sealed
  const records: AnyRecord[] = []
  for (const { id } of sources) records.push(...(await store.recordsOf(id)))
  records.push(...(await store.carried()))
  await store.close()

  const parts = { runId: run.id, sequence: run.sequence, at, sources, settings, records }
  const asked = refs === null ? checks : checks.filter(({ ref }) => refs.includes(ref))
  const first = judgedOnce(parts, asked)
  const further = Array.from({ length: SERVICE_ROUNDS }, () => judgedOnce(parts, asked).times)
  return { records: records.length, findings: first.findings, first: first.times, further }
}

function judgedOnce(parts: SnapshotParts, asked: readonly Check[]): { findings: number; times: JudgeTimes } {
  const start = performance.now()
  const snapshot = makeSnapshot(parts)
  joinAll(snapshot)
  const joined = performance.now()
  let findings = 0
  for (const result of evaluate(snapshot, asked)) findings += result.findings.length
  return { findings, times: { joinMs: joined - start, checkMs: performance.now() - joined } }
}

/** Accounts to people, devices to accounts, devices to the agents of each vendor: what the checks then find done. */
function joinAll(snapshot: Snapshot): void {
  for (const { id, kind } of snapshot.sources) {
    if (kind !== 'tailscale') continue
    const tailnet = narrow(usable(snapshot), id)
    for (const account of tailnet.of('account')) ownerOf(tailnet, account)
    for (const device of tailnet.of('device')) {
      accountOfDevice(tailnet, device)
      for (const vendor of ['sentinelone', 'crowdstrike', 'kandji'] as const) agentOf(tailnet, device, vendor)
    }
  }
}

answer(await judged(await task<Judge>()))
