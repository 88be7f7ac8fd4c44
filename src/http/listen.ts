/** Opens the port: on the address asked for, and where the default port is taken, on a free one. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener, type HttpBindings } from '@hono/node-server'
import { AppError } from '../domain/error.ts'

export interface Listening {
  readonly url: URL
  close(): Promise<void>
}

interface App {
  /** @param bindings the connection, by which callers are told apart */
  fetch(request: Request, bindings: HttpBindings): Response | Promise<Response>
}

export async function listen(app: App, options: { host: string; port: number; fallback: boolean }): Promise<Listening> {
  // Short limits on our own port: a client that drips its request must not hold a socket for ever.
  const server = createServer(
    { requestTimeout: 30_000, headersTimeout: 15_000 },
    getRequestListener((request, bindings) => app.fetch(request, bindings as HttpBindings)),
  )
  const open = (port: number): Promise<void> =>
    new Promise((resolve, reject) => {
      server.once('error', reject)
      server.listen(port, options.host, () => {
        server.off('error', reject)
        resolve()
      })
    })
  try {
    await open(options.port)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'EADDRINUSE' || !options.fallback) {
      const remedy = code === 'EADDRINUSE' ? 'choose another with --port' : 'correct server.host and server.port'
      throw new AppError(
        'configuration',
        `${options.host}:${options.port} cannot be listened on (${code}); ${remedy}`,
        { cause: error },
      )
    }
    await open(0)
  }
  const { port } = server.address() as AddressInfo
  const host = options.host.includes(':') ? `[${options.host}]` : options.host
  return {
    url: new URL(`http://${host === '0.0.0.0' || host === '[::]' ? 'localhost' : host}:${port}`),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        // Event streams never end by themselves.
        server.closeAllConnections()
      }),
  }
}
