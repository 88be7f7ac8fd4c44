/**
 * All that is sent to one endpoint. It takes what is due under a lease, sends a few at a time, notes what came of each,
 * and sleeps until the next is due; whatever the endpoint does, no other waits for it.
 */
import type { Claimed, Endpoint, Outbox } from '../domain/outbox.ts'
import { between, type Instant, plus } from '../domain/time.ts'
import { sendingTo } from './attempt.ts'
import type { Note } from './notes.ts'
import type { Post } from './post.ts'
import { isOverloaded, isSuccess, whatNext } from './schedule.ts'

export interface Limits {
  /** Under way at a time, to one endpoint. */
  readonly atOnce: number
  readonly attemptMs: number
  /** Long enough for a few attempts one after another. */
  readonly leaseMs: number
  /** Others tell, replay and enable too, in other processes. */
  readonly lookEveryMs: number
}

export interface LaneParts {
  readonly outbox: Outbox
  readonly post: Post
  readonly note: Note
  readonly clock: {
    now(): Instant
    /** Milliseconds that only go forward. */
    monotonic(): number
    /** Rejects when the signal is aborted. */
    sleep(ms: number, signal: AbortSignal): Promise<void>
  }
  random(): number
  /** For people: what befell an endpoint, or all of them (null). */
  notice(endpoint: string | null, says: string): void
  report(error: unknown, where: string): void
  readonly limits: Limits
}

export interface Lane {
  /** Something may be due. */
  nudge(): void
  /** When nothing is due or under way any more. */
  idle(): Promise<void>
  /** Nothing more is taken; resolves when nothing is under way. */
  stop(): Promise<void>
  /** What is under way is given up, and given back. */
  abandon(): void
}

/** Taken at once, for each that may be under way: their leases hold for as many rounds. */
const ROUNDS = 3

interface Leased extends Claimed {
  readonly until: Instant
}

export function lane(endpoint: Endpoint, parts: LaneParts): Lane {
  const { outbox, clock, limits, report } = parts
  const { id } = endpoint
  const send = sendingTo(endpoint, parts)
  const bell = bellOf(clock)
  const taken: Leased[] = []
  const underWay = new Set<AbortController>()
  let idle: (() => void)[] = []
  let atOnce = limits.atOnce
  let stopping = false
  let abandoned = false
  let told: 'nothing' | 'dead' | 'disabled' = 'nothing'

  async function run(): Promise<void> {
    while (!stopping) {
      try {
        await bell.wait(await startWhatIsDue())
      } catch (error) {
        report(error, `webhooks to ${id}`)
        await bell.wait(limits.lookEveryMs)
      }
    }
    await outbox.release(taken.splice(0)).catch((error: unknown) => report(error, `webhooks to ${id}`))
    while (underWay.size > 0) await bell.wait(limits.lookEveryMs)
  }

  /** Gives how long there is nothing to do, unless the bell rings. */
  async function startWhatIsDue(): Promise<number> {
    if (taken.length === 0 && underWay.size < atOnce) await take()
    while (taken.length > 0 && underWay.size < atOnce) begin(taken.shift()!)
    if (underWay.size >= atOnce) return limits.lookEveryMs
    const now = clock.now()
    // What is under way counts from the end of its lease.
    const due = await outbox.nextDue([id])
    const waitMs = due === null ? limits.lookEveryMs : between(now, due)
    if (waitMs > 0 && underWay.size === 0) for (const done of idle.splice(0)) done()
    return Math.max(0, Math.min(waitMs, limits.lookEveryMs))
  }

  async function take(): Promise<void> {
    const now = clock.now()
    const until = plus(now, limits.leaseMs)
    const claimed = await outbox.claim(id, now, until, atOnce * ROUNDS)
    if (claimed.length > 0 && told === 'disabled') told = 'nothing'
    taken.push(...claimed.map((one) => ({ ...one, until })))
  }

  function begin(leased: Leased): void {
    // Whose lease may end before its attempt does is another's soon.
    if (between(clock.now(), leased.until) < limits.attemptMs) return
    const stopped = new AbortController()
    underWay.add(stopped)
    void attempt(leased, stopped)
      .catch((error: unknown) => report(error, `webhooks to ${id}`))
      .finally(() => {
        underWay.delete(stopped)
        bell.ring()
      })
  }

  async function attempt({ event, body, attempts }: Leased, stopped: AbortController): Promise<void> {
    const at = clock.now()
    const began = clock.monotonic()
    const { met, ...said } = await send({ event, body, at }, stopped)
    if (abandoned && met.status === null) return outbox.release([{ event, endpoint: id }])
    const ms = Math.max(0, Math.round(clock.monotonic() - began))
    const endedAt = plus(at, ms)
    const success = isSuccess(met)
    const state = success ? null : (await outbox.endpoints([id]))[0]!
    const { next, disable } = whatNext(met, {
      attempts,
      endedAt,
      failingSince: state?.failingSince ?? null,
      random: parts.random,
    })
    // What waits there is dead with it.
    if (disable !== null) taken.length = 0
    await parts.note({ attempt: { event, endpoint: id, at, ms, status: met.status, ...said }, next, disable })
    atOnce = success ? Math.min(atOnce + 1, limits.atOnce) : isOverloaded(met) ? Math.ceil(atOnce / 2) : atOnce
    if (success) told = 'nothing'
    else if (disable !== null)
      tell('disabled', `nothing is sent there any more: ${disable}; enable it when it works again`)
    else if (next.state === 'dead') {
      tell('dead', `an event was given up after ${attempts + 1} attempts, the last of which ${said.error}; replay it`)
    }
  }

  /** Once for each spell of trouble: people need no line for each of ten thousand events. */
  function tell(what: 'dead' | 'disabled', says: string): void {
    if (told === what || told === 'disabled') return
    told = what
    parts.notice(id, says)
  }

  const running = run()
  return {
    nudge: bell.ring,
    idle: () =>
      new Promise((done) => {
        idle = [...idle, done]
        bell.ring()
      }),
    stop() {
      stopping = true
      bell.ring()
      return running
    },
    abandon() {
      abandoned = true
      for (const stopped of underWay) stopped.abort()
    },
  }
}

/** Waits that end when it rings, or at once where it rang meanwhile. */
function bellOf(clock: LaneParts['clock']): { ring(): void; wait(ms: number): Promise<void> } {
  let rung = false
  let wake: AbortController | null = null
  return {
    ring() {
      rung = true
      wake?.abort()
    },
    async wait(ms) {
      if (!rung && ms > 0) {
        wake = new AbortController()
        await clock.sleep(ms, wake.signal).catch(() => {})
        wake = null
      }
      rung = false
    },
  }
}
