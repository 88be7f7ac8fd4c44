/**
 * The walk over devices' posture attributes: one call each, as no bulk read exists. Answers are handed on as they come,
 * so nobody waits for the slowest; a few hundred at most wait to be taken.
 */
import type { Answer, Page, PullContext, Tools } from '../../domain/connector.ts'
import { AppError } from '../../domain/error.ts'
import { byText } from '../../domain/json.ts'
import type { Device } from '../../domain/record.ts'
import { between, millis } from '../../domain/time.ts'
import { retryAfterMs } from '../../lib/retry.ts'
import { attributesPath, type Session } from './api.ts'
import { crowd } from './crowd.ts'

/** Answers that may wait to be taken before no more are asked for. */
const MOST_WAITING = 256
/** A call's tries: a device that goes on failing keeps its last reading. */
const TRIES = 3
const MAX_BYTES = 4 * 2 ** 20

/** Those never read first, then the oldest reading; shared-in devices are somebody else's. */
export function inTurn(devices: readonly Device[], context: PullContext): Device[] {
  const readAt = (device: Device): string => context.readings.get(device.key) ?? ''
  return devices
    .filter((device) => device.isExternal !== true && context.inScope(device))
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
  /** Pages in the order of the answers. Throws what makes the pull fail. */
  pages(): AsyncGenerator<Page>
  /** Asks for no more. */
  stop(): void
}

/** Starts at once, whether or not somebody takes the pages yet. */
export function walkAttributes(devices: readonly Device[], { session, tools, context, read, failed }: WalkParts): Walk {
  const flow = crowd()
  const startedAt = tools.now()
  let next = 0
  let inFlight = 0
  let answeredCount = 0
  let waiting: Page[] = []
  let stopped = false
  let refused = false
  let fatal: unknown = null
  let failure: unknown = null
  let wake = (): void => {}

  const leftMs = (): number => context.attributeBudgetMs - between(startedAt, tools.now())

  const ended = (): boolean => stopped || refused || fatal !== null

  function fill(): void {
    while (next < devices.length && !ended() && inFlight < flow.limit() && waiting.length < MOST_WAITING) {
      if (leftMs() <= 0) stopped = true
      else void ask(devices[next++]!)
    }
  }

  async function ask(device: Device): Promise<void> {
    const path = attributesPath(device.key)
    inFlight += 1
    const asked = await settled(answerOf(path))
    inFlight -= 1
    // The next call leaves before this answer is looked at.
    fill()
    try {
      if ('error' in asked) throw asked.error
      take(session.page(context, path, asked.answer))
    } catch (error) {
      failure = error
      if (endsThePull(error)) {
        fatal ??= error
        failed(error)
      }
    }
    tools.progress(next - inFlight, devices.length, 'posture attributes')
    wake()
  }

  function take(page: Page): void {
    refuseForeign(page)
    read(page)
    answeredCount += 1
    // One refusal speaks for all: the scope is missing, or the plan has no posture.
    if (page.status !== 403 || !refused) waiting.push(page)
    if (page.status === 403) refused = true
  }

  async function answerOf(path: string): Promise<Answer> {
    const member = flow.joins()
    const leftAt = millis(tools.now())
    const answer = await session.get(path, {
      accept: [403, 404],
      maxBytes: MAX_BYTES,
      tries: TRIES,
      // Called for each answer that is asked for again: 429, 503 and their like.
      retryAfter(headers, nowMs) {
        member.refused()
        return retryAfterMs(headers, nowMs)
      },
    })
    member.answered(millis(answer.receivedAt) - leftAt)
    return answer
  }

  function endsThePull(error: unknown): boolean {
    if (tools.signal.aborted || !(error instanceof AppError)) return true
    // A vendor that asks for more patience than is left is left alone, by the next pull too.
    if (error.code === 'rate_limited') return (error.retryAfterMs ?? 0) > leftMs()
    return error.code === 'auth_failed' || error.code === 'interrupted'
  }

  async function* pages(): AsyncGenerator<Page> {
    for (;;) {
      if (fatal !== null) throw fatal
      const batch = waiting
      waiting = []
      fill()
      yield* batch
      if (fatal !== null) throw fatal
      if (waiting.length > 0) continue
      if (inFlight === 0) break
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    }
    if (answeredCount === 0 && failure !== null) throw failure
  }

  fill()
  return {
    pages,
    stop() {
      stopped = true
    },
  }
}

async function settled(call: Promise<Answer>): Promise<{ answer: Answer } | { error: unknown }> {
  try {
    return { answer: await call }
  } catch (error) {
    return { error }
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
