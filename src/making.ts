/** Reports and packets as files: written as they are made, digested on the way, told of in the ledger at the end. */
import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'
import type { Report } from './domain/report.ts'
import type { ReportEvidence } from './domain/sealing.ts'
import type { HandOuts } from './hand-out.ts'
import type { MadeFile, PacketAsked, ReportAsked } from './http/parts.ts'
import type { InstallationCore } from './installation.ts'
import type { Wanted } from './thread.ts'

export interface FileParts {
  readonly core: Pick<InstallationCore, 'report' | 'store'>
  readonly acts: HandOuts
  pdf(report: Report, evidence: ReportEvidence): AsyncIterable<Uint8Array>
  progress(what: string, bytes: number): void
}

export async function reportFile(asked: ReportAsked, { file, by }: Wanted, parts: FileParts): Promise<MadeFile> {
  const { core, acts, pdf, progress } = parts
  progress('judging', 0)
  const { report, period } =
    'asOf' in asked
      ? { report: await core.report(asked.asOf, { once: true }), period: null }
      : await acts.periodReport({ from: asked.from, to: asked.to })
  const sealing = await acts.sealing(report.run)
  const lastPull = (source: string, run?: string) => core.store.lastPull(source, run)
  const written = await write(file, pdf(report, { lastPull, sealing, coverage: period }), progress)
  if (report.run === null) return { run: null, ...written }
  const covers = period === null ? null : { from: period.from, to: period.to }
  const run = report.run.id
  await acts.exported({ what: 'report', format: 'pdf', by, run, digest: written.digest, period: covers })
  return { run, ...written }
}

export async function packetFile(asked: PacketAsked, { file, by }: Wanted, parts: FileParts): Promise<MadeFile> {
  const { acts, progress } = parts
  progress('gathering', 0)
  const packet = await acts.packet(asked)
  const { bytes } = await write(file, packet.bytes, progress)
  const digest = packet.manifestDigest()
  const run = packet.last.id
  await acts.exported({
    what: 'packet',
    format: 'zip',
    by,
    run,
    digest,
    period: { from: asked.from, to: asked.to },
  })
  return { run, bytes, digest }
}

/** A file that is there already is somebody else's. */
async function write(
  file: string,
  chunks: AsyncIterable<Uint8Array>,
  progress: FileParts['progress'],
): Promise<Pick<MadeFile, 'bytes' | 'digest'>> {
  const hash = createHash('sha256')
  const out = await open(file, 'wx', 0o600)
  let bytes = 0
  try {
    for await (const chunk of chunks) {
      hash.update(chunk)
      await out.writeFile(chunk)
      bytes += chunk.length
      progress('writing', bytes)
    }
    await out.sync()
  } finally {
    await out.close()
  }
  return { bytes, digest: hash.digest('hex') }
}
