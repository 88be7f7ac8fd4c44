/** A way through a proxy. */
import { request as askPlainly } from 'node:http'
import { request as askOverTls } from 'node:https'
import { isIP, type Socket } from 'node:net'

/** The proxy would not open the tunnel. */
export class ProxyRefused extends Error {
  override readonly name = 'ProxyRefused'
}

/**
 * Opens a way to `host:port` through the proxy (RFC 9110 section 9.3.6). The operator named the proxy, so its address is
 * not judged. Not by an undici Client: its "other side closed" (UND_ERR_SOCKET) makes the Client that waits for the way
 * dial again, for ever.
 */
export function tunnel(
  proxy: string,
  to: string,
  { connectMs, ca }: { connectMs: number; ca?: string },
): Promise<Socket> {
  const url = new URL(proxy)
  const credentials = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
  const ask = (url.protocol === 'https:' ? askOverTls : askPlainly)({
    method: 'CONNECT',
    host,
    // Or the certificate would be asked for by the header, which names the target.
    servername: isIP(host) === 0 ? host : '',
    port: url.port,
    path: to,
    headers: {
      host: to,
      ...(url.username === '' ? {} : { 'proxy-authorization': `Basic ${Buffer.from(credentials).toString('base64')}` }),
    },
    agent: false,
    ...(ca === undefined ? {} : { ca }),
  })
  return new Promise((opened, failed) => {
    const timeout = setTimeout(() => {
      ask.destroy(Object.assign(new Error(`the proxy ${url.host} opened no way in time`), { code: 'ETIMEDOUT' }))
    }, connectMs)
    ask.once('close', () => clearTimeout(timeout))
    ask.on('error', failed)
    ask.once('connect', ({ statusCode = 0 }, socket: Socket, head) => {
      clearTimeout(timeout)
      if (statusCode >= 200 && statusCode <= 299) {
        if (head.length > 0) socket.unshift(head)
        return opened(socket)
      }
      socket.destroy()
      failed(new ProxyRefused(`the proxy ${url.host} answered ${statusCode} for ${to}; check network.proxy`))
    })
    ask.end()
  })
}
