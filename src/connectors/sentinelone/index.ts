/**
 * SentinelOne: the host records of one console. One listing after the other, one request in flight, since each page
 * names the next.
 */
import { z } from 'zod'
import {
  type Answer,
  type Call,
  type Connector,
  type Page,
  type Probe,
  pageOf,
  type Tools,
} from '../../domain/connector.ts'
import { clockSkewMs } from '../../domain/reading.ts'
import { withRemedy } from '../../domain/remedy.ts'
import { type Instant, SECOND } from '../../domain/time.ts'
import { Walk } from '../../domain/walk.ts'
import { sha256 } from '../../lib/digest.ts'
import { retryAfterMs } from '../../lib/retry.ts'
import {
  agentsPage,
  agentsPath,
  LISTINGS,
  type Listing,
  ROOT,
  TOKEN_PATH,
  TOKEN_PLACE,
  TOKEN_REQUEST,
  tokenDates,
} from './api.ts'
import { type Config, section } from './config.ts'
import { read } from './normalize.ts'

const VIEWER = 'Viewer'
const NEW_TOKEN =
  'The token is wrong, expired or revoked: make a new one at Settings > Users > Service Users and set credential.apiToken.'
const REMEDIES = {
  auth_failed: NEW_TOKEN,
  forbidden: `The service user needs the role ${VIEWER} for the account or site.`,
  not_found: 'Set baseUrl to the address of the console, https://<tenant>.sentinelone.net.',
  redirect_refused: 'Set baseUrl to the address at which the console itself answers.',
}

export const sentinelone: Connector<Config> = {
  id: 'sentinelone',
  title: 'SentinelOne',
  provides: ['agent', 'total', 'credential'],
  rolling: [],
  access: [
    {
      scope: VIEWER,
      title: 'Role Viewer for the account or for every site whose devices are judged',
      reveals: [{ kind: 'agent' }, { kind: 'total' }],
    },
  ],
  setUp: [
    'Settings > Users > Service Users > Actions > Create New Service User.',
    'Name it, choose an expiration date, scope Account (or every Site whose devices are judged), role Viewer.',
    'Copy the API token, which is shown once, into credential.apiToken.',
    'Set baseUrl to the address of the console, for example https://acme.sentinelone.net.',
  ],
  config: { parse: (input) => section.parse(input), jsonSchema: () => z.toJSONSchema(section, { io: 'input' }) },
  baseUrl: (config) => new URL(config.baseUrl),
  // Regions and tenants are all below one domain; there is no list of them.
  isVendorHost: (url) => url.protocol === 'https:' && url.hostname.endsWith('.sentinelone.net'),
  async *pages(config, tools, context) {
    for (const listing of LISTINGS) yield* walk(config, tools, context, listing)
    yield await tokenPage(config, tools, context)
  },
  read,
  probe,
}

async function* walk(
  config: Config,
  tools: Tools,
  context: { source: string },
  listing: Listing,
): AsyncGenerator<Page> {
  const steps = new Walk(`sentinelone: GET ${ROOT}/agents (${listing.place})`)
  let cursor: string | null = null
  for (;;) {
    const path = agentsPath(listing, cursor)
    const place = `${listing.place} page ${steps.pages + 1}`
    const answer = await withRemedy(tools.request(get(config, path, place)), REMEDIES)
    const { rows, nextCursor, totalItems } = agentsPage(answer, `sentinelone: GET ${ROOT}/agents (${place})`)
    steps.arrived(rows.length)
    tools.progress(steps.rows, totalItems, listing.place)
    yield pageOf(context, { place, request: `GET ${path}` }, answer)
    if (nextCursor === null || rows.length === 0) {
      steps.reconcile(totalItems)
      return
    }
    cursor = steps.follow(nextCursor)
  }
}

function get(config: Config, path: string, place: string): Call {
  return {
    method: 'GET',
    url: new URL(path, config.baseUrl),
    headers: { authorization: `ApiToken ${config.credential.apiToken}`, accept: 'application/json' },
    place,
    contentType: 'json',
    // The vendor publishes no waiting time; its own SDK waits five seconds where a 429 names none.
    retryAfter: (headers, nowMs, status) => retryAfterMs(headers, nowMs) ?? (status === 429 ? 5 * SECOND : null),
  }
}

async function probe(config: Config, tools: Tools): Promise<Probe> {
  const call = { ...get(config, `${ROOT}/agents?limit=1`, 'probe agents'), accept: [403] }
  const answer = await withRemedy(tools.request(call), REMEDIES)
  if (answer.status !== 403) agentsPage(answer, `sentinelone: GET ${ROOT}/agents`)
  const expiresAt = await expiryOf(config, tools)
  return {
    access: [
      {
        scope: VIEWER,
        state: answer.status === 403 ? 'missing' : 'present',
        detail: `GET ${ROOT}/agents answered ${answer.status}`,
      },
    ],
    expiresAt,
    credential: expiresAt === null ? 'expiry not visible to this token' : 'API token',
    clockSkewMs: clockSkewMs(answer.headers, tools.now()),
  }
}

/** Null where the console does not tell this token. */
async function expiryOf(config: Config, tools: Tools): Promise<Instant | null> {
  const answer = await tokenDetails(config, tools, 'probe token expiry')
  return answer.status === 200 ? tokenDates(answer.body, TOKEN_REQUEST).instant('expiresAt') : null
}

/** The token's own dates and nothing else of the answer: what is kept as evidence. */
async function tokenPage(config: Config, tools: Tools, context: { source: string }): Promise<Page> {
  const answer = await tokenDetails(config, tools, TOKEN_PLACE)
  const dates = answer.status === 200 ? datesOf(answer.body) : {}
  const body = new TextEncoder().encode(JSON.stringify({ data: dates }))
  return pageOf(context, { place: TOKEN_PLACE, request: TOKEN_REQUEST }, { ...answer, body, sha256: sha256(body) })
}

function datesOf(body: Uint8Array): { createdAt: Instant | null; expiresAt: Instant | null } {
  const row = tokenDates(body, `sentinelone: ${TOKEN_REQUEST}`)
  return { createdAt: row.instant('createdAt'), expiresAt: row.instant('expiresAt') }
}

/** The token goes in the body, so neither side of the call is kept. */
async function tokenDetails(config: Config, tools: Tools, place: string): Promise<Answer> {
  const call = get(config, TOKEN_PATH, place)
  return tools.request({
    ...call,
    method: 'POST',
    headers: { ...call.headers, 'content-type': 'application/json' },
    body: JSON.stringify({ data: { apiToken: config.credential.apiToken } }),
    accept: [400, 403, 404],
    confidential: true,
    // Asking twice changes nothing.
    tries: 4,
  })
}
