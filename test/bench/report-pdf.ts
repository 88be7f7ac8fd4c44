/** A process that makes the PDF of a moment once, as `report --as-of` does, and tells what that took of time and memory. */
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { Instant } from '../../src/domain/time.ts'
import type { InstallationCore } from '../../src/installation.ts'
import { YAML } from './fleet-yaml.ts'
import type { Opened } from './opened.ts'
import { answer, peakBytes, task } from './processes.ts'
import { surroundings } from './surroundings.ts'

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

const built = <Module>(path: string): Promise<Module> =>
  import(new URL(`../../dist/${path}`, import.meta.url).href) as Promise<Module>

// As the command does at its start.
const { collectEagerly, holdYoung } = await built<typeof import('../../src/lib/heap.ts')>('src/lib/heap.js')
collectEagerly()
holdYoung()

/**
 * From the build alone, as the command: sources beside it would be a second copy of everything in memory, and what reads
 * them takes 30 MB by itself.
 */
async function opened({ folder, values }: Opened): Promise<InstallationCore> {
  const [{ installation }, { ledgerIn }, { checks }, { connectors }, { parseConfig }, { openSqliteStore }] =
    await Promise.all([
      built<typeof import('../../src/installation.ts')>('src/installation.js'),
      built<typeof import('../../src/opening.ts')>('src/opening.js'),
      built<typeof import('../../checks/index.ts')>('checks/index.js'),
      built<typeof import('../../src/connectors/index.ts')>('src/connectors/index.js'),
      built<typeof import('../../src/config.ts')>('src/config.js'),
      built<typeof import('../../src/store/sqlite.ts')>('src/store/sqlite.js'),
    ])
  const config = parseConfig(YAML, join(folder, 'exhibit.yaml'), { connectors, checks, env: { ...values } })
  return installation({
    config,
    checks,
    store: await openSqliteStore({ path: join(folder, 'exhibit.db'), ledger: ledgerIn(config).ledger }),
    ...surroundings(),
  })
}

async function measured({ asOf, ...where }: ReportTask): Promise<ReportMeasured> {
  const core = await opened(where)
  const { renderPdf } = await built<typeof import('../../src/outputs/pdf/index.ts')>('src/outputs/pdf/index.js')
  const loop = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  loop.enable()
  const start = performance.now()
  const report = await core.report(asOf, { once: true })
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
