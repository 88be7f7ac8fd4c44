/**
 * `exhibit verify`: everything in a packet that can be made again is made again, without database, network or
 * configuration, and without running anything that the packet holds. What is broken first is named; nothing behind it is
 * believed.
 */
import type { Check } from '../domain/check.ts'
import type { Connector } from '../domain/connector.ts'
import { isNonce } from '../domain/nonce.ts'
import { inputsPath, PACKET, type PackedDay, type PacketSummary, rawPath } from '../domain/packet.ts'
import type { AnyRecord, Kind } from '../domain/record.ts'
import type { NotRerun } from '../domain/reperform.ts'
import type { ReportResult } from '../domain/report.ts'
import type { BrokenThing, Challenge, PacketTrust, Step, Verification, VerifiedStamp } from '../domain/verification.ts'
import { counted } from '../domain/words.ts'
import { type ArchiveBytes, ArchiveRefused } from '../lib/unzip.ts'
import { Broken, broken, lineOf, REWRITTEN } from './broken.ts'
import { challenge } from './challenge/index.ts'
import { requireDays } from './verify-days.ts'
import { openPacket, type PacketFiles } from './verify-files.ts'
import { type PackedLedger, readLedger, runsOf } from './verify-ledger.ts'
import { type Renderers, resultsWitness } from './verify-results.ts'
import {
  compared,
  requireOwner,
  requirePages,
  requireSummary,
  unfinished,
  untied,
  type VerifiedRun,
  verifiedRun,
} from './verify-runs.ts'
import { verifiedStamps } from './verify-stamps.ts'
import { requireTables } from './verify-tables.ts'
import { trusted } from './verify-trust.ts'

export interface VerifyParts {
  /** Of this program. */
  readonly software: string
  readonly connectors: readonly Pick<Connector, 'id' | 'read' | 'rolling' | 'withheld'>[]
  /** Today's versions. */
  readonly checks: readonly Check[]
  /** Earlier ones too. */
  readonly everyCheck: readonly Check[]
  readonly render: Renderers
  /** Whether what passed in the last run is to be turned, and what of it: a check, a subject, or null for all. */
  readonly challenge?: { readonly only: string | null } | null
  /** What is being done, for whoever waits. */
  progress?(what: string): void
}

/** Never throws for what a packet may hold; AppError `usage` where nothing is called what was to be challenged. */
export async function verifyPacket(bytes: ArchiveBytes, trust: PacketTrust, parts: VerifyParts): Promise<Verification> {
  const seen = new Seen(parts.progress)
  let ground: LastRun | null = null
  try {
    ground = await verifyAll(bytes, trust, parts, seen)
  } catch (error) {
    seen.fail(thingOf(error))
  }
  const verification = seen.verification()
  if (parts.challenge == null || ground === null) return verification
  return { ...verification, challenge: await challenged(ground, parts.challenge.only, parts) }
}

/** What the challenge changes copies of, once it is known to be what was sealed. */
interface LastRun {
  readonly files: PacketFiles
  readonly inputs: VerifiedRun['inputs']
}

async function challenged({ files, inputs }: LastRun, only: string | null, parts: VerifyParts): Promise<Challenge> {
  return challenge(inputs, only, {
    pages: async (digest, source) => {
      const path = rawPath(source, digest)
      return files.has(path) ? files.bytes(path) : null
    },
    connectors: parts.connectors,
    checks: parts.everyCheck,
    progress: (what) => parts.progress?.(`that ${what} can fail`),
  })
}

class Seen {
  readonly steps: Step[] = []
  readonly incomplete: string[] = []
  readonly notRerun: (NotRerun & { run: number })[] = []
  readonly #progress: ((what: string) => void) | undefined
  summary: PacketSummary | null = null
  trusted: Verification['trusted'] = null
  stamps: readonly VerifiedStamp[] = []
  readonly unread: string[] = []
  #at = 'archive'
  #broken: BrokenThing | null = null
  constructor(progress: ((what: string) => void) | undefined) {
    this.#progress = progress
  }

  begin(step: string): void {
    this.#at = step
    this.#progress?.(step)
  }

  hold(says: string): void {
    this.steps.push({ step: this.#at, holds: true, says })
  }

  fail(thing: BrokenThing): void {
    this.#broken = thing
    this.steps.push({ step: this.#at, holds: false, says: lineOf(thing) })
  }

  verification(): Verification {
    const { summary } = this
    return {
      verdict: this.#broken !== null ? 'broken' : this.incomplete.length > 0 ? 'incomplete' : 'verified',
      packet: summary === null ? null : headOf(summary),
      trusted: this.trusted,
      steps: this.steps,
      broken: this.#broken,
      incomplete: this.incomplete,
      notRerun: this.notRerun,
      stamps: this.stamps,
      unread: this.unread,
      challenge: null,
    }
  }
}

function headOf({ organization, demo, period, software, checkpoint, fingerprint }: PacketSummary) {
  return { organization, demo, period, software, checkpoint, fingerprint }
}

/** Whatever is thrown while a stranger's file is read is the file's doing; our own message would name our own code. */
function thingOf(error: unknown): BrokenThing {
  if (error instanceof Broken) return error.thing
  const [what, means] =
    error instanceof ArchiveRefused
      ? [error.message, 'it is no packet that Exhibit wrote, and nothing of it was unpacked']
      : [
          `a file in it does not have the shape it should (${String((error as Error).message).split('\n')[0]})`,
          'it is not what Exhibit wrote',
        ]
  return { where: 'the packet', what, expected: null, found: null, means }
}

async function verifyAll(
  bytes: ArchiveBytes,
  trust: PacketTrust,
  parts: VerifyParts,
  seen: Seen,
): Promise<LastRun | null> {
  seen.begin('files')
  const files = await openPacket(bytes)
  seen.hold(
    `${PACKET.manifest} lists each of the ${files.paths.length} files and nothing else, every digest holds, and both signatures over it, by the key ${files.key.fingerprint}`,
  )
  const summary = await summaryOf(files, seen)
  if (summary === null) return null

  seen.begin('ledger')
  const ledger = await readLedger(files, summary)
  requireSummary(summary, ledger)
  seen.hold(
    `${ledger.leaves.length} leaves have the root that the checkpoint of ${ledger.keys[0]!.origin} signs; ${ledger.notes.length} checkpoints of the period agree with them`,
  )

  requireNonces(ledger, seen)

  seen.begin('key')
  const trusts = trusted(trust, files.key, ledger, summary)
  seen.trusted = trusts.by
  seen.hold(trusts.says)
  if (trusts.unproven !== null) seen.incomplete.push(trusts.unproven)

  seen.begin('days')
  const days = await requireDays(files, summary, ledger)
  seen.hold(`${counted(days.length, 'day')}: what each check came to at its end has the digest in the leaf of that run`)

  const { runs, records, results } = await verifyRuns({ files, summary, ledger, days }, parts, seen)
  seen.begin('time')
  seen.stamps = await verifiedStamps(files, ledger)
  seen.hold(
    seen.stamps.length === 0
      ? 'not anchored: no outside authority stamped a checkpoint of the period'
      : `${seen.stamps.length} stamps of outside authorities are over checkpoints of this ledger; the commands below show whose they are`,
  )

  seen.begin('tables')
  const sameRelease = summary.software === parts.software ? parts.checks : null
  const rules = { connectors: parts.connectors, checks: parts.everyCheck }
  const { unlike, events } = await requireTables({
    files,
    summary,
    ledger,
    runs,
    days,
    records,
    results,
    rules,
    sameRelease,
  })
  seen.hold(
    'tests, requests, populations, configuration, audit log, waivers, attestations and reviews follow from the ledger and the runs; the period agrees with them; the report carries the digest of the manifest',
  )

  seen.begin('pages')
  requirePages(files, summary, runs, events.brought)
  const answers = files.paths.filter((path) => path.startsWith('raw/')).length
  seen.hold(
    `${answers} answers as received, ${events.brought.size} of them beside what happened in the period; ${summary.missing.length} that the packet does not hold are named`,
  )
  seen.unread.push(...files.paths.filter((path) => !files.read.has(path)), ...unlike, ...untied(runs))
  const last = runs.find(({ packed }) => packed.run === summary.last)
  return last === undefined ? null : { files, inputs: last.inputs }
}

/** What an auditor gave before a run began stands in its leaf: whoever gave it knows that the run was not there before. */
function requireNonces(ledger: PackedLedger, seen: Seen): void {
  const given = runsOf(ledger).filter(({ run }) => run.nonce !== undefined)
  if (given.length === 0) return
  seen.begin('nonce')
  for (const { index, run } of given) {
    if (!isNonce(run.nonce))
      broken(`${PACKET.leaves}, leaf ${index}`, 'its nonce is none that Exhibit takes', REWRITTEN)
    seen.hold(`run ${run.sequence}, begun ${run.startedAt}, carries the nonce "${run.nonce}"`)
  }
}

async function summaryOf(files: PacketFiles, seen: Seen): Promise<PacketSummary | null> {
  const summary = (await files.json(PACKET.packet)) as unknown as PacketSummary
  const version = /^exhibit\.packet\/(\d+)$/.exec(String(summary.schema))?.[1]
  if (version === undefined || Number(version) < 1) {
    return broken(
      PACKET.packet,
      'it names no form that is known',
      'it is not what Exhibit wrote',
      'exhibit.packet/1',
      summary.schema,
    )
  }
  if (Number(version) > 1) {
    seen.incomplete.push(`the packet has a newer form (${summary.schema}): use Exhibit ${summary.software} or later`)
    return null
  }
  seen.summary = summary
  return summary
}

type RecordsOf = ReadonlyMap<string, (kind: Kind) => readonly AnyRecord[]>

interface Opened {
  readonly files: PacketFiles
  readonly summary: PacketSummary
  readonly ledger: PackedLedger
  readonly days: readonly PackedDay[]
}

async function verifyRuns(
  { files, summary, ledger, days }: Opened,
  parts: VerifyParts,
  seen: Seen,
): Promise<{ runs: VerifiedRun[]; records: RecordsOf; results: readonly ReportResult[] }> {
  const runs: VerifiedRun[] = []
  let results: readonly ReportResult[] = []
  const records = new Map<string, (kind: Kind) => readonly AnyRecord[]>()
  const rules = { connectors: parts.connectors, checks: parts.everyCheck }
  const moments = new Set(runsOf(ledger).map(({ run }) => run.snapshotAt))
  for (const packed of summary.runs) {
    seen.begin(`run ${packed.run}`)
    const isLast = packed.run === summary.last
    const inputs = isLast ? await inputsIn(files, packed.run) : null
    const witness =
      inputs === null
        ? null
        : await resultsWitness({
            files,
            days,
            summary,
            inputs,
            moments,
            checks: parts.checks,
            sameRelease: summary.software === parts.software,
            render: parts.render,
          })
    const verified = await verifiedRun(packed, files, ledger, rules, (result, check, snapshot) => {
      if (!records.has(packed.run)) records.set(packed.run, (kind) => snapshot.of(kind))
      witness?.each(result, check, snapshot)
    })
    runs.push(verified)
    const wanting = unfinished(verified)
    seen.incomplete.push(...wanting.map((words) => withRelease(words, verified, parts.software)))
    seen.notRerun.push(...verified.rederived.notRerun.map((one) => ({ ...one, run: packed.sequence })))
    seen.hold(
      `leaf ${packed.leaf} of ${packed.snapshotAt}: ${wanting.length === 0 ? 'made again from the bytes of the answers, ' : ''}${compared(verified)}`,
    )
    if (witness !== null) {
      seen.begin('results')
      const { incomplete, unread, results: told } = await witness.done()
      results = told
      seen.incomplete.push(...incomplete)
      seen.unread.push(...unread)
      seen.hold(
        `${[PACKET.resultsJson, PACKET.resultsCsv, PACKET.intervals].filter((path) => files.read.has(path)).join(', ')} say ${verified.rederived.digests.results.derived === null ? 'what was sealed' : 'what the rules give, to the byte'}`,
      )
    }
  }
  requireOwner(summary, runs)
  return { runs, records, results }
}

async function inputsIn(files: PacketFiles, run: string): Promise<VerifiedRun['inputs']> {
  return (await files.json(inputsPath(run))) as unknown as VerifiedRun['inputs']
}

function withRelease(words: string, { leaf, rederived }: VerifiedRun, software: string): string {
  const needs = rederived.notRerun.some(({ because }) => because === 'newer')
  return needs && leaf.software !== software ? `${words}; use Exhibit ${leaf.software}` : words
}
