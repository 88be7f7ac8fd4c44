/** A process that serves an installation as `serve` does, over the build, and tells how it bears it. */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { collectEagerly } from '../../src/lib/heap.ts'
import { built } from './opened.ts'
import { task } from './processes.ts'

export interface Serve {
  /** With people.csv; the database is made in it. */
  readonly folder: string
  readonly text: string
  readonly values: Readonly<Record<string, string>>
  readonly everyMs: number
  /** Callers of the API. */
  readonly callers: number
}

export interface Served {
  readonly link: string
  /** An API key of the role viewer for each caller. */
  readonly keys: readonly string[]
}

/** Told each second. */
export interface Sample {
  readonly atMs: number
  readonly residentBytes: number
  /** The longest that the server's thread could do nothing else since the last sample. */
  readonly blockedMs: number
  readonly runs: number
}

const SAMPLE_MS = 1_000
const RESOLUTION_MS = 5

const { folder, text, values, everyMs, callers } = await task<Serve>()
collectEagerly()
// Threads of ours read the same environment.
Object.assign(process.env, values)
const [{ parseConfig }, { connectors }, { checks }, { openInstallation }, { startServing }, { openLog }, { makeKey }] =
  await Promise.all([
    built<typeof import('../../src/config.ts')>('src/config.js'),
    built<typeof import('../../src/connectors/index.ts')>('src/connectors/index.js'),
    built<typeof import('../../checks/index.ts')>('checks/index.js'),
    built<typeof import('../../src/opening.ts')>('src/opening.js'),
    built<typeof import('../../src/serve.ts')>('src/serve.js'),
    built<typeof import('../../src/lib/log.ts')>('src/lib/log.js'),
    built<typeof import('../../src/http/keys.ts')>('src/http/keys.js'),
  ])
const path = join(folder, 'exhibit.yaml')
const config = { ...parseConfig(text, path, { connectors, checks, env: process.env }), everyMs }
const log = openLog({ level: 'warn', readable: false, write: (line) => void process.stderr.write(line) })
const core = await openInstallation(config, checks, {
  signal: new AbortController().signal,
  report: (error, where) => log.error(`${where}: ${error instanceof Error ? error.stack : error}`),
  notice: log.warn,
  beside: true,
})
const data = { text, path, checksFolder: null, demo: false, everyMs, trace: false }
const serving = await startServing({ core, data, log, host: '127.0.0.1', port: 0, fallback: true })
let runs = 0
let running = false
const end = serving.running.subscribe(() => {
  const now = serving.running.activity().running
  if (running && !now) runs += 1
  running = now
})
const wish = {
  name: 'bench',
  role: 'viewer',
  createdAt: core.now(),
  createdBy: 'bench',
  expiresAt: '2999-01-01T00:00:00.000Z',
} as const
const made = Array.from({ length: callers }, () => makeKey(wish, randomBytes))
for (const { key, digest } of made) await core.store.addKey(key, digest)
process.send!({ link: await core.link(serving.url), keys: made.map(({ text: key }) => key) } satisfies Served)

const loop = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
loop.enable()
const started = performance.now()
const timer = setInterval(() => {
  process.send!({
    atMs: performance.now() - started,
    residentBytes: process.memoryUsage.rss(),
    blockedMs: loop.max / 1e6,
    runs,
  } satisfies Sample)
  loop.reset()
}, SAMPLE_MS)
process.once('disconnect', () => {
  clearInterval(timer)
  loop.disable()
  end()
  void serving.stop().then(() => core.close())
})
