/** Evidence that leaves an installation: packets, how a report's run stands in the ledger, and the leaf that tells of each. */
import type { Config } from './config.ts'
import type { Check } from './domain/check.ts'
import { AppError } from './domain/error.ts'
import type { JsonObject } from './domain/json.ts'
import type { Checkpoint, Stamp } from './domain/ledger.ts'
import type { NewEvent } from './domain/outbox.ts'
import type { Output } from './domain/output.ts'
import type { Report } from './domain/report.ts'
import type { Told } from './domain/run-events.ts'
import type { ExportAct, PeriodEvidence, Sealing } from './domain/sealing.ts'
import type { Leaf, RunSummary, Store } from './domain/store.ts'
import type { Instant } from './domain/time.ts'
import type { KeyRing } from './ledger/keys.ts'
import { type Packet, type PacketParts, type PacketRequest, packet } from './packet/build.ts'
import { periodEvidence, runsUpTo } from './packet/period.ts'
import { reportAt } from './report.ts'
import { followUps } from './reviewing/follow-ups.ts'
import { readReviews } from './reviews.ts'
import { addressed } from './telling.ts'

export interface HandOutCore {
  readonly config: Pick<Config, 'settings' | 'sources' | 'origin' | 'webhooks'>
  readonly store: Store
  readonly checks: readonly Check[]
  readonly software: string
  now(): Instant
  publish(checkpoint: Checkpoint): Promise<void>
}

export interface HandOutParts extends Pick<PacketParts, 'connectors' | 'render'> {
  readonly keys: KeyRing
  readonly signal: AbortSignal
}

/** The report of a period: the state at its last run, and what the period adds to it. */
export interface PeriodReport {
  readonly report: Report
  readonly period: PeriodEvidence
}

export interface HandOuts {
  /** Throws AppError `usage` where the period has no run. */
  periodReport(period: { from: Instant; to: Instant }): Promise<PeriodReport>
  /** In one of the formats; of a period, for which the format has words, also with what stood in it and was closed. */
  rendered(output: Output, report: Report, period: PeriodEvidence | null): Promise<Iterable<string>>
  packet(request: PacketRequest): Promise<Packet>
  /** Null before the first run. */
  sealing(run: RunSummary | null): Promise<Sealing | null>
  /** Seals in the ledger that evidence was handed out. */
  exported(act: ExportAct): Promise<void>
}

export function handOuts(core: HandOutCore, { keys, signal, connectors, render }: HandOutParts): HandOuts {
  const { config, store, checks, software, now } = core
  const report = (at: Instant): Promise<Report> => reportAt(at, at, { config, checks, store, software, thrifty: true })
  const writing = async <T>(work: () => Promise<T>): Promise<T> => {
    const release = await store.lock(signal)
    try {
      return await work()
    } finally {
      await release()
    }
  }
  const append = (
    leaves: readonly { kind: string; body: JsonObject }[],
    events?: readonly NewEvent[],
  ): Promise<Checkpoint> => writing(() => store.append(leaves, now(), events))
  /** Before the packet is written: what it rests on stays for as long as anything does. */
  const keepPages = (runs: readonly string[]): Promise<void> =>
    writing(async () => {
      for (const run of runs) await store.keepPagesOf(run)
    })
  /** Which pulls lie around what happened is known when they were looked up. */
  async function* thenKept({ bytes, restsOn }: Packet): AsyncGenerator<Uint8Array> {
    yield* bytes
    await keepPages(restsOn())
  }
  return {
    async periodReport(period) {
      const { last } = await runsUpTo(period, store, 'report')
      const made = await report(last.snapshotAt)
      return { report: made, period: await periodEvidence(period, { store, checks, last, report: made, now: now() }) }
    },
    async rendered(output, report, period) {
      if (period === null || report.run === null) return output.render(report)
      return output.period!(report, period, await store.findings('all', report.run.sequence))
    },
    async packet(request) {
      if ((await store.runs(1)).length > 0) {
        // A key that the ledger does not know yet is brought in first: what it signs must be told from somebody else's.
        await append([])
      }
      const followed = async (until: Instant) => followUps(await readReviews(store), store, until)
      const parts = { store, checks, connectors, report, followUps: followed, render, software }
      const made = await packet(request, { ...parts, key: keys.current(), now: now() })
      await keepPages(made.runs)
      return { ...made, bytes: thenKept(made) }
    },
    sealing: (run) => (run === null ? Promise.resolve(null) : sealingOf(run, store)),
    async exported(act) {
      const at = now()
      const events = act.what === 'packet' ? packetReady(act, at, config) : []
      await core.publish(await append([{ kind: 'export', body: { type: 'export', at, ...act } }], events))
    },
  }
}

function packetReady({ run, digest, period }: ExportAct, at: Instant, config: HandOutCore['config']): NewEvent[] {
  const told: Told<'packet.ready'> = {
    type: 'packet.ready',
    data: { digest, from: period?.from ?? null, to: period?.to ?? null },
    page: '/exports',
    api: '/api/v1/jobs',
  }
  return addressed([told as Told], config, { at, run, id: `packet\0${digest}\0${at}` })
}

async function sealingOf(run: RunSummary, store: Store): Promise<Sealing> {
  const { index: leaf, body } = await leafOf(run, store)
  const { nonce = null } = JSON.parse(body) as { nonce?: string }
  // The run's own leaf is the last one that its seal's checkpoint covers.
  const checkpoint = await store.checkpoint(leaf + 1)
  if (checkpoint === null) throw gone(run, 'checkpoint')
  const key = (await store.leavesOf('key')).findLast(({ index }) => index <= leaf)
  if (key === undefined) throw gone(run, 'key')
  const stamps = (await store.stamps(0)).map(({ reply: _, ...stamp }) => stamp)
  const stamp = stamps.find(({ size }) => size > leaf) ?? null
  const { fingerprint } = JSON.parse(key.body) as { fingerprint: string }
  return { run, leaf, checkpoint, fingerprint, stamp, stampBefore: stamp === null ? newest(stamps) : null, nonce }
}

function newest<T extends Pick<Stamp, 'size'>>(stamps: readonly T[]): T | null {
  return stamps.at(-1) ?? null
}

async function leafOf(run: RunSummary, store: Pick<Store, 'leaves'>): Promise<Leaf> {
  for await (const leaf of store.leaves(run.sequence - 1)) if (leaf.hash === run.leaf) return leaf
  throw gone(run, 'leaf')
}

function gone(run: RunSummary, what: string): AppError {
  return new AppError(
    'storage',
    `ledger: the ${what} of the run ${run.id} is gone; the database was changed from outside`,
  )
}
