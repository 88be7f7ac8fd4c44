/**
 * The walk over devices' posture attributes: one call each, as no bulk read exists. Answers are handed on as they come,
 * so nobody waits for the slowest; a few hundred at most wait to be taken.
 */
import type { Answer, Page, PullContext, Tools } from '../../domain/connector.ts'
import { AppError } from '../../domain/error.ts'
import { byText } from '../../domain/json.ts'
import type { Device } from '../../domain/record.ts'
import { between, type Instant, plus } from '../../domain/time.ts'
import { retryAfterMs } from '../../lib/retry.ts'
import { attributesPath, type Session } from './api.ts'
import { crowd } from './crowd.ts'

/** Answers that may wait to be taken before no more are asked for. */
const MOST_WAITING = 256
/** A call's tries: a device that goes on failing keeps its last reading. */
const TRIES = 3
const MAX_BYTES = 4 * 2 ** 20
const ACCEPTED = [403, 404]

/** Those never read first, then the oldest reading; shared-in devices are somebody else's. */
export function inTurn(devices: readonly Device[], context: PullContext): Device[] {
  const { attributesSince } = context
  const readAt = (device: Device): string => context.readings.get(device.key) ?? ''
  return devices
    .filter((device) => device.isExternal !== true && context.inScope(device))
    .filter((device) => attributesSince === undefined || readAt(device) < attributesSince)
    .sort((a, b) => byText(readAt(a), readAt(b)) || byText(a.key, b.key))
}

export interface WalkParts {
  readonly session: Session
  readonly tools: Tools
  readonly context: PullContext
  /** Throws where an answer is not what the vendor says of a device. */
  readonly read: (page: Page) => unknown
  /** Told at once of what makes the pull fail. */
  readonly failed: (error: unknown) => void
}

export interface Walk {
  /** The pages of what was answered meanwhile, in that order; null after the last. Throws what makes the pull fail. */
  next(): Promise<readonly Page[] | null>
  /** Asks for no more. */
  stop(): void
}

interface Answered {
  readonly path: string
  readonly answer: Answer
}

/** Starts at once, whether or not somebody takes the pages yet. */
export function walkAttributes(devices: readonly Device[], { session, tools, context, read, failed }: WalkParts): Walk {
  const flow = crowd()
  const overAt = plus(tools.now(), context.attributeBudgetMs)
  let next = 0
  let inFlight = 0
  let answeredCount = 0
  let waiting: Answered[] = []
  let stopped = false
  let refused = false
  let fatal: unknown = null
  let failure: unknown = null
  let wake = (): void => {}
  let waking = false

  const ended = (): boolean => stopped || refused || fatal !== null

  function fill(): void {
    while (next < devices.length && !ended() && inFlight < flow.limit() && waiting.length < MOST_WAITING) {
      const now = tools.now()
      if (now >= overAt) stopped = true
      else void ask(devices[next++]!, now)
    }
  }

  async function ask(device: Device, leftAt: Instant): Promise<void> {
    const path = attributesPath(device.key)
    const member = flow.joins()
    inFlight += 1
    try {
      const answer = await session.get(path, {
        accept: ACCEPTED,
        maxBytes: MAX_BYTES,
        tries: TRIES,
        // Called for each answer that is asked for again: 429, 503 and their like.
        retryAfter(headers, nowMs) {
          member.refused()
          return retryAfterMs(headers, nowMs)
        },
      })
      member.answered(between(leftAt, answer.receivedAt))
      // One refusal speaks for all: the scope is missing, or the plan has no posture.
      if (answer.status !== 403 || !refused) waiting.push({ path, answer })
      if (answer.status === 403) refused = true
    } catch (error) {
      fails(error)
    }
    inFlight -= 1
    fill()
    tools.progress(next - inFlight, devices.length, 'posture attributes')
    arrived()
  }

  /** Lets the next call leave before this answer is looked at: undici writes to a used connection a turn later. */
  function arrived(): void {
    if (waking) return
    waking = true
    setImmediate(() => {
      waking = false
      wake()
    })
  }

  function fails(error: unknown): void {
    failure = error
    if (!endsThePull(error)) return
    fatal ??= error
    failed(error)
  }

  function endsThePull(error: unknown): boolean {
    if (tools.signal.aborted || !(error instanceof AppError)) return true
    // A vendor that asks for more patience than is left is left alone, by the next pull too.
    if (error.code === 'rate_limited') return (error.retryAfterMs ?? 0) > between(tools.now(), overAt)
    return error.code === 'auth_failed' || error.code === 'interrupted'
  }

  function pagesOf(answers: readonly Answered[]): Page[] {
    const pages: Page[] = []
    for (const { path, answer } of answers) {
      try {
        const page = session.page(context, path, answer)
        refuseForeign(page)
        read(page)
        answeredCount += 1
        pages.push(page)
      } catch (error) {
        fails(error)
      }
    }
    return pages
  }

  fill()
  return {
    async next() {
      for (;;) {
        if (fatal !== null) throw fatal
        const answers = waiting
        waiting = []
        fill()
        const pages = pagesOf(answers)
        if (pages.length > 0) return pages
        if (waiting.length > 0) continue
        if (inFlight === 0) break
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
      if (answeredCount === 0 && failure !== null) throw failure
      return null
    },
    stop() {
      stopped = true
    },
  }
}

/** "Not found" must be the vendor's word; a proxy says it with a page of its own. */
function refuseForeign(page: Page): void {
  if (page.status !== 404 || page.headers['content-type']?.includes('json') === true) return
  throw new AppError(
    'wrong_content_type',
    `tailscale: ${page.request} answered 404 with a page that is not Tailscale's. Check what stands in between.`,
  )
}
