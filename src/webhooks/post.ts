/**
 * One POST to an endpoint by the guarded way out: addresses judged when the connection is made, no redirect followed, and
 * of the answer no more read than people will look at. Each endpoint has connections of its own, so that none waits for
 * another's.
 */
import type { Dispatcher } from 'undici'
import { type ConnectionOptions, type Connections, connections } from '../lib/connections.ts'
import { failureOfError } from '../lib/http-failure.ts'

/** What came of it: an answer, or why there was none, in words that go on after the endpoint's name. */
export type Posted =
  | {
      readonly status: number
      readonly headers: Readonly<Record<string, string>>
      /** The beginning of its body; null where it was compressed against our wish. */
      readonly text: string | null
    }
  | { readonly status: null; readonly says: string }

/** Throws only for what nobody foresaw. */
export type Post = (
  url: URL,
  headers: Readonly<Record<string, string>>,
  body: string,
  signal: AbortSignal,
) => Promise<Posted>

export interface PosterOptions extends Pick<ConnectionOptions, 'allow' | 'connectMs' | 'proxy' | 'ca' | 'lookup'> {
  readonly userAgent: string
  /** Connections to one endpoint at a time. */
  readonly limit?: number
}

const MOST_BYTES = 64 * 1024

export function poster({ userAgent, limit = 4, ...options }: PosterOptions): { post: Post; close(): Promise<void> } {
  const lines = new Map<string, Connections>()

  function linesTo(url: URL): Connections {
    let found = lines.get(url.href)
    if (found === undefined) {
      found = connections({ ...options, base: url, limit })
      lines.set(url.href, found)
    }
    return found
  }

  return {
    async post(url, headers, body, signal) {
      try {
        return await linesTo(url).use(async (client) => {
          const {
            statusCode,
            headers: received,
            body: content,
          } = await client.request({
            method: 'POST',
            path: `${url.pathname}${url.search}`,
            headers: {
              ...headers,
              host: url.host,
              'content-type': 'application/json',
              'accept-encoding': 'identity',
              'user-agent': userAgent,
            },
            body,
            signal,
          })
          const beginning = await beginningOf(content)
          const opened = (received['content-encoding'] ?? 'identity') === 'identity'
          return { status: statusCode, headers: flat(received), text: opened ? beginning : null }
        })
      } catch (error) {
        const failure = failureOfError(error, false)
        if (signal.aborted) return { status: null, says: 'was given up before it answered' }
        if (failure === null) throw error
        return {
          status: null,
          says: failure.says === 'was not sent' ? `was not sent: ${failure.remedy}` : failure.says,
        }
      }
    },
    async close() {
      await Promise.all([...lines.values()].map((one) => one.close()))
    },
  }
}

/** A body that breaks off or never ends changes nothing: the status is the answer. */
async function beginningOf(content: Dispatcher.ResponseData['body']): Promise<string> {
  const parts: Buffer[] = []
  let bytes = 0
  try {
    for await (const part of content as AsyncIterable<Buffer>) {
      parts.push(part)
      bytes += part.length
      if (bytes >= MOST_BYTES) break
    }
  } catch {
    // What came until then is shown.
  }
  return new TextDecoder().decode(Buffer.concat(parts).subarray(0, MOST_BYTES))
}

function flat(headers: Dispatcher.ResponseData['headers']): Record<string, string> {
  const one: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined && name !== '__proto__') one[name] = Array.isArray(value) ? value.join(', ') : value
  }
  return one
}
