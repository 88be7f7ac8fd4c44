/**
 * A process that does the least: asks for the pages that a run asked for, with undici alone, and parses them. As many
 * at once as a run has: ten for posture attributes, one after another elsewhere, sources side by side.
 */
import { Agent, request } from 'undici'
import { IN_FLIGHT } from './bars.ts'
import { answer, peakBytes, task } from './processes.ts'

export interface Floor {
  readonly values: Readonly<Record<string, string>>
  readonly requests: Readonly<Record<string, readonly string[]>>
}

export interface FloorMeasured {
  readonly ms: number
  readonly requests: number
  readonly bytes: number
  readonly peakBytes: number
}

const ATTRIBUTES = /\/attributes$/

const dispatcher = new Agent({ connections: IN_FLIGHT, pipelining: 1 })
const done = { requests: 0, bytes: 0 }

async function get(url: URL, headers: Record<string, string>): Promise<void> {
  const response = await request(url, { dispatcher, headers })
  const body = await response.body.text()
  done.requests += 1
  done.bytes += body.length
  if (String(response.headers['content-type']).includes('application/json')) JSON.parse(body)
}

/** The token that a client's id and secret give. */
async function minted(url: URL, clientId: string, clientSecret: string): Promise<string> {
  const response = await request(url, {
    dispatcher,
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: clientId,
      client_secret: clientSecret,
    }).toString(),
  })
  done.requests += 1
  return ((await response.body.json()) as { access_token: string }).access_token
}

async function fetched(base: string, paths: readonly string[], authorization: string): Promise<void> {
  const one = (path: string): Promise<void> =>
    get(new URL(path, base), {
      authorization,
      accept: path.endsWith('/acl') ? 'application/hujson' : 'application/json',
    })
  for (const path of paths) if (!ATTRIBUTES.test(path)) await one(path)
  const attributes = paths.filter((path) => ATTRIBUTES.test(path))
  let next = 0
  const lane = async (): Promise<void> => {
    for (let path = attributes[next++]; path !== undefined; path = attributes[next++]) await one(path)
  }
  await Promise.all(Array.from({ length: IN_FLIGHT }, lane))
}

async function measured({ values, requests }: Floor): Promise<FloorMeasured> {
  const value = (name: string): string => values[`DEMO_${name}`]!
  const pathsOf = (source: string): string[] =>
    requests[source]!.filter((line) => line.startsWith('GET ')).map((line) => line.slice('GET '.length))
  const mint = (vendor: string, path: string): Promise<string> =>
    minted(new URL(path, value(`${vendor}_URL`)), value(`${vendor}_CLIENT_ID`), value(`${vendor}_CLIENT_SECRET`))

  const start = performance.now()
  await Promise.all([
    mint('TAILSCALE', '/api/v2/oauth/token').then((token) =>
      fetched(value('TAILSCALE_URL'), pathsOf('tailnet'), `Bearer ${token}`),
    ),
    mint('CROWDSTRIKE', '/oauth2/token').then((token) =>
      fetched(value('CROWDSTRIKE_URL'), pathsOf('falcon'), `Bearer ${token}`),
    ),
    fetched(value('SENTINELONE_URL'), pathsOf('edr'), `ApiToken ${value('SENTINELONE_API_TOKEN')}`),
    fetched(value('KANDJI_URL'), pathsOf('mdm'), `Bearer ${value('KANDJI_API_TOKEN')}`),
  ])
  const ms = performance.now() - start
  await dispatcher.close()
  return { ms, ...done, peakBytes: peakBytes() }
}

answer(await measured(await task<Floor>()))
