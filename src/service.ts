/**
 * What runs while `serve` runs: the schedule, pulls asked for by people, and the news of both. One run at a time; of
 * wishes that come meanwhile one more run is made, with all of them.
 */

import { fromMillis, type Instant } from './domain/time.ts'
import type { InstallationCore } from './installation.ts'
import { LONGEST_WAIT_MS } from './lib/retry.ts'
import type { RunOutcome } from './pipeline.ts'

export interface SourceProgress {
  readonly source: string
  readonly done: number
  readonly total: number | null
  readonly what: string
}

export interface Activity {
  readonly running: boolean
  readonly startedAt: Instant | null
  /** Newest first of each source under way. */
  readonly progress: readonly SourceProgress[]
  readonly nextRunAt: Instant | null
  /** Message of the newest run that could not be made at all. */
  readonly trouble: string | null
}

export interface Service {
  activity(): Activity
  /** Told at every change; the function returned ends it. */
  subscribe(listener: () => void): () => void
  /** Asks for a run; resolves when a run that contains the wish has ended. */
  pull(sources: readonly string[] | null): Promise<RunOutcome>
  accept(source: string, because: string, by: string): Promise<RunOutcome>
  /** Finishes or discards what is under way. */
  stop(): Promise<void>
}

export interface ServiceParts {
  installation: InstallationCore
  everyMs: number
  /** Milliseconds that only go forward. */
  monotonic(): number
  /** What could not be run, for log and person. */
  trouble(error: unknown): string
}

/** A run that people have asked for and that has not begun. */
interface Wish {
  sources: Set<string> | null
  run: Promise<RunOutcome>
}

export function service({ installation, everyMs, monotonic, trouble }: ServiceParts): Service {
  const listeners = new Set<() => void>()
  const progress = new Map<string, SourceProgress>()
  let startedAt: Instant | null = null
  let nextRunAt: Instant | null = null
  let lastTrouble: string | null = null
  let underWay: Promise<unknown> = Promise.resolve()
  let waiting = null as Wish | null
  let timer: NodeJS.Timeout | null = null
  let stopped = false

  const tell = (): void => {
    for (const listener of listeners) listener()
  }

  async function run(request: Parameters<InstallationCore['sync']>[0]): Promise<RunOutcome> {
    startedAt = installation.now()
    progress.clear()
    tell()
    try {
      const outcome = await installation.sync(request, (source, done, total, what) => {
        progress.set(source, { source, done, total, what })
        tell()
      })
      lastTrouble = null
      return outcome
    } catch (error) {
      lastTrouble = trouble(error)
      throw error
    } finally {
      startedAt = null
      progress.clear()
      tell()
    }
  }

  /** After what is under way, whatever came of it. */
  function next<T>(work: () => Promise<T>): Promise<T> {
    const result = underWay.then(work, work)
    underWay = result.catch(() => {})
    return result
  }

  function pull(sources: readonly string[] | null): Promise<RunOutcome> {
    if (waiting !== null) {
      if (sources === null) waiting.sources = null
      else for (const source of sources) waiting.sources?.add(source)
      return waiting.run
    }
    const wish: Wish = {
      sources: sources === null ? null : new Set(sources),
      run: next(() => {
        waiting = null
        return run({ sources: wish.sources === null ? null : [...wish.sources], respectPauses: false, accept: null })
      }),
    }
    waiting = wish
    return wish.run
  }

  function plan(inMs: number): void {
    if (stopped) return
    nextRunAt = fromMillis(Date.parse(installation.now()) + inMs)
    timer = setTimeout(() => void tick(), Math.min(inMs, LONGEST_WAIT_MS))
  }

  /** Who starts us may have renewed a credential, which no digest shows: the first run tries what was paused too. */
  async function tick(respectPauses = true): Promise<void> {
    const began = monotonic()
    await next(() => run({ sources: null, respectPauses, accept: null })).catch(() => {})
    // From the start of the last run, so that runs keep their distance; a run longer than that is followed at once.
    plan(Math.max(0, everyMs - (monotonic() - began)))
    tell()
  }

  void tick(false)
  return {
    activity: () => ({
      running: startedAt !== null,
      startedAt,
      progress: [...progress.values()],
      nextRunAt,
      trouble: lastTrouble,
    }),
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    pull,
    accept: (source, because, by) =>
      next(() => run({ sources: [source], respectPauses: false, accept: { source, because, by } })),
    async stop() {
      stopped = true
      if (timer !== null) clearTimeout(timer)
      await underWay
    },
  }
}
