/** The two ways out, and the configuration that is asked before either: each vector is tried at all three. */

import { parseConfig } from '../../src/config.ts'
import { csv } from '../../src/connectors/csv/index.ts'
import type { Connector } from '../../src/domain/connector.ts'
import { AppError } from '../../src/domain/error.ts'
import type { Lookup } from '../../src/lib/connections.ts'
import { guardedClient } from '../../src/lib/http.ts'
import { poster } from '../../src/webhooks/post.ts'

/** What a credential or a signed event would be: it must arrive where it was meant, and nowhere else. */
export const CANARY = 'canary-0f1e2d3c4b5a69788796a5b4c3d2e1f0'

export interface Sent {
  readonly url: URL
  readonly method: 'GET' | 'POST'
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | null
}

export interface Door {
  readonly name: string
  /** In words what came of it, a status or a refusal. */
  send(sent: Sent): Promise<string>
  close(): Promise<void>
}

export interface DoorOptions {
  readonly allow: readonly string[]
  readonly lookup: Lookup
  readonly proxy: string | null
}

const REQUEST_MS = 5_000

/** Open for one vector: what is connected already is not judged again. */
export function vendorDoor(base: URL, { allow, lookup, proxy }: DoorOptions): Door {
  const client = guardedClient({
    source: 'edr',
    base,
    allow,
    lookup,
    limits: { requestMs: REQUEST_MS, deadlineAt: Number.POSITIVE_INFINITY },
    requestsPerSecond: null,
    clock: { now: () => new Date(), monotonic: () => performance.now(), sleep: async () => {} },
    random: () => 0,
    signal: new AbortController().signal,
    note: () => {},
    failure: (code, message, options) => new AppError(code, message, options),
    userAgent: 'exhibit/test',
    ...(proxy === null ? {} : { proxy }),
  })
  return {
    name: 'guarded client',
    async send({ headers, body, ...call }) {
      const content = body === null ? {} : { body }
      try {
        const how = { place: 'vector', tries: 1, contentType: null }
        const { status } = await client.request({ ...call, ...content, ...how, headers: { ...headers } })
        return `answered ${status}`
      } catch (error) {
        return (error as Error).message
      }
    },
    close: client.close,
  }
}

export function webhookDoor({ allow, lookup, proxy }: DoorOptions): Door {
  const out = poster({
    allow,
    lookup,
    connectMs: REQUEST_MS,
    userAgent: 'exhibit/test',
    ...(proxy === null ? {} : { proxy }),
  })
  return {
    name: 'webhook post',
    async send({ url, headers, body }) {
      try {
        const posted = await out.post(url, headers, body ?? '{}', AbortSignal.timeout(REQUEST_MS))
        return posted.status === null ? posted.says : `answered ${posted.status}`
      } catch (error) {
        return (error as Error).message
      }
    },
    close: out.close,
  }
}

const SECRET = `whsec_${Buffer.alloc(32, 'exhibit').toString('base64')}`

/** What the configuration says of an endpoint there; null where it is taken. */
export function complaintAtLoad(url: string, allow: readonly string[]): string | null {
  const file = {
    organization: { id: 'acme', name: 'Acme Corp' },
    sources: [{ id: 'roster', kind: 'csv', path: 'people.csv' }],
    webhooks: [{ id: 'grc', url, secret: SECRET }],
    network: { allow },
  }
  try {
    parseConfig(JSON.stringify(file), '/exhibit.yaml', { connectors: [csv as Connector], checks: [], env: {} })
    return null
  } catch (error) {
    if (error instanceof AppError && error.code === 'configuration') return error.message
    throw error
  }
}
