/**
 * The thread beside the server in which runs and files are made, and the other place where every part is known:
 * it opens its own installation over the same data folder and answers questions until it is asked to stop.
 */
import { parentPort, workerData } from 'node:worker_threads'
import { checks } from '../checks/index.ts'
import { parseConfig } from './config.ts'
import { connectors } from './connectors/index.ts'
import { AppError } from './domain/error.ts'
import { handOuts } from './hand-out.ts'
import { errorFields, type Fields, type Level } from './lib/log.ts'
import { madeFile } from './making.ts'
import { type Opened, openInstallation } from './opening.ts'
import { csv } from './outputs/csv.ts'
import { outputs } from './outputs/index.ts'
import { json } from './outputs/json.ts'
import { ocsf } from './outputs/ocsf.ts'
import { oscal } from './outputs/oscal.ts'
import { renderPdf } from './outputs/pdf/index.ts'
import { loadOwnChecks, NO_OWN_CHECKS } from './own-checks.ts'
import type { RunProgress } from './run-news.ts'
import { newsOf } from './run-news.ts'
import { sampleActs } from './sampling/index.ts'
import type { Question, Reply, Task, ThreadData } from './thread.ts'

const data = workerData as ThreadData
const port = parentPort!
const stopping = new AbortController()
/** Told no more often than a person can read. */
const PROGRESS_MS = 100

const tell = (reply: Reply): void => port.postMessage(reply)
const log = (level: Level, message: string, fields: Fields = {}): void => tell({ tell: 'log', level, message, fields })

async function openedInstallation(): Promise<Opened> {
  const own = data.checksFolder === null ? NO_OWN_CHECKS : await loadOwnChecks(data.checksFolder, checks)
  const all = [...checks, ...own.checks]
  const env = data.demo ? {} : process.env
  const read = parseConfig(data.text, data.path, { connectors, checks: all, env, ownChecks: own.sources })
  const config = {
    ...read,
    settings: { ...read.settings, demo: data.demo },
    everyMs: data.everyMs ?? read.everyMs,
  }
  return openInstallation(config, all, {
    signal: stopping.signal,
    report: (error, where) => log('error', `internal error (${where})`, errorFields(error)),
    notice: (text) => log('warn', text),
    ...(data.trace
      ? {
          trace: (source, { request, status, durationMs, bytes, error }) =>
            log('debug', `${source}: ${request}`, { status, ms: Math.round(durationMs), bytes, error }),
        }
      : {}),
  })
}

const opened = openedInstallation()
opened.catch(() => {})
let underWay = 0

async function answer(id: number, task: Task): Promise<unknown> {
  const core = await opened
  if (task.ask === 'run') {
    const outcome = await core.sync(
      task.request,
      paced((...args) => tell({ tell: 'progress', id, args })),
    )
    return newsOf(outcome, core.checks)
  }
  const acts = handOuts(core, {
    keys: core.keys,
    signal: stopping.signal,
    connectors,
    render: {
      json: json.render,
      csv: csv.render,
      oscal: oscal.period ?? oscal.render,
      ocsf: ocsf.period ?? ocsf.render,
      pdf: (report, evidence) => renderPdf(report, evidence.lastPull, evidence),
    },
  })
  if (task.ask === 'period') return (await acts.periodReport(task.period)).period
  const paceMs = pacer()
  const parts = {
    core,
    acts,
    outputs,
    samples: sampleActs(core, stopping.signal),
    pdf: (report, evidence) => renderPdf(report, evidence.lastPull, evidence),
    progress: (what: string, bytes: number) => {
      stopping.signal.throwIfAborted()
      if (paceMs(what)) tell({ tell: 'progress', id, args: [what, bytes] })
    },
  } satisfies Parameters<typeof madeFile>[2]
  return madeFile(task.asked, task, parts)
}

function paced(progress: RunProgress): RunProgress {
  const due = pacer()
  return (source, done, total, what) => {
    if (done === total || due(source)) progress(source, done, total, what)
  }
}

/** Whether what is told under a name was told long enough ago. */
function pacer(): (name: string) => boolean {
  const told = new Map<string, number>()
  return (name) => {
    const now = performance.now()
    if (now - (told.get(name) ?? Number.NEGATIVE_INFINITY) < PROGRESS_MS) return false
    told.set(name, now)
    return true
  }
}

function failed(id: number, error: unknown): Reply {
  const { message, stack = '' } = error instanceof Error ? error : new Error(String(error))
  return { tell: 'failed', id, code: error instanceof AppError ? error.code : null, message, stack }
}

async function take({ id, ...task }: { readonly id: number } & Task): Promise<void> {
  underWay += 1
  try {
    tell({ tell: 'done', id, value: await answer(id, task) })
  } catch (error) {
    if (error instanceof AppError && error.code === 'internal') log('error', error.message, errorFields(error))
    tell(failed(id, error))
  }
  underWay -= 1
  // What could not be opened is tried again by another thread.
  const open = await opened.then(
    () => true,
    () => false,
  )
  if (underWay === 0 && (stopping.signal.aborted || !open)) await leave()
}

async function leave(): Promise<void> {
  await opened.then(
    (core) => core.close(),
    () => {},
  )
  process.exit()
}

port.on('message', (question: Question) => {
  if (question.ask !== 'stop') return void take(question)
  stopping.abort()
  if (underWay === 0) void leave()
})
