/**
 * The thread in which runs and files are made, as the server's thread sees it: questions and small answers.
 * One that dies takes its work with it and nothing else: what it had written stands, what it had not is gone.
 */
import { totalmem } from 'node:os'
import { Worker } from 'node:worker_threads'
import { AppError, type ErrorCode } from './domain/error.ts'
import type { PeriodEvidence } from './domain/sealing.ts'
import type { Instant } from './domain/time.ts'
import type { FileAsked, MadeFile } from './http/parts.ts'
import type { Fields, Level, Log } from './lib/log.ts'
import type { RunRequest } from './pipeline.ts'
import type { RunNews, RunProgress } from './run-news.ts'

/** What a thread opens its own installation with: the configuration as it was read at start, whatever the file says now. */
export interface ThreadData {
  readonly text: string
  /** Absolute path of the file that the text came from. */
  readonly path: string
  readonly checksFolder: string | null
  readonly demo: boolean
  /** In place of the file's `schedule.every`: the benchmark's. */
  readonly everyMs: number | null
  /** Every request to a vendor is logged. */
  readonly trace: boolean
}

/** Where a file is written, and who takes it. */
export interface Wanted {
  readonly file: string
  readonly by: string
}

export type Task =
  | { readonly ask: 'run'; readonly request: RunRequest }
  | ({ readonly ask: 'file'; readonly asked: FileAsked } & Wanted)
  | { readonly ask: 'period'; readonly period: { readonly from: Instant; readonly to: Instant } }

export type Question = ({ readonly id: number } & Task) | { readonly ask: 'stop' }

export type Reply =
  | { readonly tell: 'progress'; readonly id: number; readonly args: readonly unknown[] }
  | { readonly tell: 'done'; readonly id: number; readonly value: unknown }
  | {
      readonly tell: 'failed'
      readonly id: number
      readonly code: ErrorCode | null
      readonly message: string
      readonly stack: string
    }
  | { readonly tell: 'log'; readonly level: Level; readonly message: string; readonly fields: Fields }

interface Pending {
  resolve(value: unknown): void
  reject(error: unknown): void
  progress(...args: unknown[]): void
}

export interface Thread {
  readonly ended: boolean
  ask(task: Task, progress: (...args: never[]) => void): Promise<unknown>
  /** Asks it to discard what it is at; after a while it is not asked any more. */
  stop(): Promise<void>
}

export interface ThreadParts {
  readonly data: ThreadData
  readonly log: Log
  /** Megabytes that live in it at most; half of what the machine has by default, 4 GB at most. */
  readonly heapMb?: number
  /** How long a thread that is asked to stop may take. */
  readonly patienceMs?: number
}

/** The seal of a large first run takes seconds, and it is finished. */
const PATIENCE_MS = 15_000
const MOST_HEAP_MB = 4096

/** The built file beside us, or the source where sources run. */
const WORKER = new URL(import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js', import.meta.url)

function roomMb(): number {
  // 0, or more than there is, where nothing limits the process.
  const allowed = process.constrainedMemory()
  const bytes = allowed > 0 ? Math.min(allowed, totalmem()) : totalmem()
  return Math.min(MOST_HEAP_MB, Math.floor(bytes / 2 ** 21))
}

export function startThread({ data, log, heapMb = roomMb(), patienceMs = PATIENCE_MS }: ThreadParts): Thread {
  const worker = new Worker(WORKER, { workerData: data, resourceLimits: { maxOldGenerationSizeMb: heapMb } })
  const pending = new Map<number, Pending>()
  let last = 0
  let ended = false
  let asked = false
  let cause: unknown = null
  const gone = new Promise<void>((resolve) => {
    worker.on('error', (error) => {
      cause = error
    })
    worker.on('exit', (code) => {
      ended = true
      if (!asked) cause ??= new Error(`it left with the code ${code}`)
      const error = lost(cause)
      if (pending.size > 0 && cause !== null) log.error(error.message)
      for (const { reject } of pending.values()) reject(error)
      pending.clear()
      resolve()
    })
  })
  worker.on('message', (reply: Reply) => {
    if (reply.tell === 'log') return log[reply.level](reply.message, reply.fields)
    const asked = pending.get(reply.id)
    if (asked === undefined) return
    if (reply.tell === 'progress') return asked.progress(...reply.args)
    pending.delete(reply.id)
    if (reply.tell === 'done') asked.resolve(reply.value)
    else asked.reject(errorOf(reply))
  })
  return {
    get ended() {
      return ended
    },
    ask(task, progress) {
      if (ended) return Promise.reject(lost(cause))
      const id = ++last
      return new Promise((resolve, reject) => {
        pending.set(id, { resolve, reject, progress: progress as Pending['progress'] })
        worker.postMessage({ id, ...task } satisfies Question)
      })
    },
    async stop() {
      if (ended) return
      asked = true
      worker.postMessage({ ask: 'stop' } satisfies Question)
      const timer = setTimeout(() => void worker.terminate(), patienceMs)
      await gone
      clearTimeout(timer)
    },
  }
}

function errorOf({ code, message, stack }: Extract<Reply, { tell: 'failed' }>): Error {
  if (code !== null) return new AppError(code, message)
  const error = new Error(message)
  error.stack = stack
  return error
}

function lost(cause: unknown): AppError {
  const { code, message } = (cause ?? {}) as { code?: string; message?: string }
  if (cause === null) return new AppError('interrupted', 'the work was discarded because its thread was asked to stop')
  const why =
    code === 'ERR_WORKER_OUT_OF_MEMORY'
      ? 'it ran out of memory; give the machine or the container more, or read fewer devices'
      : (message ?? String(cause))
  return new AppError('interrupted', `the work was lost because its thread ended: ${why}`, { cause })
}

export interface RunThread {
  run(request: RunRequest, progress: RunProgress): Promise<RunNews>
  stop(): Promise<void>
}

/** The one that makes the runs, started with the first of them and anew when it died. */
export function runThread(parts: ThreadParts): RunThread {
  let thread: Thread | null = null
  let stopped = false
  return {
    async run(request, progress) {
      if (stopped) throw lost(null)
      if (thread === null || thread.ended) thread = startThread(parts)
      return (await thread.ask({ ask: 'run', request }, progress)) as RunNews
    },
    async stop() {
      stopped = true
      await thread?.stop()
    },
  }
}

export interface MakingParts {
  readonly signal: AbortSignal
  progress(what: string, bytes: number): void
}

/** A thread for one file: what it takes of memory is given back, and if it dies no run is lost with it. */
export async function makeFile(
  task: Extract<Task, { ask: 'file' }>,
  { signal, progress }: MakingParts,
  parts: ThreadParts,
): Promise<MadeFile> {
  signal.throwIfAborted()
  const thread = startThread(parts)
  const stop = (): void => void thread.stop()
  signal.addEventListener('abort', stop, { once: true })
  try {
    return (await thread.ask(task, progress)) as MadeFile
  } finally {
    signal.removeEventListener('abort', stop)
    await thread.stop()
  }
}

/** A thread for one period: over months of a large fleet it takes a minute and much memory, and pages wait for neither. */
export async function workOutPeriod(
  period: { readonly from: Instant; readonly to: Instant },
  signal: AbortSignal,
  parts: ThreadParts,
): Promise<PeriodEvidence> {
  signal.throwIfAborted()
  // It writes nothing, so it may be cut off.
  const thread = startThread({ ...parts, patienceMs: 100 })
  const stop = (): void => void thread.stop()
  signal.addEventListener('abort', stop, { once: true })
  try {
    return (await thread.ask({ ask: 'period', period }, () => {})) as PeriodEvidence
  } finally {
    signal.removeEventListener('abort', stop)
    await thread.stop()
  }
}
