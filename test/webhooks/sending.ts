/** A sender as the service runs it, over a real store and the guarded way out, with a clock that runs faster. */
import type { Endpoint, NewEvent, Outbox } from '../../src/domain/outbox.ts'
import { fromMillis, type Instant, millis } from '../../src/domain/time.ts'
import type { Limits } from '../../src/webhooks/lane.ts'
import { type Post, type PosterOptions, poster } from '../../src/webhooks/post.ts'
import { type Sender, startSender } from '../../src/webhooks/sender.ts'
import { NOW } from '../helpers/build.ts'

export interface FastClock {
  now(): Instant
  monotonic(): number
  sleep(ms: number, signal: AbortSignal): Promise<void>
}

/** @param scale so many milliseconds pass in one. @param beganAt when it showed `NOW`, by the clock of the machine */
export function fastClock(scale: number, beganAt: number): FastClock {
  const monotonic = (): number => (Date.now() - beganAt) * scale
  return {
    now: () => fromMillis(millis(NOW) + Math.floor(monotonic())),
    monotonic,
    sleep: (ms, signal) =>
      new Promise((over, stopped) => {
        const end = (): void => {
          clearTimeout(timer)
          stopped(signal.reason)
        }
        const timer = setTimeout(() => {
          signal.removeEventListener('abort', end)
          over()
        }, ms / scale)
        if (signal.aborted) end()
        else signal.addEventListener('abort', end, { once: true })
      }),
  }
}

/**
 * A clock that stands still while anything is under way, and else jumps to the end of the shortest wait: a schedule of days
 * takes milliseconds, and no slow machine makes a day of them.
 */
export function jumpingClock(): FastClock & { over(post: Post): Post; jump(ms: number): void } {
  let ms = 0
  let underWay = 0
  let changes = 0
  const waits = new Set<{ readonly until: number; readonly end: () => void }>()
  const timer = setInterval(jumpIfIdle, 1)
  timer.unref()
  let seen = -1

  /** Whoever ended an attempt has had a turn of the event loop to say what comes next. */
  function jumpIfIdle(): void {
    if (underWay > 0 || waits.size === 0 || seen !== changes) {
      seen = changes
      return
    }
    jumpTo(Math.min(...[...waits].map(({ until }) => until)))
  }
  function jumpTo(to: number): void {
    ms = Math.max(ms, to)
    for (const wait of waits) if (wait.until <= ms) wait.end()
  }
  return {
    now: () => fromMillis(millis(NOW) + ms),
    monotonic: () => ms,
    sleep: (length, signal) =>
      new Promise((over, stopped) => {
        const stop = (): void => {
          changes++
          waits.delete(wait)
          stopped(signal.reason)
        }
        const wait = {
          until: ms + length,
          end() {
            changes++
            waits.delete(wait)
            signal.removeEventListener('abort', stop)
            over()
          },
        }
        changes++
        waits.add(wait)
        if (signal.aborted) stop()
        else signal.addEventListener('abort', stop, { once: true })
      }),
    over:
      (post) =>
      async (...given) => {
        underWay++
        try {
          return await post(...given)
        } finally {
          changes++
          underWay--
        }
      },
    jump: (length) => jumpTo(ms + length),
  }
}

/** Of which a part repeats: who signs with it is known, and nobody else has it. */
export const SECRET = `whsec_${Buffer.alloc(32, 'exhibit').toString('base64')}`

export function endpointAt(base: URL, id: string, over: Partial<Endpoint> = {}): Endpoint {
  return { id, url: new URL(`/${id}`, base), events: ['*'], secrets: () => [SECRET], ...over }
}

export interface Sending extends Sender {
  readonly clock: FastClock
  readonly notices: string[]
  readonly reports: unknown[]
  /** Stops it and closes its connections. */
  close(): Promise<void>
}

export interface SendingOptions {
  readonly clock?: FastClock & { over?(post: Post): Post }
  readonly limits?: Partial<Limits>
  readonly poster?: Partial<PosterOptions>
  random?(): number
}

export async function sending(
  outbox: Outbox,
  endpoints: readonly Endpoint[],
  { clock = fastClock(1, Date.now()), limits, poster: over, random = () => 0.5 }: SendingOptions = {},
): Promise<Sending> {
  const way = poster({ allow: ['127.0.0.0/8'], connectMs: 2_000, userAgent: 'exhibit/test', ...over })
  const notices: string[] = []
  const reports: unknown[] = []
  const sender = await startSender({
    endpoints,
    outbox,
    post: clock.over?.(way.post) ?? way.post,
    clock,
    random,
    notice: (endpoint, says) => notices.push(`${endpoint ?? 'all'}: ${says}`),
    report: (error) => reports.push(error),
    ...(limits === undefined ? {} : { limits }),
  })
  return {
    ...sender,
    clock,
    notices,
    reports,
    async close() {
      await sender.stop(0)
      await way.close()
    },
  }
}

export function event(n: number, endpoints: readonly string[], at: Instant = NOW): NewEvent {
  const data = { organization: 'acme', run: `run-${n}`, link: `https://evidence.acme.example/runs/${n}` }
  return { id: `evt_${n.toString(16).padStart(32, '0')}`, type: 'run.completed', at, data, endpoints }
}
