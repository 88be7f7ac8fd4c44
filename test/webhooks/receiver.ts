/**
 * A receiver of webhooks on loopback, as its own author would write it: it verifies by node:crypto (`v1` and `v1a`) and by
 * the npm `standardwebhooks` package, answers as it is told, and remembers what it saw.
 */
import { createHmac, createPublicKey, timingSafeEqual, verify } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Received {
  /** The first part of the path: the endpoint that was meant. */
  readonly endpoint: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** How many of this event came here before. */
  readonly before: number
}

/** What the receiver does with a message that it read whole. */
export type Answer =
  | {
      readonly status: number
      readonly headers?: Record<string, string>
      readonly body?: string
      readonly afterMs?: number
    }
  | 'reset'
  | 'hang'
  /** 200, and a body without an end. */
  | 'endless'

export interface Receiver {
  readonly url: URL
  readonly received: readonly Received[]
  /** Answers that left whole, by "event endpoint". */
  readonly answered: ReadonlyMap<string, readonly number[]>
  close(): Promise<void>
}

/** @param keep whether what was received is kept whole */
export async function receiver(
  answerTo: (received: Received) => Answer | Promise<Answer>,
  keep = true,
): Promise<Receiver> {
  const received: Received[] = []
  const seen = new Map<string, number>()
  const answered = new Map<string, number[]>()
  const server = createServer((request, response) => {
    void take(request, response).catch(() => request.socket.destroy())
  })

  async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = (await Array.fromAsync(request)).map((part: Buffer) => part.toString('latin1')).join('')
    const headers = request.headers as Record<string, string>
    const endpoint = request.url!.split('/')[1]!
    const key = `${headers['webhook-id']} ${endpoint}`
    const before = seen.get(key) ?? 0
    seen.set(key, before + 1)
    const message = { endpoint, headers, body: Buffer.from(body, 'latin1').toString(), before }
    if (keep) received.push(message)
    const answer = await answerTo(message)
    if (answer === 'hang') return
    if (answer === 'reset') return void request.socket.resetAndDestroy()
    if (answer === 'endless') return endless(response)
    if (answer.afterMs !== undefined) await new Promise((over) => setTimeout(over, answer.afterMs))
    // Whoever asked may have gone meanwhile: then nobody was told.
    if (response.destroyed) return
    answered.set(key, [...(answered.get(key) ?? []), answer.status])
    response.writeHead(answer.status, answer.headers).end(answer.body ?? '')
  }

  function endless(response: ServerResponse): void {
    const key = `${response.req.headers['webhook-id'] as string} ${response.req.url!.split('/')[1]!}`
    answered.set(key, [...(answered.get(key) ?? []), 200])
    response.writeHead(200)
    const go = (): void => {
      while (!response.destroyed) if (!response.write('x'.repeat(16_384))) return void response.once('drain', go)
    }
    response.on('error', () => {})
    go()
  }

  await new Promise<void>((open) => server.listen(0, '127.0.0.1', open))
  return {
    url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`),
    received,
    answered,
    close: () =>
      new Promise((closed) => {
        server.close(() => closed())
        server.closeAllConnections()
      }),
  }
}

/** @param key `whsec_…` or `whpk_…`. @param nowS seconds; five minutes off are allowed */
export function verifies({ headers, body }: Pick<Received, 'headers' | 'body'>, key: string, nowS: number): boolean {
  const lower = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
  const id = lower['webhook-id']
  const time = lower['webhook-timestamp']
  if (!id || !time || !/^\d+$/.test(time) || Math.abs(Number(time) - nowS) > 300) return false
  const content = Buffer.from(`${id}.${time}.${body}`)
  const bytes = Buffer.from(key.slice(key.indexOf('_') + 1), 'base64')
  return (lower['webhook-signature'] ?? '').split(' ').some((one) => {
    const [version, signature = ''] = one.split(',')
    const given = Buffer.from(signature, 'base64')
    if (version === 'v1' && key.startsWith('whsec_')) {
      const want = createHmac('sha256', bytes).update(content).digest()
      return given.length === want.length && timingSafeEqual(given, want)
    }
    if (version !== 'v1a' || !key.startsWith('whpk_')) return false
    const jwk = { kty: 'OKP', crv: 'Ed25519', x: bytes.toString('base64url') }
    return verify(null, content, createPublicKey({ key: jwk, format: 'jwk' }), given)
  })
}
