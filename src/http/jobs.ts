/**
 * Reports, packets, exports and samples, which take a while: one of a kind is made at a time, its file is kept for an hour and does not outlive
 * the process. Who fetches it has a role that may make it; the ledger told of it when it was made.
 */
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { AppError } from '../domain/error.ts'
import { HOUR, type Instant, plus } from '../domain/time.ts'
import type { FileAsked, HttpParts, MadeFile, Making } from './parts.ts'

export interface Job {
  readonly id: string
  readonly asked: FileAsked
  readonly by: string
  readonly startedAt: Instant
  readonly state: 'running' | 'done' | 'failed'
  /** What was done last, and the bytes written by then. */
  readonly progress: { readonly what: string; readonly bytes: number }
  readonly endedAt: Instant | null
  /** From when on it is gone. */
  readonly expiresAt: Instant | null
  readonly made: MadeFile | null
  readonly error: string | null
}

export interface Jobs {
  /** Begins it, or gives the one of its kind that is under way. */
  start(asked: FileAsked, by: string): { readonly job: Job; readonly begun: boolean }
  one(id: string): Job | null
  /** Newest first. */
  all(): readonly Job[]
  file(job: Job): string
  /** What its file is to whoever takes it. */
  form(asked: FileAsked): Form
  /** Told when one begins, goes on to something else, or ends. */
  subscribe(listener: () => void): () => void
  /** Changes whenever somebody who looks at the jobs should look again. */
  mark(): string
}

export interface Form {
  readonly type: string
  readonly extension: string
}

const KEPT = HOUR
const PDF: Form = { type: 'application/pdf', extension: 'pdf' }
const ZIP: Form = { type: 'application/zip', extension: 'zip' }
const KEYS: Form = { type: 'text/plain; charset=utf-8', extension: 'txt' }
const SAMPLE: Form = { type: 'application/json', extension: 'json' }

type Parts = Pick<HttpParts, 'jobs' | 'now' | 'newToken' | 'make' | 'outputs' | 'trouble'>

export function jobs(parts: Parts): Jobs {
  const known = new Map<string, Job>()
  const listeners = new Set<() => void>()
  // What an earlier process left: nobody knows of it any more.
  rmSync(parts.jobs, { recursive: true, force: true })
  const form = (asked: FileAsked): Form => formOf(asked, parts.outputs)
  const file = ({ id, asked }: Job): string => join(parts.jobs, `${id}.${form(asked).extension}`)

  function changed(id: string, change: Partial<Job>): void {
    const job = known.get(id)
    if (job === undefined) return
    known.set(id, { ...job, ...change })
    if (markOf(known.get(id)!) !== markOf(job)) for (const listener of listeners) listener()
  }

  /** By the clock of the installation; the timer below only makes sure that somebody looks. */
  function sweep(): void {
    const now = parts.now()
    for (const job of known.values()) {
      if (job.expiresAt === null || job.expiresAt > now) continue
      known.delete(job.id)
      rmSync(file(job), { force: true })
    }
  }

  async function make(job: Job): Promise<void> {
    const making: Making = {
      file: file(job),
      by: job.by,
      signal: AbortSignal.timeout(KEPT),
      progress: (what, bytes) => changed(job.id, { progress: { what, bytes } }),
    }
    const ended = (): Pick<Job, 'endedAt' | 'expiresAt'> => {
      const endedAt = parts.now()
      setTimeout(sweep, KEPT + 1).unref()
      return { endedAt, expiresAt: plus(endedAt, KEPT) }
    }
    try {
      mkdirSync(parts.jobs, { recursive: true, mode: 0o700 })
      const made = await parts.make(job.asked, making)
      changed(job.id, { state: 'done', made, progress: { what: 'done', bytes: made.bytes }, ...ended() })
    } catch (error) {
      rmSync(making.file, { force: true })
      changed(job.id, { state: 'failed', error: wordsOf(error, parts), ...ended() })
    }
  }

  return {
    start(asked, by) {
      sweep()
      const other = [...known.values()].find((job) => job.state === 'running' && job.asked.kind === asked.kind)
      if (other !== undefined) return { job: other, begun: false }
      const job: Job = {
        id: parts.newToken(),
        asked,
        by,
        startedAt: parts.now(),
        state: 'running',
        progress: { what: 'begun', bytes: 0 },
        endedAt: null,
        expiresAt: null,
        made: null,
        error: null,
      }
      known.set(job.id, job)
      for (const listener of listeners) listener()
      void make(job)
      return { job, begun: true }
    },
    one(id) {
      sweep()
      return known.get(id) ?? null
    },
    all() {
      sweep()
      return [...known.values()].reverse()
    },
    file,
    form,
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    mark: () => [...known.values()].map(markOf).join(' '),
  }
}

function formOf(asked: FileAsked, outputs: HttpParts['outputs']): Form {
  const output = (wanted: string): Form => {
    const { mediaType: type, extension } = outputs.find(({ id }) => id === wanted)!
    return { type, extension }
  }
  switch (asked.kind) {
    case 'packet':
      return ZIP
    case 'frame':
      return KEYS
    case 'sample':
      return SAMPLE
    case 'export':
      return output(asked.format)
    case 'report':
      return asked.format === 'pdf' ? PDF : output(asked.format)
  }
}

/** Bytes only by steps that are worth a look. */
const STEP_BYTES = 2 ** 24

function markOf({ id, state, progress: { what, bytes } }: Job): string {
  return `${id}/${state}/${what}/${Math.floor(bytes / STEP_BYTES)}`
}

function wordsOf(error: unknown, { trouble }: Pick<Parts, 'trouble'>): string {
  if (error instanceof AppError && error.code !== 'internal') return error.message
  return `Internal error ${trouble(error)}; the log has it in full.`
}
