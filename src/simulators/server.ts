/** Puts a simulator on a port, with faults that can be switched on while it runs. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Fault, Faults, struck, type Written } from './faults.ts'
import type { Simulator } from './simulator.ts'

export interface ServeOptions {
  /** 0, the default, takes any free port. */
  port?: number
  host?: string
  /** The vendor's clock, for answers without a `Date`; the machine's by default. */
  now?: () => Date
  /** From the arrival of a call to its answer, at least. */
  delayMs?: number
  faults?: Faults | readonly Fault[]
  /** One line a call. */
  log?: (line: string) => void
}

export interface SimulatorServer {
  readonly url: URL
  /** Every call that arrived, in order; `at` is milliseconds since the server started. */
  readonly requests: { readonly method: string; readonly path: string; readonly at: number }[]
  readonly faults: Faults
  /** Ends open connections too. */
  close(): Promise<void>
}

/** What of a simulator a server needs. */
export type Served = Pick<Simulator, 'fetch' | 'endpoints'>

export async function serveSimulator(simulator: Served, options: ServeOptions = {}): Promise<SimulatorServer> {
  const { port = 0, host = '127.0.0.1', delayMs = 0, log } = options
  const faults = options.faults instanceof Faults ? options.faults : new Faults(options.faults)
  const requests: SimulatorServer['requests'] = []
  const startedAt = performance.now()
  const timers = new Set<NodeJS.Timeout>()
  const later = (ms: number, then: () => void): void => {
    const timer = setTimeout(() => {
      timers.delete(timer)
      then()
    }, ms)
    timers.add(timer)
  }

  /** Not before the moment, and hardly after it: a timer alone is up to a millisecond late. */
  const at = (moment: number, then: () => void): void => {
    const left = moment - performance.now()
    if (left <= 0) then()
    else if (left >= 1) later(left, () => at(moment, then))
    else setImmediate(() => at(moment, then))
  }

  const server = createServer({ keepAliveTimeout: 60_000 }, (incoming, outgoing) => {
    const arrivedAt = performance.now()
    answer(incoming).then(
      (written) => {
        log?.(`${incoming.method} ${incoming.url} ${written.manner === 'whole' ? written.status : written.manner}`)
        at(arrivedAt + delayMs, () => write(outgoing, written, later))
      },
      (error: unknown) => {
        log?.(`${incoming.method} ${incoming.url} broke: ${error}`)
        outgoing.writeHead(500, { 'content-type': 'text/plain' }).end(String(error))
      },
    )
  })

  async function answer(incoming: IncomingMessage): Promise<Written> {
    const method = incoming.method ?? 'GET'
    const path = incoming.url ?? '/'
    requests.push({ method, path, at: Math.round(performance.now() - startedAt) })
    const strike = faults.strike(simulator, method, path.split('?', 1)[0]!)
    const response = await simulator.fetch(await webRequest(incoming, `http://${host}`))
    const written = dated(await asWritten(response), options.now)
    return strike === null ? written : struck(strike, written)
  }

  await new Promise<void>((listening, failed) => {
    server.once('error', failed)
    server.listen(port, host, listening)
  })
  const address = server.address() as AddressInfo
  return {
    url: new URL(`http://${host.includes(':') ? `[${host}]` : host}:${address.port}`),
    requests,
    faults,
    close: () =>
      new Promise((closed) => {
        for (const timer of timers) clearTimeout(timer)
        server.close(() => closed())
        server.closeAllConnections()
      }),
  }
}

async function webRequest(incoming: IncomingMessage, fallback: string): Promise<Request> {
  const method = incoming.method ?? 'GET'
  const headers: [string, string][] = []
  for (let at = 0; at < incoming.rawHeaders.length; at += 2) {
    headers.push([incoming.rawHeaders[at]!, incoming.rawHeaders[at + 1]!])
  }
  const base = incoming.headers.host === undefined ? fallback : `http://${incoming.headers.host}`
  const init = { method, headers }
  if (method === 'GET' || method === 'HEAD') return new Request(new URL(incoming.url ?? '/', base), init)
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk as Buffer)
  return new Request(new URL(incoming.url ?? '/', base), { ...init, body: Buffer.concat(chunks) })
}

async function asWritten(response: Response): Promise<Written> {
  // Not `bytes()`: the Response that @hono/node-server puts in place of the global one does not have it.
  const body = new Uint8Array(await response.arrayBuffer())
  const headers: Written['headers'] = Object.fromEntries(response.headers)
  const cookies = response.headers.getSetCookie()
  if (cookies.length > 0) headers['set-cookie'] = cookies
  return { status: response.status, headers, body, manner: 'whole' }
}

function dated(written: Written, now: (() => Date) | undefined): Written {
  if (now === undefined || written.headers['date'] !== undefined) return written
  return { ...written, headers: { ...written.headers, date: now().toUTCString() } }
}

type Later = (ms: number, then: () => void) => void

function write(outgoing: ServerResponse, written: Written, later: Later): void {
  const { status, headers, body, manner } = written
  if (manner === 'hang') return
  if (manner === 'reset') {
    outgoing.socket?.resetAndDestroy()
    return
  }
  if (status === 204 || status === 304) {
    outgoing.writeHead(status, headers).end()
    return
  }
  // A length that the simulator stated itself is wrong once a fault has changed the body.
  outgoing.writeHead(status, { ...headers, 'content-length': manner === 'cut' ? body.length + 1000 : body.length })
  if (manner === 'whole') outgoing.end(body)
  else if (manner === 'drip') drip(outgoing, body, written.everyMs ?? 50, later)
  else {
    outgoing.write(body.subarray(0, manner === 'cut' ? body.length : Math.ceil(body.length / 2)), () => {
      if (manner === 'cut') outgoing.socket?.end()
      else outgoing.socket?.resetAndDestroy()
    })
  }
}

function drip(outgoing: ServerResponse, body: Uint8Array, everyMs: number, later: Later): void {
  if (body.length <= 1 || outgoing.destroyed) {
    outgoing.end(body)
    return
  }
  outgoing.write(body.subarray(0, 1))
  later(everyMs, () => drip(outgoing, body.subarray(1), everyMs, later))
}
