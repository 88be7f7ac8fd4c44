/** A process that opens a sealed run, joins its records and asks every check, once and cold as a command does. */
import { join } from 'node:path'
import { checks } from '../../checks/index.ts'
import { evaluate } from '../../src/domain/evaluate.ts'
import { accountOfDevice, agentOf, ownerOf } from '../../src/domain/match.ts'
import type { AnyRecord } from '../../src/domain/record.ts'
import { makeSnapshot, narrow, type Snapshot, usable } from '../../src/domain/snapshot.ts'
import { openSqliteStore } from '../../src/store/sqlite.ts'
import { testLedger } from '../helpers/ledger.ts'
import { answer, task } from './processes.ts'

export interface Judge {
  /** With the database of a run. */
  readonly folder: string
  /** Null: every check. */
  readonly refs: readonly string[] | null
}

export interface Judged {
  readonly records: number
  readonly findings: number
  /** Indexing the records and every join of them, milliseconds. */
  readonly joinMs: number
  /** All checks over what is joined. */
  readonly checkMs: number
}

async function judged({ folder, refs }: Judge): Promise<Judged> {
  const store = await openSqliteStore({ path: join(folder, 'exhibit.db'), ledger: testLedger() })
  const { snapshot: sealed, run } = (await store.runAt('latest'))!
  const { sources, settings, at } = sealed
  const records: AnyRecord[] = []
  for (const { id } of sources) records.push(...(await store.recordsOf(id)))
  records.push(...(await store.carried()))
  await store.close()

  const start = performance.now()
  const snapshot = makeSnapshot({ runId: run.id, sequence: run.sequence, at, sources, settings, records })
  joinAll(snapshot)
  const joined = performance.now()
  const asked = refs === null ? checks : checks.filter(({ ref }) => refs.includes(ref))
  let findings = 0
  for (const result of evaluate(snapshot, asked)) findings += result.findings.length
  return { records: records.length, findings, joinMs: joined - start, checkMs: performance.now() - joined }
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
