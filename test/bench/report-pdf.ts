/** A process that makes the PDF of a moment once, as `report --as-of` does, and tells what that took of time and memory. */
import { createHash } from 'node:crypto'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { Instant } from '../../src/domain/time.ts'
import { built, type Opened, opened } from './opened.ts'
import { answer, peakBytes, task } from './processes.ts'

export interface ReportTask extends Opened {
  readonly asOf: Instant
}

export interface ReportMeasured {
  /** From the opened database to the last byte. */
  readonly ms: number
  /** The part of it that reads the run and judges it once more. */
  readonly judgeMs: number
  readonly bytes: number
  readonly sha256: string
  readonly peakBytes: number
  /** The longest time that nothing else could be done. */
  readonly blockedMs: number
}

const RESOLUTION_MS = 5

async function measured({ asOf, ...where }: ReportTask): Promise<ReportMeasured> {
  const core = await opened(where)
  const { renderPdf } = await built<typeof import('../../src/outputs/pdf/index.ts')>('src/outputs/pdf/index.js')
  const loop = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  loop.enable()
  const start = performance.now()
  const report = await core.report(asOf)
  const judged = performance.now()
  const hash = createHash('sha256')
  let bytes = 0
  for await (const chunk of renderPdf(report, (source, run) => core.store.lastPull(source, run))) {
    bytes += chunk.length
    hash.update(chunk)
  }
  const end = performance.now()
  loop.disable()
  await core.close()
  return {
    ms: end - start,
    judgeMs: judged - start,
    bytes,
    sha256: hash.digest('hex'),
    peakBytes: peakBytes(),
    blockedMs: loop.max / 1e6,
  }
}

answer(await measured(await task<ReportTask>()))
