import { createServer } from 'node:https'
import { type AddressInfo, Socket, type TcpNetConnectOpts } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { poster } from '../../src/webhooks/post.ts'
import { selfSigned } from '../helpers/certificate.ts'
import { proveGuard } from '../prove/guard.ts'

test('P19, P20: of each kind of vector some are tried through both doors, and nothing reaches the traps', async () => {
  const { vectors, lines, found } = await proveGuard({ every: 12 })
  expect(found).toEqual([])
  expect(vectors).toBeGreaterThan(60)
  expect(lines[0]).toContain(': 0 connections and 0 bytes at the traps')
  expect(lines[1]).toBe('16 of 16 public controls allowed')
})

test('P19: the address really reached is judged too, before anything is sent there', async () => {
  const pair = selfSigned()
  let asked = 0
  const server = createServer(pair, (_request, response) => response.end(String(++asked)))
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  const { port } = server.address() as AddressInfo
  const restore = wronglyRouted()
  const out = poster({
    allow: [],
    connectMs: 2_000,
    userAgent: 'exhibit/test',
    ca: pair.cert,
    lookup: (_name, _options, found) => found(null, [{ address: '8.8.8.8', family: 4 }]),
  })
  onTestFinished(async () => {
    restore()
    await out.close()
    await new Promise((closed) => server.close(closed))
  })
  const url = new URL(`https://localhost:${port}/hook`)
  expect(await out.post(url, {}, '{}', new AbortController().signal)).toEqual({
    status: null,
    says: expect.stringMatching(/^was not sent: localhost is at 127\.0\.0\.1, which is refused: loopback/),
  })
  expect(asked).toBe(0)
})

/** As if the network took every address for loopback, after it was judged. */
function wronglyRouted(): () => void {
  const onward = Socket.prototype.connect
  function connect(this: Socket, options: TcpNetConnectOpts, ...rest: unknown[]): Socket {
    const { lookup } = options
    const rerouted: TcpNetConnectOpts = {
      ...options,
      lookup: (name, how, found) => lookup!(name, how, (error) => found(error, [{ address: '127.0.0.1', family: 4 }])),
    }
    return Reflect.apply(onward, this, [rerouted, ...rest])
  }
  Socket.prototype.connect = connect as Socket['connect']
  return () => {
    Socket.prototype.connect = onward
  }
}
