/** Servers on loopback of the proof that nothing is let through: those that nobody may reach, and those that are asked. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type AddressInfo, connect, createServer as createTcpServer, type Server, type Socket } from 'node:net'

export interface Traps {
  readonly port: number
  /** Where they listen: `127.0.0.1`, and `::1` where the machine has it. */
  readonly hosts: readonly string[]
  /** Since they were set. */
  connections(): number
  /** What arrived, in all. */
  bytes(): number
  /** Reaches each of them once: whether it was logged, and so everything that came before. */
  work(): Promise<boolean>
  close(): Promise<void>
}

export async function setTraps(): Promise<Traps> {
  let connections = 0
  let bytes = 0
  let logged = (): void => {}
  const open = new Set<Socket>()
  const servers = await atOnePort(() =>
    createTcpServer((socket) => {
      connections++
      open.add(socket)
      socket.on('data', (part) => (bytes += part.length)).on('error', () => {})
      socket.once('close', () => open.delete(socket)).end()
      logged()
    }),
  )
  const hosts = servers.map((server) => (server.address() as AddressInfo).address)
  const { port } = servers[0]!.address() as AddressInfo
  return {
    port,
    hosts,
    connections: () => connections,
    bytes: () => bytes,
    async work() {
      const before = connections
      for (const host of hosts) {
        const { promise, resolve } = Promise.withResolvers<void>()
        logged = resolve
        const socket = connect({ host, port }).on('error', resolve)
        await promise
        socket.destroy()
      }
      return connections === before + hosts.length
    },
    close() {
      for (const socket of open) socket.destroy()
      return closed(servers)
    },
  }
}

/** On 127.0.0.1, and on ::1 where the machine has it; elsewhere where somebody else has that port there. */
async function atOnePort(made: () => Server, tries = 5): Promise<Server[]> {
  const first = await listening(made(), '127.0.0.1', 0)
  const { port } = first.address() as AddressInfo
  try {
    return [first, await listening(made(), '::1', port)]
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EADDRNOTAVAIL' || code === 'EAFNOSUPPORT') return [first]
    await closed([first])
    if (code === 'EADDRINUSE' && tries > 1) return atOnePort(made, tries - 1)
    throw error
  }
}

export interface Asked {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: string
}

export interface Answering {
  readonly url: URL
  /** What it is asked from now on it answers so; gives what it was asked until now. */
  answer(by: (response: ServerResponse) => void): readonly Asked[]
  close(): Promise<void>
}

/** A server that may be reached, and tries to send whoever asks it on to somewhere else. */
export async function answering(): Promise<Answering> {
  let by = (response: ServerResponse): unknown => response.end()
  const asked: Asked[] = []
  const server = createServer((request, response) => void take(request, response))
  async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = Buffer.concat(await Array.fromAsync(request as AsyncIterable<Buffer>)).toString()
    asked.push({
      method: request.method!,
      path: request.url!,
      headers: request.headers as Asked['headers'],
      body,
    })
    by(response)
  }
  await listening(server, '127.0.0.1', 0)
  return {
    url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`),
    answer(next) {
      by = next
      return asked.splice(0)
    },
    async close() {
      server.closeAllConnections()
      await closed([server])
    },
  }
}

export interface RefusingProxy {
  readonly url: URL
  /** Ways asked for since it was last asked; none is given. */
  taken(): readonly string[]
  close(): Promise<void>
}

export async function refusingProxy(): Promise<RefusingProxy> {
  const asked: string[] = []
  const server = createServer()
  server.on('connect', (request: IncomingMessage, socket: Socket) => {
    asked.push(request.url!)
    socket.end('HTTP/1.1 403 No\r\n\r\n')
  })
  await listening(server, '127.0.0.1', 0)
  return {
    url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`),
    taken: () => asked.splice(0),
    close: () => closed([server]),
  }
}

function listening<S extends Server>(server: S, host: string, port: number): Promise<S> {
  return new Promise((ready, failed) => {
    server.once('error', failed)
    server.listen({ host, port, ipv6Only: host.includes(':') }, () => ready(server.off('error', failed)))
  })
}

async function closed(servers: readonly Server[]): Promise<void> {
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))))
}
