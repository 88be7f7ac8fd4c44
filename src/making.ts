/** Files that are handed out: written as they are made, digested on the way, told of in the ledger at the end. */
import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'
import { screensOf } from './domain/deep-link.ts'
import { keyLines } from './domain/draw.ts'
import { AppError } from './domain/error.ts'
import { narrowedTo, periodNarrowedTo } from './domain/focus.ts'
import type { Output } from './domain/output.ts'
import type { Report } from './domain/report.ts'
import type { WholeSample } from './domain/sample.ts'
import { withScreens } from './domain/sample-screens.ts'
import type { ExportAct, PeriodEvidence, ReportEvidence } from './domain/sealing.ts'
import { focusOf } from './focusing.ts'
import type { HandOuts } from './hand-out.ts'
import type {
  DrawAsked,
  ExportAsked,
  FileAsked,
  FrameAsked,
  MadeFile,
  PacketAsked,
  ReportAsked,
  SpanAsked,
} from './http/parts.ts'
import type { InstallationCore } from './installation.ts'
import { encoded } from './packet/files.ts'
import type { Samples } from './sampling/index.ts'
import type { Wanted } from './thread.ts'

export interface FileParts {
  readonly core: Pick<InstallationCore, 'report' | 'store' | 'checks' | 'settings' | 'sources'>
  readonly acts: HandOuts
  readonly samples: Samples
  readonly outputs: readonly Output[]
  pdf(report: Report, evidence: ReportEvidence): AsyncIterable<Uint8Array>
  progress(what: string, bytes: number): void
}

export function madeFile(asked: FileAsked, wanted: Wanted, parts: FileParts): Promise<MadeFile> {
  switch (asked.kind) {
    case 'report':
      return reportFile(asked, wanted, parts)
    case 'packet':
      return packetFile(asked, wanted, parts)
    case 'export':
      return exportFile(asked, wanted, parts)
    case 'frame':
      return frameFile(asked, wanted, parts)
    case 'sample':
      return drawFile(asked, wanted, parts)
  }
}

interface Told {
  readonly report: Report
  readonly period: PeriodEvidence | null
}

async function told(asked: SpanAsked, { core, acts, progress }: FileParts): Promise<Told> {
  progress('judging', 0)
  return 'asOf' in asked
    ? { report: await core.report(asked.asOf, { once: true }), period: null }
    : acts.periodReport({ from: asked.from, to: asked.to })
}

async function reportFile(asked: ReportAsked, wanted: Wanted, parts: FileParts): Promise<MadeFile> {
  const { core, acts, pdf } = parts
  const whole = await told(asked, parts)
  const focus = asked.about === null ? null : focusOf(asked.about, whole.report, core)
  const report = focus === null ? whole.report : narrowedTo(focus, whole.report)
  const period = focus === null || whole.period === null ? whole.period : periodNarrowedTo(focus, report, whole.period)
  const lastPull = (source: string, run?: string) => core.store.lastPull(source, run)
  const evidence = { lastPull, sealing: await acts.sealing(report.run), coverage: period }
  const chunks =
    asked.format === 'pdf'
      ? pdf(report, focus === null ? evidence : { ...evidence, focus })
      : encoded(await acts.rendered(outputOf(asked.format, parts), report, period))
  return handedOut('report', asked.format, chunks, { report, period }, wanted, parts)
}

async function exportFile(asked: ExportAsked, wanted: Wanted, parts: FileParts): Promise<MadeFile> {
  const { report, period } = await told(asked, parts)
  const chunks = encoded(await parts.acts.rendered(outputOf(asked.format, parts), report, period))
  return handedOut('results', asked.format, chunks, { report, period }, wanted, parts)
}

/** Before the first run there is nothing that could have been handed out, and no leaf says so. */
async function handedOut(
  what: ExportAct['what'],
  format: string,
  chunks: AsyncIterable<Uint8Array>,
  { report, period }: Told,
  { file, by }: Wanted,
  { acts, progress }: FileParts,
): Promise<MadeFile> {
  const written = await write(file, chunks, progress)
  const run = report.run?.id ?? null
  const covers = period === null ? null : { from: period.from, to: period.to }
  if (run !== null) await acts.exported({ what, format, by, run, digest: written.digest, period: covers })
  return { run, sealed: null, ...written }
}

async function packetFile(asked: PacketAsked, { file, by }: Wanted, parts: FileParts): Promise<MadeFile> {
  const { acts, samples: drawn, progress } = parts
  progress('gathering', 0)
  const { from, to, at } = asked
  const samples: WholeSample[] = []
  for (const id of asked.samples) samples.push(await drawn.drawn(id))
  const packet = await acts.packet({ from, to, at, samples })
  const { bytes } = await write(file, packet.bytes, progress)
  const digest = packet.manifestDigest()
  const run = packet.last.id
  await acts.exported({ what: 'packet', format: 'zip', by, run, digest, period: { from, to } })
  return { run, sealed: null, bytes, digest }
}

/** The ledger tells of it by the frame's own leaf, and so of a draw below. */
async function frameFile({ of: kind, span }: FrameAsked, { file, by }: Wanted, parts: FileParts): Promise<MadeFile> {
  const { samples, progress } = parts
  progress('gathering', 0)
  const { frame, rows } = await samples.seal({ kind, span, by })
  const keys = keyLines(rows.map(({ key }) => key))
  return { run: null, sealed: frame.id, ...(await write(file, encoded(keys), progress)) }
}

async function drawFile({ frame, seed, size }: DrawAsked, { file, by }: Wanted, parts: FileParts): Promise<MadeFile> {
  const { samples, core, progress } = parts
  progress('drawing', 0)
  const drawn = await samples.draw({ kind: null, span: null, frame, seed, size, by })
  if ('waitsFor' in drawn) {
    const { id, leaf } = drawn.waitsFor
    throw new AppError(
      'usage',
      `sample: no outside time stamp covers the frame ${id} (leaf ${leaf}) yet: it comes with one of the next runs; draw again then`,
    )
  }
  const text = `${JSON.stringify(withScreens(drawn.sample, screensOf(core.sources)), null, 2)}\n`
  return { run: null, sealed: drawn.sample.draw.id, ...(await write(file, encoded([text]), progress)) }
}

function outputOf(format: string, { outputs }: FileParts): Output {
  const output = outputs.find(({ id }) => id === format)
  if (output === undefined) throw new AppError('usage', `export: there is no format "${format}"`)
  return output
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
