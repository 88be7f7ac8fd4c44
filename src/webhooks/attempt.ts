/** One attempt: signed as of now, sent by the guarded way out, and what came of it in words for people. */
import type { Attempt, Endpoint } from '../domain/outbox.ts'
import { type Instant, SECOND } from '../domain/time.ts'
import { excerpt } from './excerpt.ts'
import type { Post, Posted } from './post.ts'
import { isSuccess, type Met } from './schedule.ts'
import { signed } from './sign.ts'

export interface AttemptParts {
  readonly post: Post
  readonly clock: { sleep(ms: number, signal: AbortSignal): Promise<void> }
  report(error: unknown, where: string): void
  readonly limits: { readonly attemptMs: number }
}

interface Message {
  readonly event: string
  readonly body: string
  readonly at: Instant
}

/** Never throws. */
export type Send = (
  message: Message,
  stopped: AbortController,
) => Promise<{ met: Met } & Pick<Attempt, 'error' | 'answer'>>

const UNANSWERED: Met = { status: null, headers: {} }

export function sendingTo(endpoint: Endpoint, { post, clock, report, limits: { attemptMs } }: AttemptParts): Send {
  async function inTime(stopped: AbortController, work: () => Promise<Posted>): Promise<Posted> {
    const over = new AbortController()
    let late = false
    clock.sleep(attemptMs, over.signal).then(
      () => {
        late = true
        stopped.abort()
      },
      () => {},
    )
    try {
      const posted = await work()
      if (posted.status !== null || !late) return posted
      return { status: null, says: `gave no answer within ${attemptMs / SECOND} s` }
    } catch (error) {
      // Nobody foresaw it: it goes to the log, and counts as a failure, or it would be tried again for ever.
      report(error, `webhooks to ${endpoint.id}`)
      return { status: null, says: 'was not sent: internal error' }
    } finally {
      over.abort()
    }
  }

  return async ({ event, body, at }, stopped) => {
    let secrets: readonly string[]
    let headers: Record<string, string>
    try {
      secrets = endpoint.secrets()
      headers = signed({ id: event, timestamp: Math.floor(Date.parse(at) / SECOND), body }, secrets)
    } catch (cause) {
      const error = `was not sent: its secret cannot be used (${(cause as Error).message})`
      return { met: UNANSWERED, error, answer: null }
    }
    const posted = await inTime(stopped, () => post(endpoint.url, headers, body, stopped.signal))
    if (posted.status === null) return { met: UNANSWERED, error: posted.says, answer: null }
    const answer = excerpt(posted.text, endpoint, [...secrets, headers['webhook-signature']!])
    return { met: posted, error: isSuccess(posted) ? null : said(posted.status), answer }
  }
}

function said(status: number): string {
  return status >= 300 && status <= 399 ? `answered ${status}; a redirect is not followed` : `answered ${status}`
}
