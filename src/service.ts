/**
 * What runs while `serve` runs: the schedule, readings asked for by people and by vendors' webhooks, and the news of all.
 * One run at a time; of wishes that come meanwhile one more run is made, with all of them (design section 2, item 1).
 */

import { AppError } from './domain/error.ts'
import type { SourceHistory } from './domain/store.ts'
import { between, DAY, fromMillis, type Instant } from './domain/time.ts'
import { LONGEST_WAIT_MS } from './lib/retry.ts'
import { pausedUntil, type RunRequest } from './pipeline.ts'
import type { RunNews, RunProgress } from './run-news.ts'

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
  pull(sources: readonly string[] | null): Promise<RunNews>
  /** Something moved at the source: a quick reading of it, unless it waits by its vendor's word or for a credential. */
  early(source: string): void
  accept(source: string, because: string, by: string): Promise<RunNews>
  /** Whether the schedule goes on: false once it was stopped, and where its timer is long overdue. */
  alive(): boolean
  /** Begins no more and waits for what is under way. */
  stop(): Promise<void>
}

export interface ScheduledSource {
  readonly id: string
  /** Of its configuration, credential aside: another one makes it due at once. */
  readonly digest: string
  /** Changes when what its credential is read from does; null where that cannot change while we run. */
  readonly stamp: () => string | null
}

export interface ServiceParts {
  readonly sources: readonly ScheduledSource[]
  readonly everyMs: number
  now(): Instant
  /** Milliseconds that only go forward. */
  monotonic(): number
  /** Rejects when the signal is aborted. */
  sleep(ms: number, signal: AbortSignal): Promise<void>
  run(request: RunRequest, progress: RunProgress): Promise<RunNews>
  history(source: string, now: Instant): Promise<SourceHistory | null>
  /** What could not be run, for log and person. */
  trouble(error: unknown): string
  /** A run has ended, `ms` after its beginning; null: it could not be made at all. */
  ended?(news: RunNews | null, ms: number): void
}

/** A credential that was renewed in its file works within this time. */
const CREDENTIAL_POLL_MS = 15_000
/** A timer that is late by this much will not come any more. */
const OVERDUE_MS = 60_000

/** A run that was asked for and that has not begun. */
interface Wish {
  /** Source → whether a quick reading is enough; null: all of them, whole. */
  sources: Map<string, boolean> | null
  run: Promise<RunNews>
}

/** When the schedule comes to a source, by the monotonic clock. */
interface Due {
  readonly at: number
  /** What holds it back; null: nothing but the interval, so that it may be read a little sooner with others. */
  readonly waits: 'credential' | 'vendor' | null
}

export function service(parts: ServiceParts): Service {
  const { sources, everyMs, monotonic } = parts
  const listeners = new Set<() => void>()
  const progress = new Map<string, SourceProgress>()
  const due = new Map<string, Due>()
  /** As they were before the newest attempt at each source. */
  const stamps = new Map<string, string | null>()
  let startedAt: Instant | null = null
  let plannedAt: number | null = null
  let lastTrouble: string | null = null
  let underWay: Promise<unknown> = Promise.resolve()
  let waiting = null as Wish | null
  let timer = new AbortController()
  let stopped = false

  const tell = (): void => {
    for (const listener of listeners) listener()
  }

  async function run(request: RunRequest): Promise<RunNews> {
    if (stopped) throw new AppError('interrupted', 'the run was not made because the process was asked to stop')
    const began = monotonic()
    startedAt = parts.now()
    progress.clear()
    tell()
    const asked = sources.filter(({ id }) => request.sources === null || request.sources.includes(id))
    for (const { id, stamp } of asked) stamps.set(id, stamp())
    let news: RunNews | null = null
    try {
      news = await parts.run(request, (source, done, total, what) => {
        progress.set(source, { source, done, total, what })
        tell()
      })
      lastTrouble = null
      return news
    } catch (error) {
      lastTrouble = parts.trouble(error)
      throw error
    } finally {
      await reckon(asked, request, news, began)
      startedAt = null
      progress.clear()
      plan()
      parts.ended?.(news, monotonic() - began)
      tell()
    }
  }

  /** When the sources read come next: from the beginning of the run, so that runs keep their distance. */
  async function reckon(asked: readonly ScheduledSource[], { early }: RunRequest, news: RunNews | null, began: number) {
    for (const source of asked) {
      const failed = news?.pulls.find((pull) => pull.source === source.id)?.outcome === 'failed'
      const held = failed ? await heldBack(source) : null
      // A quick reading leaves the whole one to its own time.
      if (held !== null || early?.includes(source.id) !== true) {
        due.set(source.id, held ?? { at: began + everyMs, waits: null })
      }
    }
  }

  /** What keeps the schedule from a source longer than its interval. */
  async function heldBack(source: ScheduledSource): Promise<Due | null> {
    const now = parts.now()
    const history = await parts.history(source.id, now).catch(() => null)
    if (history === null || history.configDigest !== source.digest) return null
    const paused = pausedUntil(history, source, now)
    if (paused !== null) return { at: monotonic() + wait(now, paused), waits: 'credential' }
    const { error, pausedUntil: asked } = history.state
    if (error?.code !== 'rate_limited' || asked === null || asked <= now) return null
    return { at: monotonic() + wait(now, asked), waits: 'vendor' }
  }

  /** Who starts us may have renewed a credential, which no digest shows: what failed or was paused is tried at once. */
  async function firstDue(source: ScheduledSource): Promise<Due> {
    const now = parts.now()
    const history = await parts.history(source.id, now)
    const held = await heldBack(source)
    if (held?.waits === 'vendor') return held
    const { attemptedAt = null, status = 'never' } = history?.state ?? {}
    const current = history?.configDigest === source.digest && ['complete', 'stale'].includes(status)
    const sinceMs = attemptedAt === null || !current ? everyMs : between(attemptedAt, now)
    // A moment that has not come yet tells of a clock that was wrong, not of a reading.
    return { at: monotonic() + (sinceMs < 0 ? 0 : Math.max(0, everyMs - sinceMs)), waits: null }
  }

  /** After what is under way, whatever came of it. */
  function next<T>(work: () => Promise<T>): Promise<T> {
    const result = underWay.then(work, work)
    underWay = result.catch(() => {})
    return result
  }

  function wish(wanted: ReadonlyMap<string, boolean> | null): Promise<RunNews> {
    if (waiting !== null) {
      if (wanted === null) waiting.sources = null
      for (const [id, early] of wanted ?? []) {
        waiting.sources?.set(id, early && waiting.sources.get(id) !== false)
      }
      return waiting.run
    }
    const made: Wish = {
      sources: wanted === null ? null : new Map(wanted),
      run: next(() => {
        waiting = null
        return run(requestOf(made.sources))
      }),
    }
    waiting = made
    return made.run
  }

  function plan(): void {
    if (stopped || due.size < sources.length) return
    timer.abort()
    timer = new AbortController()
    const paused = [...due.values()].some(({ waits }) => waits === 'credential')
    plannedAt = Math.min(...[...due.values()].map(({ at }) => at))
    const inMs = Math.max(0, plannedAt - monotonic())
    const longest = paused ? CREDENTIAL_POLL_MS : LONGEST_WAIT_MS
    parts.sleep(Math.min(inMs, longest), timer.signal).then(tick, () => {})
  }

  function tick(): void {
    for (const { id, stamp } of sources) {
      const { waits } = due.get(id)!
      if (waits === 'credential' && stamp() !== stamps.get(id)) due.set(id, { at: monotonic(), waits: null })
    }
    const now = monotonic()
    if (![...due.values()].some(({ at }) => at <= now)) {
      plan()
      return
    }
    // Half an interval sooner brings back into step what was read at another time: a run judges everything.
    const chosen = sources.filter(({ id }) => {
      const { at, waits } = due.get(id)!
      return at <= now || (waits === null && at <= now + everyMs / 2)
    })
    scheduled(chosen)
  }

  /** What comes of it is told by `run`, which plans the next. */
  function scheduled(chosen: readonly ScheduledSource[]): void {
    wish(new Map(chosen.map(({ id }) => [id, false]))).catch(() => {})
  }

  async function start(): Promise<void> {
    for (const source of sources) due.set(source.id, await firstDue(source))
    // Somebody was quicker: theirs is the first run.
    if (startedAt !== null || waiting !== null) return
    const now = monotonic()
    // A run even where nothing is due: configuration or program may judge otherwise than before.
    scheduled(sources.filter(({ id }) => due.get(id)!.at <= now))
  }

  void start().catch((error: unknown) => {
    // The store cannot be read: told, and tried again as a run.
    lastTrouble = parts.trouble(error)
    for (const { id } of sources) due.set(id, { at: monotonic() + everyMs, waits: null })
    plan()
    tell()
  })

  return {
    activity: () => ({
      running: startedAt !== null,
      startedAt,
      progress: [...progress.values()],
      nextRunAt: plannedAt === null ? null : fromMillis(Date.parse(parts.now()) + Math.max(0, plannedAt - monotonic())),
      trouble: lastTrouble,
    }),
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    pull: (asked) => wish(asked === null ? null : new Map(asked.map((id) => [id, false]))),
    early(source) {
      if ((due.get(source)?.waits ?? null) !== null) return
      wish(new Map([[source, true]])).catch(() => {})
    },
    accept: (source, because, by) =>
      next(() => run({ sources: [source], respectPauses: false, accept: { source, because, by } })),
    alive: () => !stopped && (startedAt !== null || plannedAt === null || monotonic() < plannedAt + OVERDUE_MS),
    async stop() {
      stopped = true
      timer.abort()
      await underWay
    },
  }
}

function requestOf(wanted: Wish['sources']): RunRequest {
  if (wanted === null) return { sources: null, respectPauses: false, accept: null }
  const early = [...wanted].filter(([, quick]) => quick).map(([id]) => id)
  return { sources: [...wanted.keys()], respectPauses: false, early, accept: null }
}

function wait(now: Instant, until: Instant): number {
  return Math.min(DAY, Math.max(0, between(now, until)))
}
