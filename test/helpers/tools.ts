/**
 * The outside world as connector tests give it: the real guarded client, on loopback, with short limits, waits that cost
 * milliseconds, and a clock that starts at a fixed moment.
 *
 * ```ts
 * const server = await serveSimulator(simulator)
 * const tools = testTools({ base: server.url })
 * const pages = await collectPages(connector, config, tools)
 * expect(tools.notes).toHaveLength(1)
 * await tools.close(); await server.close()
 * ```
 */
import { readFile, stat } from 'node:fs/promises'
import type { Connector, Page, PullContext, RequestNote, Tools } from '../../src/domain/connector.ts'
import { AppError } from '../../src/domain/error.ts'
import { type GuardedClientOptions, guardedClient } from '../../src/lib/http.ts'

export const TEST_START = '2026-11-20T09:00:00.000Z'

export interface TestToolsOptions {
  /** The simulator's URL; without it every call is refused (file connectors). */
  base?: URL
  source?: string
  allow?: readonly string[]
  /** One call, real milliseconds. */
  requestMs?: number
  /** The whole pull, milliseconds of the test's clock. */
  deadlineMs?: number
  requestsPerSecond?: number | null
  /** When the test's clock starts. */
  start?: string
  /** Real milliseconds per millisecond waited. */
  waitScale?: number
  random?: () => number
  signal?: AbortSignal
  proxy?: string
  ca?: string
}

export interface TestTools extends Tools {
  /** One entry a try. */
  readonly notes: RequestNote[]
  /** Every wait asked for, in milliseconds: retries, pacing, the connector's own. */
  readonly waits: number[]
  readonly progressed: { done: number; total: number | null; what: string }[]
  close(): Promise<void>
}

export function testTools(options: TestToolsOptions = {}): TestTools {
  const notes: RequestNote[] = []
  const waits: number[] = []
  const progressed: TestTools['progressed'] = []
  const signal = options.signal ?? new AbortController().signal
  const clock = testClock(options.start ?? TEST_START, options.waitScale ?? 0.001, waits)
  const client = guardedClient({
    source: options.source ?? 'test',
    base: options.base ?? new URL('http://127.0.0.1:1'),
    allow: options.allow ?? ['127.0.0.0/8', '::1/128'],
    limits: { requestMs: options.requestMs ?? 5_000, deadlineAt: clock.monotonic() + (options.deadlineMs ?? 600_000) },
    requestsPerSecond: options.requestsPerSecond ?? null,
    clock,
    random: options.random ?? (() => 0),
    signal,
    note: (note) => notes.push(note),
    failure: (code, message, details) => new AppError(code, message, details),
    userAgent: 'exhibit/test',
    ...(options.proxy === undefined ? {} : { proxy: options.proxy }),
    ...(options.ca === undefined ? {} : { ca: options.ca }),
  })
  return {
    notes,
    waits,
    progressed,
    request: client.request,
    close: client.close,
    now: () => clock.now().toISOString(),
    sleep: (ms) => clock.sleep(ms, signal),
    signal,
    progress: (done, total, what) => progressed.push({ done, total, what }),
    async readFile(path) {
      try {
        const [body, { mtime }] = await Promise.all([readFile(path), stat(path)])
        return { body: new Uint8Array(body), modifiedAt: mtime.toISOString() }
      } catch (cause) {
        throw new AppError('file_unreadable', `${options.source ?? 'test'}: ${path} cannot be read`, { cause })
      }
    },
  }
}

/**
 * A clock at real speed, except that a wait takes only a share of its time and then puts the clock to where the whole
 * wait would have left it.
 */
function testClock(start: string, waitScale: number, waits: number[]): GuardedClientOptions['clock'] {
  const startMs = Date.parse(start)
  const realStart = performance.now()
  let ahead = 0
  const monotonic = (): number => performance.now() - realStart + ahead
  return {
    monotonic,
    now: () => new Date(startMs + monotonic()),
    async sleep(ms, signal) {
      waits.push(ms)
      const until = monotonic() + ms
      await new Promise<void>((over, stopped) => {
        const stop = (): void => {
          clearTimeout(timer)
          stopped(signal.reason)
        }
        const timer = setTimeout(() => {
          signal.removeEventListener('abort', stop)
          over()
        }, ms * waitScale)
        if (signal.aborted) stop()
        else signal.addEventListener('abort', stop, { once: true })
      })
      ahead = Math.max(ahead, ahead + until - monotonic())
    },
  }
}

export function testContext(overrides: Partial<PullContext> = {}): PullContext {
  return {
    source: 'test',
    readings: new Map(),
    inScope: () => true,
    attributeBudgetMs: 450_000,
    auditedTo: null,
    ...overrides,
  }
}

/** Every page of one complete reading; throws what the connector throws. */
export function collectPages<Config>(
  connector: Pick<Connector<Config>, 'pages'>,
  config: Config,
  tools: Tools,
  context: Partial<PullContext> = {},
): Promise<Page[]> {
  return Array.fromAsync(connector.pages(config, tools, testContext(context)))
}
