/**
 * What an auditor asks for beside the newest results: periods, reviews, samples. A period is worked out beside the server,
 * one at a time, and kept until another run is sealed; a page shows what it has and is told when there is more.
 */
import { setTimeout as wait } from 'node:timers/promises'
import { AppError } from '../domain/error.ts'
import type { ReviewState } from '../domain/follow-up.ts'
import type { DrawLeaf, FrameLeaf } from '../domain/sample.ts'
import { type Sealed, sealedDraws, sealedFrames } from '../domain/sealed-samples.ts'
import type { PeriodEvidence } from '../domain/sealing.ts'
import type { RunSummary } from '../domain/store.ts'
import { DAY, HOUR, type Instant, plus } from '../domain/time.ts'
import type { HttpParts } from './parts.ts'

export interface PeriodChoice {
  readonly id: string
  readonly title: string | null
  readonly from: Instant
  readonly to: Instant
  /** Written in the configuration; the last ninety days are not. */
  readonly declared: boolean
}

export interface WorkedOut {
  /** Null: no run was sealed in it. */
  readonly evidence: PeriodEvidence | null
  /** Newer runs are sealed that it does not tell of yet. */
  readonly behind: boolean
}

/** A frame with what was drawn from it. */
export interface FrameWithDraws extends Sealed<FrameLeaf> {
  readonly draws: readonly Sealed<DrawLeaf>[]
}

export interface Audit {
  /** Declared ones by their beginning, then the last ninety days. */
  periods(): readonly PeriodChoice[]
  /** Without a name the one under way, or the newest that has begun; null where there is none of that name. */
  period(id: string | undefined): PeriodChoice | null
  workOut(choice: PeriodChoice): Promise<WorkedOut>
  /** What there is by now, for a page; `working`: nothing yet, and it takes longer than somebody waits. */
  atHand(choice: PeriodChoice): Promise<WorkedOut | 'working'>
  /** What was worked out last, however long ago; null: not yet, but begun. For a page that shows it by the way. */
  lately(choice: PeriodChoice): Promise<WorkedOut | null>
  reviews(): Promise<readonly ReviewState[]>
  /** Newest first. */
  samples(): Promise<readonly FrameWithDraws[]>
  /** Told when a period was worked out. */
  subscribe(listener: () => void): () => void
  /** Changes whenever a period was worked out. */
  mark(): string
}

export const LAST_DAYS = 'last-90-days'
/** What is shown by the way is worked out anew no more often. */
const RENEWED_MS = HOUR
const PATIENCE_MS = 5_000

interface Kept extends Pick<WorkedOut, 'evidence'>, Pick<PeriodChoice, 'from' | 'to'> {
  readonly run: string | null
  readonly madeAt: Instant
  /** Nothing that is sealed later changes it. */
  readonly final: boolean
}

type Parts = Pick<HttpParts, 'periods' | 'now' | 'runs' | 'periodEvidence' | 'reviews' | 'lists'>

/** @param patienceMs how long a page waits for a period that is worked out for the first time */
export function audit(parts: Parts, patienceMs = PATIENCE_MS): Audit {
  const kept = new Map<string, Kept>()
  const underWay = new Map<string, Promise<Kept>>()
  const listeners = new Set<() => void>()
  let turn: Promise<unknown> = Promise.resolve()
  let told = 0
  let reviewsAt = ''
  let reviews: Promise<readonly ReviewState[]> | null = null

  const newest = async (): Promise<RunSummary | null> => (await parts.runs(1))[0] ?? null

  function periods(): readonly PeriodChoice[] {
    const declared = parts.periods.map((period) => ({ ...period, declared: true }))
    const today = parts.now().slice(0, 10)
    const to = `${today}T23:59:59.999Z`
    const from = plus(`${today}T00:00:00.000Z`, -89 * DAY)
    if (declared.some(({ id }) => id === LAST_DAYS)) return declared
    return [...declared, { id: LAST_DAYS, title: 'Last 90 days', from, to, declared: false }]
  }

  function begin(choice: PeriodChoice, run: RunSummary | null): Promise<Kept> {
    const { id, from, to } = choice
    const known = underWay.get(id)
    if (known !== undefined) return known
    const made = turn.then(async (): Promise<Kept> => {
      const evidence = await evidenceOf(choice, parts)
      const final = run !== null && run.snapshotAt > choice.to
      return { evidence, from, to, run: run?.id ?? null, madeAt: parts.now(), final }
    })
    turn = made.catch(() => {})
    underWay.set(id, made)
    made
      .then((done) => {
        kept.set(id, done)
        told += 1
      })
      .finally(() => {
        underWay.delete(id)
        for (const listener of listeners) listener()
      })
      .catch(() => {})
    return made
  }

  /** The last ninety days are others every day. */
  function keptOf({ id, from, to }: PeriodChoice): Kept | null {
    const last = kept.get(id)
    return last?.from === from && last.to === to ? last : null
  }

  return {
    periods,
    period(id) {
      const all = periods()
      if (id !== undefined) return all.find((period) => period.id === id) ?? null
      const now = parts.now()
      const begun = all.filter(({ declared, from }) => declared && from <= now)
      return begun.find(({ to }) => to >= now) ?? begun.at(-1) ?? all.at(-1)!
    },
    async workOut(choice) {
      const run = await newest()
      const known = keptOf(choice)
      return { ...(known !== null && holds(known, run) ? known : await begin(choice, run)), behind: false }
    },
    async atHand(choice) {
      const run = await newest()
      const known = keptOf(choice)
      if (known !== null && holds(known, run)) return { ...known, behind: false }
      const made = begin(choice, run)
      if (known !== null) return { ...known, behind: true }
      const first = await soon(made, patienceMs)
      return first === 'working' ? first : { ...first, behind: false }
    },
    async lately(choice) {
      const [run, known] = [await newest(), keptOf(choice)]
      const current = known !== null && holds(known, run)
      if (!current && (known === null || plus(known.madeAt, RENEWED_MS) <= parts.now()))
        begin(choice, run).catch(() => {})
      return known === null ? null : { evidence: known.evidence, behind: !current }
    },
    async reviews() {
      const leaves = await parts.lists.leavesOf('review')
      const at = `${(await newest())?.id} ${leaves.length}`
      if (reviews === null || at !== reviewsAt) {
        reviewsAt = at
        const made = parts.reviews()
        reviews = made
        made.catch(() => {
          if (reviews === made) reviews = null
        })
      }
      return reviews
    },
    async samples() {
      const draws = Map.groupBy(await sealedDraws(parts.lists), ({ frame }) => frame)
      const frames = await sealedFrames(parts.lists)
      return frames.map((frame) => ({ ...frame, draws: draws.get(frame.id) ?? [] })).reverse()
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    mark: () => String(told),
  }
}

function holds({ final, run }: Kept, newest: RunSummary | null): boolean {
  return final || run === (newest?.id ?? null)
}

async function soon<T>(made: Promise<T>, patienceMs: number): Promise<T | 'working'> {
  const given = new AbortController()
  const late = wait(patienceMs, 'working' as const, { signal: given.signal, ref: false }).catch(
    () => 'working' as const,
  )
  try {
    return await Promise.race([made, late])
  } finally {
    given.abort()
  }
}

async function evidenceOf({ from, to }: PeriodChoice, parts: Parts): Promise<PeriodEvidence | null> {
  try {
    return await parts.periodEvidence({ from, to })
  } catch (error) {
    // No run was sealed in it: what there is to say is that there is nothing.
    if (error instanceof AppError && error.code === 'usage') return null
    throw error
  }
}
