/** Answers that would send credentials on to somebody else, and headers that somebody could have slipped in. */
import type { ServerResponse } from 'node:http'
import { CANARY, type Sent } from './doors.ts'

/** What an answering server does to whoever asks it; every place may be reached, and still nobody goes there. */
export interface Lure {
  readonly kind: string
  readonly name: string
  readonly sent: Sent
  readonly answer: (response: ServerResponse) => void
  /** That nothing is sent at all, as what was to be sent is no header. */
  readonly unsent?: true
}

/** The calls of the vendors' clients that carry the most. */
const CALLS: readonly (readonly [method: 'GET' | 'POST', path: string, header: string, scheme: string])[] = [
  ['POST', '/api/v2/oauth/token', 'authorization', 'Basic '],
  ['GET', '/api/v2/tailnet/-/users?type=all', 'authorization', 'Bearer '],
  ['GET', '/api/v2/device/n1CNTRL/attributes', 'authorization', 'Bearer '],
  ['GET', '/web/api/v2.1/agents?limit=1000', 'authorization', 'ApiToken '],
  ['GET', '/api/v1/devices?limit=300', 'authorization', 'Bearer '],
  ['POST', '/oauth2/token', 'x-api-key', ''],
  ['POST', '/devices/entities/devices/v2', 'cookie', 'session='],
]

/** @param traps origins that must stay unasked */
export function lures(base: URL, traps: readonly string[]): Lure[] {
  const trap = (index: number): string => traps[index % traps.length]!
  return [...redirects(base, trap), ...oddRedirects(base, trap(0), trap(1)), ...headerCases(base)]
}

function redirects(base: URL, trap: (index: number) => string): Lure[] {
  const statuses = [301, 302, 303, 307, 308]
  return statuses.flatMap((status, turn) =>
    CALLS.flatMap(([method, path, header, scheme], index) =>
      (['header', 'form'] as const).map((place): Lure => {
        const location = `${trap(turn + index)}${path}`
        return {
          kind: 'redirects',
          name: `${status} to ${method} ${path}, credential in the ${place}`,
          sent: place === 'header' ? withHeader(base, method, path, header, scheme) : withForm(base, path),
          answer: (response) => response.writeHead(status, { location }).end(`<a href="${location}">`),
        }
      }),
    ),
  )
}

function withHeader(base: URL, method: Sent['method'], path: string, header: string, scheme: string): Sent {
  const body = method === 'POST' ? '{}' : null
  return { url: new URL(path, base), method, headers: { [header]: `${scheme}${CANARY}` }, body }
}

function withForm(base: URL, path: string): Sent {
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  return { url: new URL(path, base), method: 'POST', headers, body: `client_id=acme&client_secret=${CANARY}` }
}

/** Other statuses and headers that name a place to go to. */
function oddRedirects(base: URL, trap: string, other: string): Lure[] {
  const host = new URL(trap).host
  const places = [
    trap,
    `${trap}/?${CANARY}`,
    `//${host}/hook`,
    `/\\${host}/hook`,
    `\\\\${host}/`,
    `http:${trap.slice(5)}`,
  ]
  const cases: [name: string, status: number, headers: Record<string, string | string[]>, body?: string][] = [
    ...places.map((location): (typeof cases)[number] => [`307 to ${location}`, 307, { location }]),
    ...[300, 304, 305, 306, 310, 399].map((status): (typeof cases)[number] => [
      `${status} with a Location`,
      status,
      { location: trap },
    ]),
    ['302 with two Locations', 302, { location: [trap, other] }],
    ['302 with credentials in the Location', 302, { location: trap.replace('//', `//${CANARY}@`) }],
    ['302 by URI, the former name', 302, { uri: trap }],
    ['308 with a Location in upper case', 308, { LOCATION: trap.toUpperCase() }],
    ['200 with a Location', 200, { location: trap }],
    ['201 with a Location', 201, { location: trap }],
    ['202 with an Operation-Location', 202, { 'operation-location': trap, location: trap }],
    ['200 with a Refresh', 200, { refresh: `0;url=${trap}` }],
    ['200 with a Content-Location', 200, { 'content-location': trap }],
    ['200 with a Link', 200, { link: `<${trap}>; rel=preload, <${trap}>; rel=next` }],
    ['200 with an Alt-Svc', 200, { 'alt-svc': `h2="${host}"; ma=86400; persist=1, h3="${host}"` }],
    ['200 that names another origin', 200, { 'access-control-allow-origin': trap, 'report-to': trap, nel: trap }],
    [
      '200 with a page that refreshes',
      200,
      { 'content-type': 'text/html' },
      `<meta http-equiv=refresh content=0;${trap}>`,
    ],
    ['401 with a challenge', 401, { 'www-authenticate': `Bearer realm="${trap}", Basic realm="x"`, location: trap }],
    ['407 with a challenge', 407, { 'proxy-authenticate': `Basic realm="${trap}"`, location: trap }],
    ['421, another connection please', 421, { location: trap }],
    ['426, another protocol please', 426, { upgrade: 'h2c', connection: 'upgrade', location: trap }],
    ['503 with a Location', 503, { location: trap, 'retry-after': '0' }],
  ]
  const odd = cases.map(
    ([name, status, headers, body = '']): Lure => ({
      kind: 'other answers',
      name,
      sent: withHeader(base, 'GET', '/api/v2/devices', 'authorization', 'Bearer '),
      answer: (response) => response.writeHead(status, headers).end(body),
    }),
  )
  const hints: Lure = {
    kind: 'other answers',
    name: '103 with a Location and a Link before the answer',
    sent: withHeader(base, 'GET', '/api/v2/devices', 'authorization', 'Bearer '),
    answer(response) {
      response.socket!.write(`HTTP/1.1 103 Early Hints\r\nlocation: ${trap}\r\nlink: <${trap}>; rel=preload\r\n\r\n`)
      response.writeHead(200).end()
    },
  }
  return [...odd, hints]
}

/** What was to be one header and holds another, and headers that are not the caller's to say. */
function headerCases(base: URL): Lure[] {
  const fine = (response: ServerResponse): void => void response.writeHead(200).end()
  const sent = (headers: Record<string, string>): Sent => ({ url: base, method: 'POST', headers, body: '{}' })
  const injected = [
    ...['x\r\nhost: evil.example', 'x\nhost: evil.example', 'x\rhost: evil.example', 'x\r\n\r\nGET /evil HTTP/1.1\r\n'],
    ...['x\u0000y', 'x\r\ntransfer-encoding: chunked', '\r\nx', 'x\u007f', 'x\u0100y'],
  ]
  const names = ['x\r\nhost', 'x: y\r\nhost', 'x y', 'x:', '', 'x\u0000', 'ü']
  return [
    ...injected.map(
      (value): Lure => ({
        kind: 'headers',
        name: `a value ${JSON.stringify(value)}`,
        sent: sent({ authorization: value }),
        answer: fine,
        unsent: true,
      }),
    ),
    ...names.map(
      (name): Lure => ({
        kind: 'headers',
        name: `a name ${JSON.stringify(name)}`,
        sent: sent({ [name]: CANARY }),
        answer: fine,
        unsent: true,
      }),
    ),
    ...(['transfer-encoding', 'upgrade', 'expect', 'keep-alive'] as const).map(
      (name): Lure => ({
        kind: 'headers',
        name,
        sent: sent({ [name]: 'chunked' }),
        answer: fine,
        unsent: true,
      }),
    ),
    ...['evil.example', '127.0.0.1:1', 'api.tailscale.com'].map(
      (host): Lure => ({
        kind: 'headers',
        name: `host: ${host}`,
        sent: sent({ host }),
        answer: fine,
      }),
    ),
  ]
}
