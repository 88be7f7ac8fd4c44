/**
 * Connections to one origin, each its own undici Client, so that every answer is known to have come from one address and
 * one certificate. The address is judged when the connection is made: the literal host, every resolved address, and once
 * more the address really reached (undici calls no lookup for a literal address). Of a name's addresses the good ones are
 * handed on; through a proxy, which chooses for itself, all that are known here must be good. Ports are not judged. A
 * proxy is the one that is configured, never one of the environment.
 */
import { type LookupAddress, type LookupAllOptions, lookup as systemLookup } from 'node:dns'
import { isIP, type LookupFunction, type Socket } from 'node:net'
import { setTimeout as waited } from 'node:timers/promises'
import { TLSSocket } from 'node:tls'
import { buildConnector, Client } from 'undici'
import { addressRules } from './addresses.ts'
import { sha256 } from './digest.ts'
import { isLocalName } from './loopback.ts'
import { tunnel } from './tunnel.ts'

export interface ConnectionOptions {
  base: URL
  allow: readonly string[]
  connectMs: number
  /** `http://proxy:3128`; https calls go through it by CONNECT. */
  proxy?: string
  /** PEM of the authorities to trust, instead of those that come with Node. */
  ca?: string
  limit?: number
  /** How a name becomes addresses; as the system does it, by default. */
  lookup?: Lookup
}

export type Lookup = (
  name: string,
  options: LookupAllOptions,
  found: (error: Error | null, addresses: LookupAddress[]) => void,
) => void

export interface Peer {
  address: string | null
  /** SHA-256 of the server's TLS certificate, hex. */
  certificate: string | null
}

export interface Connections {
  /** Hands out one connection, waiting for a free one, and takes it back when the work is over. */
  use<T>(work: (client: Client, peer: Peer) => Promise<T>): Promise<T>
  close(): Promise<void>
}

/** The host is, or resolves to, an address that must not be reached. Not worth a second try. */
export class AddressRefused extends Error {
  override readonly name = 'AddressRefused'
}

interface Line {
  client: Client
  peer: Peer
}

export function connections(options: ConnectionOptions): Connections {
  const limit = options.limit ?? 16
  const idle: Line[] = []
  const all: Line[] = []
  const waiting: ((line: Line) => void)[] = []

  const another = (): Line | Promise<Line> => {
    if (all.length >= limit) return new Promise((given) => waiting.push(given))
    const made = line(options)
    all.push(made)
    return made
  }
  const giveBack = (free: Line): void => {
    const next = waiting.shift()
    if (next === undefined) idle.push(free)
    else next(free)
  }

  return {
    async use(work) {
      const taken = idle.pop() ?? (await another())
      try {
        return await work(taken.client, taken.peer)
      } finally {
        giveBack(taken)
      }
    },
    async close() {
      await Promise.all(all.map(({ client }) => client.destroy()))
    },
  }
}

function line(options: ConnectionOptions): Line {
  const peer: Peer = { address: null, certificate: null }
  const client = new Client(options.base.origin, {
    connect: guardedConnector(options, peer),
    pipelining: 1,
    allowH2: false,
    // The request's own time limit covers headers and body together.
    headersTimeout: 0,
    bodyTimeout: 0,
  })
  return { client, peer }
}

function guardedConnector(options: ConnectionOptions, peer: Peer): buildConnector.connector {
  const overTls = options.base.protocol === 'https:'
  const proxy = overTls ? options.proxy : undefined
  const judge = judgeFor(options.allow, overTls)
  const lookup = options.lookup ?? systemLookup
  const connect = buildConnector({
    timeout: options.connectMs,
    allowH2: false,
    // A resumed session would not show the certificate again.
    maxCachedSessions: 0,
    lookup: guardedLookup(judge, lookup),
    ...(options.ca === undefined ? {} : { ca: options.ca }),
  })

  const dial = async (target: buildConnector.Options): Promise<Socket> => {
    Object.assign(peer, { address: null, certificate: null })
    if (isIP(target.hostname) !== 0) refuse(judge(target.hostname, target.hostname))
    else if (proxy !== undefined) refuse(await judgedName(target.hostname, judge, lookup))
    const way = proxy === undefined ? null : await tunnel(proxy, wayTo(target), options)
    const socket = await connected(connect, way === null ? target : { ...target, httpSocket: way })
    // A TLS socket within a tunnel has no address of its own: what was connected to is the proxy.
    peer.address = way?.remoteAddress ?? socket.remoteAddress ?? null
    if (socket instanceof TLSSocket) peer.certificate = certificateOf(socket)
    if (way === null && peer.address !== null) refuse(judge(target.hostname, peer.address), socket)
    return socket
  }
  return (target, callback) => {
    dial(target).then(
      (socket) => callback(null, socket),
      (error: Error) => callback(error, null),
    )
  }
}

const wayTo = ({ hostname, port }: buildConnector.Options): string =>
  `${isIP(hostname) === 6 ? `[${hostname}]` : hostname}:${port || '443'}`

function refuse(refusal: AddressRefused | null, socket?: Socket): void {
  if (refusal === null) return
  socket?.destroy()
  throw refusal
}

function connected(connect: buildConnector.connector, target: buildConnector.Options): Promise<Socket> {
  return new Promise((resolved, failed) => {
    connect(target, (error, socket) => (error === null ? resolved(socket as Socket) : failed(error)))
  })
}

function certificateOf(socket: TLSSocket): string | null {
  const certificate = socket.getPeerX509Certificate()
  return certificate === undefined ? null : sha256(certificate.raw)
}

type Judge = (host: string, address: string) => AddressRefused | null

/** Plain http reaches only what the operator listed: on any other way somebody could read the credentials. */
function judgeFor(allow: readonly string[], overTls: boolean): Judge {
  const rules = addressRules(allow)
  return (host, address) => {
    const verdict = rules(address)
    const named = host === address ? address : `${host} is at ${address}, which`
    if (!verdict.allowed) {
      return new AddressRefused(`${named} is refused: ${verdict.why}; ${verdict.remedy}`)
    }
    if (overTls || verdict.by === 'listed') return null
    return new AddressRefused(
      `${named} may not be called over plain http; use https or name the range in network.allow`,
    )
  }
}

/** Hands on only addresses that may be reached: what is connected to is what was judged, and nobody asks again. */
function guardedLookup(judge: Judge, resolve: Lookup): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return callback(error, [])
      const allowed = addresses.filter(({ address }) => judge(hostname, address) === null)
      const first = allowed[0]
      if (first === undefined) return callback(judge(hostname, addresses[0]?.address ?? '') ?? noAddress(hostname), [])
      if (options.all === true) callback(null, allowed)
      else callback(null, first.address, first.family)
    })
  }
}

const noAddress = (hostname: string): Error =>
  Object.assign(new Error(`${hostname} has no address`), { code: 'ENOTFOUND' })

/** A network whose names only its proxy knows may leave such a question open for long. */
const LOOKED_UP_MS = 2_000

/**
 * Through a proxy it is the proxy that looks the name up, and keeps its own rules. Where the name is known here as well, no
 * address of it may be a refused one, as which of them it takes is not ours to say.
 */
async function judgedName(name: string, judge: Judge, resolve: Lookup): Promise<AddressRefused | null> {
  // Of the machine itself, whatever a server says (RFC 6761 section 6.3); here it would be that of the proxy.
  if (isLocalName(name)) return judge(name, '127.0.0.1')
  const over = new AbortController()
  const found = new Promise<LookupAddress[]>((known) => {
    resolve(name, { all: true }, (error, addresses) => known(error === null ? addresses : []))
  })
  const late = waited(LOOKED_UP_MS, [], { signal: over.signal }).catch(() => [])
  const addresses = await Promise.race([found, late])
  over.abort()
  return addresses.map(({ address }) => judge(name, address)).find((refusal) => refusal !== null) ?? null
}
